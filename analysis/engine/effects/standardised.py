"""Two arms compared by their difference in standard deviations, corrected for small samples."""

from __future__ import annotations

from typing import Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, require, require_option
from analysis.engine.effects.arms import MEANS, Arms, MeanColumns, read_arms, require_more_than_one
from analysis.engine.effects.columns import Alternatives, average, read_columns
from analysis.engine.effects.correction import CORRECTIONS, small_sample_correction
from analysis.engine.effects.result import Effects, finish, require_defined

SMD_COLUMNS: Alternatives = (*MEANS, ("di", "n1i", "n2i"), ("ti", "n1i", "n2i"))
SMD1_COLUMNS: Alternatives = (("m1i", "n1i", "m2i", "sd2i", "n2i"),)
SMD_VARIANCES = ("LS", "LS2", "UB", "AV")
SMDH_VARIANCES = ("LS", "LS2")
RELEASES = ("3.8", "4.6")
SMD = "the standardised mean difference"


class SmdColumns(MeanColumns, total=False):
    """Columns of two arms, or of their reported difference."""

    di: ArrayLike
    ti: ArrayLike


def smd(*, vtype: str = "LS", correction: str = "exact", **columns: Unpack[SmdColumns]) -> Effects:
    """Return bias-corrected standardised mean differences (Hedges' g).

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; n1i + n2i above 3
    di, ti : numbers or arrays of shape (k,)  Cohen's d, or the t statistic; used, in this order, in place of means
    vtype : {"LS", "LS2", "UB", "AV"}  large-sample variance 1 / n1i + 1 / n2i + g**2 / (2 n) with n = n1i + n2i; the
        same of Cohen's d times J**2; unbiased; "LS" with the average g of all studies, weighted by n
    correction : {"exact", "approximate", "none"}  Hedges' J, see `small_sample_correction`

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; n1i + n2i of 3 or less; a pooled standard deviation of 0.

    Notes
    -----
    g = J(m) (m1i - m2i) / sp with the pooled within-group standard deviation sp and m = n1i + n2i - 2; "UB" is
    1 / n1i + 1 / n2i + (1 - (m - 2) / (m J(m)**2)) g**2.

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107; Hedges (1982), doi:10.1037/0033-2909.92.2.490; "UB": Hedges (1983),
    doi:10.1037/0033-2909.93.2.388; "LS2": Borenstein (2009), in The Handbook of Research Synthesis and Meta-Analysis.
    """
    require_option("vtype", vtype, SMD_VARIANCES)
    require_option("correction", correction, CORRECTIONS)
    arrays = read_columns("SMD", columns, SMD_COLUMNS)
    n1, n2 = arrays["n1i"], arrays["n2i"]
    df = n1 + n2 - 2.0
    require_defined(df > 1.0, what=SMD, why="n1i + n2i must be above 3")
    for argument, size in (("n1i", n1), ("n2i", n2)):
        require(argument, size, size >= 1.0, rule="at least 1")
    if "di" in arrays:
        d = arrays["di"]
    elif "ti" in arrays:
        d = arrays["ti"] * np.sqrt(1.0 / n1 + 1.0 / n2)
    else:
        d = cohen_d(Arms(*(arrays[name] for name in MEANS[0])))
    j = small_sample_correction(df, correction=correction)
    return finish(j * d, _variances(d, j, n1, n2, df=df, total=n1 + n2, vtype=vtype), what=SMD)


def cohen_d(arms: Arms) -> FloatArray:
    """Return the differences in pooled standard deviations, not corrected."""
    require_defined(arms.df > 0.0, what=SMD, why="n1i + n2i must be above 2")
    for argument, size in (("n1i", arms.n1), ("n2i", arms.n2)):
        require(argument, size, size >= 1.0, rule="at least 1")
    pooled = arms.pooled
    require_defined(pooled > 0.0, what=SMD, why="the pooled standard deviation is 0")
    return np.asarray((arms.m1 - arms.m2) / pooled)


def _variances(
    d: FloatArray, j: FloatArray, n1: FloatArray, n2: FloatArray, *, df: FloatArray, total: FloatArray, vtype: str
) -> FloatArray:
    """Return the variances of j d; `df` and `total` are the freedom and size behind the standard deviation."""
    g, base = j * d, 1.0 / n1 + 1.0 / n2
    if vtype == "UB":
        return np.asarray(base + (1.0 - (df - 2.0) / (df * j**2)) * g**2)
    if vtype == "LS2":
        return np.asarray(j**2 * (base + d**2 / (2.0 * total)))
    if vtype == "AV":
        return np.asarray(base + average(g, n1 + n2) ** 2 / (2.0 * total))
    return np.asarray(base + g**2 / (2.0 * total))


