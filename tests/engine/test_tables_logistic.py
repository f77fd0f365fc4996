"""Exact logistic and Poisson models: the likelihood is the integral, its optimum the highest, the rest is refused."""

from math import log, pi, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, special

from analysis.engine.errors import InvalidInput, TooFewStudies, UndefinedResult
from analysis.engine.tables import pool_logistic, pool_logistic_proportions, pool_poisson, pool_poisson_rates
from analysis.engine.tables.count_models import binomial_arm, fixed_studies
from analysis.engine.tables.families import hypergeometric
from analysis.engine.tables.marginal import Rule

MODELS = ("UM.FS", "UM.RS", "CM.EL", "CM.AL")
# Infections of catheters, made up in the manner of dat.nielweise2007: rare events, zero cells, a table without events.
SPARSE: dict[str, Any] = {
    "ai": [0, 3, 9, 7, 6, 0, 0],
    "n1i": [12, 40, 93, 17, 70, 35, 21],
    "ci": [3, 5, 2, 1, 8, 4, 0],
    "n2i": [17, 38, 95, 30, 60, 32, 23],
}
PROPORTIONS: dict[str, Any] = {"xi": [0, 3, 9, 4, 12], "ni": [14, 17, 12, 40, 20]}
# Both sides are exact to about 1e-12; quad itself is asked for 1e-12.
INTEGRAL = 1e-10


def log_marginal(log_f: Any, tau: float) -> float:
    """Return the log of the integral of exp(log_f(b)) over b ~ N(0, tau**2), by scipy's adaptive quadrature."""

    def integrand(u: float) -> float:
        return float(np.exp(log_f(tau * u) - u * u / 2.0)) / sqrt(2.0 * pi)

    value, _ = integrate.quad(integrand, -12.0, 12.0, epsabs=0.0, epsrel=1e-12, limit=400, points=(-2.0, 0.0, 2.0))
    return log(value)


def log_binomial(x: float, n: float, eta: float) -> float:
    """Return the log probability of x events among n at log odds eta."""
    ways = special.gammaln(n + 1) - special.gammaln(x + 1) - special.gammaln(n - x + 1)
    return float(ways + x * eta - n * np.logaddexp(0.0, eta))


def test_likelihood_of_proportions_is_the_integral() -> None:
    fit = pool_logistic_proportions(**PROPORTIONS)
    expected = sum(
        log_marginal(lambda b, x=x, n=n: log_binomial(x, n, fit.estimate + b), fit.tau)
        for x, n in zip(*PROPORTIONS.values(), strict=True)
    )

    assert fit.tau2 > 0.1
    assert fit.log_likelihood == pytest.approx(expected, abs=INTEGRAL)


def test_likelihood_of_rates_is_the_integral() -> None:
    events, time = [0, 3, 9, 30], [14.0, 17.5, 12.0, 20.0]
    fit = pool_poisson_rates(xi=events, ti=time)

    def log_poisson(x: float, t: float, b: float) -> float:
        eta = fit.estimate + b + log(t)
        return float(x * eta - np.exp(eta) - special.gammaln(x + 1))

    expected = sum(
        log_marginal(lambda b, x=x, t=t: log_poisson(x, t, b), fit.tau) for x, t in zip(events, time, strict=True)
    )
    assert fit.log_likelihood == pytest.approx(expected, abs=INTEGRAL)


def test_exact_conditional_likelihood_is_the_integral_of_fisher_s_distribution() -> None:
    fit = pool_logistic(**SPARSE, model="CM.EL")
    expected = 0.0
    for a, n1, c, n2 in zip(*SPARSE.values(), strict=True):
        x = np.arange(max(0, a + c - n2), min(n1, a + c) + 1)
        ways = np.log(special.binom(n1, x) * special.binom(n2, a + c - x))
        weight = float(ways[x == a][0])

        def log_f(b: float, a: float = a, x: Any = x, ways: Any = ways, weight: float = weight) -> float:
            eta = fit.estimate + b
            return float(weight + a * eta - special.logsumexp(ways + x * eta))

        expected += log_marginal(log_f, fit.tau)

    assert fit.tau2 > 0.1
    assert fit.k == 6
    assert fit.log_likelihood == pytest.approx(expected, abs=INTEGRAL)


@given(
    events=st.lists(st.integers(0, 12), min_size=2, max_size=5).filter(lambda x: sum(x) > 0),
    estimate=st.floats(-3.0, 3.0),
    tau=st.floats(0.02, 2.5),
)
@settings(max_examples=10, deadline=None)
def test_no_point_is_higher_than_the_maximum(events: list[int], estimate: float, tau: float) -> None:
    sizes = [13 + 2 * i for i in range(len(events))]

    fit = pool_logistic_proportions(xi=events, ni=sizes)

    height = sum(
        log_marginal(lambda b, x=x, n=n: log_binomial(x, n, estimate + b), tau)
        for x, n in zip(events, sizes, strict=True)
    )
    assert height <= fit.log_likelihood + 1e-8


