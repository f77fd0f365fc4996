"""The global maximum of the ML or REML likelihood of tau2, for many problems at once.

With P = W - W X (X'WX)^-1 X'W and W = diag(1 / (vi + tau2)), twice the score is A - B, where A = y'PPy and B is tr(P)
for REML, tr(W) for ML. With C = y'PPPy, and D = tr(PP) or tr(WW), A' = -2 C and B' = -D. A and C are sums of squares
over powers of eigenvalues plus tau2, B and D sums of such powers, so that A and B fall steadily and

    alpha = A / C - tau2    and    beta = B / D - tau2    never fall (by the inequality of Cauchy and Schwarz).

Two consequences carry everything here.

- B / A is nearly straight in tau2. Newton's method on B / A = 1 needs three or four steps.
- A root of the score is a maximum where A / C < 2 B / D. Between a and b that holds for every tau2 above
  alpha(b) - 2 beta(a). Far out, alpha tends to r'Vr / r'r with the unweighted residuals r. So where
  alpha(infinity) <= 2 beta(0), all roots are maxima, and there is at most one: the maximum found is the only one. Else
  a few evaluations on the way to alpha(infinity) - 2 beta prove the same for the rest.

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
PACE = 1.4
# The one point is put a little before the place that is guessed, and not too near to 0 or the root.
ALMOST, LEAST_SHARE = 0.97, 0.05
# Cuts of a piece on which the proof fails at first.
CUTS = 4
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

    def replaced(self, other: Terms, rows: NDArray[np.bool_]) -> Terms:
        """Return those of the other in some problems."""
        return Terms(*(np.where(rows, getattr(other, name), getattr(self, name)) for name in Terms.__slots__))

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
        tau2[rising] = _climb(problems.take(rising), start[rising], restricted=restricted)
    now = moments(problems, tau2)
    at_root = terms_of(now, restricted=restricted)
    unsure = np.flatnonzero(~_has_one_maximum(problems, first, at_root, tau2, restricted=restricted))
    if unsure.size:
        part = problems.take(unsure)
        tau2[unsure] = _scan(part, restricted=restricted)
        now.put(unsure, moments(part, tau2[unsure]))
    return tau2, now


def _climb(problems: Problems, start: FloatArray, *, restricted: bool) -> FloatArray:
    """Return a root of the score of each problem whose score at 0 is positive: Newton inside a bracket."""
    typical = problems.count / np.sum(1.0 / problems.vi, axis=1)
    found = start.copy()
    rows, tau2 = np.arange(start.size), start.copy()
    low, high = np.zeros(start.size), np.full(start.size, np.inf)
    for _ in range(MAX_ITERATIONS):
        now = terms_of(moments(problems, tau2), restricted=restricted)
        target, low, high = _next_point(now, tau2, low, high, typical)
        done = (np.abs(target - tau2) <= LAST_STEP * (tau2 + typical)) | (now.a == now.b)
        tau2 = target
        if done.any():
            found[rows[done]] = tau2[done]
            if done.all():
                return found
            if np.count_nonzero(done) > DROP_FROM * done.size:
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
        middle = np.where(np.isfinite(high), 0.5 * (low + high), 4.0 * (low + typical))
    inside = (slope > 0.0) & (target > low) & (target < high)
    stays = target == tau2
    return np.where(inside | stays, target, middle), low, high


def _has_one_maximum(
    problems: Problems, first: Terms, at_root: Terms, root: FloatArray, *, restricted: bool
) -> NDArray[np.bool_]:
    """Return for which problems it is proved that the likelihood has one maximum; `root` is the one that is known."""
    farthest = _alpha_far_out(problems)
    is_even = np.ones(root.size, dtype=np.bool_)
    if problems.widest > LARGEST_RATIO:
        is_even = _largest_variance(problems) <= LARGEST_RATIO * np.min(problems.vi, axis=1)
    beta = first.b / np.where(is_even, first.d, 1.0)
    proved: NDArray[np.bool_] = (first.a == 0.0) | (is_even & (farthest <= 2.0 * beta * (1.0 - MARGIN)))
    # From 0 to the root, and from there on: its terms cost nothing, since its moments are needed anyway.
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = farthest - 2.0 * (at_root.b / at_root.d - root)
        through = is_clear(first, at_root, beta=beta, reach=np.zeros(root.size), point=root)
        is_clear_beyond = rest < root * (1.0 - MARGIN)
    proved |= is_even & through & is_clear_beyond
    left = np.flatnonzero(~proved & is_even)
    if left.size:
        last = np.where(is_clear_beyond, root, np.inf)[left]
        part, reach = problems.take(left), np.where(through, root, 0.0)[left]
        begin = first.take(left).replaced(at_root.take(left), through[left])
        ends = farthest[left], last
        good = _is_clear_by_one_point(part, begin, reach, at_root.take(left), ends, restricted=restricted)
        rows = np.flatnonzero(~good)
        ends = farthest[left[rows]], last[rows]
        good[rows] = _is_clear_by_steps(part.take(rows), begin.take(rows), reach[rows], ends, restricted=restricted)
        proved[left] = good
    return proved


def _is_clear_by_one_point(
    problems: Problems,
    first: Terms,
    reach: FloatArray,
    at_root: Terms,
    ends: tuple[FloatArray, FloatArray],
    *,
    restricted: bool,
) -> NDArray[np.bool_]:
    """Return for which problems, clear up to `reach` (0 or the root), one more point is enough.

    `ends` are alpha far out, and the root where all beyond it is clear, else infinity. In the former case the place
    where alpha reaches 2 beta(0) is guessed as if alpha rose with tau2 / (tau2 + beta(0)).
    """
    farthest, last = ends
    beta, is_bounded = first.b / first.d - reach, np.isfinite(last)
    root = np.where(is_bounded, last, 1.0)
    alpha, alpha_root = first.a / first.c, at_root.a / at_root.c - root
    with np.errstate(divide="ignore", invalid="ignore"):
        rise = (ALMOST * 2.0 * beta - alpha) / (alpha_root - alpha)
    share = np.clip(np.nan_to_num(rise, nan=0.5), LEAST_SHARE, 1.0 - LEAST_SHARE) * root / (root + beta)
    point = np.where(is_bounded, beta * share / (1.0 - share), (farthest - 2.0 * beta) * (1.0 + 2.0 * MARGIN))
    after = terms_of(moments(problems, point), restricted=restricted)
    good = is_clear(first, after, beta=beta, reach=reach, point=point)
    return good & (~is_bounded | is_clear(after, at_root, beta=after.b / after.d - point, reach=point, point=root))


def _is_clear_by_steps(
    problems: Problems,
    first: Terms,
    reach: FloatArray,
    ends: tuple[FloatArray, FloatArray],
    *,
    restricted: bool,
) -> NDArray[np.bool_]:
    """Return for which problems small steps from `reach` to where all is clear succeed; ends as for one point."""
    (farthest, last), part, before = ends, problems, first
    good, active = np.zeros(last.size, dtype=np.bool_), np.arange(last.size)
    beta = first.b / first.d - reach
    unit = beta
    while active.size:
        end = np.minimum((farthest - 2.0 * beta) * (1.0 + 2.0 * MARGIN), last)
        point = np.minimum(end, PACE * (unit + reach) - unit)
        after = terms_of(moments(part, point), restricted=restricted)
        clear = is_clear(before, after, beta=beta, reach=reach, point=point)
        bad = np.flatnonzero(~clear)
        if bad.size:
            clear[bad] = _is_clear_in_cuts(part.take(bad), reach[bad], point[bad], restricted=restricted)
        finished = clear & (point >= end)
        good[active[finished]] = True
        going = np.flatnonzero(clear & ~finished)
        active, part, farthest, last = active[going], part.take(going), farthest[going], last[going]
        unit, before, reach = unit[going], after.take(going), point[going]
        beta = before.b / before.d - reach
    return good


def _largest_variance(problems: Problems) -> FloatArray:
    """Return the largest variance of the studies that are in."""
    is_in = problems.included()
    return np.asarray(np.max(problems.vi if is_in.all() else np.where(is_in, problems.vi, 0.0), axis=1))


def _alpha_far_out(problems: Problems) -> FloatArray:
    """Return the limit of alpha for large tau2, r'Vr / r'r with the unweighted residuals r."""
    is_in = problems.included()
    residuals = problems.yi
    if not problems.is_mean:
        one = is_in.astype(np.float64)
        beta = np.linalg.solve(square_of(problems, one), (one * problems.yi @ problems.X)[:, :, np.newaxis])
        residuals = (problems.yi - beta[:, :, 0] @ problems.X.T) * one
    squares = residuals * residuals
    total = np.sum(squares, axis=1)
    crossed = np.einsum("ij,ij->i", squares, problems.vi if is_in.all() else np.where(is_in, problems.vi, 0.0))
    return np.where(total > 0.0, crossed / np.where(total > 0.0, total, 1.0), 0.0)


def is_clear(
    before: Terms, after: Terms, *, beta: FloatArray, reach: FloatArray, point: FloatArray
) -> NDArray[np.bool_]:
    """Return whether every root from `reach` to `point` must be a maximum, or there is none; beta: at `reach`."""
    never = (after.a > before.b * (1.0 + MARGIN)) | (before.a < after.b * (1.0 - MARGIN))
    return np.asarray(never | ((after.a / after.c - point) * (1.0 + MARGIN) - 2.0 * beta < reach))


def _is_clear_in_cuts(
    problems: Problems, start: FloatArray, stop: FloatArray, *, restricted: bool
) -> NDArray[np.bool_]:
    """Return whether the pieces between two points, cut finer, are all clear."""
    before = terms_of(moments(problems, start), restricted=restricted)
    good = np.ones(start.size, dtype=np.bool_)
    reach = start
    for cut in range(1, CUTS + 1):
        point = start + (stop - start) * (cut / CUTS)
        after = terms_of(moments(problems, point), restricted=restricted)
        good &= is_clear(before, after, beta=before.b / before.d - reach, reach=reach, point=point)
        before, reach = after, point
    return good


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
