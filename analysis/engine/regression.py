"""Random-effects meta-regression: how effects change with moderators."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import isnan, sqrt

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level
from analysis.engine.design import Design
from analysis.engine.distributions import (
    chi2_p_value,
    chi2_quantiles,
    critical_value,
    f_p_value,
    two_sided_p_values,
)
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies, UndefinedResult
from analysis.engine.heterogeneity import Heterogeneity, ProfileLimits, spread_of
from analysis.engine.problems import Moments, Problems, moments, set_up
from analysis.engine.tau2_many import estimate_tau2_many

# Residuals this small beside the effects are rounding: the Hartung-Knapp standard error would be 0.
EQUAL = 2.0**-48


@dataclass(frozen=True, slots=True)
class Coefficient:
    """One coefficient of a meta-regression, scale of yi per unit of its moderator."""

    name: str
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci_lower: float
    ci_upper: float


@dataclass(frozen=True, slots=True, eq=False)
class MetaRegression:
    """A mixed-effects model of the effects.

    Attributes
    ----------
    k, p : number of studies and of coefficients
    names : names of the coefficients, "intercept" first where there is one
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (p,)
    df : degrees of freedom k - p of the t distribution, None for the normal
    level : confidence level, a fraction
    covariance : array of shape (p, p)  of the coefficients
    tau2, tau, tau2_se : residual variance between studies, its root and standard error; tau2_se None for CE
    tau2_ci_lower, tau2_ci_upper : Q-profile interval, computed when first read; None for CE and where it is empty
    i2, h2, q, q_df, q_p_value : residual heterogeneity (i2 a fraction)
    qm, qm_df, qm_p_value : test of all coefficients but the intercept: chi-squared with qm_df[0] degrees of freedom, or
        F with qm_df where ci_method is not "wald" (qm_df[1] None for chi-squared)
    r2 : share of the variance between studies that the moderators explain, truncated at 0; None without an intercept
        and where there is nothing to explain. For CE the adjusted R2 of the weighted regression
    weights : array of shape (k,)  weights of the studies, summing to 1
    fitted : array of shape (k,)  predicted effects of the studies
    design : the design
    tau2_method, ci_method : what was used
    """

    k: int
    names: tuple[str, ...]
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    df: int | None
    p_value: FloatArray
    level: float
    ci_lower: FloatArray
    ci_upper: FloatArray
    covariance: FloatArray
    tau2: float
    tau: float
    tau2_se: float | None
    i2: float
    h2: float
    q: float
    q_df: int
    q_p_value: float
    qm: float
    qm_df: tuple[int, int | None]
    qm_p_value: float
    r2: float | None
    weights: FloatArray
    fitted: FloatArray
    design: Design
    tau2_method: str
    ci_method: str
    _profile: ProfileLimits | None = field(repr=False)

    @property
    def p(self) -> int:
        """Number of coefficients."""
        return len(self.names)

    @property
    def tau2_ci_lower(self) -> float | None:
        """Lower limit of the Q-profile interval."""
        return _limit(self._profile, 0)

    @property
    def tau2_ci_upper(self) -> float | None:
        """Upper limit of the Q-profile interval."""
        return _limit(self._profile, 1)

    @property
    def coefficients(self) -> tuple[Coefficient, ...]:
        """The coefficients, one by one."""
        columns = (self.estimate, self.se, self.statistic, self.p_value, self.ci_lower, self.ci_upper)
        rows = zip(self.names, *(column.tolist() for column in columns), strict=True)
        return tuple(
            Coefficient(
                name=name,
                estimate=estimate,
                se=se,
                statistic=statistic,
                df=self.df,
                p_value=p_value,
                ci_lower=ci_lower,
                ci_upper=ci_upper,
            )
            for name, estimate, se, statistic, p_value, ci_lower, ci_upper in rows
        )


@dataclass(frozen=True, slots=True)
class Prediction:
    """The mean effect, and the effect in a new study, at given values of the moderators.

    Attributes
    ----------
    estimate, se, ci_lower, ci_upper : mean effect
    pi_lower, pi_upper : prediction interval; None for CE
    pi_distribution : {"normal", "t"} or None  t with the df of the model
    """

    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    pi_distribution: str | None


def regress(
    yi: FloatArray,
    vi: FloatArray,
    design: Design,
    *,
    weights: ArrayLike | None,
    tau2_method: str,
    ci_method: str,
    level: float,
) -> MetaRegression:
    """Return the model of studies that are read already; see `pool`."""
    level = read_level(level)
    k, p = design.X.shape
    if k <= p:
        raise TooFewStudies(needed=p + 1, got=k)
    problem = set_up(yi[np.newaxis], vi[np.newaxis], design.X)
    at_zero = moments(problem, np.zeros(1))
    found = estimate_tau2_many(
        problem, at_zero, tau2_method=tau2_method, medians=chi2_quantiles(0.5, df=np.array([float(k - p)]))
    )
    tau2, tau2_se = float(found.tau2[0]), float(found.tau2_se[0])
    now = moments(problem, found.tau2)
    spread = spread_of(
        q=float(at_zero.q[0]), trace=float(at_zero.trace[0]), df=k - p, tau2=None if tau2_method == "CE" else tau2
    )
    scale = dispersion(problem, now, ci_method=ci_method, df=k - p)
    beta, covariance, wi = _coefficients(problem, now, tau2=tau2, weights=weights)
    return _assemble(
        problem,
        design,
        coefficients=(beta, scale * covariance, wi),
        tau2=tau2,
        tau2_se=None if isnan(tau2_se) else tau2_se,
        spread=spread,
        r2=_explained(problem, design, now, tau2=tau2, tau2_method=tau2_method, wi=wi),
        level=level,
        tau2_method=tau2_method,
        ci_method=ci_method,
    )


def predict(fit: MetaRegression, X: ArrayLike) -> tuple[Prediction, ...]:
    """Return adjusted predictions.

    Parameters
    ----------
    fit : a meta-regression
    X : array of shape (n, p) or (p,)  values of all columns of the design, the intercept (1) included

    Raises
    ------
    InvalidInput
        A row that does not have p values.
    """
    rows = np.atleast_2d(read_array("X", X, dimensions=2))
    if rows.shape[1] != fit.p:
        raise RaggedLengths(argument="X", length=rows.shape[1], other="the design", other_length=fit.p)
    critical = float(critical_value(fit.level, df=fit.df))
    has_interval = fit.tau2_method != "CE"
    found = []
    for row in rows:
        estimate, variance = float(row @ fit.estimate), float(row @ fit.covariance @ row)
        reach, wide = critical * sqrt(variance), critical * sqrt(variance + fit.tau2)
        found.append(
            Prediction(
                estimate=estimate,
                se=sqrt(variance),
                ci_lower=estimate - reach,
                ci_upper=estimate + reach,
                pi_lower=estimate - wide if has_interval else None,
                pi_upper=estimate + wide if has_interval else None,
                pi_distribution=("normal" if fit.df is None else "t") if has_interval else None,
            )
        )
    return tuple(found)


def dispersion(problem: Problems, now: Moments, *, ci_method: str, df: int) -> float:
    """Return the factor of the covariance: 1, or Q(tau2) / df for Hartung-Knapp, at least 1 with the ad hoc correction.

    Raises
    ------
    UndefinedResult
        The factor would be 0.
    """
    if ci_method in ("wald", "t"):
        return 1.0
    factor = float(now.q[0]) / df
    if ci_method == "hksj_adhoc":
        return max(1.0, factor)
    residuals = problem.yi[0] - problem.X @ now.beta[0]
    if float(np.max(np.abs(residuals))) <= EQUAL * float(np.max(np.abs(problem.yi[0] + problem.shift[0]))):
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman interval",
            why=f"the moderators fit all {problem.yi.shape[1]} effects exactly, so that its standard error is 0",
        )
    return factor


def read_weights(weights: ArrayLike, *, k: int) -> FloatArray:
    """Return the user's weights, shape (k,), at least 0 and not all 0.

    Raises
    ------
    InvalidInput
        Another length, a negative weight, or only zeros.
    """
    array = np.atleast_1d(read_array("weights", weights))
    if array.size != k:
        raise RaggedLengths(argument="weights", length=array.size, other="yi", other_length=k)
    if float(np.min(array)) < 0.0 or not float(np.sum(array)) > 0.0:
        raise InvalidInput("weights", "weights must be at least 0 and not all 0")
    return array


def _coefficients(
    problem: Problems, now: Moments, *, tau2: float, weights: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return coefficients (less the offset), their covariance and the weights: inverse variances, or the user's."""
    marginal = problem.vi[0] + tau2
    if weights is None:
        return problem.back @ now.beta[0], problem.back @ now.inverse[0] @ problem.back.T, 1.0 / marginal
    wi, X = read_weights(weights, k=marginal.size), problem.X
    square = X.T @ (wi[:, np.newaxis] * X)
    if np.linalg.matrix_rank(square) < X.shape[1]:
        raise InvalidInput(
            "weights", "too many weights are 0: the studies that remain cannot tell the moderators apart"
        )
    inverse = np.linalg.inv(square)
    pulled = (wi[:, np.newaxis] * X) @ inverse
    pulled = pulled @ problem.back.T
    return pulled.T @ problem.yi[0], pulled.T @ (marginal[:, np.newaxis] * pulled), wi


