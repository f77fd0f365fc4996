"""How far the engine may be from metafor, and why that far."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from analysis.engine import Pooled

# Both sides work in double precision (1e-16). Sums over 100 studies and the flat top of a likelihood cost some digits,
# tiny p values most: the worst seen is 2e-11. 1e-9 leaves room for another BLAS and is below what anyone prints.
EXACT = 1e-9
# metafor's own default stops when a step of tau2 is below 1e-5 (ML, REML, EB) or, for PM, PMM and the Q-profile
# interval, when the root is known to 1.2e-4 (uniroot's .Machine$double.eps^0.25). Slow convergence makes the first
# about ten steps.
DEFAULT_STEP = {"ML": 1e-4, "REML": 1e-4, "EB": 1e-4, "PM": 1.3e-4, "PMM": 1.3e-4}
UNIROOT_STEP = 1.3e-4
# Shares of permutations are whole numbers divided by whole numbers: only the division may differ.
SHARE = 1e-12
# Far below, p values leave double precision: metafor rounds to 0 what the engine still holds as a denormal number.
SMALLEST_P_VALUE = 1e-200

# The engine's attribute, metafor's name, and the factor between them (metafor's I2 is a percentage).
QUANTITIES = (
    ("estimate", "b", 1.0),
    ("se", "se", 1.0),
    ("statistic", "zval", 1.0),
    ("p_value", "pval", 1.0),
    ("ci_lower", "ci.lb", 1.0),
    ("ci_upper", "ci.ub", 1.0),
    ("pi_lower", "pi.lb", 1.0),
    ("pi_upper", "pi.ub", 1.0),
    ("tau2", "tau2", 1.0),
    ("tau2_se", "se.tau2", 1.0),
    ("i2", "I2", 100.0),
    ("h2", "H2", 1.0),
    ("q", "QE", 1.0),
    ("q_p_value", "QEp", 1.0),
)


def difference(mine: float | None, theirs: float | None, *, floor: float = 0.0) -> float:
    """Return the difference relative to the larger of metafor's value and `floor`; infinite if one is missing."""
    if mine is None or theirs is None:
        return 0.0 if mine is theirs else math.inf
    if mine == theirs:
        return 0.0
    return abs(mine - theirs) / max(abs(theirs), floor)


def floor_of(attribute: str, fit: Pooled, typical: float) -> float:
    """Return the size below which a quantity counts as 0: effects against se, tau2 against the typical variance.

    p values: their relative error is the error of the statistic times its size squared, at most 1e4 here; those below
    SMALLEST_P_VALUE are not compared digit by digit. i2 is a fraction of 1.
    """
    if attribute in {"estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"}:
        return fit.se
    if attribute in {"tau2", "tau2_se", "tau2_ci_lower", "tau2_ci_upper"}:
        return typical
    if attribute in {"statistic", "i2"}:
        return 1.0
    return SMALLEST_P_VALUE if attribute.endswith("p_value") else 1e-12


def differences(fit: Pooled, answer: dict[str, Any], *, typical: float) -> dict[str, float]:
    """Return the difference of each quantity between the engine's fit and metafor's answer."""
    found = {}
    for attribute, name, factor in QUANTITIES:
        theirs = answer.get(name)
        floor = floor_of(attribute, fit, typical)
        found[attribute] = difference(getattr(fit, attribute), None if theirs is None else theirs / factor, floor=floor)
    return found


def typical_variance(vi: np.ndarray) -> float:
    """Return the "typical" sampling variance, against which tau2 is large or small."""
    wi = 1.0 / vi
    return float((vi.size - 1) * wi.sum() / (wi.sum() ** 2 - (wi**2).sum()))


def worst(mine: ArrayLike, theirs: Sequence[float | None], *, floor: float = 0.0) -> float:
    """Return the largest difference of two lists; NaN here stands for metafor's missing value."""
    ours = [None if math.isnan(value) else float(value) for value in np.asarray(mine, dtype=float).ravel()]
    if len(ours) != len(theirs):
        return math.inf
    return max((difference(one, other, floor=floor) for one, other in zip(ours, theirs, strict=True)), default=0.0)


def worst_p_value(mine: ArrayLike, theirs: Sequence[float | None]) -> float:
    """Return the largest difference of two lists of p values."""
    return worst(mine, theirs, floor=SMALLEST_P_VALUE)
