"""Two arms with a continuous outcome: means, standard deviations and sizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypedDict

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray
from analysis.engine.effects.columns import Alternatives, read_columns
from analysis.engine.effects.result import require_defined

MEANS: Alternatives = (("m1i", "sd1i", "n1i", "m2i", "sd2i", "n2i"),)


class MeanColumns(TypedDict, total=False):
    """Columns of two arms."""

    m1i: ArrayLike
    sd1i: ArrayLike
    n1i: ArrayLike
    m2i: ArrayLike
    sd2i: ArrayLike
    n2i: ArrayLike


@dataclass(frozen=True, slots=True, eq=False)
class Arms:
    """Two arms of each study.

    Attributes
    ----------
    m1, m2 : arrays of shape (k,)  means
    sd1, sd2 : arrays of shape (k,)  standard deviations, at least 0
    n1, n2 : arrays of shape (k,)  sample sizes, above 0
    """

    m1: FloatArray
    sd1: FloatArray
    n1: FloatArray
    m2: FloatArray
    sd2: FloatArray
    n2: FloatArray

    @property
    def df(self) -> FloatArray:
        """Return the degrees of freedom of the pooled standard deviation."""
        return self.n1 + self.n2 - 2.0

    @property
    def pooled(self) -> FloatArray:
        """Return the pooled standard deviation within the arms; `df` must be above 0."""
        squares = (self.n1 - 1.0) * self.sd1**2 + (self.n2 - 1.0) * self.sd2**2
        return np.asarray(np.sqrt(squares / self.df))


def read_arms(measure: str, columns: MeanColumns) -> Arms:
    """Return the arms of a call with all six columns."""
    arrays = read_columns(measure, columns, MEANS)
    return Arms(*(arrays[name] for name in MEANS[0]))


def require_more_than_one(arms: Arms, *, what: str) -> None:
    """Raise UndefinedResult where an arm has one participant, whose standard deviation means nothing."""
    require_defined((arms.n1 > 1.0) & (arms.n2 > 1.0), what=what, why="n1i and n2i must be above 1")
