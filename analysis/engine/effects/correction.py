"""Hedges' correction of standardised differences for small samples."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from analysis.engine.arrays import FloatArray, read_array, require, require_option

CORRECTIONS = ("exact", "approximate", "none")
# gamma(x + 1/2) / (gamma(x) sqrt(x)) in powers of 1/x; the next term is below 1e-16 for x = 149.5.
GAMMA_RATIO_SERIES = (1.0, -1 / 8, 1 / 128, 5 / 1024, -21 / 32768, -399 / 262144)
SERIES_FROM = 300.0


def small_sample_correction(df: ArrayLike, *, correction: str = "exact") -> FloatArray:
    """Return Hedges' J for degrees of freedom above 1.

    Parameters
    ----------
    df : number or array of shape (k,)  degrees of freedom of the standard deviation, above 1
    correction : {"exact", "approximate", "none"}  the ratio of gamma functions to double precision; 1 - 3 / (4 df - 1);
        or 1

    Notes
    -----
    The exact J is written with the beta function, where a difference of log-gammas would lose digits; from 300 degrees
    of freedom on, where the beta function loses them too, by the asymptotic series of gamma(x + 1/2) / gamma(x),
    x = (df - 1) / 2.

    References
    ----------
    Hedges (1981), doi:10.3102/10769986006002107, equation 6e; Tricomi and Erdelyi (1951), doi:10.2140/pjm.1951.1.133.
    """
    require_option("correction", correction, CORRECTIONS)
    m = read_array("df", df)
    require("df", m, m > 1.0, rule="above 1")
    if correction == "none":
        return np.ones_like(m)
    if correction == "approximate":
        return np.asarray(1.0 - 3.0 / (4.0 * m - 1.0))
    direct = np.sqrt(2.0 * np.pi / m) / special.beta((np.minimum(m, SERIES_FROM) - 1.0) / 2.0, 0.5)
    y = 2.0 / np.maximum(m - 1.0, SERIES_FROM - 1.0)
    series = np.polynomial.polynomial.polyval(y, GAMMA_RATIO_SERIES) * np.sqrt(1.0 - 1.0 / m)
    return np.where(m <= SERIES_FROM, direct, series)
