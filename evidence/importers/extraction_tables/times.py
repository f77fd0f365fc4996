"""Times after the start of treatment as people write them, in weeks; what cannot be told stays as it is printed."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from evidence.importers.extraction_tables.words import pieces_of
from evidence.models.fields import trim

# A year has 52 weeks, a month a twelfth of them.
WEEKS = {"day": Decimal(1) / 7, "week": Decimal(1), "month": Decimal(52) / 12, "year": Decimal(52)}
UNITS = {
    word: unit
    for unit, words in (
        ("day", "day days d tag tage jour jours día días"),
        ("week", "week weeks wk wks w woche wochen semaine semaines semana semanas"),
        ("month", "month months mo mos mth mths mon monat monate mois mes meses"),
        ("year", "year years yr yrs y jahr jahre an ans año años"),
    )
    for word in words.split()
}
AFTER_NUMBER_ONLY = frozenset({"d", "y", "an", "mes", "mon"})
BASELINES = (
    *(("pre", "treatment"), ("pre", "test"), ("pre", "intervention"), ("before", "treatment"), ("at", "baseline")),
    *(("pretest",), ("pretreatment",), ("baseline",), ("bl",), ("pre",)),
)
LATER = (
    *(("end", "of", "treatment"), ("end", "of", "intervention"), ("post", "treatment"), ("post", "test")),
    *(("post", "intervention"), ("after", "treatment"), ("follow", "up"), ("posttreatment",), ("posttest",)),
    *(("followup",), ("fu",), ("post",), ("eot",)),
)
# Words beside a time that leave it as it is.
HARMLESS = frozenset(
    [
        "at",
        "follow",
        "up",
        "followup",
        "fu",
        "from",
        "baseline",
        "since",
        "start",
        "of",
        "the",
        "randomisation",
        "randomization",
    ]
)


@dataclass(frozen=True, slots=True)
class Time:
    """When something was measured: the week as a text, "" where it is not known, and the words of the file."""

    week: str
    printed: str


def in_weeks(count: Decimal, unit: str) -> str:
    """Give a time in weeks: days to two places, months and years to whole weeks."""
    weeks = count * WEEKS[unit]
    places = Decimal("0.01") if unit == "day" else Decimal(1)
    return format(trim(weeks if unit == "week" else weeks.quantize(places, rounding=ROUND_HALF_UP)), "f")


def find_time(pieces: Sequence[str]) -> tuple[Time, set[int]] | None:
    """Give the time that some words of a header name, with the places of those words; None where they name none."""
    folded = [piece.casefold() for piece in pieces]
    found = _with_unit(folded)
    if found is not None:
        week, places = found
        later = _places(folded, LATER) - places
        printed = " ".join(pieces[place] for place in sorted(places | later))
        is_after_the_end = any(folded[place] not in HARMLESS for place in later)
        return Time("" if is_after_the_end else week, printed), places | later
    for names, week in ((BASELINES, "0"), (LATER, "")):
        places = _places(folded, names)
        if places:
            return Time(week, " ".join(pieces[place] for place in sorted(places))), places
    for place in range(len(folded) - 1):
        if folded[place] == "t" and folded[place + 1].isdigit():
            return Time("", f"T{folded[place + 1]}"), {place, place + 1}
    return None


def _with_unit(folded: Sequence[str]) -> tuple[str, set[int]] | None:
    for place in range(len(folded) - 1):
        first, second = folded[place], folded[place + 1]
        if _is_number(first) and second in UNITS:
            return in_weeks(Decimal(first), UNITS[second]), {place, place + 1}
        if first in UNITS and first not in AFTER_NUMBER_ONLY and _is_number(second):
            return in_weeks(Decimal(second), UNITS[first]), {place, place + 1}
    return None


def _places(folded: Sequence[str], names: Sequence[tuple[str, ...]]) -> set[int]:
    """Give where the first of these names stands that stands there at all."""
    for name in names:
        for place in range(len(folded) - len(name) + 1):
            if tuple(folded[place : place + len(name)]) == name:
                return set(range(place, place + len(name)))
    return set()


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def time_of(text: str, unit: str) -> Time:
    """Give the time of a cell; `unit` is that of numbers alone, "" where the table does not say it.

    What does not say beyond doubt how long after the start it was has no week: "6 weeks after treatment", "4-6 weeks".
    """
    pieces = pieces_of(text.replace(",", "."))
    if len(pieces) == 1 and _is_number(pieces[0]) and "-" not in text and "−" not in text:
        return (
            Time(in_weeks(Decimal(pieces[0]), unit), "" if unit == "week" else f"{text} {unit}s")
            if unit
            else Time("", text)
        )
    found = find_time(pieces)
    if found is None:
        return Time("", text)
    time, places = found
    rest = {piece.casefold() for place, piece in enumerate(pieces) if place not in places}
    return Time(time.week if rest <= HARMLESS else "", text)
