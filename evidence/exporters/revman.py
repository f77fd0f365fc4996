"""Results of a review as RevMan 5 exports its analysis data: a CSV with comparisons, outcomes and studies."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, NamedTuple

from django.core.exceptions import ValidationError
from django.db.models import Count, Q

from evidence.exporters.asking import Export, Order
from evidence.exporters.neutral import neutral
from evidence.models import Arm, ArmResult, ComparatorType, ContrastResult, Direction, Extraction, Instrument, Review
from evidence.models.result import Sign
from evidence.permissions import Act, require

COLUMNS = (
    *("Comparison Number", "Outcome Number", "Subgroup Number", "Name", "Data Type", "Statistical Method"),
    *("Effect Measure", "Analysis Model", "Events 1", "Mean 1", "SD 1", "Total 1", "Events 2", "Mean 2", "SD 2"),
    *("Total 2", "Effect Estimate", "SE", "CI Start", "CI End", "Weight", "Q", "P(Q)", "I²(Q)", "Tau²", "Z", "P(Z)"),
    *("Qint", "P(Qint)", "I²(Qint)", "df", "Group Label 1", "Group Label 2", "Left Graph Label", "Right Graph Label"),
    *("Year of study", "User defined order"),
)
EVENTS, SCORES, EFFECTS = "DIC", "CON", "IV"
# RevMan wants a method and a measure for what it pools; who opens the file chooses others there.
METHODS = {EVENTS: ("MH", "RR"), SCORES: ("IV", "MD"), EFFECTS: ("IV", "")}
EXPERIMENTAL = "Experimental"
LEVEL = Decimal("0.95")
STUDIES_AT_ONCE, ROWS_AT_ONCE = 200, 500
NOTHING = "The review has no agreed results of an experimental arm and a comparator that RevMan could hold."


class Key(NamedTuple):
    """What the results of one analysis share: what was measured, how, and when."""

    kind: str
    outcome: str
    instrument: str
    week: Decimal | None
    time_as_printed: str
    value_kind: str
    is_adjusted: bool
    measure: str

    @property
    def name(self) -> str:
        """The name of the analysis, which an import of this project understands."""
        parts = [f"{self.outcome}: {self.instrument}"]
        parts += ["change"] if self.value_kind == "change" else []
        parts += ["adjusted"] if self.is_adjusted else []
        parts += [f"week {self.week:f}"] if self.week is not None else []
        parts += [f"at {self.time_as_printed}"] if self.week is None and self.time_as_printed else []
        return ", ".join(parts)

    @property
    def order(self) -> tuple[Any, ...]:
        """The place of the analysis in its comparison."""
        week = Decimal(-1) if self.week is None else self.week
        return (self.outcome, self.instrument, self.kind, self.measure, week, *self[4:])


@dataclass(frozen=True, slots=True)
class Line:
    """The data of a study in an analysis."""

    label: str
    year: int | None
    first: str
    cells: dict[str, str]


def write_revman_csv(order: Order) -> Iterator[bytes]:
    """Give the results of a review as CSV, part by part.

    Raises
    ------
    NotAllowed : the person may not read the review
    ValidationError : there is nothing to export
    """
    require(order.by, Act.VIEW, order.review)
    kinds = list(ComparatorType.objects.filter(review=order.review).order_by("code"))
    keys = {kind.code: _keys(order.review, kind) for kind in kinds}
    if not any(keys.values()):
        raise ValidationError(NOTHING)
    return _parts(order.review, [kind for kind in kinds if keys[kind.code]], keys)


def _parts(review: Review, kinds: list[ComparatorType], keys: dict[str, list[tuple[Key, int]]]) -> Iterator[bytes]:
    yield "\ufeff".encode() + _csv([COLUMNS])
    several, order = _with_several_arms(review), _by_label(review)
    for number, kind in enumerate(kinds, start=1):
        yield _csv([_row(number, 0, f"{EXPERIMENTAL} versus {kind.name}")])
        place = 0
        for key, instrument in keys[kind.code]:
            asked = (review, kind, key, instrument, several, order)
            labels = {line.first for line in _lines(*asked)}
            if labels:
                place += 1
                rows = _analysis(number, place, kind, key, instrument, labels, _lines(*asked))
                while part := list(islice(rows, ROWS_AT_ONCE)):
                    yield _csv(part)


def _by_label(review: Review) -> list[int]:
    """Give the keys of the consensus extractions in the order of their studies' names."""
    found = Extraction.objects.filter(study__review=review, is_consensus=True)
    return [
        pk for *_, pk in sorted((text.casefold(), text, pk) for text, pk in found.values_list("study__label", "pk"))
    ]


