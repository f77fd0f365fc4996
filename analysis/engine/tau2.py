"""The variance between studies, tau2, of one meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_studies, require_option
from analysis.engine.distributions import chi2_quantile
from analysis.engine.errors import NotConverged, TooFewStudies
from analysis.engine.likelihood import Likelihood, MeanSums, maximise, sum_up
from analysis.engine.problems import UNEQUAL, moments, set_up, traces
from analysis.engine.tau2_many import LAST_STEP, MAX_ITERATIONS, TAU2_METHODS, estimate_tau2_many

TAU2_ESTIMATORS = tuple(method for method in TAU2_METHODS if method != "CE")


@dataclass(frozen=True, slots=True)
class Tau2:
    """An estimate of the variance between studies, squared scale of yi.

    Attributes
    ----------
    tau2 : at least 0; a negative solution is truncated to 0
    tau2_se : large-sample standard error
    tau2_method : one of TAU2_ESTIMATORS
    """

    tau2: float
    tau2_se: float
    tau2_method: str


def estimate_tau2(yi: ArrayLike, vi: ArrayLike, *, tau2_method: str = "REML") -> Tau2:
    """Return tau2 and its standard error.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    tau2_method : one of TAU2_ESTIMATORS

    Raises
    ------
    TooFewStudies
        k is 0 or 1.
    NotConverged
        The search did not reach double precision.

    Notes
    -----
    DL, HE, HS, HSk and SJ are formulas; HSk is HS with a correction for small k, SJ starts from the plain variance of
    the effects. PM solves Q(tau2) = k - 1, and so does EB, whose fixed point it is; PMM takes the median of chi-squared
    instead. ML and REML are the global maximum of their likelihood, to double precision, also where there are several
    maxima. All but SJ are truncated at 0.

    References
    ----------
    See `tau2_many.estimate_tau2_many`. Standard errors: as in metafor, Viechtbauer (2010), doi:10.18637/jss.v036.i03.
    """
    require_option("tau2_method", tau2_method, TAU2_ESTIMATORS)
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    centred = effects - float(np.sum(effects)) / effects.size
    return fit_tau2(centred, variances, sum_up(centred, variances, 0.0), tau2_method=tau2_method)[0]


def fit_tau2(yi: FloatArray, vi: FloatArray, at_zero: MeanSums, *, tau2_method: str) -> tuple[Tau2, MeanSums]:
    """Return tau2 of effects that lie around 0, k >= 2, and their sums at it, from their sums at tau2 = 0."""
    if tau2_method in ("ML", "REML"):
        tau2, now = maximise(Likelihood(yi=yi, vi=vi, restricted=tau2_method == "REML"), at_zero)
        under = now.squares if tau2_method == "ML" else _traces(vi, now, tau2)[1]
        return Tau2(tau2=tau2, tau2_se=sqrt(2.0 / under), tau2_method=tau2_method), now
    if tau2_method in ("DL", "PM", "EB", "PMM"):
        return _by_q(yi, vi, at_zero, tau2_method=tau2_method)
    problem = set_up(yi[np.newaxis], vi[np.newaxis])
    median = np.array([chi2_quantile(0.5, df=yi.size - 1)])
    found = estimate_tau2_many(problem, moments(problem, np.zeros(1)), tau2_method=tau2_method, medians=median)
    tau2 = float(found.tau2[0])
    return Tau2(tau2=tau2, tau2_se=float(found.tau2_se[0]), tau2_method=tau2_method), sum_up(yi, vi, tau2)


def _by_q(yi: FloatArray, vi: FloatArray, at_zero: MeanSums, *, tau2_method: str) -> tuple[Tau2, MeanSums]:
    """Return the estimators that look at Q alone: its moment (DL), or the tau2 at which it is its mean or median."""
    df, k = yi.size - 1, yi.size
    if tau2_method == "DL":
        trace, squares = _traces(vi, at_zero, 0.0)
        tau2 = max(0.0, (at_zero.q - df) / trace)
        se = sqrt(2.0 * df + 4.0 * tau2 * trace + 2.0 * tau2**2 * squares) / trace
        return Tau2(tau2=tau2, tau2_se=se, tau2_method=tau2_method), sum_up(yi, vi, tau2)
    target = chi2_quantile(0.5, df=df) if tau2_method == "PMM" else float(df)
    tau2, now, typical = 0.0, at_zero, k / at_zero.weight
    step = now.q * (now.q / target - 1.0) / now.ypp if now.q > target else 0.0
    for _ in range(MAX_ITERATIONS):
        tau2 = max(0.0, tau2 + step)
        now = sum_up(yi, vi, tau2)
        if abs(step) <= LAST_STEP * (tau2 + typical):
            se = sqrt(2.0 * k**2 / df) / now.weight
            return Tau2(tau2=tau2, tau2_se=se, tau2_method=tau2_method), now
        step = now.q * (now.q / target - 1.0) / now.ypp  # Newton on 1 / Q climbs from below: see solve_q_many
    raise NotConverged(what="tau2", iterations=MAX_ITERATIONS)


def _traces(vi: FloatArray, now: MeanSums, tau2: float) -> tuple[float, float]:
    """Return tr(P) and tr(PP) at tau2, to full precision also where one study outweighs the others."""
    if vi[vi.argmax()] + tau2 <= UNEQUAL * (vi[vi.argmin()] + tau2):
        return now.trace, now.trace_squares
    problem, at_tau2 = set_up(np.zeros((1, vi.size)), vi[np.newaxis]), np.array([tau2])
    trace, squares = traces(problem, moments(problem, at_tau2), at_tau2)
    return float(trace[0]), float(squares[0])
