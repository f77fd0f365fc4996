"""How much the studies differ: Q, I2, H2, and confidence intervals of tau2."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_array, read_level, read_studies, require, require_option
from analysis.engine.design import Moderators, read_design
from analysis.engine.distributions import chi2_p_value, chi2_quantiles, chi2_upper_quantile, chi2_upper_quantiles
from analysis.engine.errors import NotConverged, TooFewStudies
from analysis.engine.likelihood_many import log_likelihood_many, maximise_many, terms_of
from analysis.engine.problems import Problems, moments, set_up
from analysis.engine.tau2_many import solve_q_many

MAX_HALVINGS = 300
# Four units in the last place: closer, rounding decides.
CLOSEST = 4.0 * 2.0**-52


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Statistics of the variation between studies.

    Attributes
    ----------
    q, q_df, q_p_value : Cochran's Q, its degrees of freedom k - p and its upper tail probability
    i2 : share of the total variance that is between studies, a fraction in [0, 1): from tau2 where a tau2 is given
    h2 : total variance divided by sampling variance, from the same source as i2
    i2_from_q : max(0, (Q - df) / Q), whatever the model
    """

    q: float
    q_df: int
    q_p_value: float
    i2: float
    h2: float
    i2_from_q: float


@dataclass(frozen=True, slots=True)
class Tau2Interval:
    """A confidence interval of tau2, squared scale of yi."""

    tau2_ci_lower: float
    tau2_ci_upper: float
    level: float


@dataclass(slots=True, eq=False)
class ProfileLimits:
    """The Q-profile limits of tau2 of some problems, computed when first asked for.

    Attributes
    ----------
    yi, vi : arrays of shape (b, k) or (k,)  effects and variances, infinite for studies that are out
    X : None for a mean, or the design of shape (k, p)
    level : confidence level, a fraction
    """

    yi: FloatArray
    vi: FloatArray
    X: FloatArray | None
    level: float
    _found: tuple[FloatArray, FloatArray] | None = field(default=None, repr=False)

    def limits(self) -> tuple[FloatArray, FloatArray]:
        """Return lower and upper limits, shape (b,); NaN where the interval is empty or no study is left over."""
        if self._found is None:
            problems = set_up(np.atleast_2d(self.yi), np.atleast_2d(self.vi), self.X)
            self._found = _profile_many(problems, level=self.level)
        return self._found


def measure_heterogeneity(
    yi: ArrayLike, vi: ArrayLike, *, tau2: float | None = None, mods: Moderators | None = None
) -> Heterogeneity:
    """Return Q with its test, and I2 and H2; with moderators, of what they leave.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k above the number of coefficients
    tau2 : between-study variance of a random-effects model; None for the common-effect model
    mods : moderators, as in `pool`

    Raises
    ------
    TooFewStudies
        No degree of freedom is left for Q.

    Notes
    -----
    With s2 the "typical" sampling variance (k - p) / tr(P) at tau2 = 0: I2 = tau2 / (tau2 + s2) and H2 = tau2 / s2 + 1.
    Without tau2, H2 = Q / (k - p) and I2 = 1 - 1 / H2, truncated at 0. Both agree for DL.

    References
    ----------
    Cochran (1954), doi:10.2307/3001666; Higgins and Thompson (2002), doi:10.1002/sim.1186.
    """
    effects, variances = read_studies(yi, vi)
    design = None if mods is None else read_design(mods, k=effects.size)
    needed = 2 if design is None else len(design.names) + 1
    if effects.size < needed:
        raise TooFewStudies(needed=needed, got=effects.size)
    problem = set_up(effects[np.newaxis], variances[np.newaxis], None if design is None else design.X)
    at_zero = moments(problem, np.zeros(1))
    between = None
    if tau2 is not None:
        value = read_array("tau2", tau2, dimensions=0)
        require("tau2", value, value >= 0.0, rule="at least 0")
        between = float(value)
    return spread_of(q=float(at_zero.q[0]), trace=float(at_zero.trace[0]), df=effects.size - problem.p, tau2=between)


def spread_of(*, q: float, trace: float, df: int, tau2: float | None) -> Heterogeneity:
    """Return the statistics from Q and tr(P) at tau2 = 0; tau2 is None for the common-effect model."""
    from_q = (q - df) / q if q > df else 0.0
    if tau2 is None:
        i2, h2 = from_q, q / df
    else:
        typical = df / trace
        i2, h2 = tau2 / (tau2 + typical), tau2 / typical + 1.0
    return Heterogeneity(q=q, q_df=df, q_p_value=chi2_p_value(q, df=df), i2=i2, h2=h2, i2_from_q=from_q)


