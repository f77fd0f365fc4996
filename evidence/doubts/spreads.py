"""SD, SE and confidence interval of a mean: one typed for another, or not of the same numbers."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from math import sqrt
from statistics import NormalDist

from evidence.doubts.doubt import Doubt, Kind, as_text, printed, short
from evidence.doubts.printed import ArmNumbers
from evidence.doubts.rounding import reach, spread_reach

FEWEST = 3
"""So many other SDs there must be for a usual size."""
UNUSUAL = 2.5
"""How many times smaller than usual an SD is that is asked about if the root of n explains it."""
EXPLAINED = 1.6
"""How far, as a factor, a standard error times the root of n may be from the usual SD."""
AGREES = 1.15
"""How far, as a factor beyond rounding, SDs from SD, SE and interval may lie apart: n may be of another moment."""

FEWEST_PEOPLE = 5
"""With fewer people t is too far from z to tell SDs by an interval."""


def is_like_standard_error(sd: float, n: int, usual: float) -> bool:
    """Whether a number is far too small for an SD and, times the root of n, is about a usual one."""
    spread = sd * sqrt(n)
    return usual > UNUSUAL * sd and usual / EXPLAINED <= spread <= usual * EXPLAINED


@dataclass(frozen=True, slots=True)
class Usual:
    """All SDs of an instrument, from the smallest to the largest."""

    values: Sequence[Decimal]

    def beside(self, sd: Decimal) -> tuple[int, float]:
        """Give how many others there are than this one, and the middle one of them."""
        count, place = len(self.values) - 1, bisect_left(self.values, sd)
        middle = [at + (at >= place) for at in ((count - 1) // 2, count // 2)]
        return count, float(sum(self.values[at] for at in middle)) / 2


def se_as_sd(row: ArmNumbers, all_sds: Usual) -> Doubt | None:
    """Doubt an SD that looks like a standard error beside SDs of the same instrument in other arms and studies."""
    if row.sd is None or row.n is None or len(all_sds.values) <= FEWEST:
        return None
    others, usual = all_sds.beside(row.sd)
    if not is_like_standard_error(float(row.sd), row.n, usual):
        return None
    sentence = (
        f"The SD {as_text(row.sd)} looks like a standard error: {others} other SDs of {row.at.scale.name} are around "
        f"{short(usual)}, and {as_text(row.sd)} times the root of n = {row.n} is {short(float(row.sd) * sqrt(row.n))}."
    )
    return Doubt(Kind.SE_AS_SD, sentence, printed(sd=row.sd, n=row.n))


def spreads_disagree(row: ArmNumbers) -> Doubt | None:
    """Doubt an SD that neither the SE nor the interval of the same row gives with its n."""
    if row.sd is None or row.n is None or row.n < FEWEST_PEOPLE or row.at.is_adjusted:
        return None
    low, high = map(float, spread_reach(row.sd))
    root = sqrt(row.n)
    if row.se is not None:
        least, most = (float(end) * root for end in spread_reach(row.se))
        if low > most * AGREES or high * AGREES < least:
            middle = float(row.se) * root
            times = f"The SE {as_text(row.se)} times the root of n = {row.n} is {short(middle)}"
            sentence = f"{times}, but the SD is {as_text(row.sd)}."
            return Doubt(Kind.SPREADS_DISAGREE, sentence, printed(sd=row.sd, se=row.se, n=row.n))
    if row.ci_lower is None or row.ci_upper is None or row.is_printed_so:
        return None
    z = NormalDist().inv_cdf((1 + float(row.ci_level)) / 2)
    least = float(reach(row.ci_upper)[0] - reach(row.ci_lower)[1]) / 2 / z * root
    most = float(reach(row.ci_upper)[1] - reach(row.ci_lower)[0]) / 2 / z * root
    # t in place of z makes the interval of few people wider.
    wide = AGREES * (1 + 3 / row.n)
    if low <= most * AGREES and high * wide >= least:
        return None
    interval = f"{as_text(row.ci_lower)} to {as_text(row.ci_upper)}"
    sentence = (
        f"The interval {interval} with n = {row.n} belongs to an SD of about {short((least + most) / 2)}, but the SD "
        f"is {as_text(row.sd)}."
    )
    return Doubt(
        Kind.SPREADS_DISAGREE, sentence, printed(sd=row.sd, n=row.n, ci_lower=row.ci_lower, ci_upper=row.ci_upper)
    )
