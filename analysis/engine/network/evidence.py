"""The comparisons of a network, read study by study and refused by name where they cannot be right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_studies, require
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies
from analysis.engine.network.errors import (
    DisconnectedNetwork,
    IncompleteStudy,
    InconsistentEffects,
    InconsistentVariances,
    RepeatedComparison,
    SameTreatment,
)

# What rounding of printed effects may leave when a closed loop inside a study is added up, in smallest standard errors.
TOLERANCE = 0.01
# An eigenvalue below this part of the largest is 0 but for rounding.
SINGULAR = 1e-10


@dataclass(frozen=True, slots=True, eq=False)
class StudyArms:
    """What one study says about its treatments.

    Attributes
    ----------
    name : of the study
    members : positions of its treatments in the network, rising, a of them
    effects : array of shape (a, a)  row minus column; adds up exactly
    variances : array of shape (a, a)  sampling variances of the effects, 0 on the diagonal
    """

    name: str
    members: tuple[int, ...]
    effects: FloatArray
    variances: FloatArray

    def contrasts(self, base: int, *, tau2: float = 0.0) -> tuple[FloatArray, FloatArray]:
        """Return the effects of the other treatments minus `base`, a place among the members, and their covariance."""
        others = [place for place in range(len(self.members)) if place != base]
        spread = self.variances[base, others]
        covariance = (spread[:, np.newaxis] + spread - self.variances[np.ix_(others, others)]) / 2.0
        return self.effects[others, base], covariance + tau2 * shared(len(others))


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """The comparisons of a connected network.

    Attributes
    ----------
    treatments : n names in alphabetical order
    studies : k studies, in their order
    study : m positions, the study of each comparison
    first, second : m positions, the treatments of each comparison
    yi, vi : arrays of shape (m,)  effects (first minus second) and sampling variances; effects of a multi-arm study
        that rounding keeps from adding up are replaced by the nearest that do, by weighted least squares
    """

    treatments: tuple[str, ...]
    studies: tuple[StudyArms, ...]
    study: NDArray[np.intp]
    first: NDArray[np.intp]
    second: NDArray[np.intp]
    yi: FloatArray
    vi: FloatArray

    @property
    def k(self) -> int:
        """Number of studies."""
        return len(self.studies)

    @property
    def m(self) -> int:
        """Number of comparisons."""
        return self.yi.size

    @property
    def n(self) -> int:
        """Number of treatments."""
        return len(self.treatments)


def read_comparisons(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    treatment_1: Sequence[str],
    treatment_2: Sequence[str],
    study: Sequence[str],
    tolerance: float = TOLERANCE,
) -> Evidence:
    """Return the comparisons of a network.

    Parameters
    ----------
    yi, vi : arrays of shape (m,)  effects, treatment 1 minus treatment 2, and their sampling variances
    treatment_1, treatment_2, study : m names; a study of a treatments has all a(a - 1)/2 comparisons
    tolerance : largest sum of effects round a closed loop inside a study, in smallest standard errors of the study

    Raises
    ------
    TooFewStudies
        There is no comparison.
    InvalidInput
        SameTreatment, RepeatedComparison, IncompleteStudy; InconsistentEffects where effects of a study do not add up;
        InconsistentVariances where its covariance matrix is not positive definite.
    DisconnectedNetwork
        No chain of comparisons joins all treatments.
    """
    effects, variances = read_studies(yi, vi)
    allowed = read_array("tolerance", tolerance, dimensions=0)
    require("tolerance", allowed, allowed >= 0.0, rule="at least 0")
    names = {"treatment_1": list(treatment_1), "treatment_2": list(treatment_2), "study": list(study)}
    _require_names(names, m=effects.size)
    if not effects.size:
        raise TooFewStudies(needed=1, got=0)
    require_connected(names["treatment_1"], names["treatment_2"])
    treatments = tuple(sorted({*names["treatment_1"], *names["treatment_2"]}))
    places = {name: place for place, name in enumerate(treatments)}
    first = np.array([places[name] for name in names["treatment_1"]], dtype=np.intp)
    second = np.array([places[name] for name in names["treatment_2"]], dtype=np.intp)
    labels = list(dict.fromkeys(names["study"]))
    numbers = {label: number for number, label in enumerate(labels)}
    codes = np.array([numbers[label] for label in names["study"]], dtype=np.intp)
    studies, fitted = [], effects.copy()
    for code, label in enumerate(labels):
        rows = np.flatnonzero(codes == code)
        arms = _read_study(label, treatments, first[rows], second[rows], effects[rows], variances[rows], allowed)
        local = {member: place for place, member in enumerate(arms.members)}
        fitted[rows] = [arms.effects[local[first[row]], local[second[row]]] for row in rows]
        studies.append(arms)
    return Evidence(treatments, tuple(studies), codes, first, second, freeze(fitted), freeze(variances))


def _require_names(names: dict[str, list[str]], *, m: int) -> None:
    """Refuse columns of another length, or without a name."""
    for argument, column in names.items():
        if len(column) != m:
            raise RaggedLengths(argument=argument, length=len(column), other="yi", other_length=m)
        if not all(isinstance(name, str) and name for name in column):
            raise InvalidInput(argument, f"{argument} must hold names")


def shared(size: int) -> FloatArray:
    """Return what tau2 adds to contrasts with one common treatment: 1 on the diagonal, one half elsewhere."""
    matrix: FloatArray = (np.eye(size) + 1.0) / 2.0
    return matrix


def require_connected(first: Sequence[str], second: Sequence[str]) -> None:
    """Refuse treatments that no chain of comparisons joins."""
    parts = parts_of(first, second)
    if len(parts) > 1:
        raise DisconnectedNetwork(parts=parts)


def parts_of(first: Sequence[str], second: Sequence[str]) -> tuple[tuple[str, ...], ...]:
    """Return the treatments that hang together, largest part first, each in alphabetical order."""
    part = {name: {name} for name in (*first, *second)}
    for one, other in zip(first, second, strict=True):
        if part[one] is not part[other]:
            joined = part[one] | part[other]
            part.update(dict.fromkeys(joined, joined))
    different = {id(names): tuple(sorted(names)) for names in part.values()}
    return tuple(sorted(different.values(), key=lambda names: (-len(names), names)))


def _read_study(
    name: str,
    treatments: tuple[str, ...],
    first: NDArray[np.intp],
    second: NDArray[np.intp],
    effects: FloatArray,
    variances: FloatArray,
    tolerance: FloatArray,
) -> StudyArms:
    """Return one study as matrices of effects and variances."""
    members = sorted({*first.tolist(), *second.tolist()})
    local, size = {member: place for place, member in enumerate(members)}, len(members)
    labels = [treatments[member] for member in members]
    table, spread = np.full((size, size), np.nan), np.zeros((size, size))
    np.fill_diagonal(table, 0.0)
    for one, other, effect, variance in zip(first.tolist(), second.tolist(), effects, variances, strict=True):
        if one == other:
            raise SameTreatment(study=name, treatment=treatments[one])
        row, column = local[one], local[other]
        if np.isfinite(table[row, column]):
            raise RepeatedComparison(study=name, treatments=(treatments[one], treatments[other]))
        table[row, column], table[column, row] = effect, -effect
        spread[row, column] = spread[column, row] = variance
    missing = [(labels[i], labels[j]) for i, j in combinations(range(size), 2) if np.isnan(table[i, j])]
    if missing:
        raise IncompleteStudy(study=name, missing=tuple(missing))
    if size > 2:
        _require_sound(name, labels, table, spread, allowed=float(tolerance) * float(np.sqrt(variances.min())))
        weights = arm_weights(spread)
        values = np.linalg.lstsq(np.diag(weights.sum(axis=1)) - weights, (weights * table).sum(axis=1), rcond=None)[0]
        table = values[:, np.newaxis] - values
    return StudyArms(name, tuple(members), freeze(table), freeze(spread))


def _require_sound(name: str, labels: list[str], table: FloatArray, spread: FloatArray, *, allowed: float) -> None:
    """Refuse effects that do not add up and variances that cannot hold together."""
    loops = list(combinations(range(len(labels)), 3))
    gaps = np.array([table[a, b] + table[b, c] + table[c, a] for a, b, c in loops])
    worst = int(np.argmax(np.abs(gaps)))
    # Effects computed from arms add up to rounding, some 1e-16 of their size.
    if abs(gaps[worst]) > max(allowed, 1e-12 * float(np.abs(table).max())):
        a, b, c = loops[worst]
        raise InconsistentEffects(
            study=name, treatments=(labels[a], labels[b], labels[c]), gap=float(gaps[worst]), allowed=allowed
        )
    sizes = np.linalg.eigvalsh((spread[0, 1:, np.newaxis] + spread[0, 1:] - spread[1:, 1:]) / 2.0)
    if sizes[0] <= SINGULAR * sizes[-1]:
        raise InconsistentVariances(study=name, smallest=float(sizes[0]))


def _centred(variances: FloatArray) -> FloatArray:
    """Return the covariance matrix of arms around their mean that gives these variances of differences."""
    rows = variances.mean(axis=0)
    covariance: FloatArray = -0.5 * (variances - rows - rows[:, np.newaxis] + rows.mean())
    return covariance


def arm_weights(variances: FloatArray) -> FloatArray:
    """Return the weights of a study's comparisons, shape (a, a), that hold what its covariances hold.

    The Laplacian matrix of the weights is the pseudo-inverse of the covariance matrix of the centred arms, so that
    weighted least squares with them is generalised least squares with the covariances.

    References
    ----------
    Ruecker and Schwarzer (2014), doi:10.1002/sim.6236.
    """
    if variances.shape[0] == 2:
        return np.array([[0.0, 1.0], [1.0, 0.0]]) / float(variances[0, 1])
    weights = -pseudo_inverse(_centred(variances))
    np.fill_diagonal(weights, 0.0)
    return weights


def pseudo_inverse(matrix: FloatArray) -> FloatArray:
    """Return the pseudo-inverse of a symmetric matrix whose only null vector is constant, shape (n, n).

    Laplacian matrices of connected networks and covariance matrices of centred arms are of this kind.
    """
    n = matrix.shape[0]
    unit = float(np.trace(matrix)) / (n - 1) / n
    inverse: FloatArray = np.linalg.inv(matrix + unit) - 1.0 / (unit * n**2)
    return 0.5 * (inverse + inverse.T)