def smdh(
    *, vtype: str = "LS", correction: str = "exact", release: str = "3.8", **columns: Unpack[MeanColumns]
) -> Effects:
    """Return corrected differences in average standard deviations sqrt((sd1i**2 + sd2i**2) / 2).

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; n1i and n2i above 1, n1i + n2i above 3
    vtype : {"LS", "LS2"}  variance with n1i - 1 and n2i - 1, or with n1i and n2i (release "4.6" only)
    correction : {"exact", "approximate", "none"}  Hedges' J at n1i + n2i - 2
    release : {"3.8", "4.6"}  variance as in metafor 3.8, which multiplies by J**2, or since 4.6, which does not

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range or an option that the release has not; both standard deviations 0.

    Notes
    -----
    "LS2" of metafor 3.8 depends on the unit of the outcome and is not offered.

    References
    ----------
    Bonett (2008), doi:10.1037/1082-989X.13.2.99; Bonett (2009), doi:10.1037/a0016619, equation 5.
    """
    require_option("release", release, RELEASES)
    require_option("vtype", vtype, SMDH_VARIANCES if release == "4.6" else ("LS",))
    arms = read_arms("SMDH", columns)
    require_more_than_one(arms, what=SMD)
    squares = 0.5 * (arms.sd1**2 + arms.sd2**2)
    require_defined(arms.df > 1.0, what=SMD, why="n1i + n2i must be above 3")
    require_defined(squares > 0.0, what=SMD, why="both standard deviations are 0")
    j = small_sample_correction(arms.df, correction=correction)
    yi = j * (arms.m1 - arms.m2) / np.sqrt(squares)
    less = 1.0 if vtype == "LS" else 0.0
    one, two = arms.sd1**2 / squares, arms.sd2**2 / squares
    vi = yi**2 * (one**2 / (arms.n1 - less) + two**2 / (arms.n2 - less)) / 8.0
    vi += one / (arms.n1 - less) + two / (arms.n2 - less)
    return finish(yi, vi * (j**2 if release == "3.8" else 1.0), what=SMD)


class Smd1Columns(MeanColumns, total=False):
    """Columns of two arms of which the standard deviation of the second is used."""


def smd1(*, vtype: str = "LS", correction: str = "exact", **columns: Unpack[Smd1Columns]) -> Effects:
    """Return corrected differences in standard deviations of group 2 (Glass' delta).

    Parameters
    ----------
    m1i, n1i, m2i, sd2i, n2i : as in `md`; n2i above 2; sd1i is not read
    vtype : {"LS", "LS2", "UB", "AV"}  as in `smd`, with m = n2i - 1, and with n2i in place of n below the square
    correction : {"exact", "approximate", "none"}  Hedges' J at n2i - 1

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107; Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, "SMD1").
    """
    require_option("vtype", vtype, SMD_VARIANCES)
    given = {name: value for name, value in columns.items() if name != "sd1i"}
    arrays = read_columns("SMD1", given, SMD1_COLUMNS)
    m1, n1, m2, sd2, n2 = (arrays[name] for name in SMD1_COLUMNS[0])
    d, j = _in_second_sd(m1 - m2, sd2, n2, correction=correction)
    return finish(j * d, _variances(d, j, n1, n2, df=n2 - 1.0, total=n2, vtype=vtype), what=SMD)


def smd1h(*, correction: str = "exact", release: str = "3.8", **columns: Unpack[MeanColumns]) -> Effects:
    """Return corrected differences in standard deviations of group 2, group 1 having another one.

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; n1i above 1 and n2i above 2
    correction : {"exact", "approximate", "none"}  Hedges' J at n2i - 1
    release : {"3.8", "4.6"}  variance with n1i and n2i as in metafor 3.8, or with n1i - 1 and n2i - 1 as since 4.6

    References
    ----------
    Bonett (2008), doi:10.1037/1082-989X.13.2.99, equation 12.
    """
    require_option("release", release, RELEASES)
    arms = read_arms("SMD1H", columns)
    d, j = _in_second_sd(arms.m1 - arms.m2, arms.sd2, arms.n2, correction=correction)
    less = 1.0 if release == "4.6" else 0.0
    require_defined(arms.n1 > less, what=f"the variance of {SMD}", why="n1i must be above 1")
    yi = j * d
    vi = (arms.sd1 / arms.sd2) ** 2 / (arms.n1 - less) + 1.0 / (arms.n2 - less) + yi**2 / (2.0 * (arms.n2 - less))
    return finish(yi, vi, what=SMD)


def _in_second_sd(
    difference: FloatArray, sd2: FloatArray, n2: FloatArray, *, correction: str
) -> tuple[FloatArray, FloatArray]:
    """Return the differences in standard deviations of group 2, and their corrections J."""
    require_option("correction", correction, CORRECTIONS)
    require_defined(n2 > 2.0, what=SMD, why="n2i must be above 2")
    require_defined(sd2 > 0.0, what=SMD, why="sd2i is 0")
    return np.asarray(difference / sd2), small_sample_correction(n2 - 1.0, correction=correction)
