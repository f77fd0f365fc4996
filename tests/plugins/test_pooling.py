"""Pooling against metafor, and what it says where there is little to pool."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis import engine
from analysis.testing import check_plugin, sample_dataset
from plugins import pooling
from plugins.pooling import messages, models
from plugins.pooling.params import CiMethod, Model, Tau2Method
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset
from tests.plugins.pooling_cases import counted_dataset, reference
from tests.reference import datasets

# metafor 3.8-1: rma(yi, vi, method="REML", test="knha") on dat.bcg. REML stops at a step of 1e-5, hence 1e-6.
BCG = {
    "estimate": -0.7145323422,
    "tau2": 0.3132432581,
    "ci_lower": -1.1084437,
    "ci_upper": -0.3206210,
}


def test_bcg_gives_the_numbers_of_metafor():
    result = answer(pooling.plugin, bcg_dataset())

    assert {name: getattr(result, name) for name in BCG} == pytest.approx(BCG, abs=1e-6)
    assert (result.k, result.df, result.q_df, result.model) == (13, 12, 12, "random_effects")


def test_weights_are_shares_and_rows_keep_the_order_of_the_dataset():
    dataset = sample_dataset(k=10)
    result = answer(pooling.plugin, dataset)

    assert sum(study.weight for study in result.studies) == pytest.approx(1.0, abs=1e-12)
    assert [study.effect for study in result.studies] == [effect.id for effect in dataset.effects]
    assert [study.estimate for study in result.studies] == [effect.yi for effect in dataset.effects]


def test_intervals_of_studies_are_normal_at_the_level():
    result = answer(pooling.plugin, dataset_of([3.0], [4.0]), pooling.Params(level=0.9))

    # The 95th percentile of the normal distribution is 1.6448536270.
    assert result.studies[0].ci_lower == pytest.approx(3.0 - 2.0 * 1.6448536270, abs=1e-9)
    assert result.studies[0].ci_upper == pytest.approx(3.0 + 2.0 * 1.6448536270, abs=1e-9)


def test_no_study_gives_no_number_and_says_so():
    result = answer(pooling.plugin, sample_dataset(k=0))

    assert result.k == 0
    assert result.messages == ("No study has a result that can be pooled.",)
    undefined = set(models.OF_ESTIMATE + models.OF_HETEROGENEITY + models.OF_TABLES)
    assert {name: getattr(result, name) for name in undefined} == dict.fromkeys(undefined)
    assert result.studies == ()


def test_one_study_is_shown_and_nothing_is_pooled():
    result = answer(pooling.plugin, dataset_of([-12.0], [9.0]))

    assert (result.k, result.estimate, result.se, result.ci_method) == (1, -12.0, 3.0, "wald")
    assert (result.tau2, result.i2, result.pi_lower, result.df) == (None, None, None, None)
    assert result.messages == (messages.ONE_STUDY,)
    assert result.figures[0].summary_estimate == ""


def test_two_studies_rest_on_one_degree_of_freedom():
    result = answer(pooling.plugin, sample_dataset(k=2))

    assert (result.df, result.ci_method) == (1, "hksj")
    assert result.messages == (messages.ONE_DEGREE_OF_FREEDOM,)


@pytest.mark.parametrize(("k", "tau2_method", "is_warned"), [(2, "REML", True), (2, "CE", False), (10, "REML", False)])
def test_few_studies_know_little_of_the_variance_between_them(k, tau2_method, is_warned):
    params = pooling.Params(ci_method="wald", tau2_method=tau2_method)

    result = answer(pooling.plugin, sample_dataset(k=k), params)

    assert result.messages == ((messages.FEW.format(k=k),) if is_warned else ())


def test_equal_effects_give_the_normal_interval_and_say_so():
    result = answer(pooling.plugin, dataset_of([2.0, 2.0, 2.0], [1.0, 1.0, 1.0]))

    assert result.ci_method == "wald"
    assert result.messages == (messages.EQUAL_EFFECTS, messages.FEW.format(k=3))


def test_common_effect_model_has_no_prediction_interval():
    result = answer(pooling.plugin, sample_dataset(k=10), pooling.Params(tau2_method="CE"))

    assert (result.model, result.pi_lower, result.tau2) == ("common_effect", None, 0.0)
    assert result.figures[0].summary_label == "Common-effect model"


def test_study_with_two_effects_is_mentioned():
    dataset = sample_dataset(k=3)
    twice = dataset.effects[0].model_copy(update={"id": "again"})
    result = answer(pooling.plugin, dataset.model_copy(update={"effects": (*dataset.effects, twice)}))

    assert result.messages == (messages.FEW.format(k=4), messages.REPEATED_STUDIES)


@pytest.mark.parametrize("bad", [{"level": 95}, {"level": 0.0}, {"tau2_method": "XX"}, {"ci_method": "z"}])
def test_bad_parameters_are_refused(bad):
    with pytest.raises(ValidationError):
        pooling.Params.model_validate(bad)


@pytest.mark.parametrize(
    ("direction", "left", "right"),
    [("lower", "Favours Exercise", "Favours Usual care"), ("higher", "Favours Usual care", "Favours Exercise")],
)
def test_figure_says_which_side_favours_whom(direction, left, right):
    dataset = sample_dataset(k=3)
    outcome = dataset.outcome.model_copy(update={"direction": direction})
    figure = answer(pooling.plugin, dataset.model_copy(update={"outcome": outcome})).figures[0]

    assert (figure.favours_left, figure.favours_right) == (left, right)
    assert figure.x_label == "Mean difference (points)"


# Both sides are closed forms, or optima to double precision (metafor with its steps at 1e-10).
EXACT = 1e-9


def test_options_are_those_of_the_engine():
    assert (get_args(Tau2Method), get_args(CiMethod)) == (engine.TAU2_METHODS, engine.CI_METHODS)
    assert len(get_args(Tau2Method)) == 12
    assert get_args(Model) == models.MODELS
    assert len(models.MODELS) == 10


@pytest.mark.parametrize("tau2_method", datasets.TAU2_METHODS)
@pytest.mark.parametrize("ci_method", engine.CI_METHODS)
def test_every_estimator_with_every_interval_agrees_with_metafor(tau2_method, ci_method):
    expected = datasets.answer_of(datasets.load("bcg-RR")["tight"], tau2_method, ci_method)

    result = answer(pooling.plugin, bcg_dataset(), pooling.Params(tau2_method=tau2_method, ci_method=ci_method))

    names = {"estimate": "b", "se": "se", "ci_lower": "ci.lb", "ci_upper": "ci.ub", "tau2": "tau2"}
    assert {name: getattr(result, name) for name in names} == pytest.approx(
        {name: expected[theirs] for name, theirs in names.items()}, rel=EXACT
    )


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_mantel_haenszel_agrees_with_metafor(measure):
    expected = reference("hine1989")["pooled"][f"{measure} default"]

    result = answer(pooling.plugin, counted_dataset("hine1989", measure), pooling.Params(model="mantel_haenszel"))

    found = (result.estimate, result.se, result.ci_lower, result.q, result.q_p_value)
    assert found == pytest.approx([expected[name] for name in ("beta", "se", "ci.lb", "QE", "QEp")], rel=EXACT)
    assert (result.model, result.ci_method, result.tau2, result.df) == ("common_effect", "wald", 0.0, None)
    if measure == "OR":
        tests = (result.cmh_statistic, result.breslow_day_statistic, result.tarone_statistic)
        assert tests == pytest.approx([expected["MH"], expected["BD"], expected["TA"]], rel=EXACT)


def test_peto_agrees_with_metafor():
    expected = reference("hine1989")["peto"]["default"]

    result = answer(pooling.plugin, counted_dataset("hine1989", "OR"), pooling.Params(model="peto"))

    assert (result.estimate, result.se, result.q) == pytest.approx(
        (expected["beta"], expected["se"], expected["QE"]), rel=EXACT
    )


@pytest.mark.parametrize(
    ("option", "name"), [("logistic_um_fs", "UM.FS"), ("logistic_cm_el", "CM.EL"), ("logistic_cm_al", "CM.AL")]
)
def test_logistic_models_find_the_maximum_of_the_exact_likelihood(option, name):
    expected = reference("bcg")["exact"][name]

    result = answer(pooling.plugin, counted_dataset("bcg", "OR"), pooling.Params(model=option))

    found = (result.estimate, result.se, result.tau2)
    assert found == pytest.approx((expected["beta"], expected["se"], expected["tau2"]), rel=EXACT)
    assert (result.model, result.tau2_method, result.pi_distribution) == ("random_effects", "ML", "normal")
    assert messages.ONE_STUDY not in result.messages
    assert models.SHARES in result.messages


@pytest.mark.parametrize(("option", "name"), [("poisson_um_fs", "UM.FS"), ("poisson_cm_el", "CM.EL")])
def test_poisson_models_find_the_maximum_of_the_exact_likelihood(option, name):
    expected = reference("nielweise2008")["exact"][name]

    result = answer(pooling.plugin, counted_dataset("nielweise2008", "IRR"), pooling.Params(model=option))

    assert (result.estimate, result.se, result.tau2) == pytest.approx(
        (expected["beta"], expected["se"], expected["tau2"]), rel=EXACT
    )


def test_poisson_model_of_people_is_a_risk_ratio_and_says_so():
    dataset = counted_dataset("bcg", "RR")
    result = answer(pooling.plugin, dataset, pooling.Params(model="poisson_cm_el"))

    # Tuberculosis is rare, so that the logistic model conditional on all events is nearly the same.
    assert result.estimate == pytest.approx(reference("bcg")["exact"]["CM.AL"]["beta"], abs=0.01)
    assert models.PEOPLE_AS_TIME in result.messages


def test_studies_without_counts_are_left_out_by_name():
    dataset = counted_dataset("hine1989", "OR")
    printed = dataset.effects[2].model_copy(update={"columns": {}})
    effects = (*dataset.effects[:2], printed, *dataset.effects[3:])
    rest = dataset.model_copy(update={"effects": (*dataset.effects[:2], *dataset.effects[3:])})
    params = pooling.Params(model="mantel_haenszel")

    result = answer(pooling.plugin, dataset.model_copy(update={"effects": effects}), params)

    assert result.studies_left_out == ("Trial 3",)
    assert models.WITHOUT_COUNTS.format(labels="Trial 3") in result.messages
    assert (result.k, result.estimate) == (dataset.k - 1, answer(pooling.plugin, rest, params).estimate)


def test_model_of_counts_pools_nothing_without_any():
    result = answer(pooling.plugin, bcg_dataset(), pooling.Params(model="mantel_haenszel"))

    assert (result.k, result.estimate, result.studies) == (0, None, ())
    assert result.messages == (models.NO_COUNTS,)
    assert len(result.studies_left_out) == 13


def test_model_of_counts_refuses_another_measure_in_a_sentence():
    result = answer(pooling.plugin, sample_dataset(k=3), pooling.Params(model="peto"))

    assert (result.k, result.estimate) == (0, None)
    assert result.messages[0].startswith("Nothing was pooled: this model pools odds ratios")


def test_model_of_counts_says_why_it_has_no_answer():
    dataset = counted_dataset("hine1989", "OR")
    without = tuple(e.model_copy(update={"columns": e.columns | {"ai": 0.0}}) for e in dataset.effects)
    params = pooling.Params(model="mantel_haenszel")

    result = answer(pooling.plugin, dataset.model_copy(update={"effects": without}), params)

    assert result.estimate is None
    assert "no study has both events in arm 1" in result.messages[0]


def test_one_study_with_counts_is_shown_by_itself():
    dataset = counted_dataset("hine1989", "OR")
    result = answer(
        pooling.plugin, dataset.model_copy(update={"effects": dataset.effects[:1]}), pooling.Params(model="peto")
    )

    assert (result.k, result.estimate, result.tau2) == (1, dataset.effects[0].yi, None)
    assert result.messages == (messages.ONE_STUDY,)


def test_empty_cells_are_counted():
    dataset = counted_dataset("hine1989", "OR")
    first = dataset.effects[0]
    empty = first.model_copy(update={"columns": first.columns | {"ai": 0.0}})
    changed = dataset.model_copy(update={"effects": (empty, *dataset.effects[1:])})

    said = answer(pooling.plugin, changed).messages

    assert messages.ZERO_CELLS.format(count=1, k=dataset.k) in said
    assert not any("without events" in sentence for sentence in answer(pooling.plugin, dataset).messages)


def test_interval_narrower_than_the_common_effect_is_mentioned():
    agreeing = dataset_of([1.0, 1.01, 0.99, 1.0, 1.02], [1.0] * 5)

    plain = answer(pooling.plugin, agreeing)
    corrected = answer(pooling.plugin, agreeing, pooling.Params(ci_method="hksj_adhoc"))

    assert plain.messages == (messages.NARROWER,)
    assert corrected.messages == ()
    assert corrected.ci_upper > plain.ci_upper


def test_variance_has_the_interval_of_the_likelihood_where_it_is_asked_for():
    params = pooling.Params(tau2_interval="profile_likelihood")
    expected = engine.profile_likelihood_tau2(bcg_dataset().yi, bcg_dataset().vi)

    result = answer(pooling.plugin, bcg_dataset(), params)

    assert (result.tau2_ci_lower, result.tau2_ci_upper) == (expected.tau2_ci_lower, expected.tau2_ci_upper)
    assert result.tau2_interval == "profile_likelihood"


def test_prediction_interval_has_the_asked_degrees_of_freedom():
    wide = answer(pooling.plugin, bcg_dataset(), pooling.Params(pi_method="t_k_minus_2"))
    usual = answer(pooling.plugin, bcg_dataset())

    # Quantiles of t with 11 and with 12 degrees of freedom, R's qt(0.975, df), ten digits.
    ratio = (wide.pi_upper - wide.estimate) / (usual.pi_upper - usual.estimate)
    assert ratio == pytest.approx(2.2009851601 / 2.1788128297, rel=1e-9)


@given(st.lists(st.tuples(st.integers(1, 19), st.integers(1, 19)), min_size=2, max_size=6))
def test_mantel_haenszel_turns_its_sign_with_the_groups(events):
    def pooled(pairs):
        columns = [{"ai": float(a), "n1i": 20.0, "ci": float(c), "n2i": 30.0} for a, c in pairs]
        columns = columns if pairs is events else [_turned(row) for row in columns]
        dataset = dataset_of([0.0] * len(pairs), [1.0] * len(pairs), measure="OR")
        effects = [e.model_copy(update={"columns": c}) for e, c in zip(dataset.effects, columns, strict=True)]
        dataset = dataset.model_copy(update={"effects": tuple(effects)})
        return answer(pooling.plugin, dataset, pooling.Params(model="mantel_haenszel")).estimate

    # Sums of at most six numbers below 100 in double precision.
    assert pooled(list(events)) == pytest.approx(-pooled(events), abs=1e-10)


def _turned(row):
    """Give a table with its groups exchanged."""
    return {"ai": row["ci"], "n1i": row["n2i"], "ci": row["ai"], "n2i": row["n1i"]}


def test_weights_of_likelihoods_are_inverse_variances():
    dataset = counted_dataset("bcg", "OR")
    result = answer(pooling.plugin, dataset, pooling.Params(model="logistic_cm_al"))

    wi = 1.0 / (dataset.vi + result.tau2)
    assert [study.weight for study in result.studies] == pytest.approx((wi / np.sum(wi)).tolist(), rel=1e-12)


def test_search_that_does_not_end_is_a_sentence(monkeypatch):
    def give_up(*args, **options):
        raise engine.NotConverged(what="tau2", iterations=200)

    monkeypatch.setattr(engine, "profile_likelihood_tau2", give_up)

    result = answer(pooling.plugin, sample_dataset(k=10), pooling.Params(tau2_interval="profile_likelihood"))

    assert (result.k, result.estimate, result.studies) == (10, None, ())
    assert result.messages == ("Nothing was pooled: the search for tau2 did not converge in 200 iterations.",)


def test_pooling_conforms():
    check_plugin(pooling.plugin)