def _assemble(
    problem: Problems,
    design: Design,
    *,
    coefficients: tuple[FloatArray, FloatArray, FloatArray],
    tau2: float,
    tau2_se: float | None,
    spread: Heterogeneity,
    r2: float | None,
    level: float,
    tau2_method: str,
    ci_method: str,
) -> MetaRegression:
    """Return the parts as one result (coefficients less the offset, covariance, weights come together)."""
    (beta, covariance, wi), df = coefficients, None if ci_method == "wald" else spread.q_df
    estimate = beta + problem.shift[0] * (np.arange(beta.size) == 0)  # no shift without an intercept
    se = np.sqrt(np.diagonal(covariance))
    reach = float(critical_value(level, df=df)) * se
    qm, qm_df, qm_p_value = joint_test(estimate, covariance, design, df=df)
    return MetaRegression(
        k=design.X.shape[0],
        names=design.names,
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(estimate / se),
        df=df,
        p_value=freeze(two_sided_p_values(estimate / se, df=df)),
        level=level,
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        covariance=freeze(covariance),
        tau2=tau2,
        tau=sqrt(tau2),
        tau2_se=tau2_se,
        i2=spread.i2,
        h2=spread.h2,
        q=spread.q,
        q_df=spread.q_df,
        q_p_value=spread.q_p_value,
        qm=qm,
        qm_df=qm_df,
        qm_p_value=qm_p_value,
        r2=r2,
        weights=freeze(wi / np.sum(wi)),
        fitted=freeze(design.X @ beta + problem.shift[0]),
        design=design,
        tau2_method=tau2_method,
        ci_method=ci_method,
        _profile=None if tau2_method == "CE" else ProfileLimits(problem.yi, problem.vi, problem.X, level),
    )


