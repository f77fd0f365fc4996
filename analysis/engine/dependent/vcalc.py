"""Sampling covariances imputed from correlations: effects of one study share people, arms or times.

The correlation of effects i and j of a cluster is r_ij times that of differences between two groups,
(c(1i,1j) - c(1i,2j) - c(2i,1j) + c(2i,2j)) / sqrt(d_i d_j), c(a,b) = [same group] phi**|time| / sqrt(w_a w_b) and
d_i = 1 / w_1i + 1 / w_2i - 2 c(1i,2i); r_ij is 1 for the same type and observation, else `rho_obs` or `rho`.

References
----------
Gleser and Olkin (2009), in Cooper, Hedges and Valentine, The Handbook of Research Synthesis, 2nd ed., 357-376.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, freeze, read_array, read_studies, require
from analysis.engine.dependent.covariance import SMALLEST_EIGENVALUE
from analysis.engine.dependent.errors import NotPositiveDefinite, NotSymmetric
from analysis.engine.dependent.labels import Labels, Levels, nest, read_labels
from analysis.engine.dependent.nearest import nearest_correlation
from analysis.engine.errors import InvalidInput, RaggedLengths, TooFewStudies

# One correlation for all pairs, or one for each by name, {"a": {"b": 0.5}}; one direction of each pair is enough.
Correlation = float | Mapping[str, Mapping[str, float]]


@dataclass(frozen=True, slots=True, eq=False)
class _Group:
    """One of the two groups that each effect compares: arrays of shape (k,) of its label, time point and size."""

    codes: NDArray[np.intp]
    time: FloatArray
    size: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Shared:
    """What effects correlate by: type, observation within type, and the correlations between their levels."""

    type: Levels
    obs: Levels
    by_type: FloatArray
    by_obs: FloatArray


def vcalc(
    vi: ArrayLike,
    *,
    cluster: Labels,
    subgroup: Labels | None = None,
    type: Labels | None = None,
    obs: Labels | None = None,
    rho: Correlation | None = None,
    rho_obs: Correlation | None = None,
    time1: ArrayLike | None = None,
    time2: ArrayLike | None = None,
    phi: float | None = None,
    grp1: Labels | None = None,
    grp2: Labels | None = None,
    w1: ArrayLike | None = None,
    w2: ArrayLike | None = None,
    nearest: bool = False,
) -> FloatArray:
    """Return the covariance matrix of the sampling errors, shape (k, k), with vi on its diagonal.

    Parameters
    ----------
    vi, cluster : arrays of shape (k,)  sampling variances; labels within which effects correlate
    subgroup : labels of shape (k,)  independent groups of people within clusters
    type, rho : labels of shape (k,) of constructs or outcomes, and the correlation of effects of different types
    obs, rho_obs : labels of shape (k,) of observations of one type, and their correlation; `rho` serves without `type`.
        Correlations are numbers in [-1, 1], or mappings from label to label to number
    time1, time2, phi : arrays of shape (k,)  time points of the two groups (time2 is time1 where it is not given), and
        the correlation at a distance of 1, in [-1, 1]; phi**distance at others
    grp1, grp2 : labels of shape (k,)  the two groups compared; effects that share a group correlate. One that is not
        given is the same group throughout a cluster, and never the other one
    w1, w2 : arrays of shape (k,)  sizes of the groups, above 0; w2 is w1 where it is not given
    nearest : whether a cluster whose correlations are impossible gets the nearest possible ones, in place of an error

    Raises
    ------
    NotPositiveDefinite, InvalidInput
        Correlations that cannot occur together, or effects that are the same; an argument that cannot be right.
    """
    variances = _read_variances(vi)
    groups = read_labels("cluster", cluster, k=variances.size)
    if subgroup is not None:
        groups = nest(groups, read_labels("subgroup", subgroup, k=variances.size))
    shared = _read_shared(type, obs, rho, rho_obs, k=variances.size)
    pair = _read_groups((grp1, grp2), (time1, time2), (w1, w2), k=variances.size)
    decay = _read_decay(phi, is_needed=time1 is not None or time2 is not None)
    return _impute(variances, groups, shared, pair, decay=decay, nearest=nearest)


def _read_variances(vi: ArrayLike) -> FloatArray:
    """Return the sampling variances, at least one."""
    variances = np.atleast_1d(read_array("vi", vi))
    if variances.size == 0:
        raise TooFewStudies(needed=1, got=0)
    return read_studies(np.zeros(variances.size), variances)[1]


def _impute(
    variances: FloatArray,
    groups: Levels,
    shared: _Shared,
    pair: tuple[_Group, _Group],
    *,
    decay: float,
    nearest: bool,
) -> FloatArray:
    """Return the covariance matrix, cluster by cluster."""
    found = np.diag(variances)
    order = np.argsort(groups.codes, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(groups.codes[order])) + 1):
        block = _correlate(shared, rows) * _contrast(*pair, rows, decay=decay)
        sd = np.sqrt(variances[rows])
        found[np.ix_(rows, rows)] = _checked(block, rows, nearest=nearest) * np.outer(sd, sd)
    np.fill_diagonal(found, variances)
    return freeze(found)


def _read_shared(
    type: Labels | None, obs: Labels | None, rho: Correlation | None, rho_obs: Correlation | None, *, k: int
) -> _Shared:
    """Return types, observations and the correlations between them."""
    one = np.zeros(k, dtype=np.int64)
    if type is None and obs is not None and rho_obs is None:
        rho, rho_obs = None, rho
    for argument, labels, needed, value in (("type", type, "rho", rho), ("obs", obs, "rho_obs", rho_obs)):
        if labels is not None and value is None:
            raise InvalidInput(needed, f"{needed} must be given with {argument}")
        if labels is None and value is not None:
            raise InvalidInput(needed, f"{needed} is given, but there is no variable that it belongs to")
    types = read_labels("type", one if type is None else type, k=k)
    observations = read_labels("obs", one if obs is None else obs, k=k)
    return _Shared(
        type=types,
        obs=observations,
        by_type=_read_correlation("rho", rho, types),
        by_obs=_read_correlation("rho_obs", rho_obs, observations),
    )


def _read_correlation(argument: str, value: Correlation | None, levels: Levels) -> FloatArray:
    """Return the correlations between levels, ones on the diagonal."""
    found = np.eye(levels.count)
    if value is None:
        return found
    if not isinstance(value, Mapping):
        found[:] = _read_fraction(argument, value)
        np.fill_diagonal(found, 1.0)
        return found
    table = {str(a): {str(b): number for b, number in row.items()} for a, row in value.items()}
    for row, a in enumerate(levels.names):
        for column, b in enumerate(levels.names[:row]):
            given = [table[x][y] for x, y in ((a, b), (b, a)) if y in table.get(x, {})]
            if not given:
                raise InvalidInput(argument, f'{argument} holds no correlation of "{a}" and "{b}"')
            numbers = [_read_fraction(argument, number) for number in given]
            if numbers[0] != numbers[-1]:
                raise NotSymmetric(argument=argument, row=row, column=column, above=numbers[0], below=numbers[-1])
            found[row, column] = found[column, row] = numbers[0]
    return found


def _read_fraction(argument: str, value: ArrayLike) -> float:
    """Return a correlation, in [-1, 1]."""
    number = read_array(argument, value, dimensions=0)
    require(argument, number, np.abs(number) <= 1.0, rule="between -1 and 1")
    return float(number)


def _read_decay(phi: float | None, *, is_needed: bool) -> float:
    """Return the correlation at one unit of time."""
    if is_needed and phi is None:
        raise InvalidInput("phi", "phi must be given with time1 and time2")
    if not is_needed and phi is not None:
        raise InvalidInput("phi", "phi is given, but there is no variable that it belongs to")
    return 1.0 if phi is None else _read_fraction("phi", phi)


def _read_groups(
    labels: tuple[Labels | None, Labels | None],
    times: tuple[ArrayLike | None, ArrayLike | None],
    sizes: tuple[ArrayLike | None, ArrayLike | None],
    *,
    k: int,
) -> tuple[_Group, _Group]:
    """Return the two groups that each effect compares; labels are the same where their texts are."""
    read = [
        None if value is None else read_labels(name, value, k=k)
        for name, value in zip(("grp1", "grp2"), labels, strict=True)
    ]
    numbers: dict[str, int] = {}
    codes = []
    for index, levels in enumerate(read):
        if levels is None:
            codes.append(np.full(k, -1 - index))
            continue
        known = np.array([numbers.setdefault(name, len(numbers)) for name in levels.names])
        codes.append(known[levels.codes])
    first_time = _read_column("time1", times[0], default=np.zeros(k))
    first_size = _read_column("w1", sizes[0], default=np.ones(k))
    second_time = _read_column("time2", times[1], default=first_time)
    second_size = _read_column("w2", sizes[1], default=first_size)
    for name, size in (("w1", first_size), ("w2", second_size)):
        require(name, size, size > 0.0, rule="above 0")
    return (
        _Group(codes=codes[0], time=first_time, size=first_size),
        _Group(codes=codes[1], time=second_time, size=second_size),
    )


def _read_column(argument: str, value: ArrayLike | None, *, default: FloatArray) -> FloatArray:
    """Return a column of numbers, the default where there is none."""
    if value is None:
        return default
    column = np.atleast_1d(read_array(argument, value))
    if column.size != default.size:
        raise RaggedLengths(argument=argument, length=column.size, other="vi", other_length=default.size)
    return column


def _correlate(shared: _Shared, rows: NDArray[np.intp]) -> FloatArray:
    """Return the correlations of the effects of a cluster by their types and observations."""
    types, observations = shared.type.codes[rows], shared.obs.codes[rows]
    is_same = types[:, np.newaxis] == types
    return np.where(is_same, shared.by_obs[np.ix_(observations, observations)], shared.by_type[np.ix_(types, types)])


def _contrast(first: _Group, second: _Group, rows: NDArray[np.intp], *, decay: float) -> FloatArray:
    """Return the correlations of the differences between groups that the effects of a cluster are."""

    def covariance(one: _Group, other: _Group) -> FloatArray:
        """Return the covariances of the means of two groups, each effect's with each effect's."""
        is_same = one.codes[rows][:, np.newaxis] == other.codes[rows]
        lag = np.abs(one.time[rows][:, np.newaxis] - other.time[rows])
        size = np.sqrt(one.size[rows][:, np.newaxis] * other.size[rows])
        power = decay**lag if decay >= 0.0 else _negative_power(decay, lag)
        return np.where(is_same, power, 0.0) / size

    crossed = covariance(first, second)
    found = covariance(first, first) - crossed - crossed.T + covariance(second, second)
    variances = 1.0 / first.size[rows] + 1.0 / second.size[rows] - 2.0 * np.diag(crossed)
    if np.any(variances <= 0.0):
        index = int(rows[np.argmax(variances <= 0.0)])
        raise InvalidInput("grp2", f"the effect at index {index} compares a group with itself at the same time")
    block = found / np.sqrt(np.outer(variances, variances))
    np.fill_diagonal(block, 1.0)
    return block


def _negative_power(decay: float, lag: FloatArray) -> FloatArray:
    """Return a negative number to the power of whole distances.

    Raises
    ------
    InvalidInput
        A distance that is not whole: its power is no real number.
    """
    if np.any(lag != np.round(lag)):
        raise InvalidInput(
            "phi", f"phi must be at least 0 where time points are not whole units apart, got {decay:.15g}"
        )
    return np.asarray(np.where(lag % 2 == 1, -1.0, 1.0) * np.abs(decay) ** lag)


def _checked(block: FloatArray, rows: NDArray[np.intp], *, nearest: bool) -> FloatArray:
    """Return the correlations of a cluster, or the nearest possible ones."""
    smallest = float(np.linalg.eigvalsh(block)[0])
    if smallest >= SMALLEST_EIGENVALUE * rows.size:
        return block
    if nearest:
        return nearest_correlation(block)
    raise NotPositiveDefinite(argument="the imputed correlation matrix", smallest=smallest, rows=rows.tolist())
