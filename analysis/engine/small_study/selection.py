"""Selection models: the effect before studies were selected by their p values.

The likelihood may have several maxima. The answer is the highest one found from many starts, to double precision, or on
demand the one uphill from the fit without selection, which metafor reports. A variance between studies
of 0 is a possible maximum, a weight of 0 is one where an interval of p values has no studies, a parameter of 0 is one
for the smooth weight functions (for those of one parameter: no selection). Standard errors come from the exact second
derivatives, without the parameters at 0 in the first two cases. As in metafor, "beta" and "power" keep p values within
1e-5 and 1 - 1e-5.

References
----------
Hedges (1992), doi:10.1214/ss/1177011364; Vevea and Hedges (1995), doi:10.1007/BF02294384; Preston et al. (2004),
Statistics in Medicine 23, 1835-1856; Citkowicz and Vevea (2017), doi:10.1037/met0000119.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log, sqrt

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_level, read_studies, require, require_option
from analysis.engine.design import Design, Moderators, read_design
from analysis.engine.distributions import chi2_p_value, critical_value, two_sided_p_value
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies, UndefinedResult
from analysis.engine.pooling import pool
from analysis.engine.regression import Coefficient
from analysis.engine.small_study.pet_peese import ALTERNATIVES
from analysis.engine.small_study.selection_likelihood import SelectionLikelihood
from analysis.engine.small_study.selection_search import Maximum, Search
from analysis.engine.small_study.selection_weights import (
    SMOOTH,
    Weights,
    make_smooth_weights,
    make_step_weights,
    p_values,
)

WEIGHT_FUNCTIONS = ("step", *SMOOTH)
TAU2_METHODS = ("ML", "CE")
SEARCHES = ("global", "nearest")
# Scaled second derivatives with an eigenvalue this near to 0 do not tell the parameters apart.
SINGULAR = 1e-10


@dataclass(frozen=True, slots=True)
class LocalMaximum:
    """A maximum of the likelihood: its height, the adjusted effect, the variance between studies."""

    log_likelihood: float
    estimate: float
    tau2: float


@dataclass(frozen=True, slots=True, eq=False)
class SelectionModel:
    """Effects adjusted for selection, scale of yi, by maximum likelihood.

    Attributes
    ----------
    k, p : numbers of studies and of coefficients
    weight_function, alternative : as asked
    steps : ends of the intervals of p values, the last one 1; empty for the other weight functions without a step
    interval_k : number of studies in each interval; empty where there are none
    estimate, se, statistic, p_value, ci_lower, ci_upper : adjusted effect (with moderators the intercept) with its
        normal test and interval
    level : confidence level, a fraction
    coefficients : the p coefficients, the intercept first
    tau2, tau2_se : variance between studies, at least 0; its standard error, None where tau2 is 0
    delta : array of shape (q,)  parameters of the weight function; for "step" the weights, the first one fixed at 1
    delta_se, delta_ci_lower, delta_ci_upper : tuples of length q; None for a fixed parameter and for a weight of 0
    log_likelihood : at the maximum
    lrt, lrt_df, lrt_p_value : likelihood ratio test against no selection; the p value is None for 0 degrees of freedom
    covariance : array of shape (p, p)  of the coefficients
    tau2_method : {"ML", "CE"}
    maxima : all maxima found, the highest (the answer) first; those not far below are rivals to be reported
    """

    k: int
    p: int
    weight_function: str
    alternative: str
    steps: tuple[float, ...]
    interval_k: tuple[int, ...]
    estimate: float
    se: float
    statistic: float
    p_value: float
    level: float
    ci_lower: float
    ci_upper: float
    coefficients: tuple[Coefficient, ...]
    tau2: float
    tau2_se: float | None
    delta: FloatArray
    delta_se: tuple[float | None, ...]
    delta_ci_lower: tuple[float | None, ...]
    delta_ci_upper: tuple[float | None, ...]
    log_likelihood: float
    lrt: float
    lrt_df: int
    lrt_p_value: float | None
    covariance: FloatArray
    tau2_method: str
    maxima: tuple[LocalMaximum, ...]


def fit_selection_model(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    weight_function: str = "step",
    steps: float | Sequence[float] | None = None,
    alternative: str = "greater",
    mods: Moderators | None = None,
    precision: ArrayLike | None = None,
    delta: Sequence[float | None] | None = None,
    tau2_method: str = "ML",
    level: float = 0.95,
    search: str = "global",
) -> SelectionModel:
    """Return the effect, the variance between studies and the selection that make the observed studies most likely.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k at least the number of free parameters
    weight_function : {"step", "beta", "halfnorm", "negexp", "logistic", "power"}  of the p value p: a weight for each
        interval; p**(d1 - 1) (1 - p)**(d2 - 1); exp(-d p**2); exp(-d p); 2 / (1 + exp(d p)); (1 - p)**d
    steps : ends of intervals in (0, 1]: any number for "step" (None: 0.025, the three-parameter model), none for
        "beta", one for the others, up to which the weight is 1
    alternative : {"greater", "less", "two-sided"}  of the p values; "greater" where positive effects get published
    mods : moderators of the effect, as in `pool`
    precision : array of shape (k,)  values above 0 (standard errors, say), divided by their largest, that multiply d
    delta : fixed values of the parameters, None for those to be estimated
    tau2_method, level : {"ML", "CE"}, the latter without variance between studies; confidence level in (0, 1)
    search : {"global", "nearest"}  the highest maximum, or the one uphill from the fit without selection

    Raises
    ------
    TooFewStudies, NotConverged, InvalidInput
        Fewer studies than free parameters; no maximum was found; a value or an option that cannot be right.
    UndefinedResult
        No p value lies in the first interval; the likelihood rises without end; its information matrix is singular.
    """
    require_option("weight_function", weight_function, WEIGHT_FUNCTIONS)
    require_option("alternative", alternative, ALTERNATIVES)
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("search", search, SEARCHES)
    asked = _Asked(weight_function, alternative, tau2_method, read_level(level))
    effects, variances = read_studies(yi, vi)
    _require_studies(effects.size, 2)
    design = read_design(mods if mods is not None else np.empty((effects.size, 0)), k=effects.size)
    selection = _read_selection(asked, effects / np.sqrt(variances), steps, precision, delta)
    _require_studies(effects.size, design.X.shape[1] + (tau2_method == "ML") + int(np.sum(selection.is_free)))
    problem = _set_up(effects, variances, design, selection, tau2_method)
    maxima = problem.maximise(is_global=search == "global")
    return _report(problem, maxima, asked, selection, design.names)


def _require_studies(k: int, needed: int) -> None:
    """Raise TooFewStudies unless there are as many studies as needed."""
    if k < needed:
        raise TooFewStudies(needed=needed, got=k)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Options that come back in the result."""

    weight_function: str
    alternative: str
    tau2_method: str
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class _Selection:
    """A weight function for given studies: ends of its intervals, studies in each, parameters, and which are free."""

    weights: Weights
    ends: FloatArray
    counts: tuple[int, ...]
    delta: FloatArray
    is_free: NDArray[np.bool_]


