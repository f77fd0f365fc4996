"""Permutation tests: p values from the data at hand, without a distribution assumed for the statistics.

Without moderators the signs of the effects are flipped: 2**k permutations. With moderators the rows of the design are
exchanged among the studies: k! / prod(n_j!) different permutations, n_j being the numbers of equal rows. Effects and
variances stay together. Every permutation is fitted anew, with its own tau2 and its own factor of Hartung and Knapp.

An exact p value is the share of all permutations; that of a sample counts the observed data as its first permutation,
so that it is never 0. The smallest p value is 1 over the number of permutations (for the mean 2 over it): with 5
studies no mean can have p below 0.0625.

References
----------
Follmann and Proschan (1999), doi:10.1111/j.0006-341X.1999.00732.x; Higgins and Thompson (2004), doi:10.1002/sim.1752;
Viechtbauer et al. (2015), doi:10.1037/met0000023.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import FloatArray, read_studies, require_option
from analysis.engine.design import INTERCEPT, Design, Moderators, read_design
from analysis.engine.errors import InvalidInput, TooFewStudies, UndefinedResult
from analysis.engine.fits import Fits, blocks_of, fit_many
from analysis.engine.pooling import CI_METHODS
from analysis.engine.regression import EQUAL
from analysis.engine.tau2_many import TAU2_METHODS

PERMUTATIONS = 1000
# Four million fits of few studies take about a minute: 22 sign flips, all orders of 10 studies.
MOST_PERMUTATIONS = 2**22
# Statistics that differ by rounding only are equal: metafor's tolerance, and a relative one for large statistics.
TIE = 2.0**-26
RELATIVE_TIE = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class PermutationTest:
    """Permutation p values of one model.

    Attributes
    ----------
    k : number of studies
    names : names of the p coefficients, "intercept" first
    statistic, p_value : arrays of shape (p,)  observed test statistics, and the share of permutations in which the
        statistic is at least as far from 0
    qm, qm_p_value : observed joint test of all coefficients but the intercept (of the mean, where it is alone), and the
        share of permutations in which it is at least as large
    permutations : their number; the observed data are among them
    is_exact : whether all permutations are listed, or a sample
    statistics : array of shape (permutations, p)  statistic of every permutation; infinite where it leaves no residual
        under "hksj"
    qm_statistics : array of shape (permutations,)
    tau2_method, ci_method : what was used
    """

    k: int
    names: tuple[str, ...]
    statistic: FloatArray
    p_value: FloatArray
    qm: float
    qm_p_value: float
    permutations: int
    is_exact: bool
    statistics: FloatArray
    qm_statistics: FloatArray
    tau2_method: str
    ci_method: str


def permutation_test(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    exact: bool | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 1,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
) -> PermutationTest:
    """Return the permutation test of the mean effect, or of the moderators.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    mods : None for the mean, or moderators as in `pool`
    exact : True for all permutations, False for a sample, None for all where they are at most `permutations`
    permutations : size of the sample, at least 2, the observed data included
    seed : start of the random numbers, at least 0; the same seed gives the same sample
    tau2_method, ci_method : as in `pool`; every permutation is fitted anew

    Raises
    ------
    TooFewStudies
        Fewer than 2 studies, or not more than coefficients.
    InvalidInput, UndefinedResult
        More than 2**22 permutations asked for, a model without an intercept; effects that the model fits exactly.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    case = read_case(yi, vi, mods=mods, exact=exact, permutations=permutations)
    rng = case.generator(seed)
    observed = find_observed(case, tau2_method=tau2_method, ci_method=ci_method)
    parts = [
        find_statistics(fit_many(*problems, case.design.X, tau2_method=tau2_method, ci_method=ci_method), ci_method)
        for problems in permute(case, blocks_of(case.fitted, case.yi.size), rng=rng)
    ]
    return _summarise(case, observed, parts, tau2_method=tau2_method, ci_method=ci_method)


@dataclass(frozen=True, slots=True, eq=False)
class PermutedCase:
    """What is permuted: the studies, the design, and which permutations there are.

    Attributes
    ----------
    rows : None for sign flips, or the kind of each row of the design
    size : number of permutations
    is_exact : whether these are all of them, or a sample
    """

    yi: FloatArray
    vi: FloatArray
    design: Design
    rows: NDArray[np.intp] | None
    size: int
    is_exact: bool

    @property
    def is_mirrored(self) -> bool:
        """Whether only half of the permutations are fitted: all sign flips are these and every sign turned."""
        return self.is_exact and self.rows is None

    @property
    def fitted(self) -> int:
        """The number of permutations that are fitted."""
        return self.size // 2 if self.is_mirrored else self.size

    def generator(self, seed: int) -> np.random.Generator | None:
        """Return the random numbers of a sample, None where all permutations are listed."""
        start = _read_seed(seed)
        return None if self.is_exact else np.random.default_rng(start)


