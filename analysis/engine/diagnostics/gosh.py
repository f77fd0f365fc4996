"""The pooled estimate of every subset of the studies (GOSH: graphical display of study heterogeneity)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.engine.arrays import LARGEST_SEED, FloatArray, read_studies, require_option, require_whole
from analysis.engine.errors import TooFewStudies
from analysis.engine.fits import blocks_of, fit_many, heterogeneity_of
from analysis.engine.pooling import CI_METHODS
from analysis.engine.tau2_many import TAU2_METHODS

# As many subsets are listed completely; more studies are sampled (as in metafor, where 10^6 is the limit).
ALL_SUBSETS_UP_TO = 2**17
SUBSETS, MOST_SUBSETS = 10_000, 10_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Gosh:
    """Pooled results of b subsets: arrays of shape (b,).

    Attributes
    ----------
    included : bool array of shape (b, k)  the studies of each subset
    k : int array  their number, at least 1
    estimate : pooled effect, scale of yi
    tau2 : variance between the studies of the subset
    i2, h2, q : heterogeneity, NaN for one study
    is_complete : whether all 2**k - 1 subsets are there, or a sample
    tau2_method : what was used
    """

    included: NDArray[np.bool_]
    k: NDArray[np.intp]
    estimate: FloatArray
    tau2: FloatArray
    i2: FloatArray
    h2: FloatArray
    q: FloatArray
    is_complete: bool
    tau2_method: str


def gosh(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    subsets: int | None = None,
    seed: int = 1,
    tau2_method: str = "REML",
) -> Gosh:
    """Return the pooled results of all subsets, or of a sample of them.

    Parameters
    ----------
    yi, vi : arrays of shape (k,)  effects and sampling variances, k >= 2
    subsets : None for all subsets up to k = 17 and a sample of 10,000 above, or the size of the sample, 1 to 10,000,000
        (all subsets are taken where there are not more). Each study is in with probability 1/2
    seed : of the sample, at least 0
    tau2_method : as in `pool`

    Raises
    ------
    TooFewStudies, InvalidInput
        k is 0 or 1; a number that cannot be right.

    References
    ----------
    Olkin, Dahabreh and Trikalinos (2012), doi:10.1002/jrsm.1053.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    effects, variances = read_studies(yi, vi)
    included = list_subsets(effects.size, subsets=subsets, seed=seed)
    is_complete = count_subsets(effects.size, subsets=subsets)[1]
    columns = [_pool_some(effects, variances, included[rows], tau2_method) for rows in blocks_of(*included.shape)]
    joined = [np.concatenate(parts) for parts in zip(*columns, strict=True)]
    arrays = dict(zip(("k", "estimate", "tau2", "i2", "h2", "q"), joined, strict=True))
    for array in (included, *joined):
        array.setflags(write=False)
    return Gosh(included=included, is_complete=is_complete, tau2_method=tau2_method, **arrays)


def count_subsets(k: int, *, subsets: int | None = None) -> tuple[int, bool]:
    """Return how many subsets of k studies `gosh` takes, and whether these are all that there are.

    Raises
    ------
    TooFewStudies, InvalidInput
        k is 0 or 1; a number of subsets that cannot be right.
    """
    if k < 2:
        raise TooFewStudies(needed=2, got=k)
    size = SUBSETS if subsets is None else subsets
    require_whole("subsets", size, least=1, most=MOST_SUBSETS)
    every = 2**k - 1
    is_complete = every <= (ALL_SUBSETS_UP_TO if subsets is None else subsets)
    return (every if is_complete else int(size)), is_complete


def list_subsets(
    k: int, *, subsets: int | None = None, seed: int = 1, start: int = 0, stop: int | None = None
) -> NDArray[np.bool_]:
    """Return the studies of some of the subsets that `gosh` takes: bool array of shape (stop - start, k).

    Parameters
    ----------
    k, subsets, seed : as in `gosh`
    start, stop : which of them, from 0; None for the last. The same whichever others are asked for

    Raises
    ------
    TooFewStudies, InvalidInput
        As in `gosh`.
    """
    count, is_complete = count_subsets(k, subsets=subsets)
    require_whole("seed", seed, least=0, most=LARGEST_SEED)
    stop = count if stop is None else min(stop, count)
    return _some_subsets(k, start, stop) if is_complete else _sample(k, count, start, stop, seed=seed)


def _some_subsets(k: int, start: int, stop: int) -> NDArray[np.bool_]:
    """Return subsets of the list of all but the empty one."""
    numbers = np.arange(start + 1, stop + 1, dtype=np.int64)
    return np.asarray((numbers[:, np.newaxis] >> np.arange(k)) & 1, dtype=np.bool_)


def _sample(k: int, subsets: int, start: int, stop: int, *, seed: int) -> NDArray[np.bool_]:
    """Return a part of the random subsets. An empty one is drawn again, after all others and in order."""
    drawn = _draw(k, start, stop, seed=seed)
    if drawn.any(axis=1).all():
        return drawn
    # How often was drawn before depends on the empty ones of the whole sample.
    whole = _draw(k, 0, subsets, seed=seed)
    random = _generator(seed, subsets * k)
    while (empty := np.flatnonzero(~whole.any(axis=1))).size:
        whole[empty] = random.random((empty.size, k)) < 0.5
    return whole[start:stop]


def _draw(k: int, start: int, stop: int, *, seed: int) -> NDArray[np.bool_]:
    """Return a part of the subsets as they are drawn first; block by block, since a number takes eight times a bool."""
    random = _generator(seed, start * k)
    blocks = [random.random((rows.stop - rows.start, k)) < 0.5 for rows in blocks_of(stop - start, k)]
    return np.concatenate(blocks) if blocks else np.empty((0, k), dtype=np.bool_)


def _generator(seed: int, numbers: int) -> np.random.Generator:
    """Return the random numbers of a seed without the first ones."""
    random = np.random.PCG64(seed)  # what default_rng takes; each number is one step of it
    random.advance(numbers)
    return np.random.Generator(random)


def _pool_some(
    yi: FloatArray, vi: FloatArray, included: NDArray[np.bool_], tau2_method: str
) -> tuple[NDArray[Any], ...]:
    """Return k, estimate, tau2, i2, h2 and q of some subsets."""
    effects, variances = np.where(included, yi, 0.0), np.where(included, vi, np.inf)
    fits = fit_many(effects, variances, tau2_method=tau2_method, ci_method=CI_METHODS[0])
    i2, h2, _ = heterogeneity_of(fits, is_common=tau2_method == "CE")
    q = np.where(fits.problems.count > 1, fits.at_zero.q, np.nan)
    estimate = fits.problems.shift + fits.at_tau2.beta[:, 0]
    return fits.problems.count, estimate, fits.tau2.tau2, i2, h2, q
