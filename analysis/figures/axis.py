"""The horizontal axis: its range, where a number lies on it, and its ticks."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, exp, floor, log, log10
from statistics import median

from analysis.figures.table import Interval, Table

# How far the axis reaches beyond the outermost estimate, in widths of the range of estimates (or a typical interval).
REACH = 1.0
MARGIN = 0.04
MOST_TICKS = 7
# A narrower range, relative to its ends, has no ticks that double precision tells apart; it is widened.
NARROWEST = 1e-9
# exp() and log() of what lies beyond are of no use on an axis.
LARGEST_LOG = 300.0
STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
PER_DECADE = (
    (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0),
    (1.0, 1.5, 2.0, 3.0, 5.0, 7.0),
    (1.0, 2.0, 5.0),
    (1.0, 3.0),
    (1.0,),
)


@dataclass(frozen=True, slots=True)
class Axis:
    """A range of the measure's scale (ratios: logs), drawn from `left` to `right`."""

    lower: float
    upper: float
    left: float
    right: float
    is_ratio: bool

    def place(self, value: float) -> float:
        """Give the horizontal position of a number; numbers outside the range lie at its ends."""
        inside = min(max(value, self.lower), self.upper)
        return self.left + (inside - self.lower) / (self.upper - self.lower) * (self.right - self.left)

    def ticks(self) -> list[float]:
        """Give the positions of the ticks on the scale of the measure, ascending."""
        return self._ratio_ticks() if self.is_ratio else linear_ticks(self.lower, self.upper)

    def _ratio_ticks(self) -> list[float]:
        """Give logs of round ratios: as many per decade as have room; evenly spaced ones where the range is narrow."""
        if max(abs(self.lower), abs(self.upper)) > LARGEST_LOG:
            return linear_ticks(self.lower, self.upper)
        lowest, highest = exp(self.lower), exp(self.upper)
        decades = range(floor(log10(lowest)), ceil(log10(highest)) + 1)
        for per_decade in PER_DECADE:
            ratios = [factor * 10.0**decade for decade in decades for factor in per_decade]
            ticks = [log(ratio) for ratio in ratios if lowest <= ratio <= highest]
            if 3 <= len(ticks) <= MOST_TICKS:
                return ticks
        if len(decades) > MOST_TICKS:
            every = ceil(len(decades) / MOST_TICKS)
            return [decade * log(10.0) for decade in decades if decade % every == 0 and self._holds(decade * log(10.0))]
        return [log(ratio) for ratio in linear_ticks(lowest, highest) if ratio > 0]

    def _holds(self, value: float) -> bool:
        """Whether a number lies on the axis."""
        return self.lower <= value <= self.upper


def linear_ticks(lower: float, upper: float) -> list[float]:
    """Give at most seven round numbers in a range, evenly spaced."""
    rough = (upper - lower) / (MOST_TICKS - 1)
    power = 10.0 ** floor(log10(rough))
    step = next(one * power for one in STEPS if one * power >= rough * (1 - 1e-9))
    first, last = ceil(lower / step - 1e-9), floor(upper / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def fit_axis(table: Table, *, null_value: float, left: float, right: float, is_ratio: bool) -> Axis:
    """Give the axis on which all estimates and the null lie; intervals that reach far beyond are clipped."""
    intervals = table.intervals
    estimates = [one.estimate for one in intervals if one.estimate is not None] + [null_value]
    ends = [one.ends for one in (*intervals, table.prediction) if one.ends]
    core_lower, core_upper = min(estimates), max(estimates)
    reach = REACH * max(core_upper - core_lower, _typical_width(intervals))
    lower = max(min([core_lower, *(low for low, _ in ends)]), core_lower - reach)
    upper = min(max([core_upper, *(high for _, high in ends)]), core_upper + reach)
    if upper - lower < NARROWEST * max(abs(lower), abs(upper), 1.0):
        pad = max(1.0, abs(upper))
        lower, upper = lower - pad, upper + pad
    margin = MARGIN * (upper - lower)
    return Axis(lower=lower - margin, upper=upper + margin, left=left, right=right, is_ratio=is_ratio)


def _typical_width(intervals: Iterable[Interval]) -> float:
    """Give the median width of the intervals, 0 where there is none."""
    widths = [one.ends[1] - one.ends[0] for one in intervals if one.ends]
    return median(widths) if widths else 0.0
