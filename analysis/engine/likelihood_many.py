"""The global maximum of the ML or REML likelihood of tau2, for many problems at once.

With P = W - W X (X'WX)^-1 X'W and W = diag(1 / (vi + tau2)), twice the score is A - B, where A = y'PPy and B is tr(P)
for REML, tr(W) for ML. With C = y'PPPy, and D = tr(PP) or tr(WW), A' = -2 C and B' = -D. A and C are sums of squares
over powers of eigenvalues plus tau2, B and D sums of such powers. Two consequences carry everything here.

- B / A is nearly straight in tau2. Newton's method on B / A = 1 needs three or four steps.
- A^(-1/2) and 1 / B rise and are concave (by Minkowski's inequality for the powers -2 and -1): they lie below their
  tangents and above their chords, and A^(-1/2) never rises less than far out, where its slope is (r'r)^(-1/2) with the
  unweighted residuals r. So the terms at 0 and at the maximum that was found bound A from below and B from above
  between them, and the other way round beyond. Nearly always that shows A > B before and A < B after: there is no other
  maximum. Else a few more points beyond the maximum show it.

Where the proof fails, the whole half line is scanned and the highest maximum wins.

References
----------
Likelihoods and scores: Viechtbauer (2005), doi:10.3102/10769986030003261.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged
from analysis.engine.problems import Moments, Problems, moments, square_of

MAX_ITERATIONS = 200
# A step this small relative to tau2 plus a typical variance leaves an error of its square: convergence is quadratic.
LAST_STEP = 1e-7
# Finished problems are dropped from the arrays when they are this share of them.
DROP_FROM = 0.3
# Growth of (typical variance + tau2) between two points of the proof.
PACE = 1.3
# The proof compares sums that carry rounding errors of about 1e-12.
MARGIN = 1e-9
# The sums of the proof lose digits with the square of the ratio of the variances: beyond, it is not tried.
LARGEST_RATIO = 1e6
# Where the proof fails, the score is seen at this many points a decade: its terms change over factors of two and more.
POINTS_PER_DECADE = 24
# Below a thousandth of the smallest variance tau2 moves no weight by more than 0.1%: the score is straight there.
FINEST_FRACTION = 1e-3
# Studies times points of a scan that are held at once.
SCANNED_AT_ONCE = 2**16


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """A, B, C and D of the module's head, arrays of shape (b,)."""

    a: FloatArray
    b: FloatArray
    c: FloatArray
    d: FloatArray

    def take(self, rows: NDArray[np.intp] | NDArray[np.bool_]) -> Terms:
        """Return those of some problems."""
        return Terms(a=self.a[rows], b=self.b[rows], c=self.c[rows], d=self.d[rows])


def terms_of(values: Moments, *, restricted: bool) -> Terms:
    """Return the terms of the REML (`restricted`) or ML score."""
    if restricted:
        return Terms(a=values.ypp, b=values.trace, c=values.yppp, d=values.trace_squares)
    return Terms(a=values.ypp, b=values.weight, c=values.yppp, d=values.squares)


def maximise_many(
    problems: Problems, at_zero: Moments, *, start: FloatArray, restricted: bool
) -> tuple[FloatArray, Moments]:
    """Return the tau2 >= 0 at which each likelihood is highest over all of [0, infinity), shape (b,), and the moments.

    Parameters
    ----------
    at_zero : moments at tau2 = 0
    start : array of shape (b,)  where to begin, at least 0

    Raises
    ------
    NotConverged
        A bracket that the search could not close.
    """
    first = terms_of(at_zero, restricted=restricted)
    tau2 = np.zeros(start.size)
    has_room = problems.count > problems.p
    if not has_room.all():
        some = np.flatnonzero(has_room)
        if some.size:
            part, sums = problems.take(some), at_zero.take(some)
            tau2[some] = maximise_many(part, sums, start=start[some], restricted=restricted)[0]
        return tau2, moments(problems, tau2)
    rising = np.flatnonzero(first.a > first.b)
    if rising.size:
        is_all = rising.size == tau2.size
        part, begin, weight = problems, start, at_zero.weight
        if not is_all:
            part, begin, weight = problems.take(rising), start[rising], at_zero.weight[rising]
        tau2[rising] = _climb(part, begin, part.count / weight, restricted=restricted)
    now = moments(problems, tau2)
    at_root = terms_of(now, restricted=restricted)
    unsure = np.flatnonzero(~_has_one_maximum(problems, first, at_root, tau2, restricted=restricted))
    if unsure.size:
        part = problems.take(unsure)
        tau2[unsure] = _scan(part, restricted=restricted)
        now.put(unsure, moments(part, tau2[unsure]))
    return tau2, now


