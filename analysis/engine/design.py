"""Moderators as a design matrix: numbers as they are, categories coded against their first level, interactions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array
from analysis.engine.errors import InvalidInput, RaggedLengths

INTERCEPT = "intercept"
# A column counts as a combination of the others when what is left of it is this small a part: rounding leaves 1e-15.
COLLINEAR = 1e-10

Moderators: TypeAlias = "ArrayLike | Mapping[str, Any] | Design"


@dataclass(frozen=True, slots=True, eq=False)
class Design:
    """The moderators of k studies.

    Attributes
    ----------
    X : array of shape (k, p)  the first column is ones where there is an intercept
    names : p names of the coefficients, "intercept" first where there is one
    terms : p names of the moderators that the columns belong to, "intercept" first where there is one
    """

    X: FloatArray
    names: tuple[str, ...]
    terms: tuple[str, ...]

    @property
    def has_intercept(self) -> bool:
        """Whether the first column is the intercept."""
        return bool(self.names) and self.names[0] == INTERCEPT


def read_design(mods: Moderators, *, k: int, intercept: bool = True) -> Design:
    """Return the design of k studies.

    Parameters
    ----------
    mods : array of shape (k,) or (k, q)  numbers; or a mapping of names to columns of shape (k,), numbers or categories
        (texts, booleans), which are coded against their first level in sorted order (the first of them by all levels
        where there is no intercept); a name "a:b" with the value None is the interaction of two columns named before;
        a Design is returned as it is
    k : number of studies
    intercept : whether a column of ones comes first

    Raises
    ------
    InvalidInput
        A column of another length, a missing value, a constant moderator, or columns that determine each other.
    """
    if isinstance(mods, Design):
        _require_length(mods.X.shape[0], k=k, name="mods")
        return mods
    columns = _columns_of(mods, k=k, intercept=intercept)
    names, terms = [name for name, _, _ in columns], [term for _, term, _ in columns]
    arrays = [column for _, _, column in columns]
    if intercept:
        names.insert(0, INTERCEPT)
        terms.insert(0, INTERCEPT)
        arrays.insert(0, np.ones(k))
    X = np.column_stack(arrays) if arrays else np.empty((k, 0))
    _require_independent(X, names)
    return Design(X=freeze(X), names=tuple(names), terms=tuple(terms))


Column: TypeAlias = tuple[str, str, FloatArray]


def _columns_of(mods: ArrayLike | Mapping[str, Any], *, k: int, intercept: bool) -> list[Column]:
    """Return name, term and values of every column but the intercept."""
    if isinstance(mods, Mapping):
        return _named_columns(mods, k=k, intercept=intercept)
    matrix = read_array("mods", mods, dimensions=2)
    if matrix.ndim < 2:
        matrix = np.atleast_1d(matrix)[:, np.newaxis]
    _require_length(matrix.shape[0], k=k, name="mods")
    named = [("mod" if matrix.shape[1] == 1 else f"mod{j + 1}", matrix[:, j]) for j in range(matrix.shape[1])]
    for name, column in named:
        _require_varying(column, name)
    return [(name, name, column) for name, column in named]


def _named_columns(mods: Mapping[str, Any], *, k: int, intercept: bool) -> list[Column]:
    """Return the columns of a mapping, interactions as products."""
    read: dict[str, list[Column]] = {}
    for name, values in mods.items():
        if values is None:
            read[name] = _interaction(name, read)
        else:
            all_levels = not (intercept or any(is_category(mods[other]) for other in read))
            read[name] = _coded(name, values, k=k, all_levels=all_levels)
    return [column for columns in read.values() for column in columns]


def is_category(values: ArrayLike) -> bool:
    """Return whether a column holds categories (texts, booleans) rather than numbers."""
    raw = np.asarray(values)
    return raw.dtype.kind in "USb" or (
        raw.dtype == object and any(isinstance(value, str | bool) for value in raw.ravel().tolist())
    )


def _coded(name: str, values: ArrayLike, *, k: int, all_levels: bool) -> list[Column]:
    """Return a moderator's columns: itself, or one indicator for each level, the first left out or not."""
    raw = np.asarray(values)
    if not is_category(raw):
        column = np.atleast_1d(read_array(name, values))
        _require_length(column.size, k=k, name=name)
        _require_varying(column, name)
        return [(name, name, column)]
    _require_length(raw.size, k=k, name=name)
    texts = [_level(name, value, row) for row, value in enumerate(raw.ravel().tolist())]
    levels = sorted(set(texts))
    if len(levels) < 2:
        raise InvalidInput(name, f'{name} is "{levels[0] if levels else ""}" in every study: it explains nothing')
    return [
        (f"{name}[{level}]", name, np.array([float(text == level) for text in texts]))
        for level in levels[0 if all_levels else 1 :]
    ]


def _level(name: str, value: object, row: int) -> str:
    """Return a category as text."""
    if value is None or (isinstance(value, float) and np.isnan(value)) or value == "":
        raise InvalidInput(name, f"{name} is missing at index {row}")
    return str(value)


def _interaction(name: str, read: Mapping[str, Sequence[Column]]) -> list[Column]:
    """Return the products of the columns of the terms that "a:b" names."""
    parts = name.split(":")
    unknown = [part for part in parts if part not in read]
    if len(parts) < 2 or unknown:
        known = ", ".join(read) or "none"
        what = unknown[0] if unknown else name
        raise InvalidInput(
            name, f'the interaction "{name}" names "{what}", which is not among the terms before: {known}'
        )
    columns: list[Column] = [("", name, np.ones(1))]
    for part in parts:
        columns = [
            (f"{left}:{right}".lstrip(":"), name, first * second)
            for left, _, first in columns
            for right, _, second in read[part]
        ]
    return columns


def _require_length(length: int, *, k: int, name: str) -> None:
    """Refuse a column of another length than the effects."""
    if length != k:
        raise RaggedLengths(argument=name, length=length, other="yi", other_length=k)


def _require_varying(column: FloatArray, name: str) -> None:
    """Refuse a moderator that is the same in every study."""
    if column.size and bool(np.all(column == column[0])):
        raise InvalidInput(name, f"{name} is {column[0]:.15g} in every study: it explains nothing")


def _require_independent(X: FloatArray, names: Sequence[str]) -> None:
    """Refuse the first column that the columns before it determine."""
    lengths = np.sqrt(np.sum(X**2, axis=0))
    scaled = X / np.where(lengths > 0.0, lengths, 1.0)
    basis = np.empty((X.shape[0], 0))
    for j, name in enumerate(names):
        left = scaled[:, j] - basis @ (basis.T @ scaled[:, j])
        left = left - basis @ (basis.T @ left)
        size = float(np.sqrt(left @ left))
        if X.shape[0] > j and size <= COLLINEAR:
            before = ", ".join(names[:j]) or "nothing"
            raise InvalidInput(name, f'the moderator "{name}" is determined by the columns before it: {before}')
        basis = np.column_stack([basis, left / (size or 1.0)])
