"""Krippendorff's alpha of any number of raters and any level of measurement, some answers missing.

alpha = 1 - D_o / D_e, the observed disagreement over what pairs of answers drawn from all would have.

References
----------
Krippendorff (2004), Content analysis, 2nd edition, chapter 11; Krippendorff (2011), Computing Krippendorff's
alpha-reliability, repository.upenn.edu/asc_papers/43; Hayes and Krippendorff (2007), doi:10.1080/19312450709336664.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.engine.agreement.differences import Metric, NumberDifference, difference_of, linearised_variance
from analysis.engine.agreement.ratings import Answer, Answers, Ratings, read_ratings, require_pairs
from analysis.engine.agreement.resampling import draw_disagreements, draw_items
from analysis.engine.agreement.result import NO_SPREAD, Spread, interval
from analysis.engine.arrays import LARGEST_SEED, FloatArray, read_level, require, require_option, require_whole
from analysis.engine.errors import InvalidInput, UndefinedResult

METRICS = ("nominal", "ordinal", "interval", "ratio")
ALPHA_CI_METHODS = ("items", "disagreements", "linearised")
WHAT = "Krippendorff's alpha"
ONE_CATEGORY = "all answers are in one category, so that there is no disagreement to expect"
FEWEST, MOST = 100, 1_000_000


@dataclass(frozen=True, slots=True)
class Alpha:
    """Krippendorff's alpha.

    Attributes
    ----------
    estimate, se : coefficient and its standard error (of the resamples, or linearised); se is None for a single item
    level, ci_lower, ci_upper : confidence level (a fraction) and interval, which ends at -1 and 1; the limits are None
        where nothing varies, as where all pairs agree
    ci_method : {"items", "disagreements", "linearised", "none"}
    observed_disagreement, expected_disagreement : mean squared difference of pairs within items, and of all pairs
    metric : {"nominal", "ordinal", "interval", "ratio"}
    n_items : items with two answers or more
    n_raters : raters with an answer to any item
    n_answers : answers to the items counted
    resamples, seed : resamples in which alpha is defined, and their seed; None where none were drawn
    categories : what could be answered
    """

    estimate: float
    se: float | None
    level: float
    ci_lower: float | None
    ci_upper: float | None
    ci_method: str
    observed_disagreement: float
    expected_disagreement: float
    metric: str
    n_items: int
    n_raters: int
    n_answers: int
    resamples: int | None
    seed: int | None
    categories: tuple[Answer, ...]


def krippendorff_alpha(
    ratings: Answers,
    *,
    metric: str = "nominal",
    categories: Sequence[Answer] | None = None,
    ci_method: str = "items",
    resamples: int = 1000,
    seed: int = 1,
    level: float = 0.95,
) -> Alpha:
    """Return Krippendorff's alpha.

    Parameters
    ----------
    ratings : items, each a sequence of one answer per rater; None or NaN where a rater gave none
    metric : {"nominal", "ordinal", "interval", "ratio"}  how different two answers are
    categories : all that could be answered, in their order; by default those found, sorted
    ci_method : {"items", "disagreements", "linearised"}  percentiles over items drawn again (Zapf et al. 2016), or over
        disagreements drawn again (Hayes and Krippendorff 2007), which is too narrow; t of the linearised coefficient
    resamples, seed : how many are drawn, 100 to 1,000,000, and the seed; for the first two
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    UndefinedResult, InvalidInput
        No item with two answers, or all answers in one category; a metric that the answers do not have.
    """
    level, draws = read_level(level), _read_draws(ci_method, resamples, seed)
    read, items, difference = _read(ratings, metric=metric, categories=categories, ci_method=ci_method)
    seen, expected, size = _sums(items, difference)
    estimate = 1.0 - (size - 1.0) * seen / expected
    drawn = draws(items, difference) if estimate < 1.0 and len(items) > 1 else None
    spread = _spread(estimate, drawn, items, difference, level=level)
    return Alpha(
        estimate=estimate,
        se=spread.se,
        level=level,
        ci_lower=spread.ci_lower,
        ci_upper=spread.ci_upper,
        ci_method="none" if spread.ci_method == "none" else ci_method,
        observed_disagreement=seen / size,
        expected_disagreement=expected / (size * (size - 1.0)),
        metric=metric,
        n_items=len(items),
        n_raters=read.n_raters,
        n_answers=int(size),
        resamples=None if drawn is None else drawn.size,
        seed=None if drawn is None else draws.seed,
        categories=read.categories,
    )


@dataclass(frozen=True, slots=True)
class _Draws:
    """How alpha is drawn again."""

    ci_method: str
    resamples: int
    seed: int

    def __call__(self, items: FloatArray, metric: Metric) -> FloatArray | None:
        """Return alpha of the resamples; None for the method that draws none."""
        if self.ci_method == "items":
            return draw_items(items, metric, resamples=self.resamples, seed=self.seed)
        if self.ci_method == "linearised" or isinstance(metric, NumberDifference):
            return None
        return draw_disagreements(items, metric, resamples=self.resamples, seed=self.seed)


def _read_draws(ci_method: str, resamples: int, seed: int) -> _Draws:
    """Return how alpha is drawn again, once it can be."""
    require_option("ci_method", ci_method, ALPHA_CI_METHODS)
    require_whole("resamples", resamples, least=FEWEST, most=MOST)
    require_whole("seed", seed, least=0, most=LARGEST_SEED)
    return _Draws(ci_method=ci_method, resamples=int(resamples), seed=int(seed))


def _read(
    ratings: Answers, *, metric: str, categories: Sequence[Answer] | None, ci_method: str
) -> tuple[Ratings, FloatArray, Metric]:
    """Return the answers, what a metric reads of the items with two or more, and the metric."""
    require_option("metric", metric, METRICS)
    read = require_pairs(read_ratings(ratings, categories=categories), what=WHAT)
    scores = _scores(read, metric=metric)
    # Drawing disagreements takes the table of each two categories.
    by_moments = metric == "interval" and ci_method != "disagreements"
    difference: Metric = NumberDifference(scores) if by_moments else difference_of(metric, scores)
    return read, difference.read(read.take(read.sizes > 1)), difference


def _sums(items: FloatArray, metric: Metric) -> tuple[float, float, float]:
    """Return the sums of differences within items and over all pairs, and the number of answers.

    Raises
    ------
    UndefinedResult
        There is no difference to expect.
    """
    seen, expected = (float(part[0]) for part in metric.sums(items, np.ones((1, len(items)))))
    if expected <= 0.0:
        raise UndefinedResult(what=WHAT, why=ONE_CATEGORY)
    return seen, expected, float(metric.answers(items).sum())


def _scores(read: Ratings, *, metric: str) -> FloatArray:
    """Return the numbers of the categories that a metric needs; their places where only the order counts."""
    scores = read.scores
    if metric in ("interval", "ratio"):
        if scores is None:
            raise InvalidInput("metric", f"the {metric} metric needs answers that are numbers")
        if metric == "ratio":
            require("ratings", scores, scores >= 0.0, rule="at least 0 for the ratio metric")
        return scores
    if metric == "ordinal" and not read.has_order and len(read.categories) > 1:
        raise InvalidInput("categories", "the ordinal metric needs the categories in their order")
    return np.arange(len(read.categories), dtype=np.float64)


def _spread(
    estimate: float,
    drawn: FloatArray | None,
    items: FloatArray,
    metric: Metric,
    *,
    level: float,
) -> Spread:
    """Return the middle `level` of the resamples, or the linearised interval where there are none.

    None where alpha is 1, for a single item, and where alpha does not vary or is undefined in most resamples.
    """
    if estimate == 1.0 or len(items) < 2:
        return interval(estimate, 0.0 if estimate == 1.0 else None, level=level)
    if drawn is None:
        return interval(estimate, linearised_variance(items, metric), level=level, df=len(items) - 1)
    if drawn.size < FEWEST // 2 or float(np.var(drawn)) <= NO_SPREAD:
        return interval(estimate, None, level=level)
    tail = (1.0 - level) / 2.0
    low, high = np.quantile(drawn, [tail, 1.0 - tail])
    return Spread(
        level=level,
        se=float(np.std(drawn, ddof=1)),
        ci_lower=max(-1.0, float(low)),
        ci_upper=min(1.0, float(high)),
        ci_method="percentile",
    )
