"""Columns of a table of studies, by metafor's names, read into arrays of one length."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, read_arrays, require
from analysis.engine.errors import InvalidInput

# Combinations of columns, each of which is enough.
Alternatives = tuple[tuple[str, ...], ...]

NEVER_NEGATIVE = ("sd1i", "sd2i", "sdi", "sddi", "sei", "ai", "bi", "ci", "di", "x1i", "x2i", "xi")
ALWAYS_POSITIVE = ("n1i", "n2i", "ni", "t1i", "t2i")
SIGNED = {"SMD": ("di",), "ARAW": ("ai",), "AHW": ("ai",), "ABT": ("ai",)}


def read_columns(measure: str, columns: Mapping[str, object], alternatives: Alternatives) -> dict[str, FloatArray]:
    """Return the columns as arrays of shape (k,), by name; None counts as not given.

    Standard deviations and counts must be at least 0, sample sizes and person-times above 0.

    Raises
    ------
    InvalidInput
        No complete combination of columns, a column of another measure, unequal lengths, a value out of range.
    """
    given = {name: cast(ArrayLike, value) for name, value in columns.items() if value is not None}
    require_columns(measure, tuple(given), alternatives)
    arrays = dict(zip(given, (np.atleast_1d(array) for array in read_arrays(given)), strict=True))
    for name, array in arrays.items():
        if name in NEVER_NEGATIVE and name not in SIGNED.get(measure, ()):
            require(name, array, array >= 0.0, rule="at least 0")
        if name in ALWAYS_POSITIVE:
            require(name, array, array > 0.0, rule="above 0")
    return arrays


def require_columns(measure: str, given: tuple[str, ...], alternatives: Alternatives) -> None:
    """Raise InvalidInput, with what is needed and what was given, unless the columns fit one of the alternatives."""
    known = {name for names in alternatives for name in names}
    unknown = [name for name in given if name not in known]
    if not unknown and any(set(names) <= set(given) for names in alternatives):
        return
    nearest = min(alternatives, key=lambda names: len(set(names) - set(given)))
    missing = [name for name in nearest if name not in given]
    needed = ", or ".join(" ".join(names) for names in alternatives)
    got = " ".join(given) if given else "nothing"
    raise InvalidInput((unknown + missing)[0], f"{measure} needs the columns {needed}; got {got}")


def average(values: FloatArray, weights: FloatArray) -> float:
    """Return the weighted average of values across studies, 0 where there is no study."""
    return float(np.sum(weights * values) / np.sum(weights)) if values.size else 0.0
