"""The multilevel model against metafor and clubSandwich, and what it says where a level is missing."""

from functools import cache
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import engine
from analysis.testing import sample_dataset
from plugins import multilevel
from plugins.multilevel import FEWEST_DEGREES, NEGATIVE, NOTHING_TO_POOL, ONE_EFFECT, ONE_EFFECT_EACH, ONE_STUDY, Params
from plugins.multilevel.params import CiMethod, Tau2Method
from tests.plugins.answers import answer
from tests.plugins.multilevel_cases import REFERENCE, nested_dataset, of_effects

# Both sides end at double precision of a likelihood that is flat at its top: half of the digits.
SOLVED = 1e-6


def fit(dataset, **params):
    params = {"rho_sensitivity": ()} | params
    return answer(multilevel.plugin, dataset, Params(**params))


# Fitted once for all tests: a fit with its profile intervals takes half a second.
KONSTANTOPOULOS = cache(lambda: fit(nested_dataset("konstantopoulos"), rho=0.0))


@pytest.mark.parametrize(("name", "rho"), [("konstantopoulos", 0.0), ("assink", 0.6)])
def test_model_agrees_with_metafor(name, rho):
    expected = REFERENCE["cases"][name]

    result = fit(nested_dataset(name), rho=rho, inference="model")

    theirs = [expected["t"][key][0] for key in ("estimate", "se", "p_value", "ci_lower", "ci_upper")]
    assert [result.estimate, result.se, result.p_value, result.ci_lower, result.ci_upper] == pytest.approx(
        theirs, rel=SOLVED
    )
    components = result.components
    assert [one.sigma2 for one in components] == pytest.approx(expected["z"]["sigma2"], rel=SOLVED)
    assert [one.i2 for one in components] == pytest.approx(expected["i2_by_factor"], rel=SOLVED)
    for place, one in enumerate(components, start=1):
        limits = expected["intervals"][str(place)]
        assert [one.sigma2_ci_lower, one.sigma2_ci_upper] == pytest.approx(limits, rel=SOLVED)
    assert [result.pi_lower, result.pi_upper] == pytest.approx(list(expected["predict"].values()), rel=SOLVED)
    assert (result.q, result.log_likelihood) == pytest.approx(
        (expected["z"]["q"], expected["z"]["log_likelihood"]), rel=SOLVED
    )


def test_robust_inference_agrees_with_clubsandwich():
    expected = REFERENCE["robust"]["konstantopoulos"]["CR2"]

    result = KONSTANTOPOULOS()

    found = [result.se, result.df, result.p_value, result.ci_lower, result.ci_upper]
    theirs = [expected[name][0] for name in ("se", "df", "p_value", "ci_lower", "ci_upper")]
    # The lower limit is near 0 and loses a digit or two by subtraction.
    assert found == pytest.approx(theirs, rel=1e-5)
    assert [one.name for one in result.inferences] == ["robust", "model"]
    assert (result.inference, result.k, result.k_studies) == ("robust", 56, 11)


def test_studies_deviate_as_metafor_predicts():
    expected = REFERENCE["cases"]["konstantopoulos"]["ranef"][0]

    result = KONSTANTOPOULOS()

    found = {study.study: (study.deviation, study.pi_lower) for study in result.studies}
    theirs = zip(expected["levels"], zip(expected["estimate"], expected["pi_lower"], strict=True), strict=True)
    for level, numbers in theirs:
        assert found[level] == pytest.approx(numbers, rel=1e-5)


def test_shares_give_the_estimate_and_studies_sum_their_effects():
    rows = [(0.1, 0.1, "a", "1"), (0.2, 0.9, "a", "2"), (0.15, 0.1, "b", "3"), (0.1, 0.1, "c", "4")]
    result = fit(of_effects(rows), rho=0.9)

    # Four products in double precision.
    assert sum(one.weight * one.estimate for one in result.effects) == pytest.approx(result.estimate, abs=1e-12)
    for study in result.studies:
        own = [one.weight for one in result.effects if one.study == study.study]
        assert (study.k, study.weight) == (len(own), pytest.approx(sum(own), abs=1e-12))
    assert NEGATIVE in result.messages


def test_options_are_those_of_the_engine():
    assert (get_args(Tau2Method), get_args(CiMethod)) == (("REML", "ML"), ("wald", "t"))


