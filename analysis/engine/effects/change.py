"""One group measured twice, or matched pairs: change of means and of variability."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, require, require_option
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.correction import CORRECTIONS, small_sample_correction
from analysis.engine.effects.result import Effects, finish, require_defined
from analysis.engine.effects.standardised import RELEASES

PAIRED: Alternatives = (("m1i", "m2i", "sd1i", "sd2i", "ni", "ri"),)
# The standard deviation of the changes says what sd1i, sd2i and ri would; metafor 3.8 has no column for it.
PAIRED_OR_CHANGES: Alternatives = (*PAIRED, ("m1i", "m2i", "sddi", "ni"))
PAIRED_OR_BOTH: Alternatives = (*PAIRED, ("m1i", "m2i", "sd1i", "sddi", "ni"))
SMCR_COLUMNS: Alternatives = (("m1i", "m2i", "sd1i", "ni", "ri"),)
VRC_COLUMNS: Alternatives = (("sd1i", "sd2i", "ni", "ri"),)
SMC_VARIANCES = ("LS", "LS2")
SMC = "the standardised mean change"


class PairedColumns(TypedDict, total=False):
    """Means and standard deviations on two occasions, sample size, correlation."""

    m1i: ArrayLike
    m2i: ArrayLike
    sd1i: ArrayLike
    sd2i: ArrayLike
    ni: ArrayLike
    ri: ArrayLike
    sddi: ArrayLike


def mc(**columns: Unpack[PairedColumns]) -> Effects:
    """Return mean changes m1i - m2i, variance (sd1i**2 + sd2i**2 - 2 ri sd1i sd2i) / ni.

    Parameters
    ----------
    m1i, m2i : numbers or arrays of shape (k,)  means on occasion 1 and 2
    sd1i, sd2i : numbers or arrays of shape (k,)  standard deviations, at least 0
    ni : number or array of shape (k,)  sample sizes, above 0
    ri : number or array of shape (k,)  correlations of the occasions in [-1, 1], reported or assumed
    sddi : number or array of shape (k,)  standard deviations of the changes; where given, it is
        used in place of sd1i, sd2i and ri

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; changes that do not vary.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "MC").
    """
    arrays = _read("MC", columns, PAIRED_OR_CHANGES)
    return finish(arrays["m1i"] - arrays["m2i"], _squares(arrays) / arrays["ni"], what="the mean change")


def smcc(*, vtype: str = "LS", correction: str = "exact", **columns: Unpack[PairedColumns]) -> Effects:
    """Return corrected mean changes in standard deviations of the change.

    Parameters
    ----------
    m1i, m2i, sd1i, sd2i, ni, ri, sddi : as in `mc`; ni above 2
    vtype : {"LS", "LS2"}  variance 1 / ni + g**2 / (2 ni), or the same of the uncorrected change times J**2
    correction : {"exact", "approximate", "none"}  Hedges' J at ni - 1

    References
    ----------
    Gibbons, Hedeker and Davis (1993), doi:10.3102/10769986018003271.
    """
    require_option("vtype", vtype, SMC_VARIANCES)
    arrays = _read("SMCC", columns, PAIRED_OR_CHANGES)
    n = arrays["ni"]
    d, j = _standardise(arrays, np.sqrt(_squares(arrays)), correction)
    if vtype == "LS2":
        return finish(j * d, j**2 * (1.0 / n + d**2 / (2.0 * n)), what=SMC)
    return finish(j * d, 1.0 / n + (j * d) ** 2 / (2.0 * n), what=SMC)


def smcr(*, vtype: str = "LS", correction: str = "exact", **columns: Unpack[PairedColumns]) -> Effects:
    """Return corrected mean changes in standard deviations of occasion 1.

    Parameters
    ----------
    m1i, m2i, sd1i, ni, ri : as in `mc`; ni above 2; sd2i is not read
    vtype : {"LS", "LS2"}  variance 2 (1 - ri) / ni + g**2 / (2 ni), or the same of the uncorrected change times J**2
    correction : {"exact", "approximate", "none"}  Hedges' J at ni - 1

    References
    ----------
    Becker (1988), doi:10.1111/j.2044-8317.1988.tb00901.x.
    """
    require_option("vtype", vtype, SMC_VARIANCES)
    given = {name: value for name, value in columns.items() if name != "sd2i"}
    arrays = _read("SMCR", given, SMCR_COLUMNS)
    n, base = arrays["ni"], 2.0 * (1.0 - arrays["ri"]) / arrays["ni"]
    d, j = _standardise(arrays, arrays["sd1i"], correction)
    if vtype == "LS2":
        return finish(j * d, j**2 * (base + d**2 / (2.0 * n)), what=SMC)
    return finish(j * d, base + (j * d) ** 2 / (2.0 * n), what=SMC)


def smcrh(*, correction: str = "exact", release: str = "3.8", **columns: Unpack[PairedColumns]) -> Effects:
    """Return corrected mean changes in standard deviations of occasion 1, occasion 2 having another one.

    Parameters
    ----------
    m1i, m2i, sd1i, sd2i, ni, ri, sddi : as in `mc`; ni above 2; sddi replaces sd2i and ri only
    correction : {"exact", "approximate", "none"}  Hedges' J at ni - 1
    release : {"3.8", "4.6"}  variance as in metafor 3.8, which multiplies by J**2, or since 4.6, which does not

    References
    ----------
    Bonett (2008), doi:10.1037/1082-989X.13.2.99, equation 13.
    """
    require_option("release", release, RELEASES)
    arrays = _read("SMCRH", columns, PAIRED_OR_BOTH)
    n, sd1 = arrays["ni"], arrays["sd1i"]
    d, j = _standardise(arrays, sd1, correction)
    vi = _squares(arrays) / (sd1**2 * (n - 1.0)) + (j * d) ** 2 / (2.0 * (n - 1.0))
    return finish(j * d, vi * (j**2 if release == "3.8" else 1.0), what=SMC)


def romc(**columns: Unpack[PairedColumns]) -> Effects:
    """Return log ratios of means log(m1i / m2i) of two occasions.

    Parameters
    ----------
    m1i, m2i, sd1i, sd2i, ni, ri : as in `mc`; means of one sign

    Notes
    -----
    Variance (cv1**2 + cv2**2 - 2 ri cv1 cv2) / ni with the coefficients of variation cv.

    References
    ----------
    Lajeunesse (2011), doi:10.1890/11-0423.1, equation 6.
    """
    what = "the log ratio of means"
    arrays = _read("ROMC", columns, PAIRED)
    m1, m2 = arrays["m1i"], arrays["m2i"]
    require_defined(m1 * m2 > 0.0, what=what, why="m1i and m2i must have one sign")
    cv1, cv2 = arrays["sd1i"] / m1, arrays["sd2i"] / m2
    return finish(np.log(m1 / m2), _squares_of(cv1, cv2, arrays["ri"]) / arrays["ni"], what=what)


def cvrc(**columns: Unpack[PairedColumns]) -> Effects:
    """Return log ratios of coefficients of variation of two occasions.

    Parameters
    ----------
    m1i, m2i, sd1i, sd2i, ni, ri : as in `mc`; means and deviations above 0, ni above 1

    Notes
    -----
    Variance (1 - ri**2) / (ni - 1) + (cv1**2 + cv2**2 - 2 ri cv1 cv2) / ni.

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309.
    """
    what = "the log coefficient of variation ratio"
    arrays = _read("CVRC", columns, PAIRED)
    n, r = arrays["ni"], arrays["ri"]
    _require_spread(arrays, what)
    require_defined((arrays["m1i"] > 0.0) & (arrays["m2i"] > 0.0), what=what, why="a mean is not above 0")
    cv1, cv2 = arrays["sd1i"] / arrays["m1i"], arrays["sd2i"] / arrays["m2i"]
    vi = (1.0 - r**2) / (n - 1.0) + _squares_of(cv1, cv2, r) / n
    return finish(np.log(cv1) - np.log(cv2), vi, what=what)


def vrc(**columns: Unpack[PairedColumns]) -> Effects:
    """Return log ratios of standard deviations log(sd1i / sd2i) of two occasions, variance (1 - ri**2) / (ni - 1).

    Parameters
    ----------
    sd1i, sd2i, ni, ri : as in `mc`; deviations above 0, ni above 1; means are not read

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309.
    """
    what = "the log variability ratio"
    given = {name: value for name, value in columns.items() if name not in ("m1i", "m2i")}
    arrays = _read("VRC", given, VRC_COLUMNS)
    _require_spread(arrays, what)
    vi = (1.0 - arrays["ri"] ** 2) / (arrays["ni"] - 1.0)
    return finish(np.log(arrays["sd1i"] / arrays["sd2i"]), vi, what=what)


def _read(measure: str, columns: PairedColumns | dict[str, object], names: Alternatives) -> dict[str, FloatArray]:
    """Return the columns of pairs; correlations lie between -1 and 1."""
    arrays = read_columns(measure, columns, names)
    if "ri" in arrays:
        require("ri", arrays["ri"], np.abs(arrays["ri"]) <= 1.0, rule="between -1 and 1")
    return arrays


def _squares(arrays: dict[str, FloatArray]) -> FloatArray:
    """Return the variances of the changes."""
    if "sddi" in arrays:
        return arrays["sddi"] ** 2
    return _squares_of(arrays["sd1i"], arrays["sd2i"], arrays["ri"])


def _squares_of(one: FloatArray, two: FloatArray, r: FloatArray) -> FloatArray:
    """Return one**2 + two**2 - 2 r one two; written so that rounding never makes it negative."""
    return np.asarray((one - two) ** 2 + 2.0 * (1.0 - r) * one * two)


def _standardise(arrays: dict[str, FloatArray], sd: FloatArray, correction: str) -> tuple[FloatArray, FloatArray]:
    """Return the changes in units of `sd`, and their corrections J at ni - 1."""
    require_option("correction", correction, CORRECTIONS)
    require_defined(arrays["ni"] > 2.0, what=SMC, why="ni must be above 2")
    require_defined(sd > 0.0, what=SMC, why="the standard deviation is 0")
    j = small_sample_correction(arrays["ni"] - 1.0, correction=correction)
    return np.asarray((arrays["m1i"] - arrays["m2i"]) / sd), j


def _require_spread(arrays: dict[str, FloatArray], what: str) -> None:
    """Raise UndefinedResult where a standard deviation is 0 or ni is not above 1."""
    require_defined(arrays["ni"] > 1.0, what=what, why="ni must be above 1")
    good = (arrays["sd1i"] > 0.0) & (arrays["sd2i"] > 0.0)
    require_defined(good, what=what, why="a standard deviation is 0")