def joint_test(
    estimate: FloatArray, covariance: FloatArray, design: Design, *, df: int | None
) -> tuple[float, tuple[int, int | None], float]:
    """Return the test that all coefficients but the intercept are 0: statistic, degrees of freedom, p value."""
    first = 1 if design.has_intercept and estimate.size > 1 else 0
    tested, m = slice(first, None), estimate.size - first
    qm = float(estimate[tested] @ np.linalg.solve(covariance[tested, tested], estimate[tested]))
    if df is None:
        return qm, (m, None), chi2_p_value(qm, df=m)
    return qm / m, (m, df), f_p_value(qm / m, df1=m, df2=df)


def _explained(
    problem: Problems, design: Design, now: Moments, *, tau2: float, tau2_method: str, wi: FloatArray
) -> float | None:
    """Return R2: the fall of tau2 by the moderators, for CE the adjusted R2 of the weighted regression."""
    if not design.has_intercept or problem.p < 2:
        return None
    mean = set_up(problem.yi, problem.vi)
    if tau2_method == "CE":
        k, p = problem.yi.shape[1], problem.p
        centred = mean.yi[0] - float(wi @ mean.yi[0]) / float(np.sum(wi))
        total = float(wi @ centred**2)
        residuals = problem.yi[0] - problem.X @ now.beta[0]
        if total == 0.0:
            return None
        left = float(wi @ residuals**2) / (k - p)
        return float(max(0.0, 1.0 - left / (total / (k - 1))))
    medians = chi2_quantiles(0.5, df=np.array([float(problem.X.shape[0] - 1)]))
    alone = estimate_tau2_many(mean, moments(mean, np.zeros(1)), tau2_method=tau2_method, medians=medians)
    before: float = float(alone.tau2[0])
    if before == 0.0:
        return None
    return float(max(0.0, (before - tau2) / before))


def _limit(profile: ProfileLimits | None, side: int) -> float | None:
    """Return one limit of the Q-profile interval."""
    if profile is None:
        return None
    value = float(profile.limits()[side][0])
    return None if isnan(value) else value
