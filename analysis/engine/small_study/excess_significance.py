"""The test of excess significance: more significant studies than their power lets expect.

The power under variance between studies is a closed form. metafor integrates over 5 standard deviations on each side of
the effect: its powers are too small by up to 6e-7, and off by its tolerance of 1.2e-4.

References
----------
Ioannidis and Trikalinos (2007), doi:10.1177/1740774507079441; Francis (2013), doi:10.1016/j.jmp.2013.02.003.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.engine.arrays import FloatArray, freeze, read_array, read_studies, require, require_option
from analysis.engine.distributions import chi2_p_value, tail_quantile
from analysis.engine.errors import RaggedLengths, TooFewStudies, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.small_study.bisection import bisect, widen
from analysis.engine.small_study.pet_peese import ALTERNATIVES, read_alpha

TESTS = ("auto", "exact", "chi2", "binomial")
# "auto" is exact while no more ways of being significant than this must be counted, as in metafor.
MOST_WAYS = 1_000_000
# Chances count as no larger than the observed one up to this: metafor's and R's allowances for rounding.
EXACT_ALLOWANCE = 2.0**-26
BINOMIAL_ALLOWANCE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class ExcessSignificance:
    """Observed and expected numbers of significant studies.

    Attributes
    ----------
    k : number of studies
    observed, expected : number of significant studies and the sum of the powers
    ratio : observed / expected
    test : {"exact", "chi2", "binomial"}  what was used
    statistic : chi-squared with 1 degree of freedom; None for "exact" and "binomial"
    p_value : by `test_alternative`
    power : array of shape (k,)  chance of each study to be significant
    is_significant : array of shape (k,)  1.0 where a study is significant, else 0.0
    effect, tau2 : true effect and variance between studies assumed for the power
    alpha, alternative : of the studies' own tests
    test_alternative, test_alpha : of this test
    effect_limits : effects at which the p value is test_alpha, one for a one-sided test, two (each with half of
        test_alpha) for a two-sided one; None where there is none, and for effects given study by study
    """

    k: int
    observed: int
    expected: float
    ratio: float
    test: str
    statistic: float | None
    p_value: float
    power: FloatArray
    is_significant: FloatArray
    effect: float | FloatArray
    tau2: float
    alpha: float
    alternative: str
    test_alternative: str
    test_alpha: float
    effect_limits: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Question:
    """What does not change when another true effect is tried; attributes as the parameters of excess_significance."""

    vi: FloatArray
    tau2: float
    null_effect: float
    alpha: float
    alternative: str
    observed: int
    test: str
    is_corrected: bool

    def power(self, effect: float | FloatArray) -> FloatArray:
        """Return the chance of each study to be significant when effects are normal around `effect`."""
        sei, spread = np.sqrt(self.vi), np.sqrt(self.vi + self.tau2)
        critical = -float(tail_quantile(self.alpha / 2.0 if self.alternative == "two-sided" else self.alpha))
        shift = effect - self.null_effect
        above = special.ndtr((shift - critical * sei) / spread)
        below = special.ndtr((-shift - critical * sei) / spread)
        if self.alternative == "two-sided":
            return np.asarray(above + below)
        return np.asarray(above if self.alternative == "greater" else below)

    def test_power(self, power: FloatArray, test_alternative: str) -> tuple[float | None, float]:
        """Return the statistic, where there is one, and the p value."""
        if self.test == "chi2":
            return _chi2_test(self.observed, power, test_alternative, self.is_corrected)
        if self.test == "binomial":
            chances = count_chances(np.full(power.size, float(np.mean(power))))
            return None, _binomial_p_value(self.observed, chances, float(np.sum(power)), test_alternative)
        return None, _exact_p_value(self.observed, count_chances(power), test_alternative)


def excess_significance(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    effect: ArrayLike | None = None,
    tau2: float | None = None,
    tau2_method: str = "REML",
    null_effect: float = 0.0,
    alpha: float = 0.05,
    alternative: str = "two-sided",
    test: str = "auto",
    test_alternative: str = "greater",
    test_alpha: float = 0.10,
    is_corrected: bool = False,
) -> ExcessSignificance:
    """Return the test of excess significance.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 1
    effect : true effect, one or one for each study; None: pooled, or with `tau2` given weighted by 1 / (vi + tau2)
    tau2 : variance of the true effects; None is the estimate by `tau2_method` ("CE": 0)
    null_effect : effect of the studies' null hypothesis
    alpha, alternative : significance level and {"two-sided", "greater", "less"} of the studies' tests
    test : {"auto", "exact", "chi2", "binomial"}  "auto" is exact unless that means over a million ways, then "chi2"
    test_alternative, test_alpha : direction and significance level of this test
    is_corrected : continuity correction of "chi2"

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is 0; every study has power 1, so that "chi2" has no spread.
    """
    require_option("alternative", alternative, ALTERNATIVES)
    require_option("test", test, TESTS)
    require_option("test_alternative", test_alternative, ALTERNATIVES)
    alpha, test_alpha = read_alpha("alpha", alpha), read_alpha("test_alpha", test_alpha)
    null = float(read_array("null_effect", null_effect, dimensions=0))
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    true, spread = _assume(effects, variances, effect, tau2, tau2_method)
    significant = _find_significant((effects - null) / np.sqrt(variances), alpha, alternative)
    chosen = _choose_test(test, int(np.sum(significant)), effects.size, test_alternative)
    question = Question(variances, spread, null, alpha, alternative, int(np.sum(significant)), chosen, is_corrected)
    single = float(true[0]) if effect is None or np.ndim(np.asarray(effect)) == 0 else None
    limits = () if single is None else _find_limits(question, single, test_alternative, test_alpha)
    return _report(
        question, freeze(true) if single is None else single, significant, test_alternative, test_alpha, limits
    )


def _report(
    question: Question,
    effect: float | FloatArray,
    significant: NDArray[np.bool_],
    test_alternative: str,
    test_alpha: float,
    effect_limits: tuple[float | None, ...],
) -> ExcessSignificance:
    """Return the result of the test at the assumed effect."""
    power = question.power(effect)
    statistic, p_value = question.test_power(power, test_alternative)
    return ExcessSignificance(
        k=power.size,
        observed=question.observed,
        expected=float(np.sum(power)),
        ratio=question.observed / float(np.sum(power)),
        test=question.test,
        statistic=statistic,
        p_value=p_value,
        power=freeze(power),
        is_significant=freeze(significant.astype(np.float64)),
        effect=effect,
        tau2=question.tau2,
        alpha=question.alpha,
        alternative=question.alternative,
        test_alternative=test_alternative,
        test_alpha=test_alpha,
        effect_limits=effect_limits,
    )


def _find_significant(z: FloatArray, alpha: float, alternative: str) -> NDArray[np.bool_]:
    """Return which studies are significant."""
    critical = -float(tail_quantile(alpha / 2.0 if alternative == "two-sided" else alpha))
    return np.asarray({"two-sided": np.abs(z), "greater": z, "less": -z}[alternative] >= critical)


def _assume(
    yi: FloatArray, vi: FloatArray, effect: ArrayLike | None, tau2: float | None, tau2_method: str
) -> tuple[FloatArray, float]:
    """Return the true effects, shape (k,), and their variance."""
    fit = None
    if tau2 is None:
        fit = pool(yi, vi, tau2_method=tau2_method, ci_method="wald")
        spread = fit.tau2
    else:
        given = read_array("tau2", tau2, dimensions=0)
        require("tau2", given, np.asarray(given >= 0.0), rule="at least 0")
        spread = float(given)
    if effect is not None:
        true = read_array("effect", effect)
        return np.broadcast_to(true, yi.shape) if true.size == 1 else _same_length(true, yi), spread
    weights = 1.0 / (vi + spread)
    mean = fit.estimate if fit else float(np.sum(weights * yi) / np.sum(weights))
    return np.full(yi.size, mean), spread


def _same_length(true: FloatArray, yi: FloatArray) -> FloatArray:
    """Return the effects of the studies, one for each."""
    if true.size != yi.size:
        raise RaggedLengths(argument="effect", length=true.size, other="yi", other_length=yi.size)
    return true


def _choose_test(test: str, observed: int, k: int, test_alternative: str) -> str:
    """Return the test; "auto" counts the ways in which so many studies can be significant."""
    if test != "auto":
        return test
    numbers = {
        "two-sided": range(k + 1),
        "greater": range(observed, k + 1),
        "less": range(observed + 1),
    }[test_alternative]
    return "exact" if sum(comb(k, number) for number in numbers) <= MOST_WAYS else "chi2"


def count_chances(power: FloatArray) -> FloatArray:
    """Return the chances of 0, 1, ..., k significant studies, shape (k + 1,), from their powers."""
    chances = np.ones(1)
    for chance in power:
        chances = np.convolve(chances, [1.0 - chance, chance])
    return chances


def _exact_p_value(observed: int, chances: FloatArray, test_alternative: str) -> float:
    """Return the chance of at least, at most, or as improbable a number of significant studies."""
    if test_alternative == "greater":
        total = float(np.sum(chances[observed:]))
    elif test_alternative == "less":
        total = float(np.sum(chances[: observed + 1]))
    else:
        total = float(np.sum(chances[chances <= chances[observed] + EXACT_ALLOWANCE]))
    return min(1.0, total)


def _binomial_p_value(observed: int, chances: FloatArray, expected: float, test_alternative: str) -> float:
    """Return the p value of the binomial test; two-sided it adds the other tail's numbers that are no more likely."""
    if test_alternative != "two-sided":
        return _exact_p_value(observed, chances, test_alternative)
    if observed == expected:
        return 1.0
    numbers = np.arange(chances.size)
    as_rare = chances <= chances[observed] * (1.0 + BINOMIAL_ALLOWANCE)
    if observed < expected:
        tails = (numbers <= observed) | ((numbers >= expected) & as_rare)
    else:
        tails = (numbers >= observed) | ((numbers <= expected) & as_rare)
    return min(1.0, float(np.sum(chances[tails])))


