"""Two arms with a continuous outcome as an association: correlations and log odds ratios."""

from __future__ import annotations

from math import pi, sqrt
from typing import Unpack

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray, require_option
from analysis.engine.effects.arms import Arms, MeanColumns, read_arms
from analysis.engine.effects.result import Effects, finish
from analysis.engine.effects.standardised import cohen_d
from analysis.engine.effects.table_associations import COX_SNELL, LOGISTIC_SD

RPB_VARIANCES = ("LS", "ST", "CS")


def rpb(*, vtype: str = "LS", **columns: Unpack[MeanColumns]) -> Effects:
    """Return point-biserial correlations d / sqrt(d**2 + h), h = (n1i + n2i - 2) (1 / n1i + 1 / n2i).

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `smd`
    vtype : {"LS", "ST", "CS"}  variance for given sizes of both groups ("LS" and "ST"), or for a given sum of them

    References
    ----------
    Tate (1954), doi:10.1214/aoms/1177728730; Soper (1914), doi:10.1093/biomet/10.2-3.384.
    """
    require_option("vtype", vtype, RPB_VARIANCES)
    arms = read_arms("RPB", columns)
    d, h, n = cohen_d(arms), _spread(arms), arms.n1 + arms.n2
    yi = d / np.sqrt(d**2 + h)
    if vtype == "CS":
        vi = (1.0 - yi**2) ** 2 * (n * yi**2 / (4.0 * arms.n1 * arms.n2) + (2.0 - 3.0 * yi**2) / (2.0 * n))
    else:
        vi = h**2 / (h + d**2) ** 3 * (1.0 / arms.n1 + 1.0 / arms.n2 + d**2 / (2.0 * n))
    return finish(yi, vi, what="the point-biserial correlation")


def rbis(**columns: Unpack[MeanColumns]) -> Effects:
    """Return biserial correlations: of the outcome and a normal variable that was cut into the two groups.

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `smd`

    Notes
    -----
    The point-biserial correlation times sqrt(p q) / f, where p = n1i / (n1i + n2i), q = 1 - p and f is the normal
    density at the quantile z of p. It may lie outside -1 to 1; the variance is then that of -1 or 1.

    References
    ----------
    Soper (1914), doi:10.1093/biomet/10.2-3.384; Tate (1955), doi:10.1093/biomet/42.1-2.205.
    """
    arms = read_arms("RBIS", columns)
    d, n = cohen_d(arms), arms.n1 + arms.n2
    p, q = arms.n1 / n, arms.n2 / n
    z = -special.ndtri(p)
    density = np.exp(-0.5 * z**2) / sqrt(2.0 * pi)
    yi = np.sqrt(p * q) / density * d / np.sqrt(d**2 + _spread(arms))
    y = np.clip(yi, -1.0, 1.0)
    middle = 1.5 + (1.0 - p * z / density) * (1.0 + q * z / density)
    vi = (p * q / density**2 - middle * y**2 + y**4) / (n - 1.0)
    return finish(yi, vi, what="the biserial correlation")


def d2orn(**columns: Unpack[MeanColumns]) -> Effects:
    """Return 1.65 d, log odds ratios of a normal variable cut in two (Cox and Snell); d is not corrected.

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `smd`

    References
    ----------
    Cox and Snell (1989), Analysis of Binary Data, 2nd edition; Sanchez-Meca et al. (2003),
    doi:10.1037/1082-989X.8.4.448.
    """
    return _scaled("D2ORN", columns, COX_SNELL)


def d2orl(**columns: Unpack[MeanColumns]) -> Effects:
    """Return d pi / sqrt(3), log odds ratios of a logistic variable cut in two; d is not corrected.

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `smd`

    References
    ----------
    Hasselblad and Hedges (1995), doi:10.1037/0033-2909.117.1.167.
    """
    return _scaled("D2ORL", columns, LOGISTIC_SD)


def _scaled(measure: str, columns: MeanColumns, factor: float) -> Effects:
    """Return Cohen's d and its large-sample variance, times a factor and its square."""
    arms = read_arms(measure, columns)
    d = cohen_d(arms)
    vi = 1.0 / arms.n1 + 1.0 / arms.n2 + d**2 / (2.0 * (arms.n1 + arms.n2))
    return finish(factor * d, factor**2 * vi, what="the log odds ratio")


def _spread(arms: Arms) -> FloatArray:
    """Return (n1 + n2 - 2) (1 / n1 + 1 / n2)."""
    return np.asarray(arms.df / arms.n1 + arms.df / arms.n2)
