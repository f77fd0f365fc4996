"""Predicted random intercepts of a multilevel model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray, freeze, require_option
from analysis.engine.dependent.inference import solved
from analysis.engine.dependent.multilevel import Multilevel
from analysis.engine.distributions import critical_value


@dataclass(frozen=True, slots=True, eq=False)
class RandomIntercepts:
    """Deviations of the levels of one factor from the average, best linear unbiased predictions, scale of yi.

    Attributes
    ----------
    factor, levels : name of the factor and of its n levels
    estimate, se, pi_lower, pi_upper : arrays of shape (n,)  predictions, their standard errors and intervals
    level : confidence level of the intervals, a fraction
    """

    factor: str
    levels: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    pi_lower: FloatArray
    pi_upper: FloatArray
    level: float


def predict_intercepts(fit: Multilevel, *, factor: str) -> RandomIntercepts:
    """Return the predicted random intercepts of one factor.

    Parameters
    ----------
    fit : a multilevel model; level and distribution of the intervals are its own
    factor : name of the random factor

    Raises
    ------
    UnknownOption
        No such factor.

    Notes
    -----
    With Z the indicators of the levels, the predictions are sigma2 Z' P y, their variance is
    sigma2 - sigma2**2 z' P z for each column z of Z, P = W - W X (X'WX)^-1 X'W: the variances are taken as known, the
    coefficients are not.

    References
    ----------
    Robinson (1991), doi:10.1214/ss/1177011926.
    """
    require_option("factor", factor, fit.factors)
    index = fit.factors.index(factor)
    levels, sigma2, model = fit.parts.factors[index], float(fit.sigma2[index]), fit.parts.model
    solution = solved(model, fit.parts.theta / model.unit**2)
    pulled, own = np.zeros(levels.count), np.zeros(levels.count)
    columns = np.zeros((levels.count, model.p))
    for stack, inverse, weighted, pull in zip(
        model.stacks, solution.inverses, solution.weighted, solution.pulls, strict=True
    ):
        codes = levels.codes[stack.rows]
        np.add.at(pulled, codes, pull)
        np.add.at(columns, codes, weighted)
        is_same = codes[:, :, np.newaxis] == codes[:, np.newaxis, :]
        np.add.at(own, codes, np.sum(np.where(is_same, inverse, 0.0), axis=2))
    projected = own - np.einsum("ni,ij,nj->n", columns, solution.covariance, columns)
    estimate = sigma2 / model.unit * pulled
    se = np.sqrt(np.maximum(sigma2 - sigma2**2 * projected / model.unit**2, 0.0))
    reach = float(critical_value(fit.level, df=fit.df)) * se
    return RandomIntercepts(
        factor=factor,
        levels=levels.names,
        estimate=freeze(estimate),
        se=freeze(se),
        pi_lower=freeze(estimate - reach),
        pi_upper=freeze(estimate + reach),
        level=fit.level,
    )
