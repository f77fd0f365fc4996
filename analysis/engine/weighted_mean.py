"""The inverse-variance weighted mean: the one formula under every model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class WeightedMean:
    """The weighted mean and what is left over.

    Attributes
    ----------
    wi : array of shape (k,)  weights 1 / (vi + tau2)
    total : sum of the weights
    estimate : weighted mean, scale of yi
    residuals : array of shape (k,)  yi - estimate
    q : weighted sum of squared residuals
    """

    wi: FloatArray
    total: float
    estimate: float
    residuals: FloatArray
    q: float


def weigh(yi: FloatArray, vi: FloatArray, *, tau2: float = 0.0) -> WeightedMean:
    """Return the mean of yi weighted by 1 / (vi + tau2).

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 1
    tau2 : between-study variance, at least 0

    Notes
    -----
    The first effect is taken off before summing and put back after: a common offset of the effects costs no digits.
    """
    wi = 1.0 / (vi + tau2)
    total = float(np.sum(wi))
    shifted = yi - yi[0]
    centre = float(np.sum(wi * shifted)) / total
    residuals = shifted - centre
    return WeightedMean(
        wi=wi,
        total=total,
        estimate=float(yi[0]) + centre,
        residuals=residuals,
        q=float(np.sum(wi * residuals**2)),
    )
