"""Integrals over log(tau): Gauss-Legendre panels, halved until polynomials carry the integrands to 1e-13."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.polynomial import legendre

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged

NODES_PER_PANEL = 16
NODES, NODE_WEIGHTS = legendre.leggauss(NODES_PER_PANEL)
VANDERMONDE = legendre.legvander(NODES, NODES_PER_PANEL - 1)
# Legendre coefficients of the polynomial through the values at the nodes: (2 j + 1) / 2 times the quadrature of P_j.
PROJECTION = (VANDERMONDE * NODE_WEIGHTS[:, np.newaxis]).T * (np.arange(NODES_PER_PANEL)[:, np.newaxis] + 0.5)
# The last coefficients tell what the polynomial misses; three, because single ones can be 0 by symmetry.
LAST_COEFFICIENTS = 3
# Aim for each panel and limit for all together, as fractions of the integral: the limit is what is promised.
PANEL_TOLERANCE = 1e-13
TOTAL_TOLERANCE = 1e-9
# A unit in the last place of the logarithm's terms, and room for their sum.
ROUNDING = 4.0 * 2.0**-52
# Nats below the highest point at which a panel holds nothing, also after multiplication by its width.
NEGLIGIBLE_NATS = 50.0
# From node to node the logarithm may change by this much, where it could rise to within 30 nats of the highest point.
STEEP_NATS, HIDDEN_NATS = 20.0, 30.0
MAX_ROUNDS = 80
MAX_PANELS = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Integrand:
    """Values at some points of log(tau).

    Attributes
    ----------
    log_density : array of shape (points,)  logarithm of the density of log(tau), up to a constant
    factors : array of shape (factors, points)  logarithms of further positive factors whose products with the density
        must be integrated as well as the density itself
    values : array of shape (rows, points)  what else is wanted at the nodes
    rounding : array of shape (points,)  size of the terms in the logarithm
    """

    log_density: FloatArray
    factors: FloatArray
    values: FloatArray
    rounding: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Quadrature:
    """A density of log(tau), integrated.

    Attributes
    ----------
    log_integral : logarithm of the integral of the density as it was given
    error : estimate of the error of integrals, as a fraction
    edges : array of shape (panels + 1,)  ends of the panels, log(tau)
    coefficients : array of shape (nodes per panel, panels)  Legendre coefficients of the density, which integrates to 1
    log_tau, weights : arrays of shape (panels * nodes per panel,)  nodes and weights, which sum to 1
    values : array of shape (rows, panels * nodes per panel)  the values of the integrand at the nodes
    """

    log_integral: float
    error: float
    edges: FloatArray
    coefficients: FloatArray
    log_tau: FloatArray
    weights: FloatArray
    values: FloatArray


def integrate(
    evaluate: Callable[[FloatArray], Integrand], edges: FloatArray, *, what: str, is_for_logarithm: bool = False
) -> Quadrature:
    """Return the integral of a density over log(tau) between the first and the last edge.

    Parameters
    ----------
    evaluate : function  returns the integrand at each point of an array of shape (points,)
    edges : array of shape (panels + 1,)  where to begin; panels are halved as needed
    what : the quantity, named in the error
    is_for_logarithm : whether only `log_integral` is wanted, whose error counts as a fraction of itself

    Raises
    ------
    NotConverged
        The panels were halved 80 times, or rounding leaves an error above 1e-9.
    """
    left, right = edges[:-1], edges[1:]
    done = _evaluate(evaluate, left, right)
    for _ in range(MAX_ROUNDS):
        errors, floor = _errors(done, 0.5 * (right - left))
        bad = errors > np.maximum(PANEL_TOLERANCE, floor)
        if not bad.any():
            found = _assemble(done, left, right, error=float(np.sum(errors)) + floor)
            if not found.error <= TOTAL_TOLERANCE * (max(1.0, abs(found.log_integral)) if is_for_logarithm else 1.0):
                break
            return found
        if left.size > MAX_PANELS:
            break
        middle = 0.5 * (left[bad] + right[bad])
        new_left, new_right = np.concatenate([left[bad], middle]), np.concatenate([middle, right[bad]])
        new = _evaluate(evaluate, new_left, new_right)
        left, right = np.concatenate([left[~bad], new_left]), np.concatenate([right[~bad], new_right])
        done = [np.concatenate([old[..., ~bad, :], fresh], axis=-2) for old, fresh in zip(done, new, strict=True)]
    raise NotConverged(what=what, iterations=MAX_ROUNDS)


def _evaluate(evaluate: Callable[[FloatArray], Integrand], left: FloatArray, right: FloatArray) -> list[FloatArray]:
    """Return the points, log density, factors, values and rounding of panels, arrays of shape (..., panels, nodes)."""
    points = 0.5 * (left + right)[:, np.newaxis] + 0.5 * (right - left)[:, np.newaxis] * NODES
    found = evaluate(points.ravel())
    parts = (found.log_density, found.factors, found.values, found.rounding)
    return [points, *(part.reshape(*part.shape[:-1], *points.shape) for part in parts)]


def _errors(done: list[FloatArray], half: FloatArray) -> tuple[FloatArray, float]:
    """Return for each panel the part of an integral that its polynomial misses, and what rounding leaves of all."""
    _, log_density, factors, _, rounding = done
    logs = np.concatenate([log_density[np.newaxis], log_density + factors])
    highest = np.max(logs, axis=(1, 2), keepdims=True)
    products = np.exp(logs - highest) * half[:, np.newaxis]
    integrals = np.sum(products @ NODE_WEIGHTS, axis=1, keepdims=True)
    missed = np.sum(np.abs(products @ PROJECTION[-LAST_COEFFICIENTS:].T), axis=2) / integrals
    # Between the nodes a logarithm rises by no more than it does from node to node.
    step = np.max(np.abs(np.diff(logs, axis=2)), axis=2)
    above = np.max(logs, axis=2) + step - highest[..., 0]
    missed = np.where(above < -NEGLIGIBLE_NATS, 0.0, missed)
    # Where it is too steep to see, a peak may hide between two nodes, whatever the polynomial says.
    missed = np.where((above > -HIDDEN_NATS) & (step > STEEP_NATS), 1.0, missed)
    top = np.unravel_index(np.argmax(log_density), log_density.shape)
    return np.max(missed, axis=0), ROUNDING * float(rounding[top])


def _assemble(done: list[FloatArray], left: FloatArray, right: FloatArray, *, error: float) -> Quadrature:
    """Return the panels in order as one quadrature."""
    order = np.argsort(left)
    points, log_density, _, values, _ = [part[..., order, :] for part in done]
    half = 0.5 * (right - left)[order]
    highest = float(np.max(log_density))
    density = np.exp(log_density - highest)
    weights = density * half[:, np.newaxis] * NODE_WEIGHTS
    total = float(np.sum(weights))
    return Quadrature(
        log_integral=highest + float(np.log(total)),
        error=error,
        edges=np.append(left[order], right[order][-1]),
        coefficients=PROJECTION @ (density.T / total),
        log_tau=points.ravel(),
        weights=weights.ravel() / total,
        values=values.reshape(values.shape[0], points.size),
    )
