"""Moderators of effects that depend on each other: the shared reading, with room for the models' tests."""

from __future__ import annotations

from dataclasses import dataclass

from analysis.engine.arrays import FloatArray
from analysis.engine.design import INTERCEPT, Moderators, read_design
from analysis.engine.errors import TooFewStudies

__all__ = ["INTERCEPT", "Design", "Moderators", "design"]


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """A design matrix.

    Attributes
    ----------
    names : one for each column; the first is "intercept" where there is one
    x : array of shape (k, p)
    has_intercept : whether the first column is the intercept
    """

    names: tuple[str, ...]
    x: FloatArray
    has_intercept: bool

    @property
    def tested(self) -> list[int]:
        """Return the columns that the omnibus test of moderators looks at: all but the intercept, if there are."""
        everything = list(range(len(self.names)))
        return everything[1:] if self.has_intercept and len(everything) > 1 else everything


def design(mods: Moderators | None, *, k: int, intercept: bool = True) -> Design:
    """Return the design matrix of k effects.

    Parameters
    ----------
    mods : None, or as in `analysis.engine.design.read_design`
    intercept : whether a column of ones comes first

    Raises
    ------
    InvalidInput
        As in `read_design`.
    TooFewStudies
        Not more effects than coefficients.
    """
    shared = read_design({} if mods is None else mods, k=k, intercept=intercept)
    p = len(shared.names)
    if k <= p or p == 0:
        raise TooFewStudies(needed=max(p, 1) + 1, got=k)
    return Design(names=shared.names, x=shared.X, has_intercept=intercept)
