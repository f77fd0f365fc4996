"""Conversions between effect measures, with variances by the delta method, and effects from test statistics.

Ratios are natural logarithms; their names begin with log. Numbers may be given for arrays of shape (k,); the results
are `Effects` with arrays of shape (k,), or arrays where there is no variance.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, read_arrays, require, require_option
from analysis.engine.distributions import tail_quantile
from analysis.engine.effects import Effects, smd
from analysis.engine.effects.result import finish, require_defined

DISTRIBUTIONS = ("logistic", "normal")
# Log odds ratio per standardised mean difference: of a logistic variable, and of a normal one (Cox and Snell).
ODDS_PER_D = {"logistic": pi / sqrt(3.0), "normal": 1.65}
EQUAL_GROUPS = 4.0


def d_to_log_odds_ratio(*, yi: ArrayLike, vi: ArrayLike, distribution: str = "logistic") -> Effects:
    """Return log odds ratios of a continuous outcome cut in two, from standardised mean differences.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  differences and their variances
    distribution : {"logistic", "normal"}  of the outcome: yi pi / sqrt(3), or 1.65 yi (metafor's D2ORL and D2ORN)

    References
    ----------
    Hasselblad and Hedges (1995), doi:10.1037/0033-2909.117.1.167; "normal": Cox and Snell (1989), Analysis of Binary
    Data, 2nd edition, by Sanchez-Meca et al. (2003), doi:10.1037/1082-989X.8.4.448.
    """
    require_option("distribution", distribution, DISTRIBUTIONS)
    d, v = _read(yi=yi, vi=vi)
    factor = ODDS_PER_D[distribution]
    return finish(factor * d, factor**2 * v, what="the log odds ratio")


def log_odds_ratio_to_d(*, yi: ArrayLike, vi: ArrayLike, distribution: str = "logistic") -> Effects:
    """Return standardised mean differences from log odds ratios, the inverse of `d_to_log_odds_ratio`.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  log odds ratios and their variances
    distribution : {"logistic", "normal"}  yi sqrt(3) / pi, or yi / 1.65 (metafor's OR2DL and OR2DN)

    References
    ----------
    Chinn (2000), doi:10.1002/1097-0258(20001130)19:22<3127::AID-SIM784>3.0.CO;2-M; Sanchez-Meca et al. (2003),
    doi:10.1037/1082-989X.8.4.448.
    """
    require_option("distribution", distribution, DISTRIBUTIONS)
    odds, v = _read(yi=yi, vi=vi)
    factor = ODDS_PER_D[distribution]
    return finish(odds / factor, v / factor**2, what="the standardised mean difference")


def d_to_r(*, yi: ArrayLike, vi: ArrayLike, n1i: ArrayLike | None = None, n2i: ArrayLike | None = None) -> Effects:
    """Return point-biserial correlations d / sqrt(d**2 + a), a = (n1i + n2i)**2 / (n1i n2i).

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  standardised mean differences and their variances
    n1i, n2i : numbers or arrays of shape (k,)  sizes of the groups, above 0; where not given, equal (a = 4)

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, doi:10.1002/9780470743386, chapter 7.
    """
    d, v, a = _read_with_sizes(yi, vi, n1i, n2i)
    return finish(d / np.sqrt(d**2 + a), a**2 * v / (d**2 + a) ** 3, what="the correlation")


def r_to_d(*, yi: ArrayLike, vi: ArrayLike, n1i: ArrayLike | None = None, n2i: ArrayLike | None = None) -> Effects:
    """Return standardised mean differences r sqrt(a) / sqrt(1 - r**2), the inverse of `d_to_r`.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  point-biserial correlations, between -1 and 1, and their variances
    n1i, n2i : as in `d_to_r`

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, doi:10.1002/9780470743386, chapter 7.
    """
    r, v, a = _read_with_sizes(yi, vi, n1i, n2i)
    require("yi", r, np.abs(r) < 1.0, rule="between -1 and 1")
    inner = (1.0 - r) * (1.0 + r)
    return finish(r * np.sqrt(a / inner), a * v / inner**3, what="the standardised mean difference")


def r_to_z(*, yi: ArrayLike, vi: ArrayLike) -> Effects:
    """Return Fisher's z = atanh(r), from correlations between -1 and 1 and their variances.

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, doi:10.1002/9780470743386, chapter 6.
    """
    r, v = _read(yi=yi, vi=vi)
    require("yi", r, np.abs(r) < 1.0, rule="between -1 and 1")
    return finish(np.arctanh(r), v / ((1.0 - r) * (1.0 + r)) ** 2, what="Fisher's z")


def z_to_r(*, yi: ArrayLike, vi: ArrayLike) -> Effects:
    """Return correlations tanh(z), from Fisher's z and its variances; the inverse of `r_to_z`."""
    z, v = _read(yi=yi, vi=vi)
    return finish(np.tanh(z), v / np.cosh(z) ** 4, what="the correlation")


def log_odds_ratio_to_log_risk_ratio(*, yi: ArrayLike, vi: ArrayLike, baseline_risk: ArrayLike) -> Effects:
    """Return log risk ratios, log(OR / (1 - p0 + p0 OR)), at a baseline risk p0.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  log odds ratios and their variances
    baseline_risk : number or array of shape (k,)  risk in group 2, a fraction in (0, 1), taken as known

    References
    ----------
    Zhang and Yu (1998), doi:10.1001/jama.280.19.1690; Cochrane Handbook 15.4.4.
    """
    odds, v, p0 = _read_with_risk(yi, vi, baseline_risk)
    logit = special.logit(p0) + odds
    return finish(np.log(special.expit(logit) / p0), special.expit(-logit) ** 2 * v, what="the log risk ratio")


def log_risk_ratio_to_log_odds_ratio(*, yi: ArrayLike, vi: ArrayLike, baseline_risk: ArrayLike) -> Effects:
    """Return log odds ratios at a baseline risk, the inverse of `log_odds_ratio_to_log_risk_ratio`.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  log risk ratios and their variances
    baseline_risk : number or array of shape (k,)  as there

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a risk ratio that would make the risk in group 1 a certainty, or more.
    """
    ratio, v, p0 = _read_with_risk(yi, vi, baseline_risk)
    p1 = p0 * np.exp(np.minimum(ratio, -np.log(p0)))
    require_defined(p1 < 1.0, what="the log odds ratio", why="baseline_risk times the risk ratio is not below 1")
    return finish(special.logit(p1) - special.logit(p0), v / (1.0 - p1) ** 2, what="the log odds ratio")


def log_odds_ratio_to_risk_difference(*, yi: ArrayLike, vi: ArrayLike, baseline_risk: ArrayLike) -> Effects:
    """Return risk differences p1 - p0 at a baseline risk p0, logit(p1) = logit(p0) + yi.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  log odds ratios and their variances
    baseline_risk : number or array of shape (k,)  risk in group 2, a fraction in (0, 1), taken as known

    References
    ----------
    Cochrane Handbook 15.4.4 (Schunemann et al. 2019, doi:10.1002/9781119536604.ch15).
    """
    odds, v, p0 = _read_with_risk(yi, vi, baseline_risk)
    logit = special.logit(p0) + odds
    p1, q1 = special.expit(logit), special.expit(-logit)
    # p1 - p0 = p0 (1 - p1) (OR - 1), without the cancellation where both are near.
    return finish(p0 * q1 * np.expm1(odds), (p1 * q1) ** 2 * v, what="the risk difference")


def log_risk_ratio_to_risk_difference(*, yi: ArrayLike, vi: ArrayLike, baseline_risk: ArrayLike) -> Effects:
    """Return risk differences p0 (RR - 1) at a baseline risk p0.

    Parameters
    ----------
    yi, vi : numbers or arrays of shape (k,)  log risk ratios and their variances
    baseline_risk : number or array of shape (k,)  risk in group 2, a fraction in (0, 1), taken as known

    References
    ----------
    Cochrane Handbook 15.4.4 (Schunemann et al. 2019, doi:10.1002/9781119536604.ch15).
    """
    ratio, v, p0 = _read_with_risk(yi, vi, baseline_risk)
    p1 = p0 * np.exp(np.minimum(ratio, -np.log(p0)))
    require_defined(p0 * np.exp(ratio) <= 1.0 + 1e-12, what="the risk difference", why="the risk in group 1 exceeds 1")
    return finish(p0 * np.expm1(ratio), p1**2 * v, what="the risk difference")


@dataclass(frozen=True, slots=True)
class NumberNeeded:
    """How many are treated for one more, or one fewer, to have the event.

    Attributes
    ----------
    estimate : number, at least 1
    has_more_events : whether the event is more frequent in group 1
    ci_lower, ci_upper : limits on the side of the estimate; ci_upper is None where the interval of the risk difference
        holds 0, so that it reaches through infinity to the other side; both None where no interval was given
    other_side : the limit on the other side where the interval holds 0, else None
    """

    estimate: float
    has_more_events: bool
    ci_lower: float | None
    ci_upper: float | None
    other_side: float | None


def number_needed(
    *, risk_difference: float, ci_lower: float | None = None, ci_upper: float | None = None
) -> NumberNeeded:
    """Return the number needed to treat, 1 / |risk difference|, and the reciprocals of its limits.

    Parameters
    ----------
    risk_difference : fraction in [-1, 1], not 0
    ci_lower, ci_upper : limits of the risk difference, both or neither

    Raises
    ------
    InvalidInput
        A risk difference of 0 or out of range; limits that do not hold it.

    References
    ----------
    Altman (1998), doi:10.1136/bmj.317.7168.1309.
    """
    values = {"risk_difference": risk_difference}
    if ci_lower is not None or ci_upper is not None:
        values |= {"ci_lower": np.nan if ci_lower is None else ci_lower}
        values |= {"ci_upper": np.nan if ci_upper is None else ci_upper}
    arrays = {name: read_array(name, value, dimensions=0) for name, value in values.items()}
    rd = arrays["risk_difference"]
    require("risk_difference", rd, (np.abs(rd) <= 1.0) & (rd != 0.0), rule="between -1 and 1 and not 0")
    estimate, has_more = 1.0 / abs(float(rd)), bool(rd > 0.0)
    if len(arrays) == 1:
        return NumberNeeded(estimate, has_more, None, None, None)
    require("ci_lower", arrays["ci_lower"], arrays["ci_lower"] <= rd, rule="at most risk_difference")
    require("ci_upper", arrays["ci_upper"], arrays["ci_upper"] >= rd, rule="at least risk_difference")
    sign = 1.0 if has_more else -1.0
    near, far = sorted((sign * float(arrays["ci_lower"]), sign * float(arrays["ci_upper"])))
    return NumberNeeded(
        estimate=estimate,
        has_more_events=has_more,
        ci_lower=1.0 / far,
        ci_upper=1.0 / near if near > 0.0 else None,
        other_side=-1.0 / near if near < 0.0 else None,
    )


def t_to_d(*, ti: ArrayLike, n1i: ArrayLike, n2i: ArrayLike) -> Effects:
    """Return Cohen's d = t sqrt(1 / n1i + 1 / n2i), not corrected, variance 1 / n1i + 1 / n2i + d**2 / (2 (n1i + n2i)).

    Parameters
    ----------
    ti : number or array of shape (k,)  t statistic of two independent groups with a pooled standard deviation
    n1i, n2i : numbers or arrays of shape (k,)  sizes of the groups, at least 1, together above 3

    References
    ----------
    Borenstein et al. (2009), Introduction to Meta-Analysis, doi:10.1002/9780470743386, chapter 4.
    """
    return smd(ti=ti, n1i=n1i, n2i=n2i, correction="none")


def f_to_d(*, fi: ArrayLike, n1i: ArrayLike, n2i: ArrayLike, sign: ArrayLike = 1.0) -> Effects:
    """Return Cohen's d from the F statistic of two groups (one degree of freedom above), t = sign sqrt(F).

    Parameters
    ----------
    fi : number or array of shape (k,)  F statistic, at least 0
    n1i, n2i : as in `t_to_d`
    sign : number or array of shape (k,)  1 or -1: direction of the difference, which F does not say

    References
    ----------
    Thalheimer and Cook (2002), How to calculate effect sizes from published research: a simplified methodology.
    """
    f, direction = _read_direction({"fi": fi}, sign)
    return t_to_d(ti=direction * np.sqrt(f), n1i=n1i, n2i=n2i)


def se_from_f(*, estimate: ArrayLike, fi: ArrayLike) -> FloatArray:
    """Return the standard error |estimate| / sqrt(F) of a difference, from an F statistic with one degree above.

    Parameters
    ----------
    estimate : number or array of shape (k,)  the difference that F tests, not 0
    fi : number or array of shape (k,)  F statistic, above 0

    References
    ----------
    Cochrane Handbook 6.5.2.3 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6), t being sqrt(F).
    """
    effect, f = read_arrays({"estimate": estimate, "fi": fi})
    require("estimate", effect, effect != 0.0, rule="different from 0")
    require("fi", f, f > 0.0, rule="above 0")
    return np.asarray(np.abs(effect) / np.sqrt(f))


def p_to_t(*, p_value: ArrayLike, df: ArrayLike | None = None, sign: ArrayLike = 1.0) -> FloatArray:
    """Return the t (df None: z) statistic that has a two-sided p value.

    Parameters
    ----------
    p_value : number or array of shape (k,)  exact two-sided p values in (0, 1]
    df : degrees of freedom above 0, or None for the normal distribution
    sign : number or array of shape (k,)  1 or -1: direction of the effect, which a two-sided p value does not say

    References
    ----------
    Cochrane Handbook 6.5.2.3 (Higgins, Li and Deeks 2019, doi:10.1002/9781119536604.ch6).
    """
    values = {"p_value": p_value} | ({} if df is None else {"df": df}) | {"sign": sign}
    arrays = dict(zip(values, read_arrays(values), strict=True))
    p, freedom = arrays["p_value"], arrays.get("df")
    require("p_value", p, (p > 0.0) & (p <= 1.0), rule="above 0 and at most 1")
    if freedom is not None:
        require("df", freedom, freedom > 0.0, rule="above 0")
    require("sign", arrays["sign"], np.abs(arrays["sign"]) == 1.0, rule="1 or -1")
    return np.asarray(-arrays["sign"] * tail_quantile(p / 2.0, df=freedom))


def chi2_to_phi(*, chi2: ArrayLike, ni: ArrayLike, sign: ArrayLike = 1.0) -> Effects:
    """Return phi = sign sqrt(chi2 / ni) of a two-by-two table, variance (1 - phi**2)**2 / (ni - 1).

    Parameters
    ----------
    chi2 : number or array of shape (k,)  Pearson's statistic without continuity correction, at least 0, below ni
    ni : number or array of shape (k,)  sample size, above 1
    sign : number or array of shape (k,)  1 or -1: direction of the association, which chi2 does not say

    Notes
    -----
    Phi is the correlation of two binary variables; its variance is the large-sample one of a correlation.

    References
    ----------
    Rosenthal (1994), Parametric measures of effect size, in The Handbook of Research Synthesis.
    """
    statistic, n, direction = (np.atleast_1d(array) for array in read_arrays({"chi2": chi2, "ni": ni, "sign": sign}))
    require("chi2", statistic, statistic >= 0.0, rule="at least 0")
    require("ni", n, n > 1.0, rule="above 1")
    require("chi2", statistic, statistic <= n, rule="at most ni")
    require("sign", direction, np.abs(direction) == 1.0, rule="1 or -1")
    phi = direction * np.sqrt(statistic / n)
    return finish(phi, (1.0 - statistic / n) ** 2 / (n - 1.0), what="the phi coefficient")


def _read(**values: ArrayLike) -> tuple[FloatArray, ...]:
    """Return effects, variances and whatever goes with them as arrays of shape (k,)."""
    arrays = tuple(np.atleast_1d(array) for array in read_arrays(values))
    require("vi", arrays[1], arrays[1] > 0.0, rule="above 0")
    return arrays


def _read_with_risk(yi: ArrayLike, vi: ArrayLike, baseline_risk: ArrayLike) -> tuple[FloatArray, ...]:
    """Return effects, variances and baseline risks, fractions in (0, 1)."""
    effects, variances, risk = _read(yi=yi, vi=vi, baseline_risk=baseline_risk)
    require("baseline_risk", risk, (risk > 0.0) & (risk < 1.0), rule="between 0 and 1 (0.1, not 10)")
    return effects, variances, risk


def _read_with_sizes(
    yi: ArrayLike, vi: ArrayLike, n1i: ArrayLike | None, n2i: ArrayLike | None
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return effects, variances and a = (n1 + n2)**2 / (n1 n2), 4 where sizes are not given."""
    if n1i is None and n2i is None:
        effects, variances = _read(yi=yi, vi=vi)
        return effects, variances, np.full_like(effects, EQUAL_GROUPS)
    sizes = {"n1i": np.nan if n1i is None else n1i, "n2i": np.nan if n2i is None else n2i}
    effects, variances, n1, n2 = _read(yi=yi, vi=vi, **sizes)
    require("n1i", n1, n1 > 0.0, rule="above 0")
    require("n2i", n2, n2 > 0.0, rule="above 0")
    return effects, variances, np.asarray((n1 + n2) ** 2 / (n1 * n2))


def _read_direction(values: dict[str, ArrayLike], sign: ArrayLike) -> tuple[FloatArray, FloatArray]:
    """Return a statistic of at least 0 and its direction, 1 or -1."""
    (name,) = values
    statistic, direction = read_arrays(values | {"sign": sign})
    require(name, statistic, statistic >= 0.0, rule="at least 0")
    require("sign", direction, np.abs(direction) == 1.0, rule="1 or -1")
    return statistic, direction
