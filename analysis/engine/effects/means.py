"""Two arms compared by their means: raw differences and log ratios."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from analysis.engine.arrays import FloatArray, require_option
from analysis.engine.effects.arms import Arms, MeanColumns, read_arms
from analysis.engine.effects.columns import average
from analysis.engine.effects.result import Effects, finish, require_defined

MD_VARIANCES = ("LS", "HO")
ROM_VARIANCES = ("LS", "HO", "AV", "AVHO")
ROM_CORRECTIONS = ("none", "delta")


def md(*, vtype: str = "LS", **columns: Unpack[MeanColumns]) -> Effects:
    """Return mean differences m1i - m2i.

    Parameters
    ----------
    m1i, m2i : numbers or arrays of shape (k,)  means
    sd1i, sd2i : numbers or arrays of shape (k,)  standard deviations, at least 0, one of both above 0
    n1i, n2i : numbers or arrays of shape (k,)  sample sizes, above 0; fractions come from split arms
    vtype : {"LS", "HO"}  variance sd1i**2 / n1i + sd2i**2 / n2i, or with the pooled standard deviation in both arms

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; both standard deviations 0 (the variance would be 0).

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "MD").
    """
    require_option("vtype", vtype, MD_VARIANCES)
    arms = read_arms("MD", columns)
    if vtype == "LS":
        vi = arms.sd1**2 / arms.n1 + arms.sd2**2 / arms.n2
    else:
        vi = _pooled_variance(arms) * (1.0 / arms.n1 + 1.0 / arms.n2)
    return finish(arms.m1 - arms.m2, vi, what="the mean difference")


def rom(*, vtype: str = "LS", correction: str = "none", **columns: Unpack[MeanColumns]) -> Effects:
    """Return log ratios of means log(m1i / m2i).

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; means of one sign
    vtype : {"LS", "HO", "AV", "AVHO"}  variance cv1**2 / n1i + cv2**2 / n2i with the coefficients of variation of the
        study; with the pooled standard deviation in both arms; with their averages across studies, weighted by size;
        with one average for both arms
    correction : {"none", "delta"}  "delta" adds (cv1**2 / n1i - cv2**2 / n2i) / 2, the bias of the logarithms, as
        metafor does since 5.0; metafor 3.8 has none

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; means of different signs, or 0.

    References
    ----------
    Hedges, Gurevitch and Curtis (1999), doi:10.1890/0012-9658(1999)080[1150:TMAORR]2.0.CO;2; correction: Lajeunesse
    (2015), doi:10.1890/14-2402.1, equation 8; averages: Nakagawa et al. (2023), doi:10.1111/ele.14144.
    """
    require_option("vtype", vtype, ROM_VARIANCES)
    require_option("correction", correction, ROM_CORRECTIONS)
    what = "the log ratio of means"
    arms = read_arms("ROM", columns)
    require_defined(arms.m1 * arms.m2 > 0.0, what=what, why="m1i and m2i must have one sign")
    cv1, cv2 = arms.sd1 / arms.m1, arms.sd2 / arms.m2
    bias = 0.5 * (cv2**2 / arms.n2 - cv1**2 / arms.n1)
    yi = np.log(arms.m1 / arms.m2) - (bias if correction == "delta" else 0.0)
    if vtype == "HO":
        variance = _pooled_variance(arms)
        return finish(yi, variance / (arms.n1 * arms.m1**2) + variance / (arms.n2 * arms.m2**2), what=what)
    if vtype != "LS":
        cv1, cv2 = _averages(arms, cv1, cv2, is_common=vtype == "AVHO")
    return finish(yi, cv1**2 / arms.n1 + cv2**2 / arms.n2, what=what)


def _averages(arms: Arms, cv1: FloatArray, cv2: FloatArray, *, is_common: bool) -> tuple[FloatArray, FloatArray]:
    """Return the average coefficients of variation of both arms, repeated for each study."""
    one, two = average(cv1, arms.n1), average(cv2, arms.n2)
    if is_common:
        one = two = average(np.concatenate([cv1, cv2]), np.concatenate([arms.n1, arms.n2]))
    return np.full_like(cv1, one), np.full_like(cv2, two)


def _pooled_variance(arms: Arms) -> FloatArray:
    """Return the squared pooled standard deviation."""
    require_defined(arms.df > 0.0, what="the pooled standard deviation", why="n1i + n2i must be above 2")
    return arms.pooled**2
