"""The counts of two-by-two tables and of person-time, read, checked and moved by the zero-cell rules."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_array, read_arrays, require, require_option
from analysis.engine.errors import InvalidInput, TooFewStudies

ZERO_CELL_RULES = ("only0", "all", "if0all", "none")


@dataclass(frozen=True, slots=True, eq=False)
class Tables:
    """Two-by-two tables: events and non-events of arm 1 (ai, bi) and of arm 2 (ci, di), arrays of shape (k,)."""

    ai: FloatArray
    bi: FloatArray
    ci: FloatArray
    di: FloatArray

    @property
    def k(self) -> int:
        """Return the number of tables."""
        return int(self.ai.size)

    @property
    def n1i(self) -> FloatArray:
        """Return the sizes of arm 1."""
        return self.ai + self.bi

    @property
    def n2i(self) -> FloatArray:
        """Return the sizes of arm 2."""
        return self.ci + self.di

    @property
    def has_both_outcomes(self) -> NDArray[np.bool_]:
        """Return for each table whether it has events and non-events."""
        return np.asarray((self.ai + self.ci > 0.0) & (self.bi + self.di > 0.0))

    @property
    def has_zero(self) -> NDArray[np.bool_]:
        """Return for each table whether a cell is 0."""
        return np.asarray((self.ai == 0.0) | (self.bi == 0.0) | (self.ci == 0.0) | (self.di == 0.0))

    def take(self, rows: NDArray[np.bool_]) -> Tables:
        """Return the tables of these rows."""
        return Tables(ai=self.ai[rows], bi=self.bi[rows], ci=self.ci[rows], di=self.di[rows])

    def correct(self, *, add: float, to: str) -> Tables:
        """Return the tables with `add` in every cell of those that the rule `to` names."""
        extra = extra_counts(self.has_zero, add=add, to=to)
        return Tables(ai=self.ai + extra, bi=self.bi + extra, ci=self.ci + extra, di=self.di + extra)


@dataclass(frozen=True, slots=True, eq=False)
class Rates:
    """Events (x1i, x2i) in the person-time (t1i, t2i) of two arms, arrays of shape (k,)."""

    x1i: FloatArray
    t1i: FloatArray
    x2i: FloatArray
    t2i: FloatArray

    @property
    def k(self) -> int:
        """Return the number of studies."""
        return int(self.x1i.size)

    @property
    def has_events(self) -> NDArray[np.bool_]:
        """Return for each study whether an arm has events."""
        return np.asarray(self.x1i + self.x2i > 0.0)

    @property
    def has_zero(self) -> NDArray[np.bool_]:
        """Return for each study whether an arm has no events."""
        return np.asarray((self.x1i == 0.0) | (self.x2i == 0.0))

    def take(self, rows: NDArray[np.bool_]) -> Rates:
        """Return the studies of these rows."""
        return Rates(x1i=self.x1i[rows], t1i=self.t1i[rows], x2i=self.x2i[rows], t2i=self.t2i[rows])

    def correct(self, *, add: float, to: str) -> Rates:
        """Return the studies with `add` events in both arms of those that the rule `to` names."""
        extra = extra_counts(self.has_zero, add=add, to=to)
        return Rates(x1i=self.x1i + extra, t1i=self.t1i, x2i=self.x2i + extra, t2i=self.t2i)


def read_tables(
    *,
    ai: ArrayLike,
    ci: ArrayLike,
    n1i: ArrayLike | None,
    n2i: ArrayLike | None,
    bi: ArrayLike | None,
    di: ArrayLike | None,
) -> Tables:
    """Return the tables, from sizes (n1i, n2i) or from non-events (bi, di).

    Raises
    ------
    InvalidInput
        Neither or both of sizes and non-events; unequal lengths; a count below 0 or above its size; an empty arm.
    TooFewStudies
        No table.
    """
    given = {"n1i": n1i, "n2i": n2i, "bi": bi, "di": di}
    names = tuple(name for name, value in given.items() if value is not None)
    if names not in {("n1i", "n2i"), ("bi", "di")}:
        raise InvalidInput("n1i", f"give n1i and n2i, or bi and di; got {' and '.join(names) or 'none of them'}")
    values: dict[str, ArrayLike] = {"ai": ai, "ci": ci}
    values.update({name: value for name, value in given.items() if value is not None})
    a, c, first, second = (np.atleast_1d(array) for array in read_arrays(values))
    for name, array in (("ai", a), ("ci", c), (names[0], first), (names[1], second)):
        require(name, array, array >= 0.0, rule="at least 0")
    if names == ("n1i", "n2i"):
        require("ai", a, a <= first, rule="at most n1i")
        require("ci", c, c <= second, rule="at most n2i")
        first, second = first - a, second - c
    require("n1i", a + first, a + first > 0.0, rule="above 0")
    require("n2i", c + second, c + second > 0.0, rule="above 0")
    return require_one(Tables(ai=a, bi=first, ci=c, di=second))


def require_one(tables: Tables) -> Tables:
    """Return the tables; raise TooFewStudies where none is left."""
    if tables.k == 0:
        raise TooFewStudies(needed=1, got=0)
    return tables


def read_rates(*, x1i: ArrayLike, t1i: ArrayLike, x2i: ArrayLike, t2i: ArrayLike) -> Rates:
    """Return the studies, events at least 0 and person-time above 0.

    Raises
    ------
    InvalidInput, TooFewStudies
        Unequal lengths or a value out of range; no study.
    """
    x1, t1, x2, t2 = (np.atleast_1d(array) for array in read_arrays({"x1i": x1i, "t1i": t1i, "x2i": x2i, "t2i": t2i}))
    for name, events in (("x1i", x1), ("x2i", x2)):
        require(name, events, events >= 0.0, rule="at least 0")
    for name, time in (("t1i", t1), ("t2i", t2)):
        require(name, time, time > 0.0, rule="above 0")
    if x1.size == 0:
        raise TooFewStudies(needed=1, got=0)
    return Rates(x1i=x1, t1i=t1, x2i=x2, t2i=t2)


def read_group(
    events: str, size: str, values: dict[str, ArrayLike], *, are_counts: bool
) -> tuple[FloatArray, FloatArray]:
    """Return the events and sizes (or person-time) of one group per study."""
    x, n = (np.atleast_1d(array) for array in read_arrays(values))
    require(events, x, x >= 0.0, rule="at least 0")
    require(size, n, n > 0.0, rule="above 0")
    if are_counts:
        require(events, x, x <= n, rule=f"at most {size}")
    if x.size == 0:
        raise TooFewStudies(needed=1, got=0)
    return x, n


def require_whole(argument: str, counts: FloatArray) -> None:
    """Raise OutOfRange unless all counts are whole numbers, as a likelihood of counts needs them."""
    require(argument, counts, counts == np.floor(counts), rule="a whole number")


def read_rule(*, add: float, to: str, prefix: str = "") -> tuple[float, str]:
    """Return a zero-cell rule, refusing a negative amount and an unknown rule by the argument's name."""
    require_option(f"{prefix}to", to, ZERO_CELL_RULES)
    amount = read_array(f"{prefix}add", add, dimensions=0)
    require(f"{prefix}add", amount, amount >= 0.0, rule="at least 0")
    return float(amount), to


def extra_counts(has_zero: NDArray[np.bool_], *, add: float, to: str) -> FloatArray:
    """Return what each study gets in every cell: `add` where the rule applies, else 0."""
    if to == "all" or (to == "if0all" and bool(has_zero.any())):
        return np.full(has_zero.size, add)
    return np.where(has_zero & (to == "only0"), add, 0.0)
