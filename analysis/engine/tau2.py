"""The variance between studies, tau2: DerSimonian-Laird, Paule-Mandel, ML and REML."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_studies, require_option
from analysis.engine.errors import TooFewStudies
from analysis.engine.likelihood import FINEST_FRACTION, Likelihood, maximise
from analysis.engine.roots import find_root
from analysis.engine.weighted_mean import weigh

TAU2_ESTIMATORS = ("DL", "PM", "ML", "REML")


@dataclass(frozen=True, slots=True)
class Tau2:
    """An estimate of the variance between studies, squared scale of yi.

    Attributes
    ----------
    tau2 : at least 0; a negative solution is truncated to 0
    tau2_se : large-sample standard error
    tau2_method : {"DL", "PM", "ML", "REML"}
    """

    tau2: float
    tau2_se: float
    tau2_method: str


def estimate_tau2(yi: ArrayLike, vi: ArrayLike, *, tau2_method: str = "REML") -> Tau2:
    """Return tau2 and its standard error.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    tau2_method : {"REML", "DL", "PM", "ML"}

    Raises
    ------
    TooFewStudies
        k is 0 or 1.
    NotConverged
        The search did not reach double precision.

    Notes
    -----
    DL is a formula. PM solves Q(tau2) = k - 1. ML and REML are the global maximum of their likelihood, to double
    precision, also where there are several maxima.

    References
    ----------
    DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2; Paule and Mandel (1982), doi:10.6028/jres.087.022;
    Viechtbauer (2005), doi:10.3102/10769986030003261. Standard errors: as in metafor, Viechtbauer (2010),
    doi:10.18637/jss.v036.i03.
    """
    require_option("tau2_method", tau2_method, TAU2_ESTIMATORS)
    effects, variances = read_studies(yi, vi)
    if effects.size < 2:
        raise TooFewStudies(needed=2, got=effects.size)
    if tau2_method == "DL":
        tau2 = _der_simonian_laird(effects, variances)
    elif tau2_method == "PM":
        tau2 = solve_q(effects, variances, target=float(effects.size - 1))
    else:
        tau2 = maximise(Likelihood(yi=effects, vi=variances, restricted=tau2_method == "REML"))
    return Tau2(tau2=tau2, tau2_se=_standard_error(variances, tau2, tau2_method), tau2_method=tau2_method)


def solve_q(yi: FloatArray, vi: FloatArray, *, target: float) -> float:
    """Return the tau2 >= 0 at which Q(tau2) equals `target`; 0 when Q(0) is not above it.

    Q(tau2) is the sum of squared residuals weighted by 1 / (vi + tau2). It falls steadily and stays below
    sum((yi - mean(yi))**2) / tau2, so that this sum divided by `target` is above the root.
    """
    if weigh(yi, vi).q <= target:
        return 0.0

    def excess_and_slope(tau2: float) -> tuple[float, float]:
        """Return Q - target and its derivative."""
        mean = weigh(yi, vi, tau2=tau2)
        return mean.q - target, -float(np.sum((mean.wi * mean.residuals) ** 2))

    shifted = yi - yi[0]
    above = float(np.sum((shifted - shifted.mean()) ** 2)) / target
    smallest = FINEST_FRACTION * float(np.min(vi))
    return find_root(excess_and_slope, 0.0, above, what="tau2", smallest=smallest)


def trace_of_projection(vi: FloatArray, *, tau2: float = 0.0) -> tuple[float, float]:
    """Return the sum of the diagonal and of the squared elements of P = W - W 1 1' W / sum(W), W = 1 / (vi + tau2)."""
    wi = 1.0 / (vi + tau2)
    total, squares, cubes = float(np.sum(wi)), float(np.sum(wi**2)), float(np.sum(wi**3))
    return total - squares / total, squares - 2.0 * cubes / total + (squares / total) ** 2


def _der_simonian_laird(yi: FloatArray, vi: FloatArray) -> float:
    """Return the moment estimate (Q - (k - 1)) / trace(P), truncated at 0."""
    trace, _ = trace_of_projection(vi)
    return max(0.0, (weigh(yi, vi).q - (yi.size - 1)) / trace)


def _standard_error(vi: FloatArray, tau2: float, tau2_method: str) -> float:
    """Return the large-sample standard error of tau2, by the formula of its estimator."""
    k, wi = vi.size, 1.0 / (vi + tau2)
    if tau2_method == "DL":
        trace, squares = trace_of_projection(vi)
        return sqrt(2.0 * (k - 1) + 4.0 * tau2 * trace + 2.0 * tau2**2 * squares) / trace
    if tau2_method == "PM":
        return sqrt(2.0 * k**2 / (k - 1)) / float(np.sum(wi))
    if tau2_method == "ML":
        return sqrt(2.0 / float(np.sum(wi**2)))
    return sqrt(2.0 / trace_of_projection(vi, tau2=tau2)[1])
