"""Fail-safe N: how many missing studies without an effect would overturn a result.

"General" asks a random-effects model. The missing studies have the harmonic mean of the observed variances, and effects
with a given mean and the standard deviation sqrt(variance + tau2). The smallest number at which the p value reaches
alpha (or the estimate the target) is exact; metafor (since 4.4) reads it from a root of a step function and may be one
off. "REM" of metafor 3.8 is the same idea by simulation.

References
----------
Rosenthal (1979), doi:10.1037/0033-2909.86.3.638; Orwin (1983), doi:10.2307/1164923; Rosenberg (2005),
doi:10.1111/j.0014-3820.2005.tb01004.x.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, read_studies, require_option
from analysis.engine.distributions import chi2_p_value, tail_quantile, two_sided_p_value
from analysis.engine.errors import NotConverged, TooFewStudies, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.small_study.pet_peese import read_alpha
from analysis.engine.weighted_mean import weigh

METHODS = ("Rosenthal", "Fisher", "Orwin", "Rosenberg", "General")
# Counts this close to a whole number are that number: rounding must not add a study.
WHOLE = 2.0**-26
# Beyond this no literature goes; the search ends and says so.
LARGEST_NUMBER = 10_000_000
# Refitting the model with more studies than this would take minutes.
LARGEST_REFIT = 5_000


@dataclass(frozen=True, slots=True)
class FailSafeN:
    """A fail-safe N.

    Attributes
    ----------
    k : number of observed studies
    method : {"Rosenthal", "Fisher", "Orwin", "Rosenberg", "General"}
    fail_safe_n : smallest whole number of missing studies, at least 0
    alpha : significance level the missing studies must reach; None where a target effect is used
    estimate : observed (mean or pooled) effect; None for "Rosenthal" and "Fisher"
    p_value : of the observed studies: one-sided for "Rosenthal" and "Fisher", two-sided for "Rosenberg" and "General";
        None for "Orwin"
    target : effect the missing studies must reach, with the sign of `estimate`; None where significance is used
    tau2 : variance between studies; None except for "General"
    filled_estimate, filled_tau2, filled_p_value : with the missing studies; None except for "General"
    """

    k: int
    method: str
    fail_safe_n: int
    alpha: float | None
    estimate: float | None
    p_value: float | None
    target: float | None
    tau2: float | None = None
    filled_estimate: float | None = None
    filled_tau2: float | None = None
    filled_p_value: float | None = None


def fail_safe_n(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    method: str = "Rosenthal",
    alpha: float = 0.05,
    target: float | None = None,
    is_weighted: bool = False,
    is_exact: bool = False,
    missing_effect: float = 0.0,
    tau2_method: str = "REML",
    ci_method: str = "wald",
) -> FailSafeN:
    """Return the number of missing studies that would overturn the result.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 1 (2 for "General")
    method : {"Rosenthal", "Fisher", "Orwin", "Rosenberg", "General"}  Stouffer's sum of z values; Fisher's sum of log p
        values; mean effect; common-effect z test; random-effects model
    alpha : one-sided for "Rosenthal" and "Fisher", else two-sided
    target : effect to be reached, for "Orwin" (None: half of the observed) and "General" (None: alpha decides); its
        sign is that of the observed effect whatever is given
    is_weighted : for "Orwin", weights 1 / vi: metafor's choice since 4.4, not before
    is_exact : for "General", refit the model with the missing studies instead of approximating tau2; always so when
        ci_method is not "wald"; up to 5,000 studies
    missing_effect : mean effect of the missing studies, for "General"
    tau2_method, ci_method : for "General", as in `pool`

    Raises
    ------
    TooFewStudies, UndefinedResult
        k is 0, or 1 for "General"; the target is 0, or the observed effect is: no number of studies reaches it.
    NotConverged
        More than ten million studies are needed, or more than 5,000 refitted ones.
    """
    require_option("method", method, METHODS)
    alpha = read_alpha("alpha", alpha)
    effects, variances = read_studies(yi, vi)
    if effects.size < (needed := 2 if method == "General" else 1):
        raise TooFewStudies(needed=needed, got=effects.size)
    goal = None if target is None else float(read_array("target", target, dimensions=0))
    if method == "Orwin":
        return _orwin(effects, variances, goal, is_weighted)
    if method != "General":
        ask = {"Rosenthal": _rosenthal, "Fisher": _fisher, "Rosenberg": _rosenberg}[method]
        return ask(effects, variances, alpha)
    null = float(read_array("missing_effect", missing_effect, dimensions=0))
    missing = MissingStudies(effects, variances, null, tau2_method, ci_method, is_exact or ci_method != "wald")
    return _general(missing, alpha, goal)


def round_up(number: float) -> int:
    """Return the smallest whole number of studies that is not below `number`."""
    nearest = round(number)
    return nearest if abs(number - nearest) < WHOLE else ceil(number)


def _rosenthal(yi: FloatArray, vi: FloatArray, alpha: float) -> FailSafeN:
    """Return the number of z values of 0 that bring the sum of all to the critical value."""
    k = yi.size
    z = abs(float(np.sum(yi / np.sqrt(vi)))) / sqrt(k)
    number = max(0.0, k * (z / float(tail_quantile(alpha))) ** 2 - k)
    p_value = float(special.ndtr(-z))
    if p_value >= alpha:
        number = 0.0
    return FailSafeN(k, "Rosenthal", round_up(number), alpha, None, p_value, None)


def _fisher(yi: FloatArray, vi: FloatArray, alpha: float) -> FailSafeN:
    """Return the number of one-sided p values of 0.5 that bring Fisher's combined p value to alpha."""
    k = yi.size
    observed = -2.0 * float(np.sum(special.log_ndtr(-np.abs(yi / np.sqrt(vi)))))
    null = -2.0 * np.log(0.5)

    def is_reached(number: int) -> bool:
        """Return whether that many missing studies are enough."""
        return chi2_p_value(observed + number * null, df=2 * (k + number)) >= alpha

    number = smallest_number(is_reached, limit=LARGEST_NUMBER)
    return FailSafeN(k, "Fisher", number, alpha, None, chi2_p_value(observed, df=2 * k), None)


