"""The variance between studies of many problems at once: twelve estimators, exact and without failures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged
from analysis.engine.likelihood_many import maximise_many
from analysis.engine.problems import Moments, Problems, moments, square_of, traces

TAU2_METHODS = ("CE", "DL", "DL2", "HE", "HS", "HSk", "SJ", "ML", "REML", "EB", "PM", "PMM")
MAX_ITERATIONS = 200
# A step this small relative to tau2 plus a typical variance leaves an error of its square: convergence is quadratic.
LAST_STEP = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Tau2Many:
    """Estimates of tau2, arrays of shape (b,).

    Attributes
    ----------
    tau2 : at least 0; a negative solution is truncated to 0
    tau2_se : large-sample standard errors; NaN for CE and where no study is left over
    at_tau2 : moments at tau2, where they were needed for the standard errors
    """

    tau2: FloatArray
    tau2_se: FloatArray
    at_tau2: Moments | None = None


def estimate_tau2_many(problems: Problems, at_zero: Moments, *, tau2_method: str, medians: FloatArray) -> Tau2Many:
    """Return tau2 of every problem.

    Parameters
    ----------
    at_zero : moments at tau2 = 0
    tau2_method : one of TAU2_METHODS
    medians : array of shape (b,)  median of chi-squared with k - p degrees of freedom; read by "PMM" only

    References
    ----------
    DL: DerSimonian and Laird (1986), doi:10.1016/0197-2456(86)90046-2; DL2: DerSimonian and Kacker (2007), section 2.4,
    doi:10.1016/j.cct.2006.04.004; HE: Hedges and Olkin (1985), Statistical Methods for Meta-Analysis; HS, HSk: Hunter
    and Schmidt (2004), Methods of Meta-Analysis, and Brannick et al. (2019), doi:10.1177/1094428119863817; SJ: Sidik
    and Jonkman (2005), doi:10.1111/j.1467-9876.2005.00489.x; PM, EB: Paule and Mandel (1982), doi:10.6028/jres.087.022,
    and Morris (1983), doi:10.1080/01621459.1983.10477920; PMM: Viechtbauer (2021), in Koch and Wang, Handbook of
    Meta-Analysis; ML, REML: Viechtbauer (2005), doi:10.3102/10769986030003261.
    """
    k, df = problems.count.astype(np.float64), problems.freedom()
    has_room = df > 0.0
    zero = np.zeros(k.size)
    if tau2_method == "CE":
        return Tau2Many(tau2=zero, tau2_se=np.full(k.size, np.nan))
    if tau2_method in ("ML", "REML"):
        trace = at_zero.trace if has_room.all() else np.where(has_room, at_zero.trace, 1.0)
        start = np.maximum(0.0, (at_zero.q - df) / trace)
        tau2, now = maximise_many(problems, at_zero, start=start, restricted=tau2_method == "REML")
    elif tau2_method in ("PM", "EB", "PMM"):
        tau2 = solve_q_many(problems, at_zero, target=medians if tau2_method == "PMM" else df)
        now = moments(problems, tau2)
    else:
        return _closed_form(problems, at_zero, tau2_method=tau2_method)
    return Tau2Many(tau2=tau2, tau2_se=_large_sample(problems, tau2, now, tau2_method=tau2_method), at_tau2=now)


def solve_q_many(problems: Problems, at_zero: Moments, *, target: FloatArray) -> FloatArray:
    """Return the tau2 >= 0 at which Q(tau2) = y'Py equals `target`, shape (b,); 0 where Q(0) is not above it.

    1 / Q is increasing and concave in tau2 (Q is a sum of squares over eigenvalues plus tau2), so that Newton's method
    on 1 / Q climbs to the root from below, wherever it is, and needs no bracket.

    Raises
    ------
    NotConverged
        The climb did not end; for finite numbers it always does.
    """
    tau2 = np.zeros(target.size)
    active = np.flatnonzero((at_zero.q > target) & (target > 0.0))
    part, now = problems.take(active), at_zero.take(active)
    typical = 1.0 / (now.weight / np.maximum(part.count, 1))
    for _ in range(MAX_ITERATIONS):
        if not active.size:
            return tau2
        goal = target[active]
        step = now.q * (now.q / goal - 1.0) / now.ypp
        tau2[active] = np.maximum(tau2[active] + step, 0.0)
        going = np.abs(step) > LAST_STEP * (tau2[active] + typical)
        if not going.all():
            kept = np.flatnonzero(going)
            active, part, typical = active[kept], part.take(kept), typical[kept]
        now = moments(part, tau2[active])
    raise NotConverged(what="tau2", iterations=MAX_ITERATIONS)


def _large_sample(problems: Problems, tau2: FloatArray, now: Moments, *, tau2_method: str) -> FloatArray:
    """Return the standard errors of the likelihood and the Q estimators, by metafor's formula for each."""
    df = problems.freedom()
    under = now.squares if tau2_method == "ML" else df
    if tau2_method == "REML":
        under = traces(problems, now, tau2)[1]
    valid = (df > 0.0) & (under > 0.0)
    is_valid = bool(valid.all())
    safe = under if is_valid else np.where(valid, under, 1.0)
    values = np.sqrt(2.0 / safe)
    if tau2_method not in ("ML", "REML"):
        values *= problems.count / now.weight
    return values if is_valid else np.where(valid, values, np.nan)