def profile_tau2(
    yi: ArrayLike, vi: ArrayLike, *, mods: Moderators | None = None, level: float = 0.95
) -> Tau2Interval | None:
    """Return the Q-profile confidence interval of tau2, or None when it is empty.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    mods : moderators, as in `pool`
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    TooFewStudies
        No degree of freedom is left for Q.

    Notes
    -----
    The interval holds every tau2 >= 0 whose Q(tau2) lies between two chi-squared quantiles (k - p degrees of freedom).
    A lower end below 0 is truncated to 0. Q(tau2) falls to 0, so the upper end always exists. Where even Q(0) is below
    the lower quantile the studies agree better than sampling error allows and no tau2 >= 0 is left: the answer is None,
    not the interval from 0 to 0 that would read as certainty. The interval belongs to no estimator of tau2 and need not
    hold the estimate.

    References
    ----------
    Viechtbauer (2007), doi:10.1002/sim.2514.
    """
    level = read_level(level)
    tau2_ci_lower, tau2_ci_upper = (float(limit[0]) for limit in _profile_many(_one_problem(yi, vi, mods), level=level))
    if np.isnan(tau2_ci_upper):
        return None
    return Tau2Interval(tau2_ci_lower=tau2_ci_lower, tau2_ci_upper=tau2_ci_upper, level=level)


def profile_likelihood_tau2(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    tau2_method: str = "REML",
    level: float = 0.95,
) -> Tau2Interval:
    """Return the profile-likelihood confidence interval of tau2.

    Parameters
    ----------
    yi, vi, mods, level : as in `profile_tau2`
    tau2_method : {"REML", "ML"}  the likelihood

    Raises
    ------
    TooFewStudies, NotConverged
        No degree of freedom is left; an end that the search could not close.

    Notes
    -----
    The tau2 whose log-likelihood is at most half a chi-squared quantile (1 degree of freedom) below its maximum, as far
    as they join the estimate without a gap. A lower end below 0 is truncated to 0.

    References
    ----------
    Hardy and Thompson (1996), doi:10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A.
    """
    require_option("tau2_method", tau2_method, ("REML", "ML"))
    level = read_level(level)
    problem, restricted = _one_problem(yi, vi, mods), tau2_method == "REML"
    at_zero = moments(problem, np.zeros(1))
    best = float(maximise_many(problem, at_zero, start=np.zeros(1), restricted=restricted)[0][0])
    fall = 0.5 * chi2_upper_quantile(1.0 - level, df=1)
    floor = _height(problem, best, restricted=restricted) - fall
    tau2_ci_lower = 0.0
    if best > 0.0 and _height(problem, 0.0, restricted=restricted) < floor:
        tau2_ci_lower = _cross(problem, floor, inside=best, outside=0.0, restricted=restricted)
    outside = 2.0 * best + float(np.max(problem.vi))
    while _height(problem, outside, restricted=restricted) >= floor:
        outside *= 2.0
    tau2_ci_upper = _cross(problem, floor, inside=best, outside=outside, restricted=restricted)
    return Tau2Interval(tau2_ci_lower=tau2_ci_lower, tau2_ci_upper=tau2_ci_upper, level=level)


def _one_problem(yi: ArrayLike, vi: ArrayLike, mods: Moderators | None) -> Problems:
    """Return the studies as one problem with at least one degree of freedom."""
    effects, variances = read_studies(yi, vi)
    design = None if mods is None else read_design(mods, k=effects.size)
    needed = 2 if design is None else len(design.names) + 1
    if effects.size < needed:
        raise TooFewStudies(needed=needed, got=effects.size)
    return set_up(effects[np.newaxis], variances[np.newaxis], None if design is None else design.X)


def _height(problem: Problems, tau2: float, *, restricted: bool) -> float:
    """Return the log-likelihood at tau2."""
    return float(log_likelihood_many(problem, np.array([tau2]), restricted=restricted)[0])


def _cross(problem: Problems, floor: float, *, inside: float, outside: float, restricted: bool) -> float:
    """Return the tau2 between `inside` (at least `floor` high) and `outside` (lower) at which the height is `floor`.

    Newton's method by the score, kept between both by bisection.
    """
    typical = float(problem.count[0]) / float(np.sum(1.0 / problem.vi[0]))
    tau2 = 0.5 * (inside + outside)
    for _ in range(MAX_HALVINGS):
        height = _height(problem, tau2, restricted=restricted)
        if height >= floor:
            inside = tau2
        else:
            outside = tau2
        now = terms_of(moments(problem, np.array([tau2])), restricted=restricted)
        score = 0.5 * float(now.a[0] - now.b[0])
        target = tau2 + (floor - height) / score if score != 0.0 else -1.0
        if not min(inside, outside) < target < max(inside, outside):
            target = 0.5 * (inside + outside)
        if abs(target - tau2) <= CLOSEST * (tau2 + 1e-3 * typical) or abs(outside - inside) <= CLOSEST * outside:
            return target
        tau2 = target
    raise NotConverged(what="the profile-likelihood limit of tau2", iterations=MAX_HALVINGS)


def _profile_many(problems: Problems, *, level: float) -> tuple[FloatArray, FloatArray]:
    """Return the Q-profile limits of many problems: both limits of all in one search."""
    df = problems.freedom()
    b, tail = df.size, (1.0 - level) / 2.0
    least, most = chi2_quantiles(tail, df=df), chi2_upper_quantiles(tail, df=df)
    both: NDArray[np.intp] = np.concatenate([np.arange(b), np.arange(b)])
    doubled = problems.take(both)
    at_zero = moments(doubled, np.zeros(2 * b))
    found = solve_q_many(doubled, at_zero, target=np.concatenate([most, least]))
    is_empty = (df <= 0.0) | (at_zero.q[:b] < least)
    return np.where(is_empty, np.nan, found[:b]), np.where(is_empty, np.nan, found[b:])
