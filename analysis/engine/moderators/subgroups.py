"""Subgroups of studies: one estimate each, and the test whether they differ.

With separate tau2 each group is pooled on its own. With common tau2 the groups are those of the meta-regression on
them, and tau2 is its residual variance: the usual choice where groups are small, because a tau2 from few studies is
poorly known. Both compare the groups by Q = sum(w_g (estimate_g - mean)**2) with w_g = 1 / se_g**2 and chi-squared with
g - 1 degrees of freedom ("mixed-effects" analysis: random effects within the groups, none across). With common tau2 and
another ci_method than "wald", Q / (g - 1) is the F statistic of the meta-regression.

References
----------
Borenstein and Higgins (2013), doi:10.1007/s11121-013-0377-7; Borenstein et al. (2009), Introduction to Meta-Analysis,
chapter 19, doi:10.1002/9780470743386; meta-regression: Viechtbauer (2010), doi:10.18637/jss.v036.i03.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isnan, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_level, read_studies, require_option
from analysis.engine.design import INTERCEPT, Design
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_value
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies
from analysis.engine.heterogeneity import spread_of
from analysis.engine.likelihood import sum_up
from analysis.engine.pooling import CI_METHODS, Pooled, pool
from analysis.engine.regression import MetaRegression, regress
from analysis.engine.tau2_many import TAU2_METHODS

SUBGROUP_TAU2 = ("separate", "common")
FACTOR = "groups"


@dataclass(frozen=True, slots=True, eq=False)
class Subgroup:
    """The studies of one group, scale of yi.

    Attributes
    ----------
    group : its label
    k : number of studies, at least 1
    estimate, se, statistic, df, p_value, ci_lower, ci_upper : pooled effect; df None for the normal. With separate tau2
        a group of one study is that study with its normal interval
    pi_lower, pi_upper : prediction interval of the effect in a new study of the group, by the same distribution; None
        for CE, and with separate tau2 for one study
    tau2, tau : variance between the studies of the group; with common tau2 the same in all groups
    i2, h2 : heterogeneity from tau2 and the typical sampling variance of the group (i2 a fraction); None for one study
    q, q_df, q_p_value : Cochran's Q of the group; None for one study
    weights : array of shape (k,)  shares of its studies in its estimate, in the order given, summing to 1
    """

    group: str
    k: int
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    tau2: float
    tau: float
    i2: float | None
    h2: float | None
    q: float | None
    q_df: int | None
    q_p_value: float | None
    weights: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Subgroups:
    """Pooled effects of the groups and the test of their differences.

    Attributes
    ----------
    groups : the groups, sorted by label
    k : number of studies
    tau2_is_common : whether one tau2 was estimated for all groups
    q_between, q_between_df, q_between_p_value : test that all groups have one effect, chi-squared with g - 1 degrees of
        freedom
    qm, qm_df, qm_p_value : with common tau2 the same by the distribution of the intervals: chi-squared for "wald", else
        F (qm_df[1] is None for chi-squared); None with separate tau2
    q_within, q_within_df, q_within_p_value : sum of the Q of the groups; None where every group is one study
    tau2, r2 : common tau2, and the share of the variance between all studies that the groups explain, truncated at 0;
        None with separate tau2. r2 is None too where there is nothing to explain
    level, tau2_method, ci_method : what was used
    """

    groups: tuple[Subgroup, ...]
    k: int
    tau2_is_common: bool
    q_between: float
    q_between_df: int
    q_between_p_value: float
    qm: float | None
    qm_df: tuple[int, int | None] | None
    qm_p_value: float | None
    q_within: float | None
    q_within_df: int
    q_within_p_value: float | None
    tau2: float | None
    r2: float | None
    level: float
    tau2_method: str
    ci_method: str


def pool_subgroups(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    groups: ArrayLike,
    tau2: str = "separate",
    tau2_method: str = "REML",
    ci_method: str = "hksj",
    level: float = 0.95,
) -> Subgroups:
    """Return the pooled effect of each group of studies, and the test whether the groups differ.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances
    groups : k labels, texts or numbers, at least two different ones
    tau2 : {"separate", "common"}  each group has its own variance between studies, or all share one
    tau2_method, ci_method, level : as in `pool`

    Raises
    ------
    InvalidInput
        A missing label, one group only, a value that cannot be right or an option that does not exist.
    TooFewStudies
        No study; with common tau2 not more studies than groups.
    UndefinedResult
        ci_method is "hksj" and a standard error is 0.
    """
    require_option("tau2", tau2, SUBGROUP_TAU2)
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    level = read_level(level)
    effects, variances = read_studies(yi, vi)
    if effects.size == 0:
        raise TooFewStudies(needed=1, got=0)
    labels, codes = read_groups(groups, k=effects.size)
    fit = None
    if tau2 == "common":
        design = _coded_against_first(labels, codes)
        fit = regress(
            effects, variances, design, weights=None, tau2_method=tau2_method, ci_method=ci_method, level=level
        )
        found = _share_tau2(effects, variances, labels, codes, fit)
    else:
        found = []
        for code, label in enumerate(labels):
            part, errors = effects[codes == code], variances[codes == code]
            pooled = pool(part, errors, tau2_method=tau2_method, ci_method=ci_method, level=level)
            found.append(_as_subgroup(label, pooled))
    return _compare(tuple(found), fit, level=level, tau2_method=tau2_method, ci_method=ci_method)


def read_groups(groups: ArrayLike, *, k: int) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    """Return the sorted labels, at least two, and the place of each study's label among them, shape (k,).

    Raises
    ------
    InvalidInput
        Another number of labels, a missing label, or one group only.
    """
    raw = np.atleast_1d(np.asarray(groups))
    if raw.ndim > 1 or raw.size != k:
        raise RaggedLengths(argument=FACTOR, length=raw.size, other="yi", other_length=k)
    values = raw.tolist()
    for row, value in enumerate(values):
        if value is None or value == "" or (isinstance(value, float) and isnan(value)):
            raise InvalidInput(FACTOR, f"{FACTOR} is missing at index {row}")
    are_numbers = all(isinstance(value, int | float) for value in values)
    levels = sorted(set(values)) if are_numbers else sorted({str(value) for value in values})
    if len(levels) < 2:
        raise InvalidInput(FACTOR, f'{FACTOR} is "{levels[0]}" in every study: there is nothing to compare')
    place = {level: code for code, level in enumerate(levels)}
    codes = np.array([place[value if are_numbers else str(value)] for value in values], dtype=np.intp)
    return tuple(f"{level:.15g}" if isinstance(level, float) else str(level) for level in levels), codes


def _coded_against_first(labels: tuple[str, ...], codes: NDArray[np.intp]) -> Design:
    """Return the design with an intercept, the first group, and the differences of the others from it."""
    X = np.ones((codes.size, len(labels)))
    X[:, 1:] = codes[:, np.newaxis] == np.arange(1, len(labels))
    names = tuple(f"{FACTOR}[{label}]" for label in labels[1:])
    return Design(X=freeze(X), names=(INTERCEPT, *names), terms=(INTERCEPT, *(FACTOR for _ in names)))


def _as_subgroup(label: str, fit: Pooled) -> Subgroup:
    """Return the pooled studies of one group."""
    return Subgroup(
        group=label,
        k=fit.k,
        estimate=fit.estimate,
        se=fit.se,
        statistic=fit.statistic,
        df=fit.df,
        p_value=fit.p_value,
        ci_lower=fit.ci_lower,
        ci_upper=fit.ci_upper,
        pi_lower=fit.pi_lower,
        pi_upper=fit.pi_upper,
        tau2=fit.tau2,
        tau=fit.tau,
        i2=fit.i2,
        h2=fit.h2,
        q=fit.q,
        q_df=fit.q_df,
        q_p_value=fit.q_p_value,
        weights=fit.weights,
    )


def _share_tau2(
    yi: FloatArray, vi: FloatArray, labels: tuple[str, ...], codes: NDArray[np.intp], fit: MetaRegression
) -> list[Subgroup]:
    """Return the groups of the meta-regression on them."""
    # Each group's effect is the intercept plus its difference from the first group.
    sums = np.eye(len(labels))
    sums[:, 0] = 1.0
    estimates, errors = sums @ fit.estimate, np.sqrt(np.einsum("gi,ij,gj->g", sums, fit.covariance, sums))
    return [
        _one_of_common(label, yi[codes == code], vi[codes == code], float(estimates[code]), float(errors[code]), fit)
        for code, label in enumerate(labels)
    ]


def _one_of_common(
    label: str, yi: FloatArray, vi: FloatArray, estimate: float, se: float, fit: MetaRegression
) -> Subgroup:
    """Return one group with the tau2 of all."""
    is_common_effect = fit.tau2_method == "CE"
    critical = float(critical_value(fit.level, df=fit.df))
    wide = critical * sqrt(fit.tau2 + se**2)
    at_zero, wi = sum_up(yi - float(np.mean(yi)), vi, 0.0), 1.0 / (vi + fit.tau2)
    tau2 = None if is_common_effect else fit.tau2
    spread = spread_of(q=at_zero.q, trace=at_zero.trace, df=yi.size - 1, tau2=tau2) if yi.size > 1 else None
    return Subgroup(
        group=label,
        k=yi.size,
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        df=fit.df,
        p_value=two_sided_p_value(estimate / se, df=fit.df),
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
        pi_lower=None if is_common_effect else estimate - wide,
        pi_upper=None if is_common_effect else estimate + wide,
        tau2=fit.tau2,
        tau=fit.tau,
        i2=spread.i2 if spread else None,
        h2=spread.h2 if spread else None,
        q=spread.q if spread else None,
        q_df=spread.q_df if spread else None,
        q_p_value=spread.q_p_value if spread else None,
        weights=freeze(wi / np.sum(wi)),
    )


def _compare(
    groups: tuple[Subgroup, ...], fit: MetaRegression | None, *, level: float, tau2_method: str, ci_method: str
) -> Subgroups:
    """Return the groups with the tests between and within them."""
    estimates = np.array([group.estimate for group in groups])
    wi = np.array([group.se for group in groups]) ** -2.0
    from_first = estimates - estimates[0]
    between = float(wi @ (from_first - float(wi @ from_first) / float(np.sum(wi))) ** 2)
    within, within_df = sum(group.q or 0.0 for group in groups), sum(group.k - 1 for group in groups)
    return Subgroups(
        groups=groups,
        k=sum(group.k for group in groups),
        tau2_is_common=fit is not None,
        q_between=between,
        q_between_df=len(groups) - 1,
        q_between_p_value=chi2_p_value(between, df=len(groups) - 1),
        qm=fit.qm if fit else None,
        qm_df=fit.qm_df if fit else None,
        qm_p_value=fit.qm_p_value if fit else None,
        q_within=within if within_df else None,
        q_within_df=within_df,
        q_within_p_value=chi2_p_value(within, df=within_df) if within_df else None,
        tau2=fit.tau2 if fit else None,
        r2=fit.r2 if fit else None,
        level=level,
        tau2_method=tau2_method,
        ci_method=ci_method,
    )