def _read_selection(
    asked: _Asked,
    z: FloatArray,
    steps: float | Sequence[float] | None,
    precision: ArrayLike | None,
    delta: Sequence[float | None] | None,
) -> _Selection:
    """Return the weight function for studies with these z values."""
    name = asked.weight_function
    ends = _read_steps(steps, name)
    counts = _count_intervals(z, ends, asked.alternative)
    factor = None if precision is None else _read_precision(precision, name, k=z.size)
    if name == "step":
        weights: Weights = make_step_weights(z, ends, asked.alternative)
    else:
        step = float(ends[0]) if ends.size else 0.0
        weights = make_smooth_weights(z, name, asked.alternative, step=step, precision=factor)
    fixed, is_free = _read_delta(delta, weights, name, counts)
    return _Selection(weights, ends, counts, fixed, is_free)


def _read_steps(steps: float | Sequence[float] | None, weight_function: str) -> FloatArray:
    """Return the ends of the intervals, rising, the last one 1; empty where there is only one interval."""
    if steps is None:
        return np.array([0.025, 1.0]) if weight_function == "step" else np.zeros(0)
    if weight_function == "beta":
        raise InvalidInput("steps", 'the weight function "beta" takes no steps')
    given = np.unique(read_array("steps", steps))
    require("steps", given, (given > 0.0) & (given <= 1.0), rule="above 0 and at most 1")
    ends = given if given.size and given[-1] == 1.0 else np.append(given, 1.0)
    if ends.size < 2 or (weight_function != "step" and ends.size > 2):
        rule = "at least one step" if weight_function == "step" else "one step"
        raise InvalidInput(
            "steps", f'the weight function "{weight_function}" takes {rule} below 1, got {ends.size - 1}'
        )
    return ends


