"""What every coefficient of agreement gives, and its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np

from analysis.engine.agreement.ratings import Answer
from analysis.engine.arrays import FloatArray
from analysis.engine.distributions import critical_value
from analysis.engine.errors import UndefinedResult

# A variance of influences below this is rounding: they are numbers of size 1.
NO_SPREAD = 1e-20


@dataclass(frozen=True, slots=True)
class Agreement:
    """A coefficient of agreement.

    Attributes
    ----------
    estimate, se : coefficient and its standard error; se is None for a single item
    level, ci_lower, ci_upper : confidence level (a fraction) and interval, which ends at -1 and 1; the limits are None
        where the standard error is 0 or None, as it is when all items are answered alike by all
    ci_method : {"normal", "t", "wilson", "none"}
    observed, expected : (weighted) agreement seen, and expected by chance; None where the coefficient expects none
    n_items : items with two answers or more
    n_raters, n_answers : raters with an answer, and answers, to any item
    weights : name of the weights
    categories : what could be answered
    """

    estimate: float
    se: float | None
    level: float
    ci_lower: float | None
    ci_upper: float | None
    ci_method: str
    observed: float
    expected: float | None
    n_items: int
    n_raters: int
    n_answers: int
    weights: str
    categories: tuple[Answer, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """A standard error with the interval around an estimate."""

    level: float
    se: float | None
    ci_lower: float | None
    ci_upper: float | None
    ci_method: str


def interval(estimate: float, variance: float | None, *, level: float, df: int | None = None) -> Spread:
    """Return the normal interval (t with `df`) around an estimate, cut at -1 and 1; none where nothing varies."""
    if variance is None:
        return Spread(level=level, se=None, ci_lower=None, ci_upper=None, ci_method="none")
    if variance <= NO_SPREAD:
        return Spread(level=level, se=0.0, ci_lower=None, ci_upper=None, ci_method="none")
    se = sqrt(variance)
    reach = float(critical_value(level, df=df)) * se
    return Spread(
        level=level,
        se=se,
        ci_lower=max(-1.0, estimate - reach),
        ci_upper=min(1.0, estimate + reach),
        ci_method="normal" if df is None else "t",
    )


def variance_of_mean(influences: FloatArray) -> float | None:
    """Return the variance of the mean of the items' influences; None for one item."""
    size = influences.size
    return None if size < 2 else float(np.var(influences, ddof=1)) / size


def above_chance(observed: float, expected: float, *, what: str) -> float:
    """Return (observed - expected) / (1 - expected).

    Raises
    ------
    UndefinedResult
        Chance alone gives full agreement, as it does where only one category was used.
    """
    if expected >= 1.0:
        raise UndefinedResult(what=what, why="all answers are in one category, so that chance alone gives agreement")
    return (observed - expected) / (1.0 - expected)


def require_choice(categories: Sequence[Answer], *, what: str) -> None:
    """Raise UndefinedResult where there is nothing to choose from."""
    if len(categories) < 2:
        why = "only one category is known; name all that could be answered"
        raise UndefinedResult(what=what, why=why)