def read_case(
    yi: ArrayLike, vi: ArrayLike, *, mods: Moderators | None, exact: bool | None, permutations: int
) -> PermutedCase:
    """Return what `permutation_test` permutes; it raises what that raises."""
    effects, variances = read_studies(yi, vi)
    design = _read_model(mods, k=effects.size)
    rows = None if design.X.shape[1] == 1 else _equal_rows(design.X)
    count = 2**effects.size if rows is None else count_orders(np.bincount(rows).tolist())
    is_exact = _is_exact(exact, count=count, permutations=permutations)
    return PermutedCase(effects, variances, design, rows, count if is_exact else permutations, is_exact)


def _read_model(mods: Moderators | None, *, k: int) -> Design:
    """Return the design, a column of ones where there are no moderators, of enough studies."""
    if mods is None:
        design = Design(X=np.ones((k, 1)), names=(INTERCEPT,), terms=(INTERCEPT,))
    else:
        design = read_design(mods, k=k)
    if not design.has_intercept:
        raise InvalidInput("mods", "mods must have an intercept as its first column: the permutations keep the mean")
    if k <= design.X.shape[1]:
        raise TooFewStudies(needed=design.X.shape[1] + 1, got=k)
    return design


def count_orders(repeats: list[int]) -> int:
    """Return the number of different orders of rows of which some are equal: k! / prod(n_j!)."""
    total, count = 0, 1
    for repeat in repeats:
        for place in range(1, repeat + 1):
            total += 1
            count = count * total // place
    return count