def _count_intervals(z: FloatArray, ends: FloatArray, alternative: str) -> tuple[int, ...]:
    """Return the number of p values in each interval."""
    if not ends.size:
        return ()
    places = np.searchsorted(ends, np.minimum(p_values(z, alternative)[0], 1.0), side="left")
    return tuple(int(count) for count in np.bincount(places, minlength=ends.size))


def _read_precision(precision: ArrayLike, weight_function: str, *, k: int) -> FloatArray:
    """Return the factors of delta, the largest one 1."""
    if weight_function in ("step", "beta"):
        raise InvalidInput("precision", f'the weight function "{weight_function}" takes no precision')
    values = np.atleast_1d(read_array("precision", precision))
    if values.size != k:
        raise RaggedLengths(argument="precision", length=values.size, other="yi", other_length=k)
    require("precision", values, values > 0.0, rule="above 0")
    return np.asarray(values / np.max(values))


def _read_delta(
    delta: Sequence[float | None] | None, weights: Weights, weight_function: str, counts: tuple[int, ...]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the values of delta, fixed ones as given and free ones as a start, and which are free.

    A free weight of an interval without studies is 0: whatever the rest, the likelihood is highest there.
    """
    q = weights.null.size
    given: list[float | None] = [None] * q if delta is None else list(delta)
    if len(given) != q:
        raise RaggedLengths(argument="delta", length=len(given), other="the weight function", other_length=q)
    is_step = weight_function == "step"
    if is_step and given[0] is None:
        given[0] = 1.0
    is_free = np.array([value is None for value in given])
    values = np.where(is_free, weights.null, read_array("delta", [0.0 if v is None else v for v in given]))
    is_needed = np.array(counts) > 0 if is_step else np.zeros(q, dtype=bool)
    require("delta", values, (values > 0.0) | ((values == 0.0) & ~is_needed), rule="above 0")
    if is_step and np.any(is_free):
        if not np.any(is_needed & ~is_free):
            raise UndefinedResult(
                what="the selection model", why="no p value lies in an interval whose weight is fixed"
            )
        values = np.where(is_free & ~is_needed, 0.0, values)
    return values, is_free


def _set_up(yi: FloatArray, vi: FloatArray, design: Design, selection: _Selection, tau2_method: str) -> Search:
    """Return the search in units of the median sampling variance, started at the fit without selection."""
    fit = pool(yi, vi, mods=design, tau2_method=tau2_method, ci_method="wald")
    unit, weights = float(np.median(vi)), selection.weights
    likelihood = SelectionLikelihood(yi / sqrt(unit), vi / unit, design.X, weights)
    start = np.concatenate([fit.estimate / sqrt(unit), [fit.tau2 / unit], selection.delta])
    is_delta = selection.is_free & ((selection.delta > 0.0) | weights.may_be_zero)
    is_free = np.concatenate([np.ones(fit.p, dtype=bool), [tau2_method == "ML"], is_delta])
    return Search(likelihood, start, is_free, max(1.0, float(np.std(likelihood.yi))), unit)


def _invert(search: Search, maximum: Maximum) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Return the covariance matrix of all parameters, in the units of the search, and which have one.

    A parameter of a smooth weight function has a standard error also at 0, where the function may go on below.
    """
    n, p = search.start.size, search.likelihood.X.shape[1]
    known = maximum.is_free.copy()
    if search.likelihood.weights.may_be_zero:
        with_delta = known | (search.is_free & (np.arange(n) > p))
        if _is_negative(maximum.evaluation.hessian, with_delta):
            known = with_delta
    if not _is_negative(maximum.evaluation.hessian, known):
        raise UndefinedResult(what="the standard errors of the selection model", why="its information is singular")
    covariance = np.zeros((n, n))
    covariance[np.ix_(known, known)] = np.linalg.inv(-maximum.evaluation.hessian[np.ix_(known, known)])
    return covariance, known


def _is_negative(hessian: FloatArray, known: NDArray[np.bool_]) -> bool:
    """Return whether the second derivatives of the chosen parameters are those of a maximum."""
    chosen = hessian[np.ix_(known, known)]
    scale = 1.0 / np.sqrt(np.maximum(np.abs(np.diag(chosen)), np.finfo(np.float64).tiny))
    return bool(np.max(np.linalg.eigvalsh(chosen * scale[:, None] * scale[None, :])) < -SINGULAR)


def _report(
    search: Search, maxima: tuple[Maximum, ...], asked: _Asked, selection: _Selection, names: tuple[str, ...]
) -> SelectionModel:
    """Return the result in the units of the effects."""
    maximum, unit = maxima[0], search.unit
    covariance, known = _invert(search, maximum)
    p, critical = len(names), float(critical_value(asked.level))
    errors = np.sqrt(np.diag(covariance))
    coefficients = tuple(
        _coefficient(name, sqrt(unit) * float(value), sqrt(unit) * float(error), critical)
        for name, value, error in zip(names, maximum.parameters[:p], errors[:p], strict=True)
    )
    first = coefficients[0]
    delta = [float(value) for value in maximum.parameters[p + 1 :]]
    delta_se = [float(error) if is_known else None for error, is_known in zip(errors, known, strict=True)][p + 1 :]
    reaches = [None if error is None else critical * error for error in delta_se]
    lrt, lrt_df = _likelihood_ratio(search, maximum), int(np.sum(selection.is_free))
    return SelectionModel(
        k=search.likelihood.yi.size,
        p=p,
        weight_function=asked.weight_function,
        alternative=asked.alternative,
        steps=tuple(float(end) for end in selection.ends),
        interval_k=selection.counts,
        estimate=first.estimate,
        se=first.se,
        statistic=first.statistic,
        p_value=first.p_value,
        level=asked.level,
        ci_lower=first.ci_lower,
        ci_upper=first.ci_upper,
        coefficients=coefficients,
        tau2=float(maximum.parameters[p]) * unit,
        tau2_se=float(errors[p]) * unit if known[p] else None,
        delta=freeze(np.array(delta)),
        delta_se=tuple(delta_se),
        delta_ci_lower=tuple(None if r is None else max(0.0, d - r) for d, r in zip(delta, reaches, strict=True)),
        delta_ci_upper=tuple(None if r is None else d + r for d, r in zip(delta, reaches, strict=True)),
        log_likelihood=maximum.evaluation.value - search.likelihood.yi.size * log(unit) / 2.0,
        lrt=lrt,
        lrt_df=lrt_df,
        lrt_p_value=chi2_p_value(lrt, df=lrt_df) if lrt_df else None,
        covariance=freeze(covariance[:p, :p] * unit),
        tau2_method=asked.tau2_method,
        maxima=_list_maxima(maxima, k=search.likelihood.yi.size, p=p, unit=unit),
    )


def _list_maxima(maxima: tuple[Maximum, ...], *, k: int, p: int, unit: float) -> tuple[LocalMaximum, ...]:
    """Return the maxima in the units of the effects."""
    return tuple(
        LocalMaximum(
            log_likelihood=maximum.evaluation.value - k * log(unit) / 2.0,
            estimate=float(maximum.parameters[0]) * sqrt(unit),
            tau2=float(maximum.parameters[p]) * unit,
        )
        for maximum in maxima
    )


def _likelihood_ratio(search: Search, maximum: Maximum) -> float:
    """Return twice the log-likelihood that selection adds, at least 0."""
    without = search.start.copy()
    null = search.likelihood.weights.null
    without[-null.size :] = null
    return max(0.0, 2.0 * (maximum.evaluation.value - search.likelihood.value(without)))


def _coefficient(name: str, estimate: float, se: float, critical: float) -> Coefficient:
    """Return a coefficient with its normal test and interval."""
    return Coefficient(
        name=name,
        estimate=estimate,
        se=se,
        statistic=estimate / se,
        df=None,
        p_value=two_sided_p_value(estimate / se),
        ci_lower=estimate - critical * se,
        ci_upper=estimate + critical * se,
    )