def _csv(rows: Iterable[Any]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


def _row(number: int, place: int, name: str, **cells: str) -> list[str]:
    """Give a row of the file by its columns, with underscores for the spaces in their names."""
    begin = {"Comparison Number": str(number), "Outcome Number": str(place), "Subgroup Number": "0", "Name": name}
    values = begin | {column.replace("_", " "): text for column, text in cells.items()}
    return [neutral(values.get(column, "")) for column in COLUMNS]


def _analysis(
    number: int,
    place: int,
    kind: ComparatorType,
    key: Key,
    instrument: int,
    labels: set[str],
    lines: Iterable[Line],
) -> Iterator[list[str]]:
    """Give the rows of an analysis: what it is, with what all its studies call the first arm, and its studies."""
    method, measure = METHODS[key.kind]
    first = next(iter(labels)) if len(labels) == 1 else EXPERIMENTAL
    sides = (f"Favours {first}", f"Favours {kind.name}")
    if Instrument.objects.get(pk=instrument).direction == Direction.HIGHER:
        sides = (sides[1], sides[0])
    yield _row(
        *(number, place, key.name),
        Data_Type=key.kind,
        Statistical_Method=method,
        Effect_Measure=measure or key.measure,
        Analysis_Model="Random",
        Group_Label_1=first,
        Group_Label_2=kind.name,
        Left_Graph_Label=sides[0],
        Right_Graph_Label=sides[1],
    )
    for order, line in enumerate(lines, start=1):
        about = {"Year_of_study": str(line.year or ""), "User_defined_order": str(order)}
        yield _row(number, place, line.label, **line.cells, **about)


def _with_several_arms(review: Review) -> set[int]:
    """Give the consensus extractions in which one word for an arm could mean several."""
    counted = Extraction.objects.filter(study__review=review, is_consensus=True).annotate(
        experimental=Count("arms", filter=Q(arms__role=Arm.Role.EXPERIMENTAL)),
        comparators=Count("arms", filter=Q(arms__role=Arm.Role.COMPARATOR)),
    )
    return set(counted.filter(Q(experimental__gt=1) | Q(comparators__gt=1)).values_list("pk", flat=True))


def _of_arms(review: Review) -> Any:
    """Give the agreed results of arms that RevMan can hold."""
    agreed = ArmResult.objects.filter(arm__extraction__study__review=review, arm__extraction__is_consensus=True)
    has_values = Q(instrument__kind=Instrument.Kind.DICHOTOMOUS, events__isnull=False, total__isnull=False)
    has_values |= Q(instrument__kind=Instrument.Kind.CONTINUOUS, mean__isnull=False)
    return agreed.filter(has_values, is_printed_so=False, sign=Sign.SCALE)


def _of_contrasts(review: Review, kind: ComparatorType) -> Any:
    """Give the agreed contrasts of an experimental arm with this kind of comparator that RevMan can hold."""
    agreed = ContrastResult.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    arms = {"first_arm__role": Arm.Role.EXPERIMENTAL, "second_arm__comparator_type": kind}
    return agreed.filter(**arms, is_printed_so=False, sign=Sign.SCALE, estimate__isnull=False)


SHARED = ("instrument_id", "instrument__kind", "instrument__outcome__name", "instrument__name")
TIMED = ("week", "time_as_printed", "value_kind", "is_adjusted")


def _keys(review: Review, kind: ComparatorType) -> list[tuple[Key, int]]:
    """Give the analyses of a comparison in their order, each with its instrument."""
    found: set[tuple[Key, int]] = set()
    of_arms = _of_arms(review).filter(arm__comparator_type=kind)
    for instrument, sort, outcome, name, *timed in of_arms.order_by().values_list(*SHARED, *TIMED).distinct():
        data = EVENTS if sort == Instrument.Kind.DICHOTOMOUS else SCORES
        found.add((_key(data, outcome, name, timed, ""), instrument))
    contrasts = _of_contrasts(review, kind).order_by()
    columns = (*SHARED, *TIMED, "measure", "measure_as_printed")
    for instrument, _, outcome, name, *timed, measure, printed in contrasts.values_list(*columns).distinct():
        word = printed if measure == ContrastResult.Measure.OTHER and printed else measure
        found.add((_key(EFFECTS, outcome, name, timed, word), instrument))
    return sorted(found, key=lambda one: (one[0].order, one[1]))


def _key(kind: str, outcome: str, instrument: str, timed: list[Any], measure: str) -> Key:
    week, printed, value_kind, is_adjusted = timed
    return Key(kind, outcome, instrument, week, "" if week is not None else printed, value_kind, is_adjusted, measure)


def _lines(
    review: Review, kind: ComparatorType, key: Key, instrument: int, several: set[int], order: Sequence[int]
) -> Iterator[Line]:
    """Give the studies of an analysis by name, some of them in memory at a time."""
    same: dict[str, Any] = {"instrument_id": instrument, "value_kind": key.value_kind, "is_adjusted": key.is_adjusted}
    if key.week is None:
        same |= {"week__isnull": True, "time_as_printed": key.time_as_printed}
    else:
        same |= {"week": key.week}
    for begin in range(0, len(order), STUDIES_AT_ONCE):
        some = order[begin : begin + STUDIES_AT_ONCE]
        if key.kind == EFFECTS:
            lines = _effects(_of_contrasts(review, kind).filter(extraction__in=some, **same), key, several)
        else:
            lines = _pairs(_of_arms(review).filter(arm__extraction__in=some, **same), kind, key, several)
        yield from sorted(lines, key=lambda line: (line.label.casefold(), line.label))


def _pairs(results: Any, kind: ComparatorType, key: Key, several: set[int]) -> list[Line]:
    """Give the results of arms, an experimental one and a comparator in a line."""
    by_study: dict[int, tuple[list[ArmResult], list[ArmResult]]] = {}
    for result in results.select_related("arm__extraction__study").order_by("arm__number"):
        first, second = by_study.setdefault(result.arm.extraction_id, ([], []))
        if result.arm.role == Arm.Role.EXPERIMENTAL:
            first.append(result)
        elif result.arm.comparator_type_id == kind.pk:
            second.append(result)
    return [
        _line(one.arm, two.arm, several, _of_arm(one, key.kind, "1") | _of_arm(two, key.kind, "2"))
        for first, second in by_study.values()
        for one in first
        for two in second
    ]


def _of_arm(result: ArmResult, kind: str, group: str) -> dict[str, str]:
    if kind == EVENTS:
        return {f"Events_{group}": _text(result.events), f"Total_{group}": _text(result.total)}
    return {f"Mean_{group}": _text(result.mean), f"SD_{group}": _text(result.sd), f"Total_{group}": _text(result.n)}


def _effects(results: Any, key: Key, several: set[int]) -> list[Line]:
    """Give the contrasts of an analysis."""
    return [
        _line(one.first_arm, one.second_arm, several, _of_contrast(one))
        for one in results.select_related("first_arm__extraction__study", "second_arm").order_by("pk")
        if key.measure in (one.measure, one.measure_as_printed)
    ]


def _of_contrast(one: ContrastResult) -> dict[str, str]:
    has_limits = one.ci_level == LEVEL
    return {
        "Effect_Estimate": _text(one.estimate),
        "SE": _text(one.standard_error),
        "CI_Start": _text(one.ci_lower) if has_limits else "",
        "CI_End": _text(one.ci_upper) if has_limits else "",
        "Total_1": _text(one.n_first),
        "Total_2": _text(one.n_second),
    }


def _line(first: Arm, second: Arm, several: set[int], cells: dict[str, str]) -> Line:
    study = first.extraction.study
    is_plain = first.extraction_id not in several
    label = study.label if is_plain else f"{study.label} [arms: {first.label} versus {second.label}]"
    return Line(label, study.year, first.label if is_plain else EXPERIMENTAL, cells)


def _text(value: Decimal | int | None) -> str:
    return "" if value is None else format(value, "f") if isinstance(value, Decimal) else str(value)


EXPORTS = (
    Export(
        code="revman-csv",
        title="RevMan CSV",
        help="Agreed results of experimental arms against comparators, as RevMan 5 exports its analysis data.",
        ending=".csv",
        content_type="text/csv; charset=utf-8",
        write=write_revman_csv,
    ),
)
