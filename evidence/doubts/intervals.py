"""Confidence intervals that are not around their estimate."""

from decimal import Decimal
from math import log

from evidence.doubts.doubt import Doubt, Kind, as_text, printed, short
from evidence.doubts.printed import ArmNumbers, ContrastNumbers
from evidence.doubts.rounding import half_unit
from evidence.plausibility import interval_contradictions

OFF_CENTRE = 0.2
"""How far from the middle, as a share of half the interval and beyond rounding, an estimate is asked about."""
RATIOS = frozenset({"RR", "OR", "HR", "IRR", "ROM"})
SYMMETRICAL = frozenset({"MD", "SMD"})
"""Measures whose intervals are symmetrical as printed; ratios' are on the log scale, others' need not be."""


def arm_off_centre(row: ArmNumbers) -> Doubt | None:
    """Doubt a mean that lies inside its interval, but not in the middle of it."""
    if row.is_printed_so or row.mean is None:
        return None
    return _off_centre("The mean", row.mean, row.ci_lower, row.ci_upper, is_ratio=False)


def contrast_off_centre(row: ContrastNumbers) -> Doubt | None:
    """Doubt an estimate that lies inside its interval, but not in the middle of it; of ratios, of their logarithms."""
    if row.is_printed_so or row.estimate is None or row.measure not in RATIOS | SYMMETRICAL:
        return None
    return _off_centre("The estimate", row.estimate, row.ci_lower, row.ci_upper, is_ratio=row.measure in RATIOS)


def _off_centre(
    name: str, estimate: Decimal, lower: Decimal | None, upper: Decimal | None, *, is_ratio: bool
) -> Doubt | None:
    if lower is None or upper is None or not lower <= estimate <= upper or lower == upper:
        return None  # outside is asked about where it is entered
    if not is_ratio and interval_contradictions(estimate, lower, upper, name=name):
        return None
    given = [(float(value), float(half_unit(value))) for value in (estimate, lower, upper)]
    if is_ratio:
        if any(value <= half for value, half in given):
            return None
        given = [(log(value), log(value) - log(value - half)) for value, half in given]
    (middle_printed, own), (low, low_half), (high, high_half) = given
    middle, half_width = (low + high) / 2, (high - low) / 2
    distance = abs(middle_printed - middle) - own - (low_half + high_half) / 2
    if distance <= OFF_CENTRE * half_width:
        return None
    scale = " on the log scale" if is_ratio else ""
    share = short(abs(middle_printed - middle) / half_width * 100)
    sentence = (
        f"{name} {as_text(estimate)} is not in the middle of its interval {as_text(lower)} to {as_text(upper)}{scale}: "
        f"it lies {share}% of the way to one end. Is one of the three numbers another one?"
    )
    return Doubt(Kind.OFF_CENTRE, sentence, printed(estimate=estimate, ci_lower=lower, ci_upper=upper))
