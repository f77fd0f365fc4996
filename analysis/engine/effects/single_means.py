"""Single groups with a continuous outcome: means and variability, raw and as logarithms."""

from __future__ import annotations

from typing import TypedDict, Unpack

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined

ONE_MEAN: Alternatives = (("mi", "sdi", "ni"),)
ONE_SD: Alternatives = (("sdi", "ni"),)


class OneMeanColumns(TypedDict, total=False):
    """Mean, standard deviation and size of one group."""

    mi: ArrayLike
    sdi: ArrayLike
    ni: ArrayLike


def mn(**columns: Unpack[OneMeanColumns]) -> Effects:
    """Return means mi, variance sdi**2 / ni.

    Parameters
    ----------
    mi : number or array of shape (k,)  means
    sdi, ni : numbers or arrays of shape (k,)  standard deviations, and sample sizes above 0

    Raises
    ------
    InvalidInput, UndefinedResult
        A value out of range; a standard deviation of 0.

    References
    ----------
    Viechtbauer (2010), doi:10.18637/jss.v036.i03 (escalc, measure "MN").
    """
    m, sd, n = _read("MN", columns)
    return finish(m, sd**2 / n, what="the mean")


def mnln(**columns: Unpack[OneMeanColumns]) -> Effects:
    """Return log means, variance sdi**2 / (ni mi**2); columns as in `mn`, means above 0."""
    m, sd, n = _read("MNLN", columns)
    require_defined(m > 0.0, what="the log mean", why="the mean is not above 0")
    return finish(np.log(m), (sd / m) ** 2 / n, what="the log mean")


def cvln(**columns: Unpack[OneMeanColumns]) -> Effects:
    """Return log coefficients of variation log(sdi / mi) + 1 / (2 (ni - 1)).

    Parameters
    ----------
    mi, sdi, ni : as in `mn`; means and deviations above 0, sizes above 1

    Notes
    -----
    Variance 1 / (2 (ni - 1)) + sdi**2 / (ni mi**2).

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309.
    """
    m, sd, n = _read("CVLN", columns)
    what = "the log coefficient of variation"
    require_defined((m > 0.0) & (sd > 0.0), what=what, why="the mean or the standard deviation is not above 0")
    require_defined(n > 1.0, what=what, why="ni must be above 1")
    extra = 0.5 / (n - 1.0)
    return finish(np.log(sd / m) + extra, extra + (sd / m) ** 2 / n, what=what)


def sdln(**columns: Unpack[OneMeanColumns]) -> Effects:
    """Return log standard deviations log(sdi) + 1 / (2 (ni - 1)), variance 1 / (2 (ni - 1)).

    Parameters
    ----------
    sdi, ni : as in `mn`; deviations above 0, sizes above 1; means are not read

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309.
    """
    what = "the log standard deviation"
    given = {name: value for name, value in columns.items() if name != "mi"}
    arrays = read_columns("SDLN", given, ONE_SD)
    sd, n = arrays["sdi"], arrays["ni"]
    require_defined(sd > 0.0, what=what, why="the standard deviation is 0")
    require_defined(n > 1.0, what=what, why="ni must be above 1")
    extra = 0.5 / (n - 1.0)
    return finish(np.log(sd) + extra, extra, what=what)


def _read(measure: str, columns: OneMeanColumns) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return means, standard deviations and sizes."""
    arrays = read_columns(measure, columns, ONE_MEAN)
    return arrays["mi"], arrays["sdi"], arrays["ni"]