@pytest.mark.parametrize("model", MODELS)
def test_neighbours_of_the_optimum_are_lower(model: str) -> None:
    """The common-effect model is the same likelihood at tau2 = 0; it must not be higher."""
    fit = pool_logistic(**SPARSE, model=model)
    common = pool_logistic(**SPARSE, model=model, tau2_method="CE")

    assert fit.tau2 > 0.0
    assert fit.log_likelihood > common.log_likelihood
    assert common.tau2 == 0.0
    assert fit.q_lrt == common.q_lrt
    assert (common.i2, common.pi_lower, common.tau2_se) == (None, None, None)


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL", "CM.AL"])
def test_logistic_changes_its_sign_when_arms_are_swapped(model: str) -> None:
    other = dict(zip(("ci", "n2i", "ai", "n1i"), SPARSE.values(), strict=True))

    fit, swapped = pool_logistic(**SPARSE, model=model), pool_logistic(**other, model=model)

    assert swapped.estimate == pytest.approx(-fit.estimate, abs=1e-9)
    assert swapped.se == pytest.approx(fit.se, rel=1e-8)
    assert swapped.tau2 == pytest.approx(fit.tau2, rel=1e-8)


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL"])
def test_table_without_events_says_nothing(model: str) -> None:
    shorter = {name: values[:6] for name, values in SPARSE.items()}

    fit, other = pool_logistic(**SPARSE, model=model, drop00=False), pool_logistic(**shorter, model=model)

    assert (fit.estimate, fit.tau2, fit.k) == (other.estimate, other.tau2, other.k)


def test_table_without_events_says_something_to_random_study_effects() -> None:
    fit, other = pool_logistic(**SPARSE, model="UM.RS"), pool_logistic(**SPARSE, model="UM.RS", drop00=False)

    assert (fit.k, other.k) == (6, 7)
    assert fit.sigma2 is not None
    assert other.sigma2 is not None
    assert other.sigma2 != pytest.approx(fit.sigma2, rel=1e-3)


def test_common_effect_of_one_study_is_its_own() -> None:
    fit = pool_logistic(ai=3, n1i=10, ci=5, n2i=12, tau2_method="CE")

    assert fit.estimate == pytest.approx(log(3 * 7 / (7 * 5)), abs=1e-10)
    assert fit.se == pytest.approx(sqrt(1 / 3 + 1 / 7 + 1 / 5 + 1 / 7), rel=1e-9)
    assert (fit.q_wald, fit.q_lrt, fit.q_df) == (None, None, None)


def test_common_rate_ratio_is_that_of_both_likelihoods() -> None:
    """With fixed study effects the Poisson and the conditional binomial likelihood have the same maximum."""
    arms: dict[str, Any] = {"x1i": [4, 0, 7], "t1i": [10.0, 12.0, 9.0], "x2i": [9, 1, 3], "t2i": [11.0, 10.0, 8.0]}

    fixed, conditional = (pool_poisson(**arms, model=model, tau2_method="CE") for model in ("UM.FS", "CM.EL"))

    assert fixed.estimate == pytest.approx(conditional.estimate, abs=1e-10)
    assert fixed.se == pytest.approx(conditional.se, rel=1e-9)
    assert fixed.q_lrt == pytest.approx(conditional.q_lrt, rel=1e-9)


@pytest.mark.parametrize("model", ["UM.FS", "CM.EL", "CM.AL"])
def test_more_nodes_lead_to_the_exact_likelihood(model: str) -> None:
    exact = pool_logistic(**SPARSE, model=model)
    errors = [abs(pool_logistic(**SPARSE, model=model, nodes=nodes).tau2 - exact.tau2) for nodes in (1, 7, 81)]

    assert exact.nodes == 65
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 1e-8


def test_nodes_grow_where_the_integrals_need_more() -> None:
    """Proportions near 0 and 1 with few participants: the random effect is wide, its distribution far from normal."""
    fit = pool_logistic_proportions(xi=[0, 10, 1, 20, 0], ni=[10, 10, 20, 21, 30])
    expected = sum(
        log_marginal(lambda b, x=x, n=n: log_binomial(x, n, fit.estimate + b), fit.tau)
        for x, n in zip([0, 10, 1, 20, 0], [10, 10, 20, 21, 30], strict=True)
    )

    assert fit.tau2 > 10.0
    assert fit.nodes > 65
    assert fit.log_likelihood == pytest.approx(expected, abs=INTEGRAL)


