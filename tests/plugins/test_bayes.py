"""The posterior against quadrature in R and a printed example of bayesmeta, and priors with their sources."""

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import engine
from analysis.contract import Dataset, Effect, OutcomeFacts
from analysis.testing import quiet, sample_dataset
from plugins import bayes
from plugins.bayes import FEW, IMPROPER, NOTHING_TO_POOL, ONE_STUDY, RISK_RATIOS, UNIFORM, Params, priors, turner
from plugins.bayes.params import PRIORS, Interval, Prior
from tests.plugins.answers import answer, dataset_of

FOLDER = Path(__file__).parents[1] / "reference" / "bayesian"
REFERENCE = json.loads((FOLDER / "quadrature.json").read_text(encoding="utf-8"))
PUBLISHED = json.loads((FOLDER / "published.json").read_text(encoding="utf-8"))
# R's integrate ends at 1e-12 of each of some twenty pieces.
QUADRATURE = 1e-9
# bayesmeta replaces the posterior of tau by a few dozen points, which moves effects by up to 3e-3 standard deviations.
BAYESMETA_GRID = 4e-3


def studies(yi, vi, measure="OR"):
    effects = tuple(
        Effect(id=f"e{place}", study=f"s{place}", label=f"Study {place}", yi=y, vi=v)
        for place, (y, v) in enumerate(zip(yi, vi, strict=True))
    )
    outcome = OutcomeFacts(code="outcome", name="Outcome", direction="lower", mcid_between=5.0)
    return Dataset(measure=measure, outcome=outcome, window="any", effects=effects)


def reference(name):
    case = REFERENCE["cases"][name]
    data = REFERENCE["data"][case["data"]]
    return studies(data["yi"], data["vi"]), case["answer"]


def posterior(dataset, **params):
    return answer(bayes.plugin, dataset, Params(**({"sensitivity": ()} | params)))


def rows_of(result):
    return {row.name: row for row in result.posteriors}


def test_prior_of_turner_agrees_with_quadrature():
    # The prior for surgical success is log-normal with -2.14 and 1.74 for tau2, half of both for tau.
    dataset, expected = reference("crins2014_log_normal")

    result = posterior(
        dataset,
        tau_prior="turner_2015",
        turner_outcome="surgical_or_device_success",
        turner_comparison="pharmacological_vs_placebo",
        interval="central",
    )

    mu, tau, new = (rows_of(result)[name] for name in ("mu", "tau", "theta_new"))
    assert (mu.mean, mu.sd) == pytest.approx((expected["mu"]["mean"], expected["mu"]["sd"]), rel=QUADRATURE)
    assert (tau.mean, tau.sd) == pytest.approx((expected["tau"]["mean"], expected["tau"]["sd"]), rel=QUADRATURE)
    for row, part in ((mu, "mu"), (tau, "tau"), (new, "theta_new")):
        quantiles = expected[part]["quantiles"]  # 2.5, 25, 50, 90 and 97.5 %
        found = (row.ci_lower, row.median, row.ci_upper)
        assert found == pytest.approx((quantiles[0], quantiles[2], quantiles[4]), rel=QUADRATURE)
    assert [study.weight for study in result.studies] == pytest.approx(expected["weights"], rel=QUADRATURE)
    assert result.log_bayes_factor_tau == pytest.approx(expected["log_bayes_factor_tau"], rel=QUADRATURE)
    assert "surgical or device success" in result.tau_prior_source


def test_eight_schools_agree_with_the_printed_example():
    dataset = studies(PUBLISHED["yi"], [sei**2 for sei in PUBLISHED["sei"]], measure="MD")
    expected = PUBLISHED["mu"]

    result = posterior(dataset, tau_prior="half_cauchy", tau_scale=25.0, mu_mean=0.0, mu_sd=50.0)

    found = (result.estimate, result.se, result.ci_lower, result.ci_upper)
    theirs = [expected[name] for name in ("median", "sd", "ci_lower", "ci_upper")]
    assert found == pytest.approx(theirs, abs=BAYESMETA_GRID * expected["sd"])
    above = next(row for row in result.probabilities if row.name == "above_null")
    assert above.probability_mean == pytest.approx(PUBLISHED["mu_above_zero"], abs=BAYESMETA_GRID)
    first = result.studies[0]
    assert first.shrunken_estimate == pytest.approx(PUBLISHED["theta"]["0"]["median"], abs=BAYESMETA_GRID * 8.0)