def _closed_form(problems: Problems, at_zero: Moments, *, tau2_method: str) -> Tau2Many:
    """Return the estimators that are formulas: DL, DL2, HS, HSk, HE and SJ."""
    k, df = problems.count.astype(np.float64), problems.freedom()
    has_room = df > 0.0
    room = np.where(has_room, df, 1.0)
    q = at_zero.q
    if tau2_method == "HE":
        raw, variance = _hedges_olkin(problems, room)
    elif tau2_method == "SJ":
        raw, variance = _sidik_jonkman(problems, room)
    elif tau2_method == "DL2":
        raw, variance = _two_step(problems, at_zero, df)
    else:
        first, squares = traces(problems, at_zero, np.zeros(k.size))
        trace = np.where(has_room, first, 1.0)
        scale = {"DL": trace, "HS": at_zero.weight, "HSk": at_zero.weight}[tau2_method]
        factor = k / room if tau2_method == "HSk" else np.ones(k.size)
        raw = (factor * q - (df if tau2_method == "DL" else k)) / scale
        tau2 = np.maximum(raw, 0.0)
        variance = (factor / scale) ** 2 * (2.0 * df + 4.0 * tau2 * trace + 2.0 * tau2**2 * squares)
    se = np.sqrt(np.maximum(variance, 0.0))
    return Tau2Many(tau2=np.where(has_room, np.maximum(raw, 0.0), 0.0), tau2_se=np.where(has_room, se, np.nan))


def _hedges_olkin(problems: Problems, df: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the unweighted moment estimate, not truncated, and the variance of the truncated one."""
    is_in = problems.included()
    one = is_in.astype(np.float64)
    vi = np.where(is_in, problems.vi, 0.0)
    inverse = np.linalg.pinv(square_of(problems, one))
    beta = np.einsum("bij,bj->bi", inverse, (one * problems.yi) @ problems.X)
    residuals = (problems.yi - beta @ problems.X.T) * one
    once = inverse @ square_of(problems, vi)
    trace = np.sum(vi, axis=1) - np.einsum("bii->b", once)
    crossed = (
        np.sum(vi**2, axis=1)
        - 2.0 * np.einsum("bij,bji->b", inverse, square_of(problems, vi**2))
        + np.einsum("bij,bji->b", once, once)
    )
    raw = (np.sum(residuals**2, axis=1) - trace) / df
    tau2 = np.maximum(raw, 0.0)
    return raw, (2.0 * crossed + 4.0 * tau2 * trace + 2.0 * tau2**2 * df) / df**2


def _sidik_jonkman(problems: Problems, df: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the estimate that starts from the plain variance of the effects, and its variance."""
    is_in = problems.included()
    count = np.maximum(problems.count, 1)
    mean = np.sum(problems.yi, axis=1) / count
    crude = np.sum(np.where(is_in, problems.yi - mean[:, np.newaxis], 0.0) ** 2, axis=1) / count
    now = moments(problems, crude)
    raw = crude * now.q / df
    # With V = W^-1 - crude I and P W^-1 P = P: the traces of PVPV and PVP.
    trace, squares = traces(problems, now, crude)
    crossed = df - 2.0 * crude * trace + crude**2 * squares
    variance = (crude / df) ** 2 * (2.0 * crossed + 4.0 * raw * (trace - crude * squares) + 2.0 * raw**2 * squares)
    return raw, variance


def _two_step(problems: Problems, at_zero: Moments, df: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the moment estimate with the weights that DL gives, not truncated, and its variance.

    With weights 1 / (vi + t) and V = W^-1 - t I: tr(PV) = df - t tr(P), so that the moment equation
    (Q - tr(PV)) / tr(P) is t + (Q - df) / tr(P); the variance is that of metafor's general moment estimator.
    """
    first = _closed_form(problems, at_zero, tau2_method="DL").tau2
    now = moments(problems, first)
    trace, squares = traces(problems, now, first)
    trace = np.where(df > 0.0, trace, 1.0)
    raw = first + (now.q - df) / trace
    tau2 = np.maximum(raw, 0.0)
    crossed = df - 2.0 * first * trace + first**2 * squares
    variance = 2.0 * crossed + 4.0 * tau2 * (trace - first * squares) + 2.0 * tau2**2 * squares
    return raw, variance / trace**2
