"""Numbers and sentences of a forest plot."""

from math import exp

from analysis.figures.axis import LARGEST_LOG
from analysis.figures.table import Heterogeneity, Interval
from analysis.figures.text import NO_NUMBER, number, percent, ratio

SMALLEST_P = 0.001
# Signs that keep with their numbers where a line breaks.
IS, LESS = "\u00a0=\u00a0", "\u00a0<\u00a0"


class Shown:
    """How the numbers of one plot are written."""

    def __init__(self, *, is_ratio: bool, decimals: int, level: float | None) -> None:
        self.is_ratio, self.decimals = is_ratio, decimals
        self.level = "" if level is None else f"{100 * level:.6g}% "

    @property
    def interval_name(self) -> str:
        """Name of the intervals, such as 95% CI."""
        return f"{self.level}CI"

    @property
    def prediction_name(self) -> str:
        """Name of the prediction interval."""
        return f"{self.level}prediction interval".capitalize()

    def interval(self, interval: Interval) -> str:
        """Give an estimate and its interval."""
        estimate = self.estimate(interval)
        return f"{estimate} {self.ends(interval)}" if interval.ends else estimate

    def estimate(self, interval: Interval) -> str:
        """Give an estimate."""
        return NO_NUMBER if interval.estimate is None else self.value(interval.estimate)

    def ends(self, interval: Interval) -> str:
        """Give the ends of an interval, "" where there are none."""
        return f"[{self.value(interval.ends[0])}, {self.value(interval.ends[1])}]" if interval.ends else ""

    def value(self, value: float) -> str:
        """Give a number of the measure; log ratios as ratios."""
        return ratio(value) if self.is_ratio else number(value, decimals=self.decimals)


def heterogeneity_words(given: Heterogeneity) -> str:
    """Give the heterogeneity in words, "" where nothing is known of it."""
    said = [test_words("Q", given.q, given.q_df, given.q_p_value)]
    said.append("" if given.i2 is None else f"I²{IS}{percent(given.i2)}")
    said.append("" if given.tau2 is None else f"τ²{IS}{_digits(given.tau2)}")
    told = ", ".join(filter(None, said))
    return f"Heterogeneity: {told}" if told else ""


def test_words(name: str, statistic: float | None, df: float | None, p_value: float | None) -> str:
    """Give a test with its statistic, "" where it has none."""
    if statistic is None:
        return ""
    more = [] if df is None else [f"df{IS}{df:.6g}"]
    if p_value is not None:
        more.append(f"p{LESS}{SMALLEST_P}" if p_value < SMALLEST_P else f"p{IS}{p_value:.3f}")
    written = number(statistic, decimals=2)
    return f"{name}{IS}{written} ({', '.join(more)})" if more else f"{name}{IS}{written}"


def _digits(value: float) -> str:
    """Give a number with three significant digits."""
    return f"{value:.3g}" if value else "0"


def decimals_of_ticks(ticks: list[float]) -> int:
    """Give the fewest decimals with which the ticks keep their values, at most 6."""
    span = max((abs(tick) for tick in ticks), default=1.0) or 1.0
    exact = (d for d in range(7) if all(abs(round(tick, d) - tick) < 1e-9 * span for tick in ticks))
    return next(exact, 6)


def short_ratio(tick: float) -> str:
    """Give the ratio of a tick without needless zeros; a power of e where exp() has no answer."""
    return f"{exp(tick):.6g}" if abs(tick) < LARGEST_LOG else f"e^{number(tick, decimals=0)}"