def _climb(problems: Problems, start: FloatArray, typical: FloatArray, *, restricted: bool) -> FloatArray:
    """Return a root of the score of each problem whose score at 0 is positive: Newton inside a bracket."""
    found = start.copy()
    rows, tau2 = np.arange(start.size), start
    low, high = np.zeros(start.size), np.full(start.size, np.inf)
    for _ in range(MAX_ITERATIONS):
        now = terms_of(moments(problems, tau2), restricted=restricted)
        target, low, high = _next_point(now, tau2, low, high, typical)
        done = (np.abs(target - tau2) <= LAST_STEP * (tau2 + typical)) | (now.a == now.b)
        tau2 = target
        finished = np.count_nonzero(done)
        if finished == done.size:
            found[rows] = tau2
            return found
        if finished:
            found[rows[done]] = tau2[done]
            if finished > DROP_FROM * done.size:
                kept = np.flatnonzero(~done)
                problems = problems.take(kept)
                rows, tau2, low, high, typical = rows[kept], tau2[kept], low[kept], high[kept], typical[kept]
    raise NotConverged(what="tau2", iterations=MAX_ITERATIONS)


def _next_point(
    now: Terms, tau2: FloatArray, low: FloatArray, high: FloatArray, typical: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the next tau2 and the new bracket: Newton on B / A = 1, else the middle, else further out."""
    is_rising = now.a > now.b
    low, high = np.where(is_rising, tau2, low), np.where(is_rising, high, tau2)
    slope = 2.0 * now.b * now.c - now.a * now.d
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        target = tau2 + now.a * (now.a - now.b) / slope
        good = ((slope > 0.0) & (target > low) & (target < high)) | (target == tau2)
        if good.all():
            return target, low, high
        middle = np.where(np.isfinite(high), 0.5 * (low + high), 4.0 * (low + typical))
    return np.where(good, target, middle), low, high


def _has_one_maximum(
    problems: Problems, first: Terms, at_root: Terms, root: FloatArray, *, restricted: bool
) -> NDArray[np.bool_]:
    """Return for which problems it is proved that the likelihood has one maximum; `root` is the one that is known."""
    possible, is_even = _is_positive_between(first, at_root, root), np.ones(root.size, dtype=np.bool_)
    if problems.widest > LARGEST_RATIO:
        is_even = _largest_variance(problems) <= LARGEST_RATIO * np.min(problems.vi, axis=1)
        possible &= is_even
    if not possible.all():
        left = np.flatnonzero(is_even & ~possible)
        ends = first.take(left), at_root.take(left)
        possible[left] = _is_positive_by_halves(problems.take(left), *ends, root[left], restricted=restricted)
    proved = possible & _is_negative_after(at_root, _sum_of_squares(problems))
    if not proved.all():
        left = np.flatnonzero(possible & ~proved)
        part, begin = problems.take(left), at_root.take(left)
        proved[left] = _is_negative_by_steps(part, begin, root[left], restricted=restricted)
        proved |= first.a == 0.0
    return proved


def _is_positive_between(before: Terms, after: Terms, width: FloatArray) -> NDArray[np.bool_]:
    """Return whether A > B is proved between two points, by the tangents of A^(-1/2) and the chord of 1 / B.

    At the first point A > B, at the second A >= B, unless they are one. The square of a tangent less the chord is
    convex: negative where the tangents meet and not above 0 at the ends, it is negative between.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        height, height_end = 1.0 / np.sqrt(before.a), 1.0 / np.sqrt(after.a)
        slope, slope_end = before.c * height**3, after.c * height_end**3
        meet = (height_end - height - width * slope_end) / (slope - slope_end)
        meet = np.where((meet > 0.0) & (meet < width), meet, 0.5 * width)
        most = np.maximum(height + meet * slope, height_end - (width - meet) * slope_end)
        inverse = 1.0 / before.b
        chord = inverse + (1.0 / after.b - inverse) * (meet / width)
        return np.asarray((width == 0.0) | (most * most * (1.0 + MARGIN) < chord))


def _is_positive_by_halves(
    problems: Problems, first: Terms, at_root: Terms, root: FloatArray, *, restricted: bool
) -> NDArray[np.bool_]:
    """Return for which problems A > B from 0 to the root is proved with one more point."""
    unit = first.b / first.d
    middle = unit * (np.sqrt(1.0 + root / unit) - 1.0)
    now = terms_of(moments(problems, middle), restricted=restricted)
    both = _is_positive_between(first, now, middle) & _is_positive_between(now, at_root, root - middle)
    return np.asarray((now.a > now.b) & both)


def _is_negative_after(at_root: Terms, squares: FloatArray) -> NDArray[np.bool_]:
    """Return whether A < B is proved from a point where A <= B on; `squares` is r'r.

    The square of the line of least slope below A^(-1/2) less the tangent of 1 / B is lowest where their slopes agree.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        height, inverse, reach = 1.0 / np.sqrt(at_root.a), 1.0 / at_root.b, np.sqrt(squares)
        slope = at_root.d * inverse * inverse
        missing = 0.5 * slope * reach - height
        rises = missing < -MARGIN * height
        if rises.all():
            return np.asarray(rises)
        lowest = (height + missing) ** 2 - inverse - slope * missing * reach
        return np.asarray(rises | ((missing >= 0.0) & (lowest > MARGIN * inverse)))


def _is_negative_between(before: Terms, after: Terms, width: FloatArray) -> NDArray[np.bool_]:
    """Return whether A < B is proved between two points, by the chord of A^(-1/2) and the tangents of 1 / B.

    At the first point A <= B. The square of the chord less each tangent is seen where it is lowest, up to the place
    where the tangents meet.
    """
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        height, height_end = 1.0 / np.sqrt(before.a), 1.0 / np.sqrt(after.a)
        rise = (height_end - height) / width
        inverse, inverse_end = 1.0 / before.b, 1.0 / after.b
        slope, slope_end = before.d * inverse**2, after.d * inverse_end**2
        meet = np.clip((inverse_end - inverse - width * slope_end) / (slope - slope_end), 0.0, width)
        first = np.clip((0.5 * slope / rise - height) / rise, 0.0, meet)
        second = np.clip((0.5 * slope_end / rise - height_end) / rise, meet - width, 0.0)
        lowest = (height + rise * first) ** 2 - (inverse + slope * first)
        lowest_end = (height_end + rise * second) ** 2 - (inverse_end + slope_end * second)
        rises = 2.0 * height * rise > slope * (1.0 + MARGIN)
        return np.asarray((rises | (lowest > MARGIN * inverse)) & (lowest_end > MARGIN * inverse_end))


def _is_negative_by_steps(
    problems: Problems, at_root: Terms, root: FloatArray, *, restricted: bool
) -> NDArray[np.bool_]:
    """Return for which problems A < B beyond the root is proved step by step."""
    part, before, reach, squares = problems, at_root, root, _sum_of_squares(problems)
    good, active = np.zeros(root.size, dtype=np.bool_), np.arange(root.size)
    unit = before.b / before.d - root
    while active.size:
        point = PACE * (unit + reach) - unit
        after = terms_of(moments(part, point), restricted=restricted)
        clear = _is_negative_between(before, after, point - reach)
        finished = clear & _is_negative_after(after, squares)
        good[active[finished]] = True
        going = np.flatnonzero(clear & ~finished)
        active, part, squares = active[going], part.take(going), squares[going]
        unit, before, reach = unit[going], after.take(going), point[going]
    return good


def _largest_variance(problems: Problems) -> FloatArray:
    """Return the largest variance of the studies that are in."""
    is_in = problems.included()
    return np.asarray(np.max(problems.vi if is_in.all() else np.where(is_in, problems.vi, 0.0), axis=1))


def _sum_of_squares(problems: Problems) -> FloatArray:
    """Return r'r with the unweighted residuals r."""
    residuals = _plain_residuals(problems)
    return np.asarray(np.vecdot(residuals, residuals))


def _plain_residuals(problems: Problems) -> FloatArray:
    """Return the residuals without weights; 0 for studies that are out."""
    if problems.is_mean:
        return problems.yi
    is_in = problems.included()
    if is_in.all():  # the columns are orthogonal
        return np.asarray(problems.yi - problems.yi @ problems.X @ (problems.X / np.sum(problems.X**2, axis=0)).T)
    one = is_in.astype(np.float64)
    beta = np.linalg.solve(square_of(problems, one), (one * problems.yi @ problems.X)[:, :, np.newaxis])
    return np.asarray((problems.yi - beta[:, :, 0] @ problems.X.T) * one)


def _scan(problems: Problems, *, restricted: bool) -> FloatArray:
    """Return the highest of all maxima of each problem, shape (b,).

    Beyond max(vi) - 2 min(vi) all roots of the score are maxima, so that there is at most one; up to max(vi) the score
    is seen on a grid.
    """
    least, most = np.min(problems.vi, axis=1), _largest_variance(problems)
    decades = float(np.max(np.log10(most / (FINEST_FRACTION * least))))
    steps = np.linspace(0.0, 1.0, 2 + int(POINTS_PER_DECADE * decades))
    grid = FINEST_FRACTION * least[:, np.newaxis] * (most / (FINEST_FRACTION * least))[:, np.newaxis] ** steps
    grid = np.concatenate([np.zeros((least.size, 1)), grid], axis=1)
    score = _scores(problems, grid, restricted=restricted)
    row, place = np.nonzero((score[:, :-1] > 0.0) & (score[:, 1:] <= 0.0))
    beyond, falling = np.flatnonzero(score[:, -1] > 0.0), np.flatnonzero(score[:, 0] <= 0.0)
    rows = np.concatenate([row, beyond])
    low = np.concatenate([grid[row, place], grid[beyond, -1]])
    high = np.concatenate([grid[row, place + 1], np.full(beyond.size, np.inf)])
    maxima = np.concatenate([_close(problems.take(rows), low, high, restricted=restricted), np.zeros(falling.size)])
    rows = np.concatenate([rows, falling])
    heights = log_likelihood_many(problems.take(rows), maxima, restricted=restricted)
    order = np.lexsort((maxima, -heights, rows))  # by problem, the highest first, the smallest of equals
    first = order[np.unique(rows[order], return_index=True)[1]]
    return maxima[first]


def _scores(problems: Problems, grid: FloatArray, *, restricted: bool) -> FloatArray:
    """Return A - B at every point of each problem's grid, shape (b, points)."""
    score = np.empty(grid.shape)
    step = max(1, SCANNED_AT_ONCE // (grid.shape[1] * problems.yi.shape[1]))
    for start in range(0, grid.shape[0], step):
        rows = np.arange(start, min(start + step, grid.shape[0]))
        repeated = problems.take(np.repeat(rows, grid.shape[1]))
        seen = terms_of(moments(repeated, grid[rows].ravel()), restricted=restricted)
        score[rows] = (seen.a - seen.b).reshape(rows.size, -1)
    return score


def _close(problems: Problems, low: FloatArray, high: FloatArray, *, restricted: bool) -> FloatArray:
    """Return the root of the score in each bracket: Newton, kept inside by bisection."""
    typical = problems.count / np.sum(1.0 / problems.vi, axis=1)
    is_closed = np.isfinite(high)
    tau2 = np.where(is_closed, 0.5 * (low + np.where(is_closed, high, low)), 2.0 * low)
    for _ in range(MAX_ITERATIONS):
        now = terms_of(moments(problems, tau2), restricted=restricted)
        target, low, high = _next_point(now, tau2, low, high, typical)
        moved, tau2 = np.abs(target - tau2), target
        if np.all(moved <= LAST_STEP * (tau2 + FINEST_FRACTION * typical)):
            return tau2
    raise NotConverged(what="tau2", iterations=MAX_ITERATIONS)


def log_likelihood_many(problems: Problems, tau2: FloatArray, *, restricted: bool) -> FloatArray:
    """Return the log-likelihood of each problem at its tau2, without the constant that holds no data."""
    is_in = problems.included()
    now = moments(problems, tau2)
    totals = np.where(is_in, problems.vi, 1.0) + np.where(is_in, tau2[:, np.newaxis], 0.0)
    value = np.sum(np.log(totals), axis=1) + now.q
    if restricted:
        value = value - np.linalg.slogdet(now.inverse)[1]
    return np.asarray(-0.5 * value)