def test_derivatives_agree_with_those_of_the_quadrature() -> None:
    """With many nodes the derivative of the sum is the sum of the derivatives."""
    a, n1, c, n2 = (np.array(values[:6], dtype=float) for values in SPARSE.values())
    nothing = np.zeros(6)
    arms = binomial_arm(a, n1), binomial_arm(c, n2)
    marginal = fixed_studies(arms, yi=nothing, vi=nothing + 1.0, alpha=nothing, coding=0.5).marginal
    shared, alpha = np.array([0.3, 0.7]), np.linspace(-2.0, -1.0, 6)

    analytic, _ = marginal.derivatives(shared, alpha, rule=Rule(65, is_trapezoidal=True))

    for rule in (Rule(61), Rule(129, is_trapezoidal=True)):
        np.testing.assert_allclose(marginal.gradient(shared, alpha, rule=rule), analytic, rtol=1e-9, atol=1e-9)
    assert np.max(np.abs(marginal.gradient(shared, alpha, rule=Rule(3)) - analytic)) > 1e-6


def test_wide_and_narrow_supports_agree_with_a_direct_sum() -> None:
    a, n1, c, n2 = (np.array(values, dtype=float) for values in ([2, 90, 5], [9, 400, 40], [3, 110, 0], [8, 500, 2]))
    family, _ = hypergeometric(a, n1, c, n2)
    eta = np.array([[-3.0, 0.0, 2.5]] * 3)

    cumulant, mean, variance = family.evaluate(eta)

    assert len(family.supports) == 2
    for row in range(3):
        m = a[row] + c[row]
        x = np.arange(max(0.0, m - n2[row]), min(n1[row], m) + 1.0)
        ways = sum(special.gammaln(n + 1) - special.gammaln(y + 1) - special.gammaln(n - y + 1)
                   for n, y in ((n1[row], x), (n2[row], m - x)))  # fmt: skip
        for column in range(3):
            probability = special.softmax(ways + x * eta[row, column])
            expected = float(probability @ x)
            assert mean[row, column] == pytest.approx(expected, rel=1e-10)
            assert variance[row, column] == pytest.approx(float(probability @ (x - expected) ** 2), rel=1e-9)
            total = special.logsumexp(ways - ways.max() + x * eta[row, column])
            assert cumulant[row, column] == pytest.approx(total, rel=1e-11)


@pytest.mark.parametrize("model", MODELS)
def test_infinite_odds_ratio_is_undefined(model: str) -> None:
    with pytest.raises(UndefinedResult, match="infinite"):
        pool_logistic(ai=[0, 0, 0], n1i=[10, 20, 30], ci=[1, 2, 0], n2i=[10, 20, 30], model=model)
    with pytest.raises(UndefinedResult, match="nobody or everybody"):
        pool_logistic(ai=[0, 0], n1i=[10, 20], ci=[0, 0], n2i=[10, 20], model=model)


def test_infinite_variance_between_studies_is_undefined() -> None:
    with pytest.raises(UndefinedResult, match="rises with it without end"):
        pool_logistic(ai=[0, 5], n1i=[10, 10], ci=[5, 0], n2i=[10, 10], model="CM.EL")
    with pytest.raises(UndefinedResult, match="rises with it without end"):
        pool_logistic_proportions(xi=[0, 10, 0], ni=[10, 10, 20])


@pytest.mark.parametrize(
    "call",
    [
        lambda: pool_logistic_proportions(xi=[0, 0], ni=[4, 5]),
        lambda: pool_logistic_proportions(xi=[4, 5], ni=[4, 5]),
        lambda: pool_poisson_rates(xi=[0, 0], ti=[4, 5]),
        lambda: pool_poisson(x1i=[0, 0], t1i=[4, 5], x2i=[1, 0], t2i=[3, 3]),
    ],
)
def test_group_without_events_is_undefined(call: Any) -> None:
    with pytest.raises(UndefinedResult):
        call()


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"model": "UM"}, "model"),
        ({"tau2_method": "REML"}, "tau2_method"),
        ({"nodes": 0}, "nodes"),
        ({"nodes": 7.5}, "nodes"),
        ({"nodes": True}, "nodes"),
        ({"coding": 0.3}, "coding"),
        ({"level": 1.0}, "level"),
        ({"ai": [0, 3, 9.5, 7, 6, 0, 0]}, "ai"),
        ({"ci": [3, 5, 2, 1, 8, 40, 0]}, "ci"),
        ({"ai": [0, -3, 9, 7, 6, 0, 0]}, "ai"),
    ],
)
def test_argument_that_cannot_be_right_is_named(change: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        pool_logistic(**(SPARSE | change))

    assert refusal.value.argument == argument


@pytest.mark.parametrize("model", MODELS)
def test_too_few_studies_are_refused(model: str) -> None:
    with pytest.raises(TooFewStudies):
        pool_logistic(ai=[], n1i=[], ci=[], n2i=[], model=model)
    with pytest.raises(TooFewStudies, match="at least 2"):
        pool_logistic(ai=[3], n1i=[10], ci=[1], n2i=[10], model=model)
    with pytest.raises(TooFewStudies, match="at least 2"):
        pool_logistic(ai=[3, 0], n1i=[10, 5], ci=[1, 0], n2i=[10, 6], model=model)
