"""Means and SDs that n whole scores can have: GRIM, the range of the SD, and GRIMMER.

A score is counted in steps from the lowest one, so that scores are whole numbers x. All three tests ask for one sum
of x, among those whose mean rounds to the printed mean, that has what is asked; they are exact in fractions and doubt
nothing that whole scores can have, however halves were rounded.

References
----------
Brown & Heathers (2017), GRIM, doi:10.1177/1948550616673876. Anaya (2016), GRIMMER, doi:10.7287/peerj.preprints.2400v1.
Allard (2018), Analytic-GRIMMER: a sum of squares has the parity of the sum. Heathers, Anaya, van der Zee & Brown
(2018), SPRITE, doi:10.7287/peerj.preprints.26968v1: the range of the SD given mean, n and the ends of the scale.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor, sqrt

from evidence.doubts.doubt import Doubt, Kind, as_text, printed, short
from evidence.doubts.rounding import decimals, reach, spread_reach

MOST_DECIMALS = 3
"""A number with more digits after the point is computed, not printed, and says nothing about scores."""


@dataclass(frozen=True, slots=True)
class Grain:
    """The scores that one person can have: `origin` and whole steps from it; `top` steps at most, None: no end."""

    origin: Fraction
    step: Fraction
    bottom: int | None = None
    top: int | None = None


def grain_of(step: Fraction, low: Decimal | None, high: Decimal | None, *, is_change: bool) -> Grain:
    """Give the scores of a scale, or the changes between two of its scores."""
    if low is None or high is None:
        return Grain(Fraction(0), step)
    span = (Fraction(high) - Fraction(low)) / step
    if span.denominator != 1:
        return Grain(Fraction(0) if is_change else Fraction(low), step)
    whole = int(span)
    return Grain(Fraction(0), step, -whole, whole) if is_change else Grain(Fraction(low), step, 0, whole)


def grim(*, mean: Decimal, n: int, grain: Grain) -> Doubt | None:
    """Doubt a mean that no sum of n whole scores gives."""
    if n < 1 or decimals(mean) > MOST_DECIMALS or sums(mean, n, grain):
        return None
    near = Fraction(mean) - grain.origin
    below = floor(near * n / grain.step)
    around = [_as_printed(grain.origin + Fraction(total, n) * grain.step, mean) for total in (below, below + 1)]
    sentence = (
        f"No {n} scores in steps of {_step(grain.step)} have the mean {_digits(mean)}: the nearest are "
        f"{around[0]} and {around[1]} (GRIM). Is n another one, or a digit wrong?"
    )
    return Doubt(Kind.GRIM, sentence, printed(mean=mean, n=n))


def sd_impossible(*, mean: Decimal, sd: Decimal, n: int, grain: Grain) -> Doubt | None:
    """Doubt an SD below or above those that n whole scores with this mean can have."""
    if n < 2 or decimals(mean) > MOST_DECIMALS or decimals(sd) > MOST_DECIMALS:
        return None
    totals = sums(mean, n, grain)
    ranges = [squares_range(total, n, grain) for total in totals]
    if not ranges:
        return None
    least, most = _squares(sd, n, grain)
    if any(least <= high and low <= most for low, high in ranges):
        return None
    smallest, largest = min(low for low, _ in ranges), max(high for _, high in ranges)
    name, limit = ("below", smallest) if most < smallest else ("above", largest)
    sentence = (
        f"{n} scores in steps of {_step(grain.step)} with the mean {_digits(mean)} have no SD {name} "
        f"{short(float(grain.step) * sqrt(limit / (n - 1)))}; {_digits(sd)} is printed (SPRITE)."
    )
    return Doubt(Kind.SD_IMPOSSIBLE, sentence, printed(mean=mean, sd=sd, n=n))


def grimmer(*, mean: Decimal, sd: Decimal, n: int, grain: Grain) -> Doubt | None:
    """Doubt an SD between its limits that no n whole scores with this mean give."""
    if n < 2 or decimals(mean) > MOST_DECIMALS or decimals(sd) > MOST_DECIMALS:
        return None
    totals = sums(mean, n, grain)
    least, most = _squares(sd, n, grain)
    if not totals or any(_has_whole_squares(total, n, grain, least, most) for total in totals):
        return None
    sentence = (
        f"No {n} scores in steps of {_step(grain.step)} have the mean {_digits(mean)} and the SD {_digits(sd)} "
        "(GRIMMER). Is one of the three numbers another one?"
    )
    return Doubt(Kind.GRIMMER, sentence, printed(mean=mean, sd=sd, n=n))


def sums(mean: Decimal, n: int, grain: Grain) -> range:
    """Give the sums of n scores, in steps, whose mean can have been printed as this one."""
    low, high = reach(mean)
    first = ceil((low - grain.origin) * n / grain.step)
    last = floor((high - grain.origin) * n / grain.step)
    if grain.bottom is not None and grain.top is not None:
        first, last = max(first, grain.bottom * n), min(last, grain.top * n)
    return range(first, last + 1)


def squares_range(total: int, n: int, grain: Grain) -> tuple[Fraction, float | Fraction]:
    """Give the smallest and the largest sum of squared deviations, in steps, that n scores with this sum can have.

    Smallest where all scores are the two whole numbers around the mean; largest where all but one stand at the ends.
    """
    part = total % n
    low = Fraction(part * (n - part), n)
    if grain.bottom is None or grain.top is None:
        return low, float("inf")
    width = grain.top - grain.bottom
    above = total - n * grain.bottom
    full, rest = divmod(above, width)
    return low, full * width**2 + rest**2 - Fraction(above**2, n)


def _has_whole_squares(total: int, n: int, grain: Grain, least: Fraction, most: Fraction) -> bool:
    """Whether a whole sum of squares of the sum's parity lies in the range."""
    low, high = squares_range(total, n, grain)
    mean_square = Fraction(total**2, n)
    first = ceil(max(low, least) + mean_square)
    first += (first - total) % 2
    return first - mean_square <= min(high, most)


def _squares(sd: Decimal, n: int, grain: Grain) -> tuple[Fraction, Fraction]:
    """Give the range of the sum of squared deviations, in steps, that the SD can stand for."""
    low, high = spread_reach(sd)
    return (n - 1) * (low / grain.step) ** 2, (n - 1) * (high / grain.step) ** 2


def _step(step: Fraction) -> str:
    return as_text(Decimal(step.numerator) / Decimal(step.denominator)) if _is_decimal(step) else str(step)


def _is_decimal(step: Fraction) -> bool:
    """Whether a fraction ends as a decimal number."""
    return 10**12 % step.denominator == 0


def _as_printed(value: Fraction, like: Decimal) -> str:
    """Give a value with as many digits as a printed number has."""
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return _digits(exact.quantize(Decimal(1).scaleb(-decimals(like))))


def _digits(value: Decimal) -> str:
    """Give a number with all its printed digits, and a proper minus sign."""
    return format(value, "f").replace("-", "−")