def test_table_of_turner_is_whole_and_holds_the_printed_numbers():
    assert len(turner.OUTCOMES) == 17
    for outcome in turner.OUTCOMES:
        for comparison in turner.COMPARISONS:
            prior = turner.prior_of(outcome, comparison)
            assert -2.2 < prior.mu < -0.3
            assert 0.5 <= prior.sigma <= 0.96
    # Turner et al. (2015): any outcome -2.56 and 1.74; mortality of drugs against placebo -3.95 and 1.34; pain -1.83.
    assert turner.prior_of("general", turner.COMPARISONS[3]) == engine.LogNormal.from_tau2(-2.56, 1.74)
    assert turner.prior_of("all_cause_mortality", turner.COMPARISONS[0]) == engine.LogNormal.from_tau2(-3.95, 1.34)
    assert turner.prior_of("pain", turner.COMPARISONS[0]) == engine.LogNormal.from_tau2(-1.83, 1.52)


def test_options_are_those_of_the_engine():
    assert get_args(Prior) == PRIORS
    assert set(engine.DEFAULT_PRIORS) < set(PRIORS)
    assert get_args(Interval) == ("shortest", "central")


@pytest.mark.parametrize("name", PRIORS)
def test_every_prior_has_a_posterior(name):
    result = posterior(sample_dataset(k=10, measure="OR"), tau_prior=name)

    assert result.ci_lower < result.estimate < result.ci_upper
    assert result.pi_lower <= result.ci_lower
    assert result.tau_prior_says
    assert result.tau_prior_source.endswith(".")


def test_scale_of_mean_differences_is_half_the_deviation_of_participants():
    # Differences of two groups of 50 with a standard deviation of 20 have the variance 400 (1 / 50 + 1 / 50).
    dataset = dataset_of([-3.0, 2.0, 1.0], [16.0] * 3)

    result = posterior(dataset)

    assert result.tau_prior_says == "half-normal, scale 10"
    assert result.tau_prior_source == priors.SCALE_OF_UNITS


def test_scale_has_to_be_stated_where_sizes_are_not_known():
    dataset = dataset_of([-3.0, 2.0, 1.0], [16.0] * 3, n=None)

    unknown = posterior(dataset)
    stated = posterior(dataset, tau_scale=4.0)

    assert (unknown.estimate, unknown.messages) == (None, (f"There is no posterior: {priors.NO_SCALE}.",))
    assert (stated.tau_prior_says, stated.tau_prior_source) == ("half-normal, scale 4", priors.SCALE_STATED)


@pytest.mark.parametrize(("measure", "is_refused"), [("OR", False), ("RR", False), ("MD", True), ("SMD", True)])
def test_prior_of_turner_is_for_ratios_of_counts(measure, is_refused):
    result = posterior(sample_dataset(k=10, measure=measure), tau_prior="turner_2015")

    assert (result.estimate is None) == is_refused
    assert (RISK_RATIOS in result.messages) == (measure == "RR")


@pytest.mark.parametrize(("direction", "sides"), [("lower", ("below", "above")), ("higher", ("above", "below"))])
def test_important_benefit_is_on_the_side_that_is_wanted(direction, sides):
    dataset = sample_dataset(k=10)
    outcome = dataset.outcome.model_copy(update={"direction": direction})

    result = posterior(dataset.model_copy(update={"outcome": outcome}), thresholds=(3.0,))

    rows = {row.name: row for row in result.probabilities}
    assert (rows["important_benefit"].side, rows["important_harm"].side) == sides
    assert abs(rows["important_benefit"].threshold) == 10.0
    # Both sides of one threshold are everything.
    assert rows["below_3"].probability_mean + rows["above_3"].probability_mean == pytest.approx(1.0, abs=1e-9)


def test_important_difference_belongs_to_mean_differences_only():
    result = posterior(sample_dataset(k=10, measure="SMD"))

    assert [row.name for row in result.probabilities] == ["below_null", "above_null"]


def test_studies_are_drawn_to_the_mean():
    result = posterior(sample_dataset(k=10))

    for study in result.studies:
        observed, drawn = abs(study.estimate - result.estimate), abs(study.shrunken_estimate - result.estimate)
        assert drawn < observed or observed < 1.0
        assert study.shrunken_ci_upper - study.shrunken_ci_lower < study.ci_upper - study.ci_lower


