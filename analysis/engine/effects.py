"""Effect sizes and sampling variances from the two arms of each study (arm 1 is experimental)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import special

from analysis.engine.arrays import FloatArray, first_index, freeze, read_array, read_arrays, require, require_option
from analysis.engine.errors import UndefinedResult

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")
# gamma(x + 1/2) / (gamma(x) sqrt(x)) in powers of 1/x; the next term is below 1e-16 for x = 149.5.
GAMMA_RATIO_SERIES = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144)
SERIES_FROM = 300.0


@dataclass(frozen=True, slots=True, eq=False)
class Effects:
    """Effects ready for pooling.

    Attributes
    ----------
    yi : array of shape (k,)  effects; natural logs for risk and odds ratios
    vi : array of shape (k,)  sampling variances, same scale squared, all above 0
    rows : int array of shape (k,)  position of each effect in the input; shorter than the input only with drop00
    """

    yi: FloatArray
    vi: FloatArray
    rows: NDArray[np.intp]


def md(*, m1i: ArrayLike, sd1i: ArrayLike, n1i: ArrayLike, m2i: ArrayLike, sd2i: ArrayLike, n2i: ArrayLike) -> Effects:
    """Return mean differences m1i - m2i, variance sd1i**2 / n1i + sd2i**2 / n2i (no equal variances assumed).

    Parameters
    ----------
    m1i, m2i : numbers or arrays of shape (k,)  means
    sd1i, sd2i : numbers or arrays of shape (k,)  standard deviations, at least 0, one of both above 0
    n1i, n2i : numbers or arrays of shape (k,)  sample sizes, above 0; fractions come from split arms

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; both standard deviations 0 (the variance would be 0).

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "MD").
    """
    mean1, sd1, n1, mean2, sd2, n2 = _read_means(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    return _finish(mean1 - mean2, sd1**2 / n1 + sd2**2 / n2, what="the variance of the mean difference")


def smd(*, m1i: ArrayLike, sd1i: ArrayLike, n1i: ArrayLike, m2i: ArrayLike, sd2i: ArrayLike, n2i: ArrayLike) -> Effects:
    """Return bias-corrected standardised mean differences (Hedges' g).

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; n1i + n2i above 3

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; n1i + n2i of 3 or less; a pooled standard deviation of 0.

    Notes
    -----
    g = J(m) (m1i - m2i) / sp with the pooled within-group standard deviation sp, m = n1i + n2i - 2 and the exact
    J(m) = gamma(m / 2) / (sqrt(m / 2) gamma((m - 1) / 2)). Variance: 1 / n1i + 1 / n2i + g**2 / (2 (n1i + n2i)), the
    large-sample formula that metafor calls vtype "LS".

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107; Hedges (1982), doi:10.1037/0033-2909.92.2.490.
    """
    mean1, sd1, n1, mean2, sd2, n2 = _read_means(m1i=m1i, sd1i=sd1i, n1i=n1i, m2i=m2i, sd2i=sd2i, n2i=n2i)
    df = n1 + n2 - 2.0
    _require_defined(df > 1.0, what="the standardised mean difference", why="n1i + n2i must be above 3")
    for argument, size in (("n1i", n1), ("n2i", n2)):
        require(argument, size, size >= 1.0, rule="at least 1")
    pooled = np.sqrt(((n1 - 1.0) * sd1**2 + (n2 - 1.0) * sd2**2) / df)
    _require_defined(pooled > 0.0, what="the standardised mean difference", why="the pooled standard deviation is 0")
    yi = small_sample_correction(df) * (mean1 - mean2) / pooled
    return _finish(yi, 1.0 / n1 + 1.0 / n2 + yi**2 / (2.0 * (n1 + n2)), what="the variance")


def small_sample_correction(df: ArrayLike) -> FloatArray:
    """Return Hedges' exact J for degrees of freedom above 1, to double precision.

    Notes
    -----
    Written with the beta function, where a difference of log-gammas would lose digits; from 300 degrees of freedom on,
    where the beta function loses them too, by the asymptotic series of gamma(x + 1/2) / gamma(x), x = (df - 1) / 2.

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107, equation 6e; Tricomi and Erdelyi (1951), doi:10.2140/pjm.1951.1.133.
    """
    m = read_array("df", df)
    require("df", m, m > 1.0, rule="above 1")
    direct = np.sqrt(2.0 * np.pi / m) / special.beta((np.minimum(m, SERIES_FROM) - 1.0) / 2.0, 0.5)
    y = 2.0 / np.maximum(m - 1.0, SERIES_FROM - 1.0)
    series = np.polynomial.polynomial.polyval(y, GAMMA_RATIO_SERIES) * np.sqrt(1.0 - 1.0 / m)
    return np.where(m <= SERIES_FROM, direct, series)


def rr(
    *,
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = False,
) -> Effects:
    """Return log risk ratios log((ai / n1i) / (ci / n2i)), variance 1/ai - 1/n1i + 1/ci - 1/n2i.

    Parameters
    ----------
    ai, ci : numbers or arrays of shape (k,)  events in arm 1 and arm 2
    n1i, n2i : numbers or arrays of shape (k,)  sample sizes
    add : added to all four cells of a study (sizes grow by twice as much), at least 0
    to : {"only0", "all", "if0all", "none"}  studies with a zero cell; all; all if any has a zero cell; none
    drop00 : leave out studies without events, or without non-events, in both arms; `rows` says which remain

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a study whose effect or variance is not defined without (more) added cells.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "RR"); zero cells: Cochrane Handbook 10.4.4.2.
    """
    a, b, c, d, rows = _read_cells(ai=ai, n1i=n1i, ci=ci, n2i=n2i, add=add, to=to, drop00=drop00)
    _require_defined((a > 0.0) & (c > 0.0), what="the log risk ratio", why="an arm has no events", rows=rows)
    yi = np.log(a / (a + b)) - np.log(c / (c + d))
    # 1/a - 1/(a + b) without the cancellation.
    return _finish(yi, b / (a * (a + b)) + d / (c * (c + d)), what="the variance of the log risk ratio", rows=rows)


def odds_ratio(
    *,
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = False,
) -> Effects:
    """Return log odds ratios log(ai di / (bi ci)), variance 1/ai + 1/bi + 1/ci + 1/di.

    Parameters
    ----------
    ai, n1i, ci, n2i, add, to, drop00 : as in `rr`

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a cell that stays 0.

    References
    ----------
    Woolf (1955), doi:10.1111/j.1469-1809.1955.tb01348.x; Viechtbauer (2010), doi:10.18637/jss.v036.i03.
    """
    a, b, c, d, rows = _read_cells(ai=ai, n1i=n1i, ci=ci, n2i=n2i, add=add, to=to, drop00=drop00)
    full = (a > 0.0) & (b > 0.0) & (c > 0.0) & (d > 0.0)
    _require_defined(full, what="the log odds ratio", why="a cell of the two-by-two table is 0", rows=rows)
    yi = np.log(a / b) - np.log(c / d)
    return _finish(yi, 1.0 / a + 1.0 / b + 1.0 / c + 1.0 / d, what="the variance of the log odds ratio", rows=rows)


def rd(
    *,
    ai: ArrayLike,
    n1i: ArrayLike,
    ci: ArrayLike,
    n2i: ArrayLike,
    add: float = 0.5,
    to: str = "only0",
    drop00: bool = False,
) -> Effects:
    """Return risk differences ai / n1i - ci / n2i, variance ai bi / n1i**3 + ci di / n2i**3.

    Parameters
    ----------
    ai, n1i, ci, n2i, add, to, drop00 : as in `rr`

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a variance of 0 (no, or only, events in both arms, and nothing added).

    Notes
    -----
    As in metafor, `add` and `to` hold here too: a study with a zero cell is moved by the added halves.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "RD").
    """
    a, b, c, d, rows = _read_cells(ai=ai, n1i=n1i, ci=ci, n2i=n2i, add=add, to=to, drop00=drop00)
    n1, n2 = a + b, c + d
    return _finish(
        a / n1 - c / n2, a * b / n1**3 + c * d / n2**3, what="the variance of the risk difference", rows=rows
    )


def _read_means(**values: ArrayLike) -> tuple[FloatArray, ...]:
    """Return means, standard deviations and sizes as arrays of shape (k,), in the order given."""
    arrays = tuple(np.atleast_1d(array) for array in read_arrays(values))
    for argument, array in zip(values, arrays, strict=True):
        if argument.startswith("sd"):
            require(argument, array, array >= 0.0, rule="at least 0")
        if argument.startswith("n"):
            require(argument, array, array > 0.0, rule="above 0")
    return arrays


def _read_cells(
    *, ai: ArrayLike, n1i: ArrayLike, ci: ArrayLike, n2i: ArrayLike, add: float, to: str, drop00: bool
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray, NDArray[np.intp]]:
    """Return the four cells of each two-by-two table after the zero-cell rule, and the rows that remain."""
    require_option("to", to, ZERO_CELL_RULES)
    amount = read_array("add", add, dimensions=0)
    require("add", amount, amount >= 0.0, rule="at least 0")
    a, n1, c, n2 = (np.atleast_1d(array) for array in read_arrays({"ai": ai, "n1i": n1i, "ci": ci, "n2i": n2i}))
    for argument, events, total, size in (("ai", a, "n1i", n1), ("ci", c, "n2i", n2)):
        require(total, size, size > 0.0, rule="above 0")
        require(argument, events, events >= 0.0, rule="at least 0")
        require(argument, events, events <= size, rule=f"at most {total}")
    b, d = n1 - a, n2 - c
    rows = np.arange(a.size)
    if drop00:
        rows = np.flatnonzero(~(((a == 0.0) & (c == 0.0)) | ((b == 0.0) & (d == 0.0))))
        a, b, c, d = a[rows], b[rows], c[rows], d[rows]
    has_zero = (a == 0.0) | (b == 0.0) | (c == 0.0) | (d == 0.0)
    if to == "all" or (to == "if0all" and bool(has_zero.any())):
        has_zero[:] = True
    extra = np.where(has_zero & (to != "none"), float(amount), 0.0)
    return a + extra, b + extra, c + extra, d + extra, rows


def _require_defined(good: NDArray[np.bool_], *, what: str, why: str, rows: NDArray[np.intp] | None = None) -> None:
    """Raise UndefinedResult for the first study that is not `good`, by its position in the input."""
    if not good.all():
        index = first_index(~good)
        raise UndefinedResult(what=what, why=why, index=index if rows is None else int(rows[index]))


def _finish(yi: FloatArray, vi: FloatArray, *, what: str, rows: NDArray[np.intp] | None = None) -> Effects:
    """Return read-only effects, refusing a variance of 0, which would take all the weight."""
    _require_defined(vi > 0.0, what=what, why="it is 0, so that the study would take all the weight", rows=rows)
    positions = np.arange(yi.size) if rows is None else rows.copy()
    positions.setflags(write=False)
    return Effects(yi=freeze(yi), vi=freeze(vi), rows=positions)
