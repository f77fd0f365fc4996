"""Adjusted predictions: the mean effect at chosen values of some moderators, the others held at their average.

Numeric moderators that are not chosen are at their mean over the studies, each study counting once. Interactions are
products of what their moderators are set to. With average "equal" the predictions of a category are marginal means:
they compare its levels as if the studies were balanced over the other categories.

References
----------
Searle, Speed and Milliken (1980), doi:10.1080/00031305.1980.10483031.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import FloatArray, freeze, read_array, require_option
from analysis.engine.design import INTERCEPT, read_design
from analysis.engine.errors import InvalidInput
from analysis.engine.regression import MetaRegression, predict

REFERENCE = "reference"
AVERAGES = ("equal", "observed")

Value: TypeAlias = "float | str"


@dataclass(frozen=True, slots=True, eq=False)
class AdjustedPrediction:
    """The mean effect, and the effect in a new study, at chosen values of moderators, scale of yi.

    Attributes
    ----------
    at : the chosen values, moderator by moderator
    estimate, se, ci_lower, ci_upper : adjusted mean effect
    pi_lower, pi_upper, pi_distribution : prediction interval; None for CE
    X : array of shape (p,)  the row of the design that was predicted
    """

    at: tuple[tuple[str, Value], ...]
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None
    pi_distribution: str | None
    X: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Term:
    """One moderator: the columns of its coefficients; labels are None for numbers, the first one is the reference."""

    name: str
    columns: FloatArray
    labels: tuple[str, ...] | None


def adjusted_predictions(
    fit: MetaRegression,
    *,
    at: Mapping[str, ArrayLike | None],
    mods: Mapping[str, ArrayLike] | None = None,
    average: str = "equal",
) -> tuple[AdjustedPrediction, ...]:
    """Return predictions at all combinations of the chosen values, in the order of `at`, the last one changing fastest.

    Parameters
    ----------
    fit : a meta-regression
    at : values of some moderators: numbers, levels of a category, or None for all its levels; empty for one prediction
        with everything at its average
    mods : the moderators as they were given to `pool`; they name the reference levels, which are "reference" without
    average : {"equal", "observed"}  categories that are not chosen: all levels count the same, or as in the data

    Raises
    ------
    InvalidInput
        A moderator or a level that the model does not have, a value that is not a number, other moderators than those
        of the model.
    """
    require_option("average", average, AVERAGES)
    terms, interactions = _read_terms(fit, mods)
    chosen = {name: _read_values(name, values, terms) for name, values in at.items()}
    combinations = list(product(*chosen.values()))
    rows = np.array(
        [_row(fit, terms, interactions, dict(zip(chosen, values, strict=True)), average) for values in combinations]
    )
    return tuple(
        AdjustedPrediction(
            at=tuple(zip(chosen, values, strict=True)),
            estimate=found.estimate,
            se=found.se,
            ci_lower=found.ci_lower,
            ci_upper=found.ci_upper,
            pi_lower=found.pi_lower,
            pi_upper=found.pi_upper,
            pi_distribution=found.pi_distribution,
            X=freeze(row),
        )
        for values, row, found in zip(combinations, rows, predict(fit, rows), strict=True)
    )


def _read_terms(
    fit: MetaRegression, mods: Mapping[str, ArrayLike] | None
) -> tuple[dict[str, _Term], dict[str, tuple[str, ...]]]:
    """Return the moderators, and the interactions with the moderators they are made of."""
    design = fit.design
    if mods is not None:
        given = read_design(mods, k=fit.k, intercept=design.has_intercept)
        if given.names != design.names or not np.array_equal(given.X, design.X):
            raise InvalidInput("mods", f"mods are not those of the model, which has: {', '.join(design.names)}")
    terms: dict[str, _Term] = {}
    interactions: dict[str, tuple[str, ...]] = {}
    for name in dict.fromkeys(design.terms):
        places = [place for place, term in enumerate(design.terms) if term == name]
        columns, names = design.X[:, places], [design.names[place] for place in places]
        parts = tuple(name.split(":"))
        if len(parts) > 1 and all(part in terms for part in parts):
            made = _multiply([terms[part].columns for part in parts])
            if np.array_equal(made, columns):
                interactions[name] = parts
                continue
        if name != INTERCEPT:
            terms[name] = _Term(name=name, columns=columns, labels=_labels(name, names, mods))
    return terms, interactions


def _labels(name: str, names: list[str], mods: Mapping[str, ArrayLike] | None) -> tuple[str, ...] | None:
    """Return the levels of a category, the reference first; None for a numeric moderator."""
    if names == [name]:
        return None
    coded = tuple(label.removeprefix(f"{name}[").removesuffix("]") for label in names)
    if mods is None:
        return (REFERENCE, *coded)
    everywhere = {str(value) for value in np.asarray(mods[name]).ravel().tolist()}
    return (*(everywhere - set(coded)), *coded)


def _multiply(blocks: list[FloatArray]) -> FloatArray:
    """Return the products of the columns of all blocks, those of the last block changing fastest."""
    made = blocks[0]
    for block in blocks[1:]:
        made = (made[:, :, np.newaxis] * block[:, np.newaxis, :]).reshape(made.shape[0], -1)
    return made


def _read_values(name: str, values: ArrayLike | None, terms: Mapping[str, _Term]) -> tuple[Value, ...]:
    """Return the chosen values of one moderator."""
    if name not in terms:
        raise InvalidInput("at", f'at names "{name}", which is not among the moderators: {", ".join(terms)}')
    labels = terms[name].labels
    if labels is None:
        if values is None:
            raise InvalidInput("at", f"at must give numbers for {name}: it has no levels")
        return tuple(float(value) for value in np.atleast_1d(read_array(name, values)).tolist())
    asked = labels if values is None else tuple(str(value) for value in np.atleast_1d(np.asarray(values)).tolist())
    for label in asked:
        if label not in labels:
            raise InvalidInput("at", f'{name} has no level "{label}": its levels are {", ".join(labels)}')
    return asked


def _row(
    fit: MetaRegression,
    terms: Mapping[str, _Term],
    interactions: Mapping[str, tuple[str, ...]],
    chosen: Mapping[str, Value],
    average: str,
) -> FloatArray:
    """Return the row of the design, shape (p,)."""
    set_to = {name: _setting(term, chosen.get(name), average)[np.newaxis] for name, term in terms.items()}
    set_to[INTERCEPT] = np.ones((1, 1))
    for name, parts in interactions.items():
        set_to[name] = _multiply([set_to[part] for part in parts])
    return np.concatenate([set_to[name][0] for name in dict.fromkeys(fit.design.terms)])


def _setting(term: _Term, value: Value | None, average: str) -> FloatArray:
    """Return what the columns of a moderator are set to: its value, or its average where there is none."""
    if value is None:
        if term.labels is None or average == "observed":
            return np.asarray(np.mean(term.columns, axis=0))
        return np.full(len(term.labels) - 1, 1.0 / len(term.labels))
    if term.labels is None:
        return np.array([float(value)])
    return np.array([float(label == value) for label in term.labels[1:]])
