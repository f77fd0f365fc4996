"""A large permutation test in parts, each computed by itself; together they give what `permutation_test` gives.

A part is some of the blocks that the whole test is fitted in, so that every fit is the same to the last bit whoever
computes the part. That of a sample holds the state of the random numbers where it begins.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine.arrays import require_option
from analysis.engine.design import Moderators
from analysis.engine.fits import blocks_of, fit_many
from analysis.engine.moderators.permutation import (
    PERMUTATIONS,
    PermutedCase,
    are_extreme,
    find_observed,
    find_statistics,
    permute,
    read_case,
)
from analysis.engine.pooling import CI_METHODS
from analysis.engine.tau2_many import TAU2_METHODS


@dataclass(frozen=True, slots=True)
class PermutationPart:
    """Some permutations of a test.

    Attributes
    ----------
    start, stop : places among the permutations that are fitted
    generator : state of the random numbers at the first of them; "" where all permutations are listed
    """

    start: int
    stop: int
    generator: str


@dataclass(frozen=True, slots=True)
class PermutationShares:
    """The p values of a test; as in PermutationTest, without the statistics of each permutation."""

    p_value: tuple[float, ...]
    qm_p_value: float
    permutations: int
    is_exact: bool


def split_permutations(
    yi: ArrayLike,
    vi: ArrayLike,
    *,
    mods: Moderators | None = None,
    permutations: int = PERMUTATIONS,
    seed: int = 1,
    fits: int,
) -> tuple[PermutationPart, ...]:
    """Return the parts of a permutation test, of about `fits` permutations each.

    Parameters
    ----------
    yi, vi, mods, permutations, seed : as in `permutation_test`

    Raises
    ------
    TooFewStudies, InvalidInput
        As `permutation_test` does.
    """
    case = read_case(yi, vi, mods=mods, exact=None, permutations=permutations)
    rng = case.generator(seed)
    groups = _groups(case, fits)
    parts = []
    for number, blocks in enumerate(groups):
        state = "" if rng is None else _write_state(rng)
        parts.append(PermutationPart(blocks[0].start, blocks[-1].stop, state))
        if rng is not None and number < len(groups) - 1:
            for _ in permute(case, blocks, rng=rng):
                pass  # drawn and left to the part itself: the next one begins after these numbers
    return tuple(parts)


def count_permutations(
    yi: ArrayLike,
    vi: ArrayLike,
    part: PermutationPart,
    *,
    mods: Moderators | None = None,
    permutations: int = PERMUTATIONS,
    tau2_method: str = "REML",
    ci_method: str = "hksj",
) -> tuple[int, ...]:
    """Return in how many permutations of a part each coefficient, and last the joint test, is as extreme as observed.

    Raises
    ------
    TooFewStudies, InvalidInput, UndefinedResult
        As `permutation_test` does.
    """
    require_option("tau2_method", tau2_method, TAU2_METHODS)
    require_option("ci_method", ci_method, CI_METHODS)
    case = read_case(yi, vi, mods=mods, exact=None, permutations=permutations)
    observed = find_observed(case, tau2_method=tau2_method, ci_method=ci_method)
    blocks = [
        block for block in blocks_of(case.fitted, case.yi.size) if part.start <= block.start and block.stop <= part.stop
    ]
    counts = np.zeros(case.design.X.shape[1] + 1, dtype=np.int64)
    for problems in permute(case, blocks, rng=_read_state(part.generator)):
        fits = fit_many(*problems, case.design.X, tau2_method=tau2_method, ci_method=ci_method)
        is_far, is_large = are_extreme(observed, *find_statistics(fits, ci_method))
        counts[:-1] += np.count_nonzero(is_far, axis=0)
        counts[-1] += np.count_nonzero(is_large)
    return tuple(counts.tolist())


def join_permutations(
    yi: ArrayLike,
    vi: ArrayLike,
    counts: Sequence[tuple[int, ...]],
    *,
    mods: Moderators | None = None,
    permutations: int = PERMUTATIONS,
) -> PermutationShares:
    """Return the p values of a test from what `count_permutations` gave for all its parts."""
    case = read_case(yi, vi, mods=mods, exact=None, permutations=permutations)
    *shares, joint = (np.sum(counts, axis=0) / case.fitted).tolist()
    return PermutationShares(tuple(shares), joint, case.size, case.is_exact)


def _groups(case: PermutedCase, fits: int) -> list[list[slice]]:
    """Return the blocks of the test, grouped to about `fits` permutations."""
    blocks = blocks_of(case.fitted, case.yi.size)
    size = max(1, round(fits / blocks[0].stop))
    return [blocks[start : start + size] for start in range(0, len(blocks), size)]


def _write_state(rng: np.random.Generator) -> str:
    """Return the state of random numbers as text."""
    state = rng.bit_generator.state
    numbers = (state["state"]["state"], state["state"]["inc"], state["has_uint32"], state["uinteger"])
    return " ".join(f"{number:x}" for number in numbers)


def _read_state(text: str) -> np.random.Generator | None:
    """Return the random numbers of a state, None for no text."""
    if not text:
        return None
    state, inc, has_half, half = (int(number, 16) for number in text.split())
    source = np.random.PCG64()
    source.state = {
        "bit_generator": "PCG64",
        "state": {"state": state, "inc": inc},
        "has_uint32": has_half,
        "uinteger": half,
    }
    return np.random.Generator(source)
