"""Meta-regression against metafor, complete cases by model, and sentences where a model cannot be fitted."""

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import engine
from analysis.testing import check_plugin, sample_dataset
from plugins import meta_regression
from plugins.meta_regression import NOTHING_TO_REGRESS, Params
from plugins.meta_regression.params import CiMethod, Model, PredictAt, Tau2Method
from plugins.meta_regression.result import MOST_BUBBLE_PLOTS
from tests.plugins.answers import answer, dataset_of
from tests.plugins.moderator_cases import moderated_dataset, with_fact
from tests.reference import datasets

# Both sides work in double precision; metafor's steps end at 1e-10.
EXACT = 1e-8
INTERVAL = {"estimate": "pred", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub", "pi_lower": "pi.lb"}


def model(*moderators, name="one"):
    return Model(name=name, title=f"Model {name}", moderators=moderators)


def regress(dataset, *models, **params):
    params = {"permutations": 0} | params
    return answer(meta_regression.plugin, dataset, Params(models=models, **params))


def metafor(name):
    models = datasets.load("bcg", part="moderators")["models"]
    return next(one for one in models if one["name"] == name)


@pytest.mark.parametrize("name", ["ablat", "ablat + year", "alloc", "alloc + ablat", "ablat * since"])
def test_models_agree_with_metafor(name):
    expected = metafor(name)
    fit = expected["fits"]["REML"]

    result = regress(moderated_dataset("bcg"), model(*expected["mods"]))

    row = result.models[0]
    assert (row.p, row.k, row.is_main, row.message) == (expected["p"], 13, True, None)
    # R2 and tau2 are ratios and differences of what the searches end at; 0 is exactly 0 on both sides.
    assert (row.tau2, row.q, row.r2) == pytest.approx((fit["tau2"], expected["QE"], fit["R2"]), rel=EXACT)
    assert (row.qm, row.qm_p_value) == pytest.approx((fit["knha"]["QM"], fit["knha"]["QMp"]), rel=EXACT)
    assert [one.estimate for one in result.coefficients] == pytest.approx(fit["b"], rel=EXACT)
    for ours, theirs in (("se", "se"), ("ci_lower", "ci.lb"), ("ci_upper", "ci.ub"), ("p_value", "pval")):
        assert [getattr(one, ours) for one in result.coefficients] == pytest.approx(fit["knha"][theirs], rel=EXACT)
    if expected["vif"]:
        assert [one.vif for one in result.coefficients[1:]] == pytest.approx(expected["vif"]["each"], rel=EXACT)
        assert [one.vif for one in result.terms] == pytest.approx(expected["vif"]["together"], rel=EXACT)


def test_options_are_those_of_the_engine():
    assert (get_args(Tau2Method), get_args(CiMethod)) == (engine.TAU2_METHODS, engine.CI_METHODS)


def test_adjusted_predictions_agree_with_metafor():
    expected = metafor("ablat")["predict"]
    stated = (PredictAt(moderator="ablat", values=tuple(row[0] for row in expected["rows"])),)

    result = regress(moderated_dataset("bcg"), model("ablat"), predict_at=stated)

    for ours, theirs in INTERVAL.items():
        found = [getattr(one, ours) for one in result.predictions]
        assert found == pytest.approx(expected["knha"][theirs], rel=EXACT)
    assert [one.label for one in result.predictions] == ["ablat = 33.4615", "ablat = 44", "ablat = 13"]


def test_usual_predictions_are_at_all_levels_and_at_smallest_mean_and_largest_value():
    result = regress(moderated_dataset("bcg"), model("alloc", "ablat"))

    assert [(one.moderator, one.value) for one in result.predictions] == [
        ("alloc", "alternate"),
        ("alloc", "random"),
        ("alloc", "systematic"),
        ("ablat", "13"),
        ("ablat", "33.4615384615385"),
        ("ablat", "55"),
    ]


def test_value_that_a_moderator_does_not_have_is_a_sentence():
    stated = (PredictAt(moderator="alloc", values=("coin",)),)

    result = regress(moderated_dataset("bcg"), model("alloc"), predict_at=stated)

    assert result.predictions == ()
    assert 'alloc has no level "coin"' in result.models[0].message


def test_permutation_test_is_exact_where_it_can_be():
    content = datasets.load("bcg", part="moderators")
    expected = next(one for one in content["permutations"] if one["mods"] == ["ablat"])
    whole = moderated_dataset("bcg")
    first = whole.model_copy(update={"effects": whole.effects[: expected["k"]]})

    result = regress(first, model("ablat"), permutations=1000)

    row, theirs = result.models[0], expected["fits"]["REML"]["knha"]
    # Shares of 360 permutations: only the division may differ.
    assert row.qm_permutation_p_value == pytest.approx(theirs["QMp"], abs=1e-12)
    assert [one.permutation_p_value for one in result.coefficients] == pytest.approx(theirs["pval"], abs=1e-12)
    assert (row.is_exact, row.permutations) == (True, 360)


def test_sampled_permutations_depend_on_the_seed_alone():
    dataset = moderated_dataset("bcg")
    one, again, other = (
        [one.permutation_p_value for one in regress(dataset, model("year"), permutations=500, seed=seed).coefficients]
        for seed in (1, 1, 2)
    )

    assert one == again
    assert one != other


def test_influence_agrees_with_metafor():
    expected = metafor("ablat")["influence"]["z"]

    result = regress(moderated_dataset("bcg"), model("ablat"), ci_method="wald")

    for ours, theirs in {"rstudent": "rstudent", "cook_d": "cook.d", "tau2_del": "tau2.del", "hat": "hat"}.items():
        assert [getattr(one, ours) for one in result.influence] == pytest.approx(expected[theirs], rel=1e-6)


def test_study_that_alone_carries_a_coefficient_has_no_diagnostics():
    dataset = with_fact(sample_dataset(k=10), "kind", ["a"] * 9 + ["b"])

    result = regress(dataset, model("kind"))

    last = result.influence[-1]
    assert (last.rstudent, last.cook_d, last.is_outlier) == (None, None, False)
    assert result.influence[0].rstudent is not None


def test_macro_of_wilson_is_given_where_it_is_asked_for():
    dataset = moderated_dataset("bcg")
    expected = engine.wilson_regression(
        dataset.yi, dataset.vi, mods={"ablat": [effect.facts["ablat"] for effect in dataset.effects]}, tau2_method="ML"
    )

    result = regress(dataset, model("ablat"), wilson_method="ML")

    row = result.wilson[0]
    assert (row.mean, row.r2, row.q_model, row.tau2) == (expected.mean, expected.r2, expected.q_model, expected.tau2)
    assert [one.beta for one in result.wilson_coefficients] == expected.beta.tolist()
    assert regress(dataset, model("ablat")).wilson == ()


def test_each_model_names_the_studies_that_it_leaves_out():
    dataset = sample_dataset(k=10)
    result = regress(dataset, model("mean_age", name="age"), model("sessions", name="dose"))

    age, dose = result.models
    assert (age.k, dose.k) == (4, 10)
    assert {(one.model, one.fields) for one in result.effects_left_out} == {("age", ("mean_age",))}
    assert [one.label for one in result.effects_left_out][:2] == ["Cohen 1994", "Dietz 1997"]
    assert (age.is_main, dose.is_main) == (True, False)
    assert any("Cohen 1994, Dietz 1997" in sentence for sentence in result.messages)


@pytest.mark.parametrize(
    ("moderators", "words"),
    [
        (("nothing",), "The dataset has no field “nothing”"),
        (("components",), "“components” holds lists"),
        (("components=strength",), "it explains nothing"),
        (("year:sessions",), "which is not among the terms before"),
        (("year", "sessions", "region", "mean_age"), "3 studies know all moderators"),
    ],
)
def test_model_that_cannot_be_fitted_says_why(moderators, words):
    dataset = sample_dataset(k=10)
    if "mean_age" in moderators:
        dataset = with_fact(dataset, "mean_age", [40.0, 41.0, 45.0, *[None] * 7])

    result = regress(dataset, model(*moderators), model("sessions", name="other"))

    row, other = result.models
    assert words in row.message
    assert row.message.startswith("Not fitted: ")
    assert (row.p, row.tau2) == (None, None)
    assert other.p == 2


def test_values_of_lists_are_indicators_and_interactions_are_products():
    dataset = sample_dataset(k=10)

    result = regress(dataset, model("components=stretching", "sessions", "components=stretching:sessions"))

    names = [one.name for one in result.coefficients]
    assert names[1:] == ["components=stretching[yes]", "sessions", "components=stretching[yes]:sessions"]
    holding = [float("stretching" in effect.facts["components"]) for effect in dataset.effects]
    dose = [effect.facts["sessions"] for effect in dataset.effects]
    fit = engine.pool(dataset.yi, dataset.vi, mods={"a": holding, "b": dose, "a:b": None})
    # The same columns, centred by the same code: only the last digits may differ.
    assert [one.estimate for one in result.coefficients] == pytest.approx(fit.estimate.tolist(), rel=1e-10)


def test_bubble_plot_is_drawn_for_one_numeric_moderator():
    dataset = sample_dataset(k=10)
    result = regress(dataset, model("region", "sessions", name="a"), model("region", name="b"), model("year", name="c"))

    assert [(figure.rows, figure.lines, figure.x_label) for figure in result.figures] == [
        ("bubbles_1", ("line_1",), "sessions"),
        ("bubbles_2", ("line_2",), "year"),
    ]
    assert [one.x for one in result.bubbles_2] == [effect.year for effect in dataset.effects]
    first, last = result.line_2[0], result.line_2[-1]
    slope = result.coefficients[-1].estimate
    # A straight line through fitted points; centring years costs some digits.
    assert last.y - first.y == pytest.approx(slope * (last.x - first.x), rel=1e-8)
    assert all(point.ci_lower < point.y < point.ci_upper for point in result.line_2)
    assert result.bubbles_3 == ()


def test_more_models_than_places_for_bubble_plots_is_mentioned():
    models = [model("year", name=str(number)) for number in range(MOST_BUBBLE_PLOTS + 1)]

    result = regress(sample_dataset(k=10), *models)

    assert (MOST_BUBBLE_PLOTS, len(result.figures)) == (4, 4)
    assert sum("first 4 models" in sentence for sentence in result.messages) == 1


def test_exact_fit_has_normal_intervals():
    dataset = with_fact(dataset_of([1.0, 2.0, 3.0], [1.0] * 3), "dose", [1.0, 2.0, 3.0])

    result = regress(dataset, model("dose"))

    assert result.models[0].ci_method == "wald"
    # The line through the three points has slope 1, to the last digit or two.
    assert result.coefficients[1].estimate == pytest.approx(1.0, rel=1e-12)


def test_no_study_gives_a_sentence():
    result = regress(sample_dataset(k=0), model("year"))

    assert (result.k, result.models, result.messages) == (0, (), (NOTHING_TO_REGRESS,))


@pytest.mark.parametrize("k", [1, 2])
def test_too_few_studies_for_a_slope_is_a_sentence(k):
    result = regress(sample_dataset(k=k), model("year"))

    assert result.models[0].message.startswith("Not fitted")
    assert result.coefficients == ()


@pytest.mark.parametrize(
    "bad",
    [
        {"models": ()},
        {"models": (model("year"), model("sessions"))},
        {"models": (model("year", "year"),)},
        {"permutations": 1},
        {"seed": -1},
    ],
)
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        Params.model_validate(bad)


@given(st.lists(st.tuples(st.floats(-3, 3), st.floats(0.1, 2.0)), min_size=5, max_size=8), st.floats(0.5, 100.0))
def test_unit_of_a_moderator_changes_its_coefficient_alone(rows, unit):
    dataset = dataset_of([yi for yi, _ in rows], [vi for _, vi in rows])
    doses = [float(place) for place in range(len(rows))]

    plain = regress(with_fact(dataset, "dose", doses), model("dose"), ci_method="wald")
    scaled = regress(with_fact(dataset, "dose", [unit * dose for dose in doses]), model("dose"), ci_method="wald")

    # One search for tau2 ends where the other does, but for rounding of the columns.
    assert scaled.coefficients[1].estimate * unit == pytest.approx(plain.coefficients[1].estimate, abs=1e-6)
    assert scaled.models[0].qm == pytest.approx(plain.models[0].qm, rel=1e-6, abs=1e-9)


def test_meta_regression_conforms():
    check_plugin(meta_regression.plugin)
