"""Weight functions of selection models: how likely a study is to be seen, given its p value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy import special

from analysis.engine.arrays import FloatArray

SMOOTH = ("beta", "halfnorm", "negexp", "logistic", "power")
# Below it, and above 1 minus it, p values count as it: the weight would be 0 or infinite. As in metafor.
SMALLEST_P_VALUE = {"beta": 1e-5, "power": 1e-5, "halfnorm": 0.0, "negexp": 0.0, "logistic": 0.0}
# Where p values are not cut off, z values beyond this have p below 1e-19 or above 1 - 1e-19.
FARTHEST_Z = 9.0
# Panels of one unit of z with 16 points integrate a smooth weight times a normal density to double precision.
POINTS = 16
# Next to z = 0 a two-sided p value nears 1, where weights are powers of the distance: panels grow by this factor.
GROWTH = 4.0


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """The z axis in points of quadrature and stretches of constant weight.

    Attributes
    ----------
    z, width : arrays of shape (m,)  points and weights of the quadrature
    left, right : arrays of shape (s,)  ends of the stretches, infinite at the ends of the axis
    """

    z: FloatArray
    width: FloatArray
    left: FloatArray
    right: FloatArray

    def moments(self, mu: FloatArray, spread: FloatArray, sei: FloatArray, *, order: int) -> FloatArray:
        """Return normal integrals of Hermite polynomials, shape (order + 1, k, m + s).

        Parameters
        ----------
        mu, spread : arrays of shape (k,)  mean and standard deviation of the effects before selection
        sei : array of shape (k,)  standard errors, the unit of z
        order : highest polynomial, in (effect - mu) / spread
        """
        u = (sei[:, None] * self.z - mu[:, None]) / spread[:, None]
        density = _density(u) * (sei / spread)[:, None] * self.width
        low = (sei[:, None] * self.left - mu[:, None]) / spread[:, None]
        high = (sei[:, None] * self.right - mu[:, None]) / spread[:, None]
        parts = [np.concatenate([density, _between(low, high)], axis=1)]
        polynomials, low_tails, high_tails = _hermite(u, order), _tails(low, order), _tails(high, order)
        for n in range(1, order + 1):
            parts.append(np.concatenate([density * polynomials[n], low_tails[n] - high_tails[n]], axis=1))
        return np.stack(parts)


@dataclass(frozen=True, slots=True, eq=False)
class StepWeights:
    """A weight for each interval of p values.

    Attributes
    ----------
    pieces : one or two stretches of z for each interval
    null : array of shape (q,)  weights without selection
    is_log, may_be_zero : whether the parameters are searched for as logarithms; whether a free one can be 0
    interval, studies : intervals of the stretches and of the studies' p values
    """

    pieces: Pieces
    null: FloatArray
    is_log: bool
    may_be_zero: bool
    interval: np.ndarray
    studies: np.ndarray

    def at_pieces(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Return weights divided by exp(c), (..., m + s), their first and second derivatives, (q, ...), and c."""
        q = delta.size
        first = (np.arange(q)[:, None] == self.interval).astype(np.float64)
        return delta[self.interval], first, np.zeros((q, q, self.interval.size)), 0.0

    def log_at_studies(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log weights of the studies, (k,), with first, (q, k), and second, (q, q, k), derivatives."""
        q, k = delta.size, self.studies.size
        own = delta[self.studies]
        is_own = np.arange(q)[:, None] == self.studies
        first = is_own / own
        second = np.zeros((q, q, k))
        second[np.arange(q), np.arange(q)] = -(first**2)
        return np.log(own), first, second


@dataclass(frozen=True, slots=True, eq=False)
class SmoothWeights:
    """A smooth weight of the p value.

    Attributes
    ----------
    pieces, null, is_log, may_be_zero : as for StepWeights
    name : {"beta", "halfnorm", "negexp", "logistic", "power"}
    piece_p, piece_q : arrays of shape (m + s,)  p values of the pieces, and 1 minus them
    study_p, study_q : arrays of shape (k,)  p values of the studies, and 1 minus them
    step : p value up to which the weight is 1
    precision : array of shape (k,) or None  multiplies delta, study by study
    """

    pieces: Pieces
    null: FloatArray
    is_log: bool
    may_be_zero: bool
    name: str
    piece_p: FloatArray
    piece_q: FloatArray
    study_p: FloatArray
    study_q: FloatArray
    step: float
    precision: FloatArray | None

    def at_pieces(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray, float]:
        """Return the same as for StepWeights."""
        factor = np.ones(1) if self.precision is None else self.precision[:, None]
        log, first, second = self._log(self.piece_p, self.piece_q, delta, factor)
        largest = float(np.max(log))
        weight = np.exp(log - largest)
        return weight, weight * first, weight * (first[:, None] * first[None, :] + second), largest

    def log_at_studies(self, delta: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return the same as for StepWeights."""
        factor = np.ones(1) if self.precision is None else self.precision
        return self._log(self.study_p, self.study_q, delta, factor)

    def _log(
        self, p: FloatArray, q: FloatArray, delta: FloatArray, factor: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return log weights at p values (q is 1 - p) with their derivatives in delta."""
        if self.name == "beta":
            terms = np.stack([np.log(p), np.log(q)])
            return np.tensordot(delta - 1.0, terms, axes=1), terms, np.zeros((2, *terms.shape))
        if self.name == "logistic":
            return _logistic(p, self.step, delta[0] * factor, factor)
        if self.name == "power":
            term = np.log(q) - np.log1p(-self.step)
        else:
            term = self.step**2 - p**2 if self.name == "halfnorm" else self.step - p
        term = factor * np.where(p <= self.step, 0.0, term)
        return delta[0] * term, term[None], np.zeros((1, 1, *term.shape))


Weights: TypeAlias = StepWeights | SmoothWeights


def _logistic(
    p: FloatArray, step: float, delta: FloatArray, factor: FloatArray
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return log weights of the logistic function, 1 up to `step`, with derivatives."""
    is_above = p > step
    log = np.where(is_above, np.logaddexp(0.0, delta * step) - np.logaddexp(0.0, delta * p), 0.0)
    at_p, at_step = special.expit(delta * p), special.expit(delta * step)
    first = factor * np.where(is_above, step * at_step - p * at_p, 0.0)
    curve = step**2 * at_step * (1.0 - at_step) - p**2 * at_p * (1.0 - at_p)
    return log, first[None], (factor**2 * np.where(is_above, curve, 0.0))[None, None]


def p_values(z: FloatArray, alternative: str) -> tuple[FloatArray, FloatArray]:
    """Return p values of z values and 1 minus them, both exact in their tails."""
    if alternative == "two-sided":
        return 2.0 * special.ndtr(-np.abs(z)), special.erf(np.abs(z) / np.sqrt(2.0))
    towards = z if alternative == "greater" else -z
    return special.ndtr(-towards), special.ndtr(towards)


def make_step_weights(z: FloatArray, steps: FloatArray, alternative: str) -> StepWeights:
    """Return the step function with ends `steps` (rising, the last one 1) for studies with these z values."""
    ends = -special.ndtri(steps / 2.0 if alternative == "two-sided" else steps)
    right = np.concatenate([[np.inf], ends[:-1]])
    interval = np.arange(steps.size)
    left = ends.copy()
    left[-1] = 0.0 if alternative == "two-sided" else -np.inf
    if alternative == "two-sided":
        left, right = np.concatenate([left, -right]), np.concatenate([right, -left])
        interval = np.concatenate([interval, interval])
    elif alternative == "less":
        left, right = -right, -left
    studies = np.searchsorted(steps, np.minimum(p_values(z, alternative)[0], 1.0), side="left")
    pieces = Pieces(z=np.zeros(0), width=np.zeros(0), left=left, right=right)
    return StepWeights(pieces, np.ones(steps.size), True, False, interval, studies)


def make_smooth_weights(
    z: FloatArray, name: str, alternative: str, *, step: float, precision: FloatArray | None
) -> SmoothWeights:
    """Return a smooth weight function for studies with these z values."""
    smallest = SMALLEST_P_VALUE[name]
    edges = _panel_edges(smallest, step, is_two_sided=alternative == "two-sided")
    x, weights = np.polynomial.legendre.leggauss(POINTS)
    half = 0.5 * np.diff(edges)
    points = (0.5 * (edges[1:] + edges[:-1])[:, None] + half[:, None] * x).ravel()
    width = (half[:, None] * weights).ravel()
    left, right = np.array([edges[-1], -np.inf]), np.array([np.inf, edges[0]])
    if alternative == "two-sided":
        points, width = np.concatenate([points, -points]), np.concatenate([width, width])
        left, right = np.array([edges[-1], -np.inf, -edges[0]]), np.array([np.inf, -edges[-1], edges[0]])
    elif alternative == "less":
        points, left, right = -points, -right, -left
    inside = np.where(np.isinf(left), right, left)
    piece_p, piece_q = (_cut(values, smallest) for values in p_values(np.concatenate([points, inside]), alternative))
    study_p, study_q = (_cut(values, smallest) for values in p_values(z, alternative))
    return SmoothWeights(
        pieces=Pieces(points, width, left, right),
        null=np.ones(2) if name == "beta" else np.zeros(1),
        is_log=name == "beta",
        may_be_zero=True,
        name=name,
        piece_p=piece_p,
        piece_q=piece_q,
        study_p=study_p,
        study_q=study_q,
        step=step,
        precision=precision,
    )


def _panel_edges(smallest: float, step: float, *, is_two_sided: bool) -> FloatArray:
    """Return the ends of the panels of z (of |z| when two-sided), rising; the weight is constant outside."""
    sides = 2.0 if is_two_sided else 1.0
    top = -float(special.ndtri(smallest / sides)) if smallest > 0.0 else FARTHEST_Z
    if not is_two_sided:
        bottom, edges = -top, np.linspace(-top, top, 2 * int(np.ceil(top)) + 1)
    else:
        bottom = -float(special.ndtri((1.0 - smallest) / 2.0)) if smallest > 0.0 else 0.0
        near = [bottom * GROWTH**n for n in range(40) if bottom * GROWTH**n < 0.5] if bottom > 0.0 else [0.0]
        edges = np.concatenate([near, np.linspace(0.5, top, 2 * int(np.ceil(top)))])
    kink = -float(special.ndtri(step / sides)) if step > 0.0 else top
    return np.unique(np.concatenate([edges, [kink]])) if bottom < kink < top else edges


def _cut(values: FloatArray, smallest: float) -> FloatArray:
    """Return p values moved into [smallest, 1 - smallest]."""
    return np.clip(values, smallest, 1.0 - smallest)


def _density(u: FloatArray) -> FloatArray:
    """Return the standard normal density; 0 at infinity."""
    return np.asarray(np.exp(-0.5 * u**2) / np.sqrt(2.0 * np.pi))


def _between(low: FloatArray, high: FloatArray) -> FloatArray:
    """Return the normal probability between two points, exact where both lie in one tail."""
    is_right = low > 0.0
    a, b = np.where(is_right, -high, low), np.where(is_right, -low, high)
    return np.asarray(special.ndtr(b) - special.ndtr(a))


def _hermite(u: FloatArray, order: int) -> list[FloatArray]:
    """Return the probabilists' Hermite polynomials 0 to `order` at u."""
    polynomials = [np.ones_like(u), u]
    for n in range(1, order):
        polynomials.append(u * polynomials[n] - n * polynomials[n - 1])
    return polynomials


def _tails(u: FloatArray, order: int) -> list[FloatArray]:
    """Return the integrals of Hermite polynomials 1 to `order` times the density from u to infinity (0 first)."""
    finite = np.where(np.isinf(u), 0.0, u)
    density = np.where(np.isinf(u), 0.0, _density(finite))
    return [np.zeros_like(u), *(density * polynomial for polynomial in _hermite(finite, max(order - 1, 0))[:order])]