def _orwin(yi: FloatArray, vi: FloatArray, target: float | None, is_weighted: bool) -> FailSafeN:
    """Return the number of effects of 0 that bring the mean down to the target."""
    estimate = weigh(yi, vi).estimate if is_weighted else float(np.mean(yi))
    goal = _aim(estimate, target)
    number = max(0.0, yi.size * (estimate - goal) / goal)
    return FailSafeN(yi.size, "Orwin", round_up(number), None, estimate, None, goal)


def _aim(estimate: float, target: float | None) -> float:
    """Return the target with the sign of the estimate; half of the estimate where none is given."""
    goal = estimate / 2.0 if target is None else abs(target) * float(np.sign(estimate))
    if goal == 0.0:
        why = "the observed effect is 0" if estimate == 0.0 else "no number of studies without effect brings it to 0"
        raise UndefinedResult(what="the fail-safe N", why=why)
    return goal


def _rosenberg(yi: FloatArray, vi: FloatArray, alpha: float) -> FailSafeN:
    """Return the number of effects of 0, with the mean weight, that bring the z test to the critical value."""
    k, mean = yi.size, weigh(yi, vi)
    z = mean.estimate * sqrt(mean.total)
    number = max(0.0, k * ((z / float(tail_quantile(alpha / 2.0))) ** 2 - 1.0))
    return FailSafeN(k, "Rosenberg", round_up(number), alpha, mean.estimate, two_sided_p_value(z), None)


