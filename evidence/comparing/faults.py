"""What two different numbers have in common: the slip that would turn one into the other, named in a sentence."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import sqrt

from evidence.comparing.readings import Row, Scale, Value, is_number, same
from evidence.plausibility import half_unit, plain


class Fault(StrEnum):
    """A kind of difference."""

    DIFFERENT = "different value"
    MISSING = "missing on one side"
    ONE_SIDED = "only one has it"
    SE_FOR_SD = "SE for SD"
    SWAPPED_ARMS = "arms swapped"
    TURNED_SIGN = "sign turned"
    TURNED_SCALE = "scale turned round"
    DECIMAL_SHIFT = "decimal point moved"
    UNIT = "another unit"
    DIRECTION = "another direction"
    DIGITS = "digits turned round"
    WORDING = "other writing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault, in a sentence."""

    fault: Fault
    sentence: str


@dataclass(frozen=True, slots=True)
class Names:
    """How the two readers are called in sentences."""

    first: str
    second: str


# Units that readers mix up, by the factor between them.
UNIT_FACTORS = (
    (Decimal(7), "7: days and weeks"),
    (Decimal(12), "12: months and years"),
    (Decimal("4.345"), "4.345: weeks and months"),
    (Decimal("52.18"), "52: weeks and years"),
    (Decimal(60), "60: minutes and hours"),
    (Decimal(24), "24: hours and days"),
    (Decimal("2.54"), "2.54: inches and centimetres"),
    (Decimal("2.2046"), "2.2: kilograms and pounds"),
)
UNIT_FIELDS = frozenset({"week", "weeks", "minutes", "sessions_per_week", "value"})
SCORES = frozenset({"mean", "median", "q1", "q3", "minimum", "maximum", "settled_value"})
SPREADS = frozenset({"sd", "se"})
DIFFERENCES = frozenset({"estimate", "t_value", "mean", "settled_value", "median"})
RATIO_TOLERANCE = 0.02
"""How far a ratio may be from the root of n: two numbers with two digits each, rounded."""


def slips(
    name: str, one: Value, other: Value, rows: tuple[Row, Row], scale: Scale | None, names: Names
) -> list[Finding]:
    """Give the slips that would explain two different values of a field, the likeliest first.

    Parameters
    ----------
    name : the field
    rows : the two rows that the values are from
    scale : the instrument, where both rows name the same one
    """
    if not is_number(one) or not is_number(other):
        return []
    a, b = Decimal(str(one)), Decimal(str(other))
    return [
        *_standard_error(name, a, b, rows, names),
        *_turned(name, a, b, rows, names),
        *_turned_scale(name, a, b, rows, scale, names),
        *_decimal_shift(a, b, names),
        *_unit(name, a, b, names),
        *_digits(a, b, names),
    ]


def likely_n(rows: Iterable[Row], arm_n: Iterable[Value] = ()) -> list[int]:
    """Give the numbers of participants that the two rows, or their arms, name."""
    found = [row.get("n") or row.get("total") for row in rows]
    return [int(n) for n in [*found, *arm_n] if is_number(n) and n]


def _standard_error(name: str, a: Decimal, b: Decimal, rows: tuple[Row, Row], names: Names) -> Iterator[Finding]:
    """Say where one number is the other divided by the root of n."""
    if name not in SPREADS or not a or not b:
        return
    large, small = max(a, b), min(a, b)
    for n in dict.fromkeys(likely_n(rows, (row.get("arm_n") for row in rows))):
        root = sqrt(n)
        slack = float(half_unit(large)) + root * float(half_unit(small)) + RATIO_TOLERANCE * float(large)
        if n >= 4 and abs(float(large) - root * float(small)) <= slack:
            who = names.first if small == a else names.second
            other = names.second if small == a else names.first
            yield Finding(
                Fault.SE_FOR_SD,
                f"{plain(large)} is {plain(small)} times the square root of n = {n}: {plain(small)} ({who}) looks like "
                f"the standard error, {plain(large)} ({other}) like the SD.",
            )
            return