def test_other_priors_stand_beside_the_main_one():
    result = posterior(sample_dataset(k=10), sensitivity=("half_normal", "Jeffreys", "turner_2015"))

    labels = [row.label for row in result.prior_sensitivity]
    assert labels == [
        "half normal",
        "half normal, half the scale",
        "half normal, double the scale",
        "Jeffreys",
        "turner 2015",
    ]
    main, half, double, jeffreys, other = result.prior_sensitivity
    assert (main.estimate, main.tau) == (result.estimate, result.tau)
    assert half.tau < main.tau < double.tau
    assert jeffreys.tau is not None
    assert "is for odds ratios" in other.message


def test_bound_of_the_uniform_prior_is_what_was_stated():
    result = posterior(sample_dataset(k=10), tau_prior="bounded_uniform", tau_scale=8.0, sensitivity=("half_cauchy",))

    assert result.tau_prior_says == "uniform from 0 to 8"
    assert result.prior_sensitivity[-1].says == "half-Cauchy, scale 2"
    assert result.tau_ci_upper <= 8.0


def test_bayes_factors_need_proper_priors():
    plain = posterior(sample_dataset(k=10))
    proper = posterior(sample_dataset(k=10), mu_sd=20.0)
    improper = posterior(sample_dataset(k=10), tau_prior="Jeffreys")

    assert (plain.bayes_factor_mu, UNIFORM in plain.messages) == (None, True)
    assert proper.bayes_factor_mu == pytest.approx(engine_factor(sample_dataset(k=10), 20.0), rel=1e-9)
    assert (improper.bayes_factor_tau, IMPROPER in improper.messages) == (None, True)
    assert proper.mu_prior_says == "normal, mean 0, standard deviation 20"


def engine_factor(dataset, sd):
    """Give the factor for no mean effect as the ratio of posterior to prior density there (Savage and Dickey)."""
    prior = priors.make_prior("half_normal", dataset, Params()).prior
    fit = engine.fit_bayesian(dataset.yi, dataset.vi, tau_prior=prior, mu_prior=engine.Normal(0.0, sd))
    return float(fit.mu.density(0.0)) * sd * (2.0 * 3.141592653589793) ** 0.5


def test_no_study_gives_a_sentence():
    result = posterior(sample_dataset(k=0))

    assert (result.k, result.estimate, result.messages) == (0, None, (NOTHING_TO_POOL,))


def test_one_study_leaves_tau_to_its_prior():
    result = posterior(sample_dataset(k=1, measure="OR"), interval="central")

    # The median of a half-normal with scale 0.5 is 0.5 times the 75th percentile of the normal distribution.
    assert result.tau == pytest.approx(0.5 * 0.6744897501960817, rel=1e-9)
    assert result.messages == (ONE_STUDY, UNIFORM)


def test_improper_prior_with_too_few_studies_is_a_sentence():
    result = posterior(sample_dataset(k=2), tau_prior="uniform")

    assert (result.k, result.estimate) == (2, None)
    assert result.messages[0].startswith("There is no posterior: ")
    assert FEW.format(k=2) in posterior(sample_dataset(k=2)).messages


@pytest.mark.parametrize(
    "bad", [{"tau_scale": 0.0}, {"mu_sd": -1.0}, {"sensitivity": ("none",)}, {"tau_prior": "gamma"}, {"tau_df": 0.1}]
)
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        Params.model_validate(bad)


@settings(max_examples=15)
@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1.0)), min_size=2, max_size=5))
def test_turning_the_effects_turns_the_posterior(rows):
    yi, vi = zip(*rows, strict=True)
    one, other = posterior(studies(yi, vi)), posterior(studies([-y for y in yi], vi))

    # The same integrals with the sign of effects turned; quantiles end at 1e-12 of the spread.
    assert other.estimate == pytest.approx(-one.estimate, abs=1e-8)
    assert other.tau == pytest.approx(one.tau, rel=1e-8)


def test_result_is_the_same_twice():
    dataset = sample_dataset(k=3)

    first, second = (bayes.run(dataset, Params(), {}, quiet).model_dump_json() for _ in range(2))

    assert first == second