def list_orders(repeats: list[int], ranks: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the orders of the given ranks, shape (b, k): which kind of row each study gets.

    Parameters
    ----------
    repeats : number of rows of each kind
    ranks : int array of shape (b,)  places in the alphabetical list of all orders
    """
    b, k = ranks.size, sum(repeats)
    left = np.tile(np.array(repeats, dtype=np.int64), (b, 1))
    size = np.full(b, count_orders(repeats), dtype=np.int64)
    rank, found = ranks.copy(), np.empty((b, k), dtype=np.intp)
    one_each = np.arange(b)
    for place in range(k):
        # Of the orders that remain, those that go on with one kind are its share of the rows that remain.
        begins = np.zeros((b, len(repeats) + 1), dtype=np.int64)
        np.cumsum(size[:, np.newaxis] * left // (k - place), axis=1, out=begins[:, 1:])
        kind = np.count_nonzero(begins[:, 1:] <= rank[:, np.newaxis], axis=1)
        found[:, place] = kind
        rank -= begins[one_each, kind]
        size = begins[one_each, kind + 1] - begins[one_each, kind]
        left[one_each, kind] -= 1
    return found


def _equal_rows(X: FloatArray) -> NDArray[np.intp]:
    """Return a number for each row, shape (k,), the same for equal rows."""
    return np.unique(X, axis=0, return_inverse=True)[1].ravel().astype(np.intp)


def _is_exact(exact: bool | None, *, count: int, permutations: int) -> bool:
    """Return whether all permutations are listed."""
    for argument, asked in (("permutations", permutations), ("exact", count if exact else 2)):
        if not 2 <= asked <= MOST_PERMUTATIONS:
            limits = f"from 2 to {MOST_PERMUTATIONS:,} permutations"
            raise InvalidInput(argument, f"{argument} must ask for {limits}, got {asked:,}")
    return count <= permutations if exact is None else exact


def _read_seed(seed: int) -> int:
    """Return the seed, a whole number of at least 0."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise InvalidInput("seed", f"seed must be a whole number of at least 0, got {seed!r}")
    return int(seed)


def permute(
    case: PermutedCase, blocks: list[slice], *, rng: np.random.Generator | None
) -> Iterator[tuple[FloatArray, FloatArray]]:
    """Yield blocks of permuted effects and variances, each of shape (b, k).

    Parameters
    ----------
    blocks : places of permutations among those that are fitted
    rng : None for all permutations, or the random numbers of a sample as they are at the first block; a sample begins
        with the data as they are
    """
    yi, vi, rows, k = case.yi, case.vi, case.rows, case.yi.size
    for block in blocks:
        ranks = np.arange(block.start, block.stop, dtype=np.int64)
        if rows is None:
            is_turned = (ranks[:, np.newaxis] >> np.arange(k)) & 1 if rng is None else _signs(rng, ranks, k)
            yield np.where(is_turned == 1, -yi, yi), np.broadcast_to(vi, is_turned.shape)
        else:
            order = _all_orders(rows, ranks) if rng is None else _orders(rng, ranks, k)
            yield yi[order], vi[order]


def _signs(rng: np.random.Generator, ranks: NDArray[np.int64], k: int) -> NDArray[np.int64]:
    """Return random signs, 1 for a study that is turned; the first of all permutations turns none."""
    is_turned = rng.integers(0, 2, size=(ranks.size, k))
    is_turned[ranks == 0] = 0
    return is_turned


def _orders(rng: np.random.Generator, ranks: NDArray[np.int64], k: int) -> NDArray[np.intp]:
    """Return random orders of the studies; the first of all is the given one."""
    orders = rng.permuted(np.tile(np.arange(k), (ranks.size, 1)), axis=1)
    orders[ranks == 0] = np.arange(k)
    return orders


def _all_orders(rows: NDArray[np.intp], ranks: NDArray[np.int64]) -> NDArray[np.intp]:
    """Return the study at each row of the design, shape (b, k), for the orders of the given ranks."""
    kinds = list_orders(np.bincount(rows).tolist(), ranks)
    orders = np.empty_like(kinds)
    orders[:, np.argsort(rows, kind="stable")] = np.argsort(kinds, axis=1, kind="stable")
    return orders


def find_observed(case: PermutedCase, *, tau2_method: str, ci_method: str) -> tuple[FloatArray, float]:
    """Return the statistics of the data as they are; raise UndefinedResult where the model fits them exactly."""
    problem = case.yi[np.newaxis], case.vi[np.newaxis]
    fits = fit_many(*problem, case.design.X, tau2_method=tau2_method, ci_method=ci_method)
    statistics, joints = find_statistics(fits, ci_method)
    if not np.isfinite(statistics).all():
        raise UndefinedResult(
            what="the Hartung-Knapp-Sidik-Jonkman statistic",
            why=f"the model fits all {case.yi.size} effects exactly, so that its standard error is 0",
        )
    return statistics[0], float(joints[0])


def find_statistics(fits: Fits, ci_method: str) -> tuple[FloatArray, FloatArray]:
    """Return the statistics of the coefficients, shape (b, p), and of their joint test, shape (b,)."""
    problems, now = fits.problems, fits.at_tau2
    back, p = problems.back, problems.p
    estimate = now.beta @ back.T
    estimate[:, 0] += problems.shift
    variance = np.einsum("ji,bji->bj", back, back @ now.inverse) if p > 1 else now.inverse[:, 0]
    factor = fits.dispersion
    with np.errstate(divide="ignore", invalid="ignore"):
        statistics = estimate / np.sqrt(factor[:, np.newaxis] * variance)
        if p <= 2:
            joints = statistics[:, -1] ** 2
        else:
            covariance = back @ now.inverse @ back.T
            pulled = np.linalg.solve(covariance[:, 1:, 1:], estimate[:, 1:, np.newaxis])[:, :, 0]
            joints = np.einsum("bi,bi->b", pulled, estimate[:, 1:]) / factor / (1 if ci_method == "wald" else p - 1)
    if ci_method == "hksj":
        _mark_exact(fits, estimate, variance, statistics, joints)
    return statistics, joints


def _mark_exact(
    fits: Fits, estimate: FloatArray, variance: FloatArray, statistics: FloatArray, joints: FloatArray
) -> None:
    """Make the statistics infinite, of coefficients that are 0 zero, where only rounding is left of the residuals."""
    problems, now = fits.problems, fits.at_tau2
    largest = np.max(np.abs(problems.yi + problems.shift[:, np.newaxis]), axis=1)
    rows = np.flatnonzero(now.q <= now.weight * (EQUAL * largest) ** 2)
    if rows.size:
        unit = np.sqrt(variance[rows] * now.weight[rows, np.newaxis]) * largest[rows, np.newaxis]
        is_zero = np.abs(estimate[rows]) <= RELATIVE_TIE * unit
        statistics[rows] = np.where(is_zero, 0.0, np.copysign(np.inf, estimate[rows]))
        tested = is_zero if problems.p == 1 else is_zero[:, 1:]
        joints[rows] = np.where(tested.all(axis=1), 0.0, np.inf)


def are_extreme(
    observed: tuple[FloatArray, float], statistics: FloatArray, joints: FloatArray
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which statistics are at least as far from 0 as those of the data, and which joint ones as large."""
    statistic, joint = observed
    limit = joint - float(_tie(np.array(joint)))
    return np.abs(statistics) >= np.abs(statistic) - _tie(statistic), joints >= limit


def _summarise(
    case: PermutedCase,
    observed: tuple[FloatArray, float],
    parts: list[tuple[FloatArray, FloatArray]],
    *,
    tau2_method: str,
    ci_method: str,
) -> PermutationTest:
    """Return the shares of the permutations that are at least as extreme as the data."""
    statistic, joint = observed
    statistics, joints = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if case.is_mirrored:
        statistics, joints = np.concatenate([statistics, -statistics]), np.concatenate([joints, joints])
    is_far, is_large = are_extreme(observed, statistics, joints)
    p_value = np.mean(is_far, axis=0)
    for array in (statistic, p_value, statistics, joints):
        array.setflags(write=False)
    return PermutationTest(
        k=case.yi.size,
        names=case.design.names,
        statistic=statistic,
        p_value=p_value,
        qm=joint,
        qm_p_value=float(np.mean(is_large)),
        permutations=joints.size,
        is_exact=case.is_exact,
        statistics=statistics,
        qm_statistics=joints,
        tau2_method=tau2_method,
        ci_method=ci_method,
    )


def _tie(statistic: FloatArray) -> FloatArray:
    """Return how much smaller a statistic may be and still count as equal."""
    return np.maximum(TIE, RELATIVE_TIE * np.abs(statistic))
