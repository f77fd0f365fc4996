"""Arms of a study against each other: sizes, baseline, effects, and contrasts that point the other way."""

from decimal import Decimal
from math import erfc, log1p, sqrt

from evidence.doubts.doubt import Doubt, Kind, as_text, printed, short
from evidence.doubts.printed import BENEFIT, SCALE, ArmNumbers, ArmSize, ContrastNumbers
from evidence.doubts.rounding import half_unit

ALPHA = 0.05
"""Chance, in a whole review, that one baseline comparison is asked about though all arms were formed by lot."""
LARGEST = 3.0
"""Effects above so many SDs are hardly seen; a standard error in place of an SD makes them."""
SMALLEST_P = 0.0001
"""Of a smaller p value nothing more is said."""
LIKE = 0.25
"""How far, as a share, a difference with its sign turned may be from the printed one to look swapped."""


def n_above_randomised(n: int | None, arm: ArmSize | None) -> Doubt | None:
    """Doubt a result of more participants than were randomised to the arm."""
    if n is None or arm is None or arm.n_randomised is None or n <= arm.n_randomised:
        return None
    sentence = f"{n} are analysed in arm {arm.number} ({arm.label}), but {arm.n_randomised} were randomised to it."
    return Doubt(Kind.N_ABOVE_RANDOMISED, sentence, printed(n=n, n_randomised=arm.n_randomised))


def baseline(first: ArmNumbers, second: ArmNumbers, *, comparisons: int) -> Doubt | None:
    """Doubt randomised arms that differ before treatment by more than chance allows among so many comparisons.

    Welch's t of the difference beyond rounding; its p value by Wallace (1959, doi:10.1214/aoms/1177706093), whose
    normal deviate is within 0.01 of the exact one from 5 degrees of freedom; asked where p is below 0.05 divided by the
    number of comparisons (Bonferroni).
    """
    p = p_of_difference(first, second)
    if p is None or comparisons < 1 or p >= ALPHA / comparisons:
        return None
    size = standardised(first, second)
    sentence = (
        f"Before treatment {first.name} and {second.name} differ by {short(size or 0)} SDs (means "
        f"{as_text(first.mean or 0)} and {as_text(second.mean or 0)}, {_p_in_words(p)}). In {comparisons} baseline "
        f"comparisons of this review, chance gives a p below {short(ALPHA / comparisons)} in 5 of 100 reviews."
    )
    return Doubt(Kind.BASELINE, sentence, _both(first, second))


def _p_in_words(p: float) -> str:
    """Give a p value; of very small ones only that they are."""
    return f"p = {short(p)}" if p >= SMALLEST_P else f"p below {as_text(Decimal(str(SMALLEST_P)))}"


def p_of_difference(first: ArmNumbers, second: ArmNumbers) -> float | None:
    """Give the p value of the difference of two means, None where numbers are missing."""
    if first.mean is None or first.sd is None or first.n is None or first.n < 2:
        return None
    if second.mean is None or second.sd is None or second.n is None or second.n < 2:
        return None
    rounding = half_unit(first.mean) + half_unit(second.mean)
    difference = max(abs(float(first.mean - second.mean)) - float(rounding), 0.0)
    one, two = _variance(first.sd, first.n), _variance(second.sd, second.n)
    if one + two == 0:
        return None
    t = difference / sqrt(one + two)
    df = (one + two) ** 2 / (one**2 / (first.n - 1) + two**2 / (second.n - 1))
    z = (8 * df + 1) / (8 * df + 3) * sqrt(df * log1p(t * t / df))
    return erfc(z / sqrt(2))


def _variance(sd: Decimal, n: int) -> float:
    """Give the largest sampling variance of a mean whose SD is printed so."""
    return (float(sd) + float(half_unit(sd))) ** 2 / n


def standardised(first: ArmNumbers, second: ArmNumbers) -> float | None:
    """Give the difference of two means in pooled SDs, None where numbers are missing."""
    if first.mean is None or first.sd is None or second.mean is None or second.sd is None:
        return None
    weights = ((first.n or 2) - 1, (second.n or 2) - 1)
    squares = weights[0] * float(first.sd) ** 2 + weights[1] * float(second.sd) ** 2
    pooled = sqrt(squares / sum(weights)) if sum(weights) else 0.0
    return abs(float(first.mean - second.mean)) / pooled if pooled else None


def large_effect(first: ArmNumbers, second: ArmNumbers) -> Doubt | None:
    """Doubt two arms that are more than three SDs apart after treatment."""
    size = standardised(first, second)
    if size is None or size <= LARGEST:
        return None
    sentence = (
        f"{first.name} and {second.name} are {short(size)} SDs apart (means {as_text(first.mean or 0)} and "
        f"{as_text(second.mean or 0)}, SDs {as_text(first.sd or 0)} and {as_text(second.sd or 0)}). Are these SDs?"
    )
    return Doubt(Kind.LARGE_EFFECT, sentence, _both(first, second))


def large_contrast(row: ContrastNumbers) -> Doubt | None:
    """Doubt a printed standardised difference of more than three SDs."""
    if row.measure != "SMD" or row.estimate is None or abs(row.estimate) <= LARGEST:
        return None
    sentence = f"The standardised mean difference {as_text(row.estimate)} is larger than 3 SDs."
    return Doubt(Kind.LARGE_EFFECT, sentence, printed(estimate=row.estimate))


def arms_swapped(contrast: ContrastNumbers, first: ArmNumbers, second: ArmNumbers) -> Doubt | None:
    """Doubt a mean difference that has the size, but not the sign, of the difference between the means of its arms."""
    if contrast.measure != "MD" or contrast.estimate is None:
        return None
    means = [as_scale_runs(row.mean, row) for row in (first, second)]
    estimate = contrast.estimate
    if contrast.sign == BENEFIT:
        estimate = estimate if contrast.at.scale.is_higher_better else -estimate
    elif contrast.sign != SCALE:
        return None
    if means[0] is None or means[1] is None:
        return None
    difference = means[0] - means[1]
    rounding = Decimal(1).scaleb(min(_exponent(means[0]), _exponent(means[1])))
    if difference * estimate >= 0 or abs(difference) <= 2 * rounding:
        return None
    if abs(difference + estimate) > Decimal(str(LIKE)) * abs(difference) + rounding:
        return None
    sentence = (
        f"The mean difference {as_text(contrast.estimate)} has the other sign than the means "
        f"{as_text(first.mean or 0)} ({first.name}) and {as_text(second.mean or 0)} ({second.name}). Are the arms "
        "swapped, or is a positive number better?"
    )
    numbers = printed(estimate=contrast.estimate, first=first.mean, second=second.mean, sign=contrast.sign)
    return Doubt(Kind.ARMS_SWAPPED, sentence, numbers)


def as_scale_runs(mean: Decimal | None, row: ArmNumbers) -> Decimal | None:
    """Give a mean with the sign that the scale has; None where the report does not say what a positive change means."""
    if mean is None or row.sign == SCALE or not row.at.is_change:
        return mean
    if row.sign != BENEFIT:
        return None
    return mean if row.at.scale.is_higher_better else -mean


def _exponent(value: Decimal) -> int:
    return min(int(value.as_tuple().exponent), 0)


def _both(first: ArmNumbers, second: ArmNumbers) -> tuple[tuple[str, str], ...]:
    """Give the numbers of two arms."""
    one = printed(mean=first.mean, sd=first.sd, n=first.n)
    two = printed(mean=second.mean, sd=second.sd, n=second.n)
    return tuple((f"{name} of arm {row.arm}", text) for row, of in ((first, one), (second, two)) for name, text in of)
