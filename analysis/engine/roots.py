"""A root between two ends: Newton's method, kept inside its bracket by bisection."""

from __future__ import annotations

from collections.abc import Callable
from math import isfinite

from analysis.engine.errors import NotConverged

# A bracket that starts 1e40 wide and ends at double precision needs about 200 halvings.
MAX_ITERATIONS = 400
# Four units in the last place: closer, rounding decides the sign.
RELATIVE_TOLERANCE = 4.0 * 2.0**-52


def find_root(
    value_and_slope: Callable[[float], tuple[float, float]], low: float, high: float, *, what: str, smallest: float
) -> float:
    """Return the point in [low, high] where a function changes from positive to not positive.

    Parameters
    ----------
    value_and_slope : function  returns value and derivative at a point; value > 0 at `low`, <= 0 at `high`
    low, high : ends of the bracket, 0 <= low < high
    what : the quantity searched for, named in the error
    smallest : magnitude below which the point makes no difference; the tolerance is relative to the larger of both

    Raises
    ------
    NotConverged
        400 iterations were not enough.
    """
    point = 0.5 * (low + high)
    width = high - low
    for _ in range(MAX_ITERATIONS):
        value, slope = value_and_slope(point)
        if value > 0.0:
            low = point
        else:
            high = point
        tolerance = RELATIVE_TOLERANCE * max(point, smallest)
        step = -value / slope if slope < 0.0 else float("inf")
        target = point + step
        if not isfinite(target) or not low < target < high or abs(step) > 0.5 * width:
            target = 0.5 * (low + high)
        if value == 0.0 or high - low <= tolerance or abs(target - point) <= tolerance:
            return min(max(target, low), high) if value != 0.0 else point
        width = abs(target - point)
        point = target
    raise NotConverged(what=what, iterations=MAX_ITERATIONS)
