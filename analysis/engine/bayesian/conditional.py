"""What is known exactly once tau is given: the normal distribution of mu, and the likelihood of tau."""

from __future__ import annotations

from dataclasses import dataclass
from math import log, pi

import numpy as np

from analysis.engine.arrays import FloatArray

# Points times studies held at once: half a megabyte an array stays in the cache.
ELEMENTS_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class NormalModel:
    """Studies with a normal prior of mu: yi is normal with mean mu and variance vi + tau**2.

    Attributes
    ----------
    yi, vi : arrays of shape (k,)  effects, from which `origin` is taken off, and sampling variances, k >= 1
    origin : what is taken off the effects and the prior mean, so that a common offset costs no digits
    prior_mean : mean of the prior of mu, from which `origin` is taken off; the value of mu where it is known
    prior_precision : 1 / sd**2 of the prior of mu; 0 is the uniform prior, infinite is a known mu
    """

    yi: FloatArray
    vi: FloatArray
    origin: float
    prior_mean: float
    prior_precision: float


@dataclass(frozen=True, slots=True, eq=False)
class Conditional:
    """The distribution of mu given tau, and what the effects say about tau; arrays of shape (points,).

    Attributes
    ----------
    mean, variance : moments of mu given tau, the mean without `origin`
    log_likelihood : of tau, mu integrated out over its prior (over a density of 1 where that is uniform)
    slope : its derivative with respect to log(tau)
    log_joint, joint_slope : logarithm of likelihood times prior of mu at the best mu for each tau, and its derivative
    rounding : size of the terms that were summed, to tell what double precision leaves
    """

    mean: FloatArray
    variance: FloatArray
    log_likelihood: FloatArray
    slope: FloatArray
    log_joint: FloatArray
    joint_slope: FloatArray
    rounding: FloatArray


def condition(model: NormalModel, log_tau: FloatArray) -> Conditional:
    """Return what is known given tau, at each log(tau), an array of shape (points,).

    References
    ----------
    Roever (2020), doi:10.18637/jss.v093.i06, section 2.
    """
    rows = max(1, ELEMENTS_AT_ONCE // model.yi.size)
    parts = [_condition(model, log_tau[start : start + rows]) for start in range(0, log_tau.size, rows)]
    if len(parts) == 1:
        return parts[0]
    names = ("mean", "variance", "log_likelihood", "slope", "log_joint", "joint_slope", "rounding")
    return Conditional(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def _condition(model: NormalModel, log_tau: FloatArray) -> Conditional:
    """Return the same for as many points as fit."""
    tau2 = np.exp(2.0 * log_tau)
    wi = 1.0 / (model.vi + tau2[:, np.newaxis])
    logs = np.sum(np.log(wi), axis=1)
    sums = np.sum(wi, axis=1)
    is_known = np.isinf(model.prior_precision)
    precision = 0.0 if is_known else model.prior_precision
    total = sums + precision
    mean = np.full_like(tau2, model.prior_mean) if is_known else (wi @ model.yi + precision * model.prior_mean) / total
    squares = wi * (model.yi - mean[:, np.newaxis]) ** 2
    q = np.sum(squares, axis=1)
    shares = tau2[:, np.newaxis] * wi
    joint_slope = np.sum(shares * (squares - 1.0), axis=1)
    k = model.yi.size
    log_joint = 0.5 * (logs - q - k * log(2.0 * pi))
    if is_known:
        return Conditional(
            mean, np.zeros_like(mean), log_joint, joint_slope, log_joint, joint_slope, np.abs(logs) + q + k
        )
    if precision > 0.0:
        q = q + precision * (mean - model.prior_mean) ** 2
        log_joint = 0.5 * (logs - q - (k + 1) * log(2.0 * pi) + log(precision))
    return Conditional(
        mean=mean,
        variance=1.0 / total,
        log_likelihood=log_joint + 0.5 * log(2.0 * pi) - 0.5 * np.log(total),
        slope=joint_slope + np.sum(shares * wi, axis=1) / total,
        log_joint=log_joint,
        joint_slope=joint_slope,
        rounding=np.abs(logs) + q + k,
    )
