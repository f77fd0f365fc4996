"""A root between two ends by halving, for functions without a slope at hand."""

from __future__ import annotations

from collections.abc import Callable

# From any bracket of doubles to neighbouring doubles: at most 64 bits of significand and exponent, twice.
MAX_HALVINGS = 2_200
# A bracket is widened until the power of 2 leaves every scale in use.
MAX_DOUBLINGS = 140


def bisect(function: Callable[[float], float], positive: float, negative: float) -> float:
    """Return the point at which a function changes from above 0 to 0 or below, to the last bit.

    Parameters
    ----------
    function : decreasing on the way from `positive` to `negative`
    positive, negative : ends, in either order, at which the function is above 0 and not above 0
    """
    for _ in range(MAX_HALVINGS):
        middle = 0.5 * (positive + negative)
        if middle in (positive, negative):
            break
        if function(middle) > 0.0:
            positive = middle
        else:
            negative = middle
    return negative


def widen(function: Callable[[float], float], start: float, step: float) -> tuple[float, float] | None:
    """Return the two ends of a bracket of a root beyond `start`, or None where there is none within reach.

    The function is above 0 at `start`; `step` (its sign is the direction) is doubled until it is not.
    """
    inside = start
    for _ in range(MAX_DOUBLINGS):
        outside = start + step
        if function(outside) <= 0.0:
            return inside, outside
        inside, step = outside, 2.0 * step
    return None
