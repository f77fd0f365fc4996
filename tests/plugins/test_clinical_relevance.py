"""Clinical relevance: MCID of one kind, both directions, points of a scale, chances, responders and verdicts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.contract import InstrumentFacts
from analysis.testing import check_plugin, quiet, sample_dataset
from plugins import clinical_relevance
from plugins.clinical_relevance import NO_PREDICTION, NOTHING_POOLED, Params
from plugins.clinical_relevance.mcid import NONE_KNOWN, ONLY_WITHIN, WITHIN_REFUSED
from plugins.clinical_relevance.verdict import Benefit, give_verdict
from plugins.pooling import plugin as pooling

# A handful of operations in double precision.
EXACT = 1e-12


def pooled_of(dataset, **params):
    result = pooling.run(dataset, pooling.params(**params), {}, quiet)
    return {"pooling": result.model_dump(mode="json")}


def relevance_of(dataset, pool=None, **params):
    return clinical_relevance.run(dataset, Params(**params), pooled_of(dataset, **(pool or {})), quiet)


def outcome_with(dataset, **changes):
    return dataset.model_copy(update={"outcome": dataset.outcome.model_copy(update=changes)})


def turned(dataset):
    """Give the same dataset on a scale that counts the other way."""
    effects = tuple(effect.model_copy(update={"yi": -effect.yi}) for effect in dataset.effects)
    return outcome_with(dataset.model_copy(update={"effects": effects}), direction="higher")


def test_plugin_conforms():
    check_plugin(clinical_relevance.plugin, upstream_for=pooled_of)


def test_within_group_mcid_is_refused():
    entered = relevance_of(sample_dataset(), mcid=15.0, mcid_kind="within", mcid_source="Somebody 2008")
    known = relevance_of(outcome_with(sample_dataset(), mcid_between=None, mcid_within=15.0))
    nothing = relevance_of(outcome_with(sample_dataset(), mcid_between=None))

    for result, sentence in ((entered, WITHIN_REFUSED), (known, ONLY_WITHIN), (nothing, NONE_KNOWN)):
        assert (result.mcid, result.verdict, result.is_beyond_mcid) == (None, None, None)
        assert sentence in result.messages
        assert all(row.pr_beyond_mcid is None for row in result.probabilities)


def test_direction_changes_no_benefit():
    one, two = relevance_of(sample_dataset()), relevance_of(turned(sample_dataset()))

    assert one.estimate < 0.0 < two.estimate
    assert two.benefit == pytest.approx(one.benefit, rel=EXACT)
    assert two.verdict == one.verdict == "probably_meaningful_benefit"
    for first, second in zip(one.responders, two.responders, strict=True):
        # The pooled estimates of both scales differ by rounding only.
        assert second.risk_difference == pytest.approx(first.risk_difference, rel=1e-9)
    assert [row.pr_beyond_mcid for row in two.probabilities] == pytest.approx(
        [row.pr_beyond_mcid for row in one.probabilities], rel=1e-9
    )


def test_chances_are_those_of_the_intervals():
    dataset = sample_dataset()
    found = relevance_of(dataset)
    limit = pooled_of(dataset)["pooling"]

    # The chance beyond a limit of a 95 % interval is 2.5 %.
    mean = relevance_of(dataset, mcid=-limit["ci_lower"]).probabilities[0]
    predictive = relevance_of(dataset, mcid=-limit["pi_lower"]).probabilities[1]
    assert mean.pr_beyond_mcid == pytest.approx(0.025, rel=1e-9)
    assert predictive.pr_beyond_mcid == pytest.approx(0.025, rel=1e-9)
    assert [(row.name, row.distribution, row.df) for row in found.probabilities] == [
        ("mean", "t", 9.0),
        ("predictive", "t", 9.0),
    ]


def test_prediction_by_k_minus_2_has_its_degrees_of_freedom():
    found = relevance_of(sample_dataset(), pool={"pi_method": "t_k_minus_2"})

    assert [row.df for row in found.probabilities] == [9.0, 8.0]


def test_standardised_difference_becomes_points_of_the_instrument():
    result = relevance_of(
        sample_dataset(measure="SMD"), sd=2.5, sd_source="Somebody 2015", mcid=1.0, mcid_source="x 2020"
    )
    points = next(row for row in result.translations if row.name == "points")
    share = next(row for row in result.translations if row.name == "share")

    assert points.estimate == pytest.approx(2.5 * result.estimate, rel=EXACT)
    assert share.estimate == pytest.approx(points.estimate / 10.0, rel=EXACT)
    assert result.mcid == pytest.approx(0.4, rel=EXACT)
    assert (result.instrument, result.sd, result.sd_k) == ("nrs", 2.5, 0)


def test_standard_deviation_of_the_studies_is_pooled_and_counted():
    result = relevance_of(sample_dataset())

    # Every made-up group has 20 points.
    assert result.sd == pytest.approx(20.0, rel=EXACT)
    assert result.sd_k == 10
    assert "10 of 10 studies" in result.messages[0]


def test_change_scores_give_no_standard_deviation_of_scores():
    dataset = sample_dataset()
    effects = tuple(
        effect.model_copy(update={"facts": effect.facts | {"value_kind": "change"}}) for effect in dataset.effects
    )
    result = relevance_of(dataset.model_copy(update={"effects": effects}))

    assert (result.sd, result.responders) == (None, ())
    assert any("10 studies give the standard deviation of a change only" in said for said in result.messages)


def test_instrument_that_counts_the_other_way_turns_the_points():
    nrs = InstrumentFacts(code="nrs", name="Reversed", direction="higher", scale_min=0.0, scale_max=100.0)
    dataset = outcome_with(sample_dataset(measure="SMD"), instruments=(nrs,))
    result = relevance_of(dataset, sd=20.0, sd_source="x")
    points = next(row for row in result.translations if row.name == "points")

    assert result.estimate < 0.0 < points.estimate
    assert points.ci_lower < points.estimate < points.ci_upper
    assert points.pi_lower < points.ci_lower


def test_threshold_adds_the_rate_of_normal_scores():
    # All comparators have mean 45 and SD 20: at 25 or less are Phi(-1) of them.
    result = relevance_of(sample_dataset(), response_threshold=25.0)
    row = next(row for row in result.responders if row.name == "threshold")

    assert row.risk_comparator == pytest.approx(0.1586552539314571, rel=EXACT)
    assert row.risk_experimental > row.risk_comparator


def test_interval_through_infinity_has_two_kinds_of_numbers():
    result = relevance_of(sample_dataset(k=3))
    row = result.responders[0]

    assert row.ci_lower < 0.0 < row.ci_upper
    assert row.nnt_ci_upper is None
    assert 1.0 / row.nnt_other_side == pytest.approx(abs(row.ci_lower if row.risk_difference > 0 else row.ci_upper))


@pytest.mark.parametrize(
    ("rule", "numbers", "expected"),
    [
        ("mcid_then_one_sided", (12.0, -1.0, 25.0), "important_benefit"),
        ("mcid_then_one_sided", (8.0, 1.0, 15.0), "probably_meaningful_benefit"),
        ("mcid_then_one_sided", (8.0, -1.0, 17.0), "not_shown"),
        ("mcid_then_one_sided", (-8.0, -15.0, -1.0), "probably_meaningful_harm"),
        ("mcid_then_one_sided", (-12.0, -15.0, -9.0), "important_harm"),
        ("interval_and_mcid", (15.0, 11.0, 19.0), "important_benefit"),
        ("interval_and_mcid", (12.0, 5.0, 19.0), "possibly_important_benefit"),
        ("interval_and_mcid", (5.0, 2.0, 8.0), "benefit_below_mcid"),
        ("interval_and_mcid", (12.0, -1.0, 25.0), "not_shown"),
        ("interval_and_mcid", (-15.0, -19.0, -11.0), "important_harm"),
    ],
)
def test_rule_gives_its_verdict(rule, numbers, expected):
    assert give_verdict(Benefit(*numbers, mcid=10.0), Params(rule=rule)) == expected


@given(
    estimate=st.floats(-30, 30),
    reach=st.floats(0.1, 30),
    rule=st.sampled_from(["mcid_then_one_sided", "interval_and_mcid"]),
)
def test_harm_is_the_mirror_of_a_benefit(estimate, reach, rule):
    params = Params(rule=rule)
    good = give_verdict(Benefit(estimate, estimate - reach, estimate + reach, mcid=10.0), params)
    bad = give_verdict(Benefit(-estimate, -estimate - reach, -estimate + reach, mcid=10.0), params)

    swapped = {"benefit": "harm", "harm": "benefit"}
    assert bad == "_".join(swapped.get(word, word) for word in good.split("_"))


def test_rule_of_probability_needs_a_prediction():
    ten, one = (relevance_of(sample_dataset(k=k), rule="probability") for k in (10, 1))

    assert ten.verdict == "not_shown"
    assert relevance_of(sample_dataset(), rule="probability", least_probability=0.4).verdict == "important_benefit"
    assert one.verdict is None
    assert NO_PREDICTION in one.messages


def test_nothing_pooled_is_said():
    assert relevance_of(sample_dataset(k=0)).messages == (NOTHING_POOLED,)


@pytest.mark.parametrize("params", [{"mcid": -1.0}, {"sd": 0.0}, {"comparator_rates": (20.0,)}, {"rule": "other"}])
def test_bad_parameters_are_refused(params):
    with pytest.raises(ValidationError):
        Params(**params)
