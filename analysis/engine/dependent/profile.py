"""Profile-likelihood intervals of the variances of a multilevel model."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.engine.arrays import read_level, require_option
from analysis.engine.dependent.components import estimate, spread
from analysis.engine.dependent.inference import solved
from analysis.engine.dependent.likelihood import differentiate
from analysis.engine.dependent.multilevel import Multilevel
from analysis.engine.distributions import chi2_quantile
from analysis.engine.errors import NotConverged, UndefinedResult
from analysis.engine.roots import find_root

MAX_DOUBLINGS = 200


@dataclass(frozen=True, slots=True)
class Sigma2Interval:
    """A confidence interval of the variance of one random factor, squared scale of yi."""

    factor: str
    sigma2: float
    sigma2_ci_lower: float
    sigma2_ci_upper: float
    level: float


def profile_sigma2(fit: Multilevel, *, factor: str, level: float = 0.95) -> Sigma2Interval:
    """Return the profile-likelihood interval of the variance of one factor.

    Parameters
    ----------
    fit : a multilevel model
    factor : name of the random factor
    level : confidence level, a fraction in (0, 1)

    Raises
    ------
    UndefinedResult
        The variance was given rather than estimated.
    UnknownOption, NotConverged
        No such factor; a search that did not end.

    Notes
    -----
    The ends are where twice the log-likelihood, with all other parameters at their best, is below its maximum by the
    quantile of chi-squared with one degree of freedom; a lower end at which it is not is 0.

    References
    ----------
    Hardy and Thompson (1996), doi:10.1002/(SICI)1097-0258(19960330)15:6<619::AID-SIM188>3.0.CO;2-A.
    """
    require_option("factor", factor, fit.factors)
    level = read_level(level)
    index = fit.factors.index(factor)
    if fit.sigma2_is_fixed[index]:
        raise UndefinedResult(what=f"the interval of the variance of {factor}", why="the variance was given")
    bottom, top = _search(fit, index, what=f"the interval of the variance of {factor}", level=level)
    return Sigma2Interval(
        factor=factor, sigma2=float(fit.sigma2[index]), sigma2_ci_lower=bottom, sigma2_ci_upper=top, level=level
    )


def _search(fit: Multilevel, index: int, *, what: str, level: float) -> tuple[float, float]:
    """Return the ends of the interval of one variance."""
    model, square = fit.parts.model, fit.parts.model.unit**2
    target = fit.log_likelihood + model.offset - 0.5 * chi2_quantile(level, df=1)
    near = fit.parts.theta / square

    def excess(value: float) -> tuple[float, float]:
        """Return how far the profile is above the target, and its derivative: the score of this variance."""
        fixed = fit.parts.fixed / square
        fixed[index] = value
        best = estimate(model, fixed=fixed, near=near)
        near[:] = best.parameters
        gradient = differentiate(model, solved(model, best.parameters)).gradient
        return best.value - target, float(gradient[index])

    def deficit(value: float) -> tuple[float, float]:
        """Return the same with the opposite sign."""
        above, slope = excess(value)
        return -above, -slope

    best, typical = float(fit.sigma2[index]) / square, spread(model)
    bottom = 0.0
    if best > 0.0 and excess(0.0)[0] < 0.0:
        bottom = find_root(deficit, 0.0, best, what=what, smallest=1e-3 * typical)
    below, top = best, 2.0 * best + typical
    for _ in range(MAX_DOUBLINGS):
        if excess(top)[0] <= 0.0:
            return bottom * square, find_root(excess, below, top, what=what, smallest=1e-3 * typical) * square
        below, top = top, 2.0 * top
    raise NotConverged(what=what, iterations=MAX_DOUBLINGS)
