"""Two arms compared by their variability: log ratios of standard deviations and of coefficients of variation."""

from __future__ import annotations

from typing import Unpack

import numpy as np

from analysis.engine.effects.arms import MeanColumns, read_arms, require_more_than_one
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import Effects, finish, require_defined

VR_COLUMNS: Alternatives = (("sd1i", "n1i", "sd2i", "n2i"),)


def vr(**columns: Unpack[MeanColumns]) -> Effects:
    """Return log ratios of standard deviations log(sd1i / sd2i) + 1 / (2 (n1i - 1)) - 1 / (2 (n2i - 1)).

    Parameters
    ----------
    sd1i, n1i, sd2i, n2i : numbers or arrays of shape (k,)  deviations above 0, sizes above 1; means are not read

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309.
    """
    what = "the log variability ratio"
    given = {name: value for name, value in columns.items() if name not in ("m1i", "m2i")}
    arrays = read_columns("VR", given, VR_COLUMNS)
    sd1, n1, sd2, n2 = (arrays[name] for name in VR_COLUMNS[0])
    require_defined((n1 > 1.0) & (n2 > 1.0), what=what, why="n1i and n2i must be above 1")
    require_defined((sd1 > 0.0) & (sd2 > 0.0), what=what, why="a standard deviation is 0")
    one, two = 0.5 / (n1 - 1.0), 0.5 / (n2 - 1.0)
    return finish(np.log(sd1 / sd2) + one - two, one + two, what=what)


def cvr(**columns: Unpack[MeanColumns]) -> Effects:
    """Return log ratios of coefficients of variation, corrected as in `vr`.

    Parameters
    ----------
    m1i, sd1i, n1i, m2i, sd2i, n2i : as in `md`; means and deviations above 0, sizes above 1

    Notes
    -----
    Variance 1 / (2 (n1i - 1)) + cv1**2 / n1i + 1 / (2 (n2i - 1)) + cv2**2 / n2i: mean and deviation of an arm are taken
    as uncorrelated.

    References
    ----------
    Nakagawa et al. (2015), doi:10.1111/2041-210X.12309, equation 12 without its correlations.
    """
    what = "the log coefficient of variation ratio"
    arms = read_arms("CVR", columns)
    require_more_than_one(arms, what=what)
    require_defined((arms.sd1 > 0.0) & (arms.sd2 > 0.0), what=what, why="a standard deviation is 0")
    require_defined((arms.m1 > 0.0) & (arms.m2 > 0.0), what=what, why="a mean is not above 0")
    cv1, cv2 = arms.sd1 / arms.m1, arms.sd2 / arms.m2
    one, two = 0.5 / (arms.n1 - 1.0), 0.5 / (arms.n2 - 1.0)
    return finish(np.log(cv1) + one - np.log(cv2) - two, one + cv1**2 / arms.n1 + two + cv2**2 / arms.n2, what=what)