def crossed_columns(rows: tuple[Row, Row], names: Names) -> list[Finding]:
    """Say where one reader entered as SD what the other entered as SE."""
    one, other = rows
    found = []
    for mine, yours, who, whom in (("sd", "se", names.first, names.second), ("se", "sd", names.first, names.second)):
        a, b = one.get(mine), other.get(yours)
        is_crossed = is_number(a) and same(a, b) and not same(one.get(mine), other.get(mine))
        if is_crossed and one.get(yours) is None and other.get(mine) is None:
            found.append(
                Finding(
                    Fault.SE_FOR_SD,
                    f"{who} entered {_shown(a)} as {mine.upper()}, {whom} as {yours.upper()}.",
                )
            )
    return found


def _turned(name: str, a: Decimal, b: Decimal, rows: tuple[Row, Row], names: Names) -> Iterator[Finding]:
    """Say where one number is the other with its sign turned."""
    if not a or a != -b:
        return
    signs = {str(row.get("sign")) for row in rows}
    if signs == {"scale", "benefit"} and name in DIFFERENCES:
        meant = "; they give the sign different meanings, so both can mean the same."
    else:
        meant = ": one of them has turned the sign."
    yield Finding(Fault.TURNED_SIGN, f"{names.first} has {plain(a)}, {names.second} {plain(b)}{meant}")


def _turned_scale(
    name: str, a: Decimal, b: Decimal, rows: tuple[Row, Row], scale: Scale | None, names: Names
) -> Iterator[Finding]:
    """Say where one score is the other on the same scale read from its other end."""
    if name not in SCORES or scale is None or scale.low is None or scale.high is None:
        return
    if any(row.get("value_kind") == "change" for row in rows) or a + b != scale.low + scale.high:
        return
    yield Finding(
        Fault.TURNED_SCALE,
        f"{names.first} has {plain(a)}, {names.second} {plain(b)}: one is the other on {scale.name} read from its "
        f"other end ({plain(scale.low)} to {plain(scale.high)}).",
    )


def _decimal_shift(a: Decimal, b: Decimal, names: Names) -> Iterator[Finding]:
    """Say where both have the same digits and the point stands elsewhere."""
    if a == b or not a or not b or a.normalize().as_tuple()[:2] != b.normalize().as_tuple()[:2]:
        return
    factor = max(abs(a), abs(b)) / min(abs(a), abs(b))
    yield Finding(
        Fault.DECIMAL_SHIFT,
        f"{names.first} has {plain(a)}, {names.second} {plain(b)}: the decimal point has moved "
        f"(factor {plain(factor)}).",
    )


def _unit(name: str, a: Decimal, b: Decimal, names: Names) -> Iterator[Finding]:
    """Say where the two differ by the factor between two units."""
    if name not in UNIT_FIELDS or not a or not b:
        return
    large, small = max(a, b, key=abs), min(a, b, key=abs)
    for factor, words in UNIT_FACTORS:
        if abs(large / small / factor - 1) <= Decimal("0.01"):
            yield Finding(
                Fault.UNIT,
                f"{names.first} has {plain(a)}, {names.second} {plain(b)}: they differ by the factor {words}.",
            )
            return


def _digits(a: Decimal, b: Decimal, names: Names) -> Iterator[Finding]:
    """Say where two neighbouring digits have changed places."""
    one, other = plain(abs(a)), plain(abs(b))
    if len(one) != len(other) or a * b < 0:
        return
    places = [place for place in range(len(one)) if one[place] != other[place]]
    left, right = (places[0], places[-1]) if places else (0, 0)
    if len(places) == 2 and right - left == 1 and (one[left], one[right]) == (other[right], other[left]):
        yield Finding(
            Fault.DIGITS,
            f"{names.first} has {plain(a)}, {names.second} {plain(b)}: two digits have changed places.",
        )


def other_scale(name: str, one: Value, other: Value, scales: tuple[Scale, Scale], names: Names) -> list[Finding]:
    """Say where two numbers are the same share of two scales of different length."""
    if name not in SCORES | SPREADS or not is_number(one) or not is_number(other):
        return []
    spans = [scale.high - scale.low for scale in scales if scale.high is not None and scale.low is not None]
    if len(spans) != 2 or spans[0] == spans[1]:
        return []
    a, b = Decimal(str(one)), Decimal(str(other))
    if not a or not b or abs(a / spans[0] * spans[1] / b - 1) > Decimal("0.01"):
        return []
    return [
        Finding(
            Fault.UNIT,
            f"{names.first} has {plain(a)} on {scales[0].name}, {names.second} {plain(b)} on {scales[1].name}: the "
            "same share of two scales.",
        )
    ]


def _shown(value: Value) -> str:
    return plain(Decimal(str(value)))
