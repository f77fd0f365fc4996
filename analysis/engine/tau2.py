"""The variance between studies, tau2, of one meta-analysis."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_studies, require_option
from analysis.engine.distributions import chi2_quantile
from analysis.engine.errors import TooFewStudies
from analysis.engine.likelihood import Likelihood, MeanSums, maximise, sum_up
from analysis.engine.problems import UNEQUAL, moments, set_up, traces
from analysis.engine.tau2_many import TAU2_METHODS, estimate_tau2_many

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
    tau2_method : {"REML", "DL", "HE", "HS", "HSk", "SJ", "ML", "EB", "PM", "PMM"}

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
        tau2 = maximise(Likelihood(yi=yi, vi=vi, restricted=tau2_method == "REML"), at_zero)
        now = sum_up(yi, vi, tau2) if tau2 > 0.0 else at_zero
        under = now.squares if tau2_method == "ML" else _trace_squares(vi, now, tau2)
        return Tau2(tau2=tau2, tau2_se=sqrt(2.0 / under), tau2_method=tau2_method), now
    problem = set_up(yi[np.newaxis], vi[np.newaxis])
    median = np.array([chi2_quantile(0.5, df=yi.size - 1)])
    found = estimate_tau2_many(problem, moments(problem, np.zeros(1)), tau2_method=tau2_method, medians=median)
    tau2 = float(found.tau2[0])
    return Tau2(tau2=tau2, tau2_se=float(found.tau2_se[0]), tau2_method=tau2_method), sum_up(yi, vi, tau2)


def _trace_squares(vi: FloatArray, now: MeanSums, tau2: float) -> float:
    """Return tr(PP) at tau2, to full precision also where one study outweighs the others."""
    if vi[vi.argmax()] + tau2 <= UNEQUAL * (vi[vi.argmin()] + tau2):
        return now.trace_squares
    problem, at_tau2 = set_up(np.zeros((1, vi.size)), vi[np.newaxis]), np.array([tau2])
    return float(traces(problem, moments(problem, at_tau2), at_tau2)[1][0])
