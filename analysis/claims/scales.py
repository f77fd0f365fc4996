"""On which scale the interval of an effect measure is symmetric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import atanh, inf, log

from analysis.claims.interval import Interval


@dataclass(frozen=True, slots=True)
class Scale:
    """A scale: its name in sentences, its transformation, the range where that is defined, and no effect on it."""

    name: str
    transform: Callable[[float], float]
    low: float
    high: float
    null: float

    def fits(self, *intervals: Interval) -> bool:
        """Whether every possible value can be transformed."""
        return all(self.low < one.low and one.high < self.high for one in intervals)

    def on(self, interval: Interval) -> Interval:
        """Give the interval on this scale, where no effect is 0."""
        return interval.through(self.transform)


PLAIN = Scale("", lambda value: value, -inf, inf, 0.0)
LOG = Scale("on the log scale, ", log, 0.0, inf, 1.0)
FISHER = Scale("on Fisher's z scale, ", atanh, -1.0, 1.0, 0.0)
RATIOS = frozenset({"RR", "OR", "HR", "IRR", "ROM", "DOR", "RATIO", "LOGRATIO"})
DIFFERENCES = frozenset({"SMD", "MD", "RD", "WMD", "G", "D", "BETA", "GEN", "B"})
CORRELATIONS = frozenset({"R", "COR", "ZCOR"})
# Limits of proportions, of other transformed measures and of credible intervals are symmetric on no known scale.
NONE_KNOWN = frozenset({"PROP", "PR", "PLO", "PREVALENCE", "MEDIAN", "AUC", "SENSITIVITY", "SPECIFICITY"})


def scales_of(measure: str, *intervals: Interval) -> tuple[Scale, ...]:
    """Give the scales on which an interval of this measure may be symmetric; all that fit where it is not known."""
    name = measure.strip().upper().removeprefix("A") if measure.strip().upper() in ("AOR", "AHR", "ARR") else ""
    name = name or measure.strip().upper()
    if name in NONE_KNOWN or name.startswith(("CRI", "EXACT")):
        return ()
    if name in DIFFERENCES:
        return (PLAIN,)
    if name in RATIOS:
        return (LOG,) if LOG.fits(*intervals) else ()
    if name in CORRELATIONS:
        return tuple(scale for scale in (FISHER, PLAIN) if scale.fits(*intervals))
    return tuple(scale for scale in (PLAIN, LOG, FISHER) if scale.fits(*intervals))


def is_ratio(measure: str) -> bool:
    """Whether no effect is 1 on the printed scale."""
    return scales_of(measure, Interval(1.0, 1.0)) == (LOG,)
