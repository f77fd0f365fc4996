"""Answers of raters about items, read into codes of categories; a missing answer is None or NaN."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeAlias, TypeGuard

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray, read_array, require
from analysis.engine.errors import InvalidInput, RaggedLengths, UndefinedResult, WrongShape

Answer: TypeAlias = str | int | float | bool
MISSING = -1


@dataclass(frozen=True, slots=True, eq=False)
class Ratings:
    """Answers as positions in the list of categories.

    Attributes
    ----------
    codes : array of shape (n, r)  item by rater, -1 where the rater gave no answer
    categories : what the codes stand for, in their order
    has_order : whether the categories were given in their order, or have one of their own as numbers do
    """

    codes: NDArray[np.int64]
    categories: tuple[Answer, ...]
    has_order: bool

    @property
    def n_raters(self) -> int:
        """Return how many raters gave at least one answer."""
        return int((self.codes != MISSING).any(axis=0).sum())

    @property
    def sizes(self) -> NDArray[np.int64]:
        """Return how many answers each item has, shape (n,)."""
        return np.asarray((self.codes != MISSING).sum(axis=1), dtype=np.int64)

    def take(self, rows: NDArray[np.bool_]) -> Ratings:
        """Return these items."""
        return Ratings(codes=self.codes[rows], categories=self.categories, has_order=self.has_order)

    @property
    def counts(self) -> FloatArray:
        """Return how many raters chose each category, shape (n, q)."""
        found = [(self.codes == code).sum(axis=1) for code in range(len(self.categories))]
        return np.array(found, dtype=np.float64).reshape(len(found), len(self.codes)).T

    @property
    def scores(self) -> FloatArray | None:
        """Return the categories as numbers, None where they are words."""
        return np.array(self.categories, dtype=np.float64) if are_numbers(self.categories) else None


Answers: TypeAlias = Sequence[Sequence[Answer | None]] | NDArray[np.generic] | Ratings


def read_ratings(ratings: Answers, *, categories: Sequence[Answer] | None = None) -> Ratings:
    """Return answers as codes.

    Parameters
    ----------
    ratings : items, each a sequence of one answer per rater; None or NaN where a rater gave none; or read already
    categories : all that could be answered, in their order; by default those found, sorted

    Raises
    ------
    RaggedLengths, InvalidInput
        Items with different numbers of raters; an answer that is not among the categories, a category given twice.
    """
    if isinstance(ratings, Ratings):
        return ratings
    rows = [[None if _is_missing(answer) else _plain(answer) for answer in row] for row in ratings]
    for row in rows[1:]:
        if len(row) != len(rows[0]):
            raise RaggedLengths(argument="ratings", length=len(row), other="the first item", other_length=len(rows[0]))
    found = {answer for row in rows for answer in row if answer is not None}
    listed = tuple(map(_plain, categories)) if categories is not None else _in_order(found)
    if len(set(listed)) != len(listed):
        raise InvalidInput("categories", "categories holds a category twice")
    place = {answer: code for code, answer in enumerate(listed)}
    for answer in found:
        if answer not in place:
            raise InvalidInput("ratings", f"ratings holds {answer!r}, which is not among the categories")
    codes = [[MISSING if answer is None else place[answer] for answer in row] for row in rows]
    width = len(rows[0]) if rows else 0
    return Ratings(
        codes=np.array(codes, dtype=np.int64).reshape(len(rows), width),
        categories=listed,
        has_order=categories is not None or are_numbers(listed),
    )


def require_pairs(ratings: Ratings, *, what: str) -> Ratings:
    """Return the items with any answer, once some item has two answers.

    Raises
    ------
    UndefinedResult
        No answer at all, fewer than two raters, or no item that two raters answered.
    """
    sizes = ratings.sizes
    if not sizes.any():
        raise UndefinedResult(what=what, why="there is no answer")
    if ratings.n_raters < 2:
        raise UndefinedResult(what=what, why="it needs answers of at least 2 raters, got 1")
    if sizes.max() < 2:
        raise UndefinedResult(what=what, why="no item has answers of two raters")
    return ratings.take(sizes > 0)


def require_two_raters(ratings: Ratings, *, what: str) -> FloatArray:
    """Return the square table of two raters, shape (q, q): the first rater's answers in rows; items with both.

    Raises
    ------
    WrongShape, UndefinedResult
        More than two raters; otherwise as `require_pairs`.
    """
    if ratings.codes.shape[1] > 2:
        raise WrongShape(argument="the number of raters in ratings", dimensions=ratings.codes.shape[1], allowed=2)
    require_pairs(ratings, what=what)
    both = ratings.codes[(ratings.codes != MISSING).all(axis=1)]
    table = np.zeros((len(ratings.categories), len(ratings.categories)))
    np.add.at(table, (both[:, 0], both[:, 1]), 1.0)
    return table


def ratings_from_table(
    table: Sequence[Sequence[float]], *, categories: Sequence[Answer] | None = None
) -> list[list[Answer]]:
    """Return the answers of two raters that a square table of counts holds; the first rater is in the rows.

    The categories are 1, 2 ... where none are given.
    """
    counts = _read_counts("table", table)
    size = counts.shape[0]
    if counts.shape != (size, size):
        raise InvalidInput("table", f"table must be square, got {size} rows and {counts.shape[1]} columns")
    names = list(categories) if categories is not None else list(range(1, size + 1))
    if len(names) != size:
        raise RaggedLengths(argument="categories", length=len(names), other="table", other_length=size)
    pairs = [(row, column) for row in range(size) for column in range(size)]
    return [[names[row], names[column]] for row, column in pairs for _ in range(int(counts[row, column]))]


def ratings_from_counts(
    counts: Sequence[Sequence[float]], *, categories: Sequence[Answer] | None = None
) -> list[list[Answer | None]]:
    """Return answers of which only is known how many raters chose each category: items in rows, categories in columns.

    Which rater gave which answer is made up, so they are for coefficients that do not ask (all but Cohen's kappa).
    """
    numbers = _read_counts("counts", counts)
    names = list(categories) if categories is not None else list(range(1, numbers.shape[1] + 1))
    if len(names) != numbers.shape[1]:
        raise RaggedLengths(argument="categories", length=len(names), other="counts", other_length=numbers.shape[1])
    rows: list[list[Answer | None]] = [
        [name for name, count in zip(names, row, strict=True) for _ in range(int(count))] for row in numbers
    ]
    width = max(map(len, rows), default=0)
    return [row + [None] * (width - len(row)) for row in rows]


def are_numbers(categories: Iterable[Answer]) -> bool:
    """Return whether all categories are numbers; True and False are not."""
    return all(isinstance(answer, int | float) and not isinstance(answer, bool) for answer in categories)


def _read_counts(argument: str, value: Sequence[Sequence[float]]) -> FloatArray:
    """Return a matrix of whole numbers from 0 on."""
    counts = np.atleast_2d(read_array(argument, value, dimensions=2))
    require(argument, counts, (counts >= 0.0) & (counts == np.floor(counts)), rule="a count: whole and at least 0")
    return counts


def _is_missing(answer: object) -> TypeGuard[None]:
    """Return whether there is no answer."""
    return answer is None or (isinstance(answer, float | np.floating) and bool(np.isnan(answer)))


def _plain(answer: object) -> Answer:
    """Return an answer as text, number or truth value of Python."""
    plain = answer.item() if isinstance(answer, np.generic) else answer
    if not isinstance(plain, str | int | float | bool):
        raise InvalidInput("ratings", f"an answer must be a text, a number, or yes or no, got {plain!r}")
    if isinstance(plain, float) and not np.isfinite(plain):
        raise InvalidInput("ratings", "ratings holds an infinite number")
    return plain


def _in_order(found: set[Answer]) -> tuple[Answer, ...]:
    """Return the answers found, sorted; words and numbers together cannot be."""
    for kind in (bool, str):
        if all(isinstance(answer, kind) for answer in found):
            return tuple(sorted(found))
    if are_numbers(found):
        return tuple(sorted(found))
    raise InvalidInput("categories", "the answers are of several kinds; give the categories in their order")