@dataclass(frozen=True, slots=True, eq=False)
class MissingStudies:
    """Observed studies to which studies with a common mean are added; attributes as the parameters of fail_safe_n."""

    yi: FloatArray
    vi: FloatArray
    effect: float
    tau2_method: str
    ci_method: str
    is_exact: bool

    def observe(self) -> tuple[float, float, float]:
        """Return estimate, tau2 and p value of the observed studies."""
        fit = pool(self.yi, self.vi, tau2_method=self.tau2_method, ci_method=self.ci_method)
        return fit.estimate, fit.tau2, fit.p_value

    def add(self, number: int, estimate: float, tau2: float) -> tuple[float, float, float]:
        """Return estimate, tau2 and p value with `number` studies added; `estimate` and `tau2` are the observed."""
        if number == 0:
            return self.observe()
        variance = self.vi.size / float(np.sum(1.0 / self.vi))
        if self.is_exact:
            return self._refit(number, variance, sqrt(variance + tau2))
        k, total = self.yi.size, self.yi.size + number
        mean = (k * estimate + number * self.effect) / total
        between = k * (estimate - mean) ** 2 + number * (self.effect - mean) ** 2
        filled = ((k - 1 + number - 1) * tau2 + between) / (total - 1) if self.tau2_method != "CE" else 0.0
        weights, weight = 1.0 / (self.vi + filled), number / (variance + filled)
        sum_of_weights = float(np.sum(weights)) + weight
        new = (float(np.sum(weights * self.yi)) + weight * self.effect) / sum_of_weights
        return new, filled, two_sided_p_value(new * sqrt(sum_of_weights))

    def _refit(self, number: int, variance: float, spread: float) -> tuple[float, float, float]:
        """Return the same from a fit to all studies; only mean and spread of the added ones matter to it."""
        added = np.linspace(-1.0, 1.0, number) if number > 1 else np.zeros(1)
        if number > 1:
            added = added * (spread / float(np.std(added, ddof=1)))
        fit = pool(
            np.concatenate([self.yi, self.effect + added]),
            np.concatenate([self.vi, np.full(number, variance)]),
            tau2_method=self.tau2_method,
            ci_method=self.ci_method,
        )
        return fit.estimate, fit.tau2, fit.p_value


def _general(missing: MissingStudies, alpha: float, target: float | None) -> FailSafeN:
    """Return the number of studies that take the model's p value above alpha, or its estimate to the target."""
    estimate, tau2, p_value = missing.observe()
    goal = None if target is None else _aim(estimate, target)
    direction = 1.0 if estimate >= 0.0 else -1.0

    def is_reached(number: int) -> bool:
        """Return whether that many missing studies are enough."""
        new, _, new_p_value = missing.add(number, estimate, tau2)
        if goal is not None:
            return direction * new <= direction * goal
        return new_p_value >= alpha or direction * new <= 0.0

    limit = LARGEST_REFIT if missing.is_exact else LARGEST_NUMBER
    number = smallest_number(is_reached, limit=limit)
    filled, filled_tau2, filled_p_value = missing.add(number, estimate, tau2)
    return FailSafeN(
        k=missing.yi.size,
        method="General",
        fail_safe_n=number,
        alpha=alpha if goal is None else None,
        estimate=estimate,
        p_value=p_value,
        target=goal,
        tau2=tau2,
        filled_estimate=filled,
        filled_tau2=filled_tau2,
        filled_p_value=filled_p_value,
    )


def smallest_number(is_reached: Callable[[int], bool], *, limit: int) -> int:
    """Return the smallest number from 0 on that is enough, given that more are enough too.

    Raises
    ------
    NotConverged
        `limit` is not enough.
    """
    if is_reached(0):
        return 0
    too_few, enough = 0, 1
    while not is_reached(enough):
        too_few, enough = enough, 2 * enough
        if too_few >= limit:
            raise NotConverged(what="the fail-safe N", iterations=limit)
    while enough - too_few > 1:
        middle = (too_few + enough) // 2
        if is_reached(middle):
            enough = middle
        else:
            too_few = middle
    return enough