def test_other_correlations_are_given_side_by_side():
    rows = [(0.1, 0.1, "a", "1"), (0.6, 0.2, "a", "2"), (1.4, 0.1, "b", "3"), (0.9, 0.1, "c", "4")]
    alone = fit(of_effects(rows), rho=0.0)

    result = fit(of_effects(rows), rho=0.3, rho_sensitivity=(0.0, 0.3))

    zero, same = result.rho_sensitivity
    assert (same.estimate, same.ci_lower, same.i2) == (result.estimate, result.ci_lower, result.i2)
    assert (zero.estimate, zero.se, zero.sigma2_study) == (alone.estimate, alone.se, alone.components[0].sigma2)
    assert [one.label for one in result.rho_sensitivity] == ["rho = 0", "rho = 0.3"]


def test_one_effect_each_is_the_random_effects_model():
    dataset = sample_dataset(k=10)
    expected = engine.pool(dataset.yi, dataset.vi, ci_method="t")

    result = fit(dataset, inference="model")

    # Two searches for the top of the same likelihood.
    assert (result.estimate, result.ci_lower, result.tau2) == pytest.approx(
        (expected.estimate, expected.ci_lower, expected.tau2), rel=SOLVED
    )
    assert result.messages == (ONE_EFFECT_EACH,)
    assert [one.name for one in result.components] == ["study"]
    assert all(study.deviation is not None for study in result.studies)


def test_one_study_knows_nothing_of_others():
    result = fit(of_effects([(0.1, 0.1, "a", "1"), (0.6, 0.1, "a", "2"), (1.4, 0.1, "a", "3")]), rho=0.5)

    assert (result.inference, result.k_studies) == ("model", 1)
    assert [one.name for one in result.components] == ["study/effect"]
    assert result.messages[0] == ONE_STUDY
    assert "there are no robust ones" in result.messages[1]
    # Equal variances and covariances: the mean of the three.
    assert result.estimate == pytest.approx(0.7, abs=1e-12)


def test_few_studies_are_not_to_be_relied_on():
    result = fit(of_effects([(0.1, 0.1, "a", "1"), (0.6, 0.2, "a", "2"), (1.4, 0.1, "b", "3"), (0.9, 0.1, "c", "4")]))

    assert result.df < FEWEST_DEGREES
    assert any("degrees of freedom; below 4" in sentence for sentence in result.messages)


def test_effects_of_one_study_are_numbered():
    result = fit(of_effects([(0.1, 0.1, "a", "1"), (0.6, 0.2, "a", "2"), (1.4, 0.1, "b", "3")]))

    assert [one.label for one in result.effects] == ["Study a (1)", "Study a (2)", "Study b"]


def test_no_effect_gives_a_sentence():
    result = fit(sample_dataset(k=0))

    assert (result.k, result.estimate, result.messages) == (0, None, (NOTHING_TO_POOL,))


def test_one_effect_is_shown_by_itself():
    result = fit(sample_dataset(k=1))

    assert (result.k, result.estimate, result.tau2) == (1, sample_dataset(k=1).effects[0].yi, None)
    assert result.messages == (ONE_EFFECT,)


def test_two_studies_have_an_answer():
    result = fit(sample_dataset(k=2))

    assert (result.k, result.k_studies) == (2, 2)
    # Two studies leave one degree of freedom, found as a ratio of traces.
    assert result.df == pytest.approx(1.0, abs=1e-9)


@pytest.mark.parametrize("bad", [{"rho": 1.0}, {"rho": -0.1}, {"rho_sensitivity": (0.5, 2.0)}, {"inference": "none"}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        Params.model_validate(bad)


@settings(max_examples=5)
@given(
    st.lists(st.tuples(st.floats(-2, 2), st.floats(0.05, 1.0), st.sampled_from("abcd")), min_size=4, max_size=6),
    st.floats(-5, 5),
)
def test_adding_a_constant_to_all_effects_moves_the_estimate_alone(rows, shift):
    named = [(yi, vi, study, str(place)) for place, (yi, vi, study) in enumerate(rows)]
    moved = [(yi + shift, vi, study, name) for yi, vi, study, name in named]

    one, other = (fit(of_effects(some), inference="model") for some in (named, moved))

    # The likelihood is the same; the search sees effects that differ by rounding, and its top is flat.
    assert other.estimate - one.estimate == pytest.approx(shift, abs=1e-4)
    assert np.isclose(other.se, one.se, rtol=1e-3)
