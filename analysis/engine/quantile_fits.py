"""One skewed sample known by its quantiles: the best fitting distribution, and the power that makes it symmetric."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from math import exp, expm1, log, log1p, pi, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import special

from analysis.engine.arrays import FloatArray
from analysis.engine.errors import NotConverged

# Shapes tried before the best is polished: every distribution from nearly constant to far more skewed than any outcome.
LOG_SIGMAS = np.geomspace(1e-3, 10.0, 200)
SHAPES = np.geomspace(1e-2, 1e6, 400)
SLOPES = np.geomspace(1e-3, 20.0, 200)
BETA_SHAPES = np.geomspace(1e-2, 1e3, 40)
# Box-Cox powers, as McGrath et al. search them; a power below 0 is taken as 0.
POWERS = (-2.0, 3.0)
# Beyond 38 standard deviations the normal density is 0 in double precision.
FAR = 38.0


@dataclass(frozen=True, slots=True)
class QuantileFit:
    """The distribution whose quantiles are nearest to those given.

    Attributes
    ----------
    mean, sd : mean and standard deviation of the distribution
    distribution : {"normal", "log-normal", "gamma", "weibull", "beta"}
    distance : sum of squared differences of the quantiles
    """

    mean: float
    sd: float
    distribution: str
    distance: float


def fit_quantiles(values: dict[str, float], *, n: float) -> QuantileFit:
    """Return the best fit of the normal, log-normal, gamma, Weibull and beta distribution.

    Parameters
    ----------
    values : quantiles by name: minimum, q1, median, q3, maximum, those that are known, in rising order
    n : sample size; minimum and maximum are taken as the quantiles of 1 / n and 1 - 1 / n

    Notes
    -----
    The distance is the sum of squared differences of the quantiles, at its global minimum and without the bounds that
    the R package estmeansd sets, which depend on the unit of the outcome. With values below 0 the normal distribution
    is the only candidate; the beta is one where all values lie between 0 and 1.

    References
    ----------
    McGrath et al. (2020), doi:10.1177/0962280219889080, section 2.2.
    """
    shares = {"minimum": 1.0 / n, "q1": 0.25, "median": 0.5, "q3": 0.75, "maximum": 1.0 - 1.0 / n}
    p, q = np.array([shares[name] for name in values]), np.array(list(values.values()))
    fits = [_fit_normal(p, q)]
    if q[0] >= 0.0:
        fits += [_fit_log_normal(p, q), _fit_gamma(p, q), _fit_weibull(p, q)]
        if q[0] > 0.0 and q[-1] < 1.0:
            fits.append(_fit_beta(p, q))
    return min(fits, key=lambda fit: fit.distance)


def _fit_normal(p: FloatArray, q: FloatArray) -> QuantileFit:
    """Return the normal distribution by least squares, which is a straight line through the quantiles."""
    z = special.ndtri(p)
    sd = float(np.sum((z - z.mean()) * (q - q.mean())) / np.sum((z - z.mean()) ** 2))
    mean = float(q.mean() - sd * z.mean())
    return QuantileFit(mean, sd, "normal", float(np.sum((mean + sd * z - q) ** 2)))


def _fit_log_normal(p: FloatArray, q: FloatArray) -> QuantileFit:
    """Return the log-normal distribution by least squares."""
    z = special.ndtri(p)
    scale, sigma, distance = _fit_scaled(q, lambda sigma: np.asarray(np.exp(sigma * z)), LOG_SIGMAS)
    mean = scale * exp(0.5 * sigma**2)
    return QuantileFit(mean, mean * sqrt(expm1(sigma**2)), "log-normal", distance)


def _fit_gamma(p: FloatArray, q: FloatArray) -> QuantileFit:
    """Return the gamma distribution by least squares."""
    scale, shape, distance = _fit_scaled(
        q, lambda shape: np.asarray(special.gammaincinv(shape, p) / shape, dtype=np.float64), SHAPES
    )
    return QuantileFit(scale, scale / sqrt(shape), "gamma", distance)


def _fit_weibull(p: FloatArray, q: FloatArray) -> QuantileFit:
    """Return the Weibull distribution by least squares; `slope` is the inverse of its shape."""
    spread = np.log(-np.log1p(-p))
    scale, slope, distance = _fit_scaled(q, lambda slope: np.asarray(np.exp(slope * spread)), SLOPES)
    first, second = float(special.gammaln(1.0 + slope)), float(special.gammaln(1.0 + 2.0 * slope))
    mean = scale * exp(first)
    return QuantileFit(mean, mean * sqrt(expm1(second - 2.0 * first)), "weibull", distance)


def _fit_scaled(
    q: FloatArray, quantiles: Callable[[float], FloatArray], shapes: NDArray[np.floating[Any]]
) -> tuple[float, float, float]:
    """Return scale, shape and distance of a distribution of which `quantiles` gives the quantiles at scale 1.

    The best scale of a shape is a formula; the best shape is found on a grid and polished together with the scale.
    """
    unit = float(np.max(q))

    def distance(shape: float) -> float:
        """Return the distance at the best scale."""
        g = quantiles(shape)
        size = float(np.max(g))
        if not 0.0 < size < np.inf:
            return np.inf
        g = g / size
        return float(np.sum((q / unit - g * (np.sum(q / unit * g) / np.sum(g**2))) ** 2))

    best = float(shapes[int(np.argmin([distance(float(shape)) for shape in shapes]))])
    g = quantiles(best)
    scale = float(np.sum(q * g) / np.sum(g**2))

    def residuals(logs: FloatArray) -> FloatArray:
        """Return the differences of the quantiles, at the logarithms of scale and shape."""
        return np.asarray(exp(logs[0]) * quantiles(exp(logs[1])) / unit - q / unit)

    found = _polish(residuals, np.array([log(scale), log(best)]))
    return exp(found[0]), exp(found[1]), float(np.sum((residuals(found) * unit) ** 2))


def _fit_beta(p: FloatArray, q: FloatArray) -> QuantileFit:
    """Return the beta distribution by least squares."""

    def residuals(logs: FloatArray) -> FloatArray:
        """Return the differences of the quantiles, at the logarithms of both shapes."""
        return np.asarray(special.betaincinv(exp(logs[0]), exp(logs[1]), p) - q)

    one, two = np.meshgrid(BETA_SHAPES, BETA_SHAPES, indexing="ij")
    quantiles = special.betaincinv(one[..., None], two[..., None], p)
    place = np.unravel_index(int(np.argmin(np.sum((quantiles - q) ** 2, axis=-1))), one.shape)
    found = _polish(residuals, np.log(np.array([one[place], two[place]])))
    a, b = exp(found[0]), exp(found[1])
    sd = sqrt(a * b / (a + b + 1.0)) / (a + b)
    return QuantileFit(a / (a + b), sd, "beta", float(np.sum(residuals(found) ** 2)))


def _polish(residuals: Callable[[FloatArray], FloatArray], start: FloatArray) -> FloatArray:
    """Return the least squares solution near `start`, to the last digits that differences of residuals show."""
    # Imported here: scipy.optimize takes long to load and few analyses need it.
    from scipy import optimize

    solution = optimize.least_squares(
        residuals, start, jac="3-point", method="trf", x_scale="jac", xtol=1e-15, ftol=1e-15, gtol=1e-15, max_nfev=500
    )
    if solution.status == 0:
        raise NotConverged(what="the best fitting distribution", iterations=500)
    return np.asarray(solution.x, dtype=np.float64)


def fit_box_cox(
    values: dict[str, float], *, n: float, estimate: Callable[[float, dict[str, FloatArray]], tuple[float, float]]
) -> tuple[float, float, float]:
    """Return mean, standard deviation and power of a sample whose Box-Cox transformation is symmetric.

    Parameters
    ----------
    values : quantiles above 0 by name, in rising order, see `fit_quantiles`
    n : sample size
    estimate : function of n and transformed quantiles that returns mean and deviation of a normal sample

    Notes
    -----
    The transformed sample is normal, cut off symmetrically where its values would come from below 0; mean and
    deviation before the transformation are integrals, where estmeansd draws random numbers by default. The median is
    the unit, so that the result has the unit of the quantiles.

    References
    ----------
    McGrath et al. (2020), doi:10.1177/0962280219889080, section 2.3.
    """
    unit = values["median"]
    logs = {name: np.asarray(log(value / unit)) for name, value in values.items()}
    power = max(0.0, _find_power({name: float(value) for name, value in logs.items()}))
    location, scale = estimate(n, {name: np.asarray(_box_cox(value, power)) for name, value in logs.items()})
    mean, sd = _moments(location, scale, power)
    return unit * mean, unit * sd, power


def _box_cox(logs: FloatArray | float, power: float) -> FloatArray:
    """Return (x**power - 1) / power from log(x), log(x) itself at power 0."""
    return np.asarray(logs if power == 0.0 else np.expm1(power * logs) / power)


def _find_power(logs: dict[str, float]) -> float:
    """Return the power at which the transformed quantiles are most symmetric around the median, from -2 to 3."""
    from scipy import optimize

    pairs = [(logs[low], logs[high]) for low, high in (("minimum", "maximum"), ("q1", "q3")) if low in logs]

    def residuals(powers: FloatArray) -> FloatArray:
        """Return the ratios of the distances to the median, less 1."""
        power = float(powers[0])
        return np.array([float(_box_cox(high, power)) / -float(_box_cox(low, power)) - 1.0 for low, high in pairs])

    def asymmetry(power: float) -> float:
        """Return the sum of squared residuals."""
        return float(np.sum(residuals(np.array([power])) ** 2))

    grid = np.linspace(*POWERS, 101)
    place = int(np.argmin([asymmetry(float(power)) for power in grid]))
    low, high = grid[max(place - 1, 0)], grid[min(place + 1, grid.size - 1)]
    found = float(optimize.minimize_scalar(asymmetry, bounds=(low, high), method="bounded").x)
    polished = float(_polish(residuals, np.array([found]))[0])
    return polished if low < polished < high else found


def _moments(location: float, scale: float, power: float) -> tuple[float, float]:
    """Return mean and deviation of (power x + 1)**(1 / power), x normal and cut off symmetrically at -1 / power."""
    if power == 0.0:
        mean = exp(location + 0.5 * scale**2)
        return mean, mean * sqrt(expm1(scale**2))
    from scipy import integrate

    reach = min((location + 1.0 / power) / scale, FAR)

    def moment(center: float, exponent: int) -> float:
        """Return the integral of (value - center)**exponent."""

        def integrand(z: float) -> float:
            """Return the value times the normal density."""
            inner = power * (location + scale * z)
            value = exp(log1p(inner) / power) if inner > -1.0 else 0.0
            return float((value - center) ** exponent * exp(-0.5 * z**2) / sqrt(2.0 * pi))

        middle = min(reach, 8.0)
        points = (-reach, -middle, 0.0, middle, reach)
        parts = [
            integrate.quad(integrand, low, high, epsabs=1e-14, epsrel=1e-12, limit=200)[0]
            for low, high in pairwise(points)
            if high > low
        ]
        return float(sum(parts)) / mass

    mass = float(special.erf(reach / sqrt(2.0)))
    mean = moment(0.0, 1)
    return mean, sqrt(moment(mean, 2))
