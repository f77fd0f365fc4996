"""What the ends of a scale allow: scores outside it, and SDs that are too large for any scores on it."""

from decimal import Decimal
from math import sqrt

from evidence.doubts.doubt import Doubt, Kind, as_text, printed, short
from evidence.doubts.printed import ArmNumbers
from evidence.doubts.rounding import half_unit


def off_scale(row: ArmNumbers) -> Doubt | None:
    """Doubt quartiles and extremes outside the scale, and changes larger than it is wide.

    Means and medians outside the scale are refused or marked as printed so where they are entered (`plausibility`).
    """
    ends = row.at.scale.ends
    if ends is None:
        return None
    low, high = ends
    names: tuple[str, ...] = ("minimum", "q1", "q3", "maximum")
    if row.at.is_change:
        low, high, names = low - high, high - low, ("mean", "median")
    outside = {name: value for name in names if (value := getattr(row, name)) is not None and not low <= value <= high}
    if not outside:
        return None
    said = " and ".join(f"the {WORDS[name]} {as_text(value)}" for name, value in outside.items())
    kind = "changes on" if row.at.is_change else "scores on"
    between = f"between {as_text(low)} and {as_text(high)}"
    sentence = f"{said[:1].upper()}{said[1:]} cannot be: {kind} {row.at.scale.name} lie {between}."
    return Doubt(Kind.OFF_SCALE, sentence, printed(**outside))


WORDS = {
    "minimum": "minimum",
    "q1": "first quartile",
    "q3": "third quartile",
    "maximum": "maximum",
    "mean": "mean change",
    "median": "median change",
}


def widest_sd(*, low: float, high: float, n: int, mean: float | None = None) -> float:
    """Give the largest SD that n scores between two ends can have.

    Without their mean half of them stand at each end (Popoviciu 1935); with it, as many at the upper end as the mean
    asks for (Bhatia & Davis 2000, doi:10.1080/00029890.2000.12005203). The SD divides by n - 1.
    """
    around = (high - low) ** 2 / 4 if mean is None else max((high - mean) * (mean - low), 0.0)
    return sqrt(around * n / (n - 1))


def sd_too_large(row: ArmNumbers) -> Doubt | None:
    """Doubt an SD that scores between the ends of the scale cannot have; printed digits are given their rounding."""
    ends, sd, n = row.at.scale.ends, row.sd, row.n
    if ends is None or sd is None or n is None or n < 2:
        return None
    low, high = float(ends[0]), float(ends[1])
    if row.at.is_change:
        low, high = low - high, high - low
    mean = None
    if row.mean is not None and low <= row.mean <= high:
        mean = _towards((low + high) / 2, row.mean)
    most = widest_sd(low=low, high=high, n=n, mean=mean)
    if float(sd) - float(half_unit(sd)) <= most * (1 + 1e-12):
        return None
    with_mean = "" if mean is None or row.mean is None else f" with the mean {as_text(row.mean)}"
    kind = "changes" if row.at.is_change else "scores"
    sentence = (
        f"{n} {kind} on {row.at.scale.in_words}{with_mean} cannot have an SD above {short(most)}; "
        f"{as_text(sd)} is entered."
    )
    return Doubt(Kind.SD_TOO_LARGE, sentence, printed(mean=row.mean, sd=sd, n=n))


def _towards(middle: float, mean: Decimal) -> float:
    """Give the value nearest to the middle that can have been printed as this mean: it allows the largest SD."""
    half = float(half_unit(mean))
    return min(max(middle, float(mean) - half), float(mean) + half)