def _chi2_test(observed: int, power: FloatArray, test_alternative: str, is_corrected: bool) -> tuple[float, float]:
    """Return chi-squared and p value of observed and expected numbers."""
    k, expected = power.size, float(np.sum(power))
    if not 0.0 < expected < k:
        raise UndefinedResult(
            what="the chi-squared test", why=f"{expected:.15g} of {k} studies are expected significant"
        )
    distance = abs(observed - expected)
    distance -= min(0.5, distance) if is_corrected else 0.0
    statistic = distance**2 * (1.0 / expected + 1.0 / (k - expected))
    if test_alternative == "two-sided":
        return statistic, chi2_p_value(statistic, df=1)
    z = float(np.sign(observed - expected)) * sqrt(statistic)
    return statistic, float(special.ndtr(-z if test_alternative == "greater" else z))


def _find_limits(
    question: Question, effect: float, test_alternative: str, test_alpha: float
) -> tuple[float | None, ...]:
    """Return the effect, on the side of the assumed one, at which the p value is test_alpha; two for two-sided."""
    if test_alternative == "two-sided":
        parts = (_find_limit(question, effect, side, test_alpha / 2.0) for side in ("greater", "less"))
        return tuple(parts)
    return (_find_limit(question, effect, test_alternative, test_alpha),)


def _find_limit(question: Question, effect: float, test_alternative: str, test_alpha: float) -> float | None:
    """Return the one limit; the p value must be on the other side of test_alpha where nothing is to be found."""
    sign = 1.0 if test_alternative == "less" else -1.0

    def function(tried: float) -> float:
        """Return how far the p value is on that side of test_alpha where the null effect must lie."""
        return sign * (_limit_p_value(question, tried, test_alternative) - test_alpha)

    if function(question.null_effect) <= 0.0:
        return None
    distance = max(abs(effect - question.null_effect), float(np.sqrt(np.min(question.vi))))
    bracket = widen(function, question.null_effect, distance if effect >= question.null_effect else -distance)
    return None if bracket is None else bisect(function, *bracket)


def _limit_p_value(question: Question, effect: float, test_alternative: str) -> float:
    """Return the p value at an effect; far out, where all studies or none are significant, its limit."""
    power = question.power(effect)
    if question.test == "chi2" and not 0.0 < float(np.sum(power)) < power.size:
        is_likely = (float(np.sum(power)) > 0.0) == (test_alternative == "greater")
        return 1.0 if is_likely else 0.0
    return question.test_power(power, test_alternative)[1]
