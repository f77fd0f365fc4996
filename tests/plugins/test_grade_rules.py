"""GRADE's rules for events, indirectness, missing results and rating up, each example worked by hand."""

from math import exp, log

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from analysis.contract import Dataset, NotPooled
from analysis.testing import quiet, sample_dataset
from plugins import grade, pooling, sensitivity, small_study_effects
from plugins.grade import imprecision, indirectness, information, publication_bias, rating_up
from plugins.grade.events import Events, two_risks_size
from plugins.grade.params import Params
from plugins.grade.rating_up import log_risk_ratio
from plugins.grade.small_study import read_small_study_effects
from tests.plugins.answers import dataset_of


def propose(dataset, upstream=None, **params):
    """Give the proposal, after pooling and sensitivity and what else `upstream` holds."""
    results = {
        plugin.name: plugin.run(dataset, plugin.params(), {}, quiet).model_dump(mode="json")
        for plugin in (pooling.plugin, sensitivity.plugin)
    }
    return grade.plugin.run(dataset, Params.model_validate(params), results | (upstream or {}), quiet)


def domain_of(name, dataset, upstream=None, **params):
    result = propose(dataset, upstream, **params)
    return next(row for row in (*result.domains, *result.rate_ups) if row.name == name)


def of_events(*tables, measure="RR"):
    """Give risk ratios of 2x2 tables (ai, n1i, ci, n2i)."""
    base = dataset_of([0.0] * len(tables), [1.0] * len(tables), measure=measure, mcid=None)
    effects = []
    for effect, (ai, n1i, ci, n2i) in zip(base.effects, tables, strict=True):
        numbers = {"yi": log(ai / n1i / (ci / n2i)), "vi": 1 / ai - 1 / n1i + 1 / ci - 1 / n2i}
        columns = {"ai": float(ai), "n1i": float(n1i), "ci": float(ci), "n2i": float(n2i)}
        effects.append(effect.model_copy(update={**numbers, "columns": columns}))
    return base.model_copy(update={"effects": tuple(effects)})


def with_facts(dataset, *facts):
    """Give the dataset with facts for each effect."""
    effects = (effect.model_copy(update={"facts": fact}) for effect, fact in zip(dataset.effects, facts, strict=True))
    return dataset.model_copy(update={"effects": tuple(effects)})


# Events ---------------------------------------------------------------------------------------------------------------


def test_size_for_two_risks_is_that_of_the_textbook():
    # R 4.2.2: power.prop.test(p1 = 0.2, p2 = 0.15, power = 0.8) gives n = 905.37 in each group, 906 whole people.
    assert two_risks_size(risk=0.2, relative_reduction=0.25, significance=0.05, power=0.8) == 2 * 906


@pytest.mark.parametrize("risk", [0.0, 1.0])
def test_size_for_a_certain_outcome_is_undefined(risk):
    assert two_risks_size(risk=risk, relative_reduction=0.25, significance=0.05, power=0.8) is None


def test_events_are_summed_and_missing_where_one_study_has_none():
    dataset = of_events((10, 100, 20, 100), (5, 50, 10, 60))
    assert Events.of(dataset) == Events(events=45.0, participants=310.0, comparator_risk=30 / 160)
    bare = dataset.effects[0].model_copy(update={"columns": {}})
    assert Events.of(dataset.model_copy(update={"effects": (bare, dataset.effects[1])})) is None


@pytest.mark.parametrize(
    ("table", "rate_down", "reasons"),
    [
        # RR 0.5 (0.41 to 0.61), 450 events: clear of the null, enough.
        ((150, 1000, 300, 1000), 0, (imprecision.CLEAR, information.EVENTS_ENOUGH)),
        # RR 0.3 (0.15 to 0.6): clear, but 39 events among 400.
        ((9, 200, 30, 200), 1, (imprecision.CLEAR, information.EVENTS_FEW)),
        # RR 0.3 (0.15 to 0.61), 39 events among 4,000: so many participants that it does not matter.
        ((9, 2000, 30, 2000), 0, (imprecision.CLEAR, information.EVENTS_FEW_OF_MANY)),
        # RR 0.95 (0.86 to 1.05), 2,925 events: no effect, and no appreciable one.
        ((1425, 10000, 1500, 10000), 0, (imprecision.NULL_ONLY, information.EVENTS_ENOUGH)),
        # RR 0.84 (0.65 to 1.09): includes the null and 0.75.
        ((90, 750, 107, 750), 1, (imprecision.NULL_AND_APPRECIABLE, information.EVENTS_FEW)),
        # RR 1 (0.54 to 1.84): holds 0.75 and 1.25.
        ((20, 200, 20, 200), 2, (imprecision.BOTH_APPRECIABLE, information.EVENTS_FEW)),
    ],
)
def test_imprecision_of_ratios_follows_interval_and_events(table, rate_down, reasons):
    domain = domain_of("imprecision", of_events(table))
    assert (domain.rate_down, domain.reasons) == (rate_down, reasons)
    assert domain.looked_at["events_count"] == table[0] + table[2]
    assert exp(domain.looked_at["appreciable_below"]) == pytest.approx(0.75)


def test_null_only_without_enough_information_is_one_level():
    # RR 1 (0.89 to 1.12) from 300 events, but the parameters ask for more.
    dataset = of_events((150, 200, 150, 200))
    domain = domain_of("imprecision", dataset, events_rule_of_thumb=1000, ois_relative_reduction=0.05)
    assert (domain.rate_down, domain.reasons) == (1, (imprecision.NULL_ONLY, information.EVENTS_FEW))


def test_standardised_difference_has_half_a_standard_deviation_as_threshold():
    # 0.45 (0.35 to 0.55) crosses 0.5; 0.3 (0.2 to 0.4) does not.
    se = 0.1 / 1.96
    for yi, rate_down in ((0.45, 1), (0.3, 0)):
        domain = domain_of("imprecision", dataset_of([yi], [se**2], measure="SMD", n=500.0))
        assert (domain.rate_down, domain.looked_at["mcid"]) == (rate_down, 0.5)


# Indirectness ---------------------------------------------------------------------------------------------------------

ADULTS = {"element": "population", "field": "age", "op": "ge", "value": 18}
ACTIVE = {"element": "comparator", "field": "comparator", "op": "eq", "value": "active"}


def four_studies(*facts):
    """Give four studies of equal weight with these facts."""
    return with_facts(dataset_of([-20.0, -20.2, -20.1, -19.9], [1.0] * 4), *facts)


@pytest.mark.parametrize(
    ("ages", "rate_down", "share", "not_known"),
    [((30, 40, 50, 60), 0, 0.0, 0.0), ((12, 40, 50, 60), 0, 0.25, 0.0), ((12, 10, None, 60), 1, 0.5, 0.25)],
)
def test_indirectness_follows_the_share_of_weight_that_breaks_a_rule(ages, rate_down, share, not_known):
    dataset = four_studies(*({"age": age} for age in ages))
    domain = domain_of("indirectness", dataset, directness=[ADULTS])
    assert (domain.rate_down, domain.is_looked_at) == (rate_down, True)
    # Weights are equal up to the last digits.
    assert domain.looked_at["population_indirect_share"] == pytest.approx(share)
    assert domain.looked_at["population_not_known_share"] == pytest.approx(not_known)
    assert (indirectness.NOT_KNOWN.format("population") in domain.reasons) == (not_known > 0)


def test_two_indirect_elements_are_two_levels_and_others_are_named():
    dataset = four_studies(*({"age": 12, "comparator": "none"} for _ in range(4)))
    domain = domain_of("indirectness", dataset, directness=[ADULTS, ACTIVE])
    assert domain.rate_down == 2
    assert domain.reasons[:2] == tuple(indirectness.INDIRECT.format(name) for name in ("population", "comparator"))
    assert domain.reasons[2:] == tuple(indirectness.NOT_RULED.format(name) for name in ("intervention", "outcome"))


@pytest.mark.parametrize(("fact", "word"), [({"other": 1}, "age"), ({"age": "old"}, "age ge 18")])
def test_rule_that_cannot_be_tested_becomes_a_sentence(fact, word):
    domain = domain_of("indirectness", four_studies(*(fact for _ in range(4))), directness=[ADULTS])
    assert (domain.rate_down, domain.is_looked_at) == (0, False)
    assert word in domain.reasons[0]


# Publication bias -----------------------------------------------------------------------------------------------------


def silent(dataset: Dataset, count: int) -> Dataset:
    """Give the dataset with studies that have no public result for the outcome."""
    rows = tuple(NotPooled(study=f"x{i}", label=f"X{i}", code="no_result", reason="None.") for i in range(count))
    return dataset.model_copy(update={"not_pooled": rows})


@pytest.mark.parametrize(("count", "rate_down"), [(0, 0), (3, 0), (4, 1)])
def test_half_of_the_eligible_studies_without_public_result_is_one_level(count, rate_down):
    domain = domain_of("publication_bias", silent(dataset_of([-20.0, -20.2, -20.1, -19.9], [1.0] * 4), count))
    assert domain.rate_down == rate_down
    assert domain.looked_at["unreported_studies_share"] == pytest.approx(count / (4 + count))
    assert (publication_bias.UNREPORTED in domain.reasons) == bool(rate_down)


def test_small_study_effects_are_read_where_the_analysis_runs_them():
    dataset = sample_dataset(k=10, measure="RR")
    params = small_study_effects.Params()
    result = small_study_effects.run(dataset, params, {}, quiet).model_dump(mode="json")
    rows = {row["name"]: row for table in ("tests", "adjusted") for row in result[table]}
    read = read_small_study_effects(result)
    assert read.egger_p_value == rows["egger_lm"]["p_value"]
    assert read.rank_p_value == rows["rank"]["p_value"]
    assert read.trim_and_fill.estimate == rows["trim_and_fill_l0"]["estimate"]
    looked_at = domain_of("publication_bias", dataset, {"small_study_effects": result}).looked_at
    own = domain_of("publication_bias", dataset).looked_at
    # Egger's test is a closed formula in both places.
    assert looked_at["p_value"] == pytest.approx(own["p_value"], rel=1e-9)
    assert looked_at["rank_test_p_value"] == read.rank_p_value
    assert looked_at["trim_and_fill_added_count"] == rows["trim_and_fill_l0"]["filled_count"]


def test_trim_and_fill_that_changes_the_conclusion_is_said():
    se = [1.0 + 0.5 * i for i in range(12)]
    dataset = dataset_of([-20.0 - 2.0 * s for s in se], [s**2 for s in se])
    row = {"name": "trim_and_fill_l0", "estimate": -1.0, "ci_lower": -3.0, "ci_upper": 1.0, "filled_count": 4}
    upstream = {"small_study_effects": {"tests": [{"name": "egger_lm", "p_value": 0.5}], "adjusted": [row]}}
    domain = domain_of("publication_bias", dataset, upstream)
    assert (domain.rate_down, domain.reasons) == (0, (publication_bias.SYMMETRIC, publication_bias.FILLED_CHANGES))
    assert domain.looked_at["p_value"] == 0.5


@pytest.mark.parametrize("result", [{}, {"tests": None}, {"tests": [{"name": "egger_lm", "p_value": None}]}])
def test_result_without_tests_is_read_as_nothing(result):
    read = read_small_study_effects(result)
    assert (read.egger_p_value, read.rank_p_value, read.trim_and_fill) == (None, None, None)


# Rating up ------------------------------------------------------------------------------------------------------------

OBSERVED = {"design": "non_randomised", "start": "low"}


def one_ratio(ratio, measure="RR", se=0.02):
    """Give one very precise ratio."""
    return dataset_of([log(ratio)], [se**2], measure=measure, mcid=None)


@pytest.mark.parametrize(
    ("ratio", "rate_up", "certainty"),
    [(1.9, 0, "low"), (2.1, 1, "moderate"), (0.4, 1, "moderate"), (5.2, 2, "high"), (0.19, 2, "high")],
)
def test_large_ratio_rates_non_randomised_evidence_up(ratio, rate_up, certainty):
    result = propose(one_ratio(ratio), **OBSERVED)
    assert (result.rate_ups[0].rate_up, result.levels_up, result.certainty) == (rate_up, rate_up, certainty)


def test_randomised_evidence_is_not_rated_up():
    result = propose(one_ratio(9.0))
    assert [row.reasons for row in result.rate_ups] == [(rating_up.RANDOMISED,)] * 3
    assert (result.levels_up, result.certainty) == (0, "high")


def test_evidence_that_is_rated_down_is_not_rated_up():
    result = propose(one_ratio(3.0, se=2.0), **OBSERVED)
    assert result.levels_down > 0
    assert [row.reasons for row in result.rate_ups] == [(rating_up.RATED_DOWN,)] * 3


def test_start_at_high_by_robins_lets_risk_of_bias_stand_for_the_low_start():
    dataset = one_ratio(3.0)
    effects = tuple(effect.model_copy(update={"rob": {"overall": "serious"}}) for effect in dataset.effects)
    result = propose(dataset.model_copy(update={"effects": effects}), design="non_randomised", start="high")
    assert (result.levels_down, result.levels_up, result.certainty) == (2, 1, "moderate")


def test_large_difference_is_beyond_four_fifths_of_a_standard_deviation():
    # vi = 20^2 (1/500 + 1/500) = 1.6, so the SD is 20: 17 points are 0.85 SD, 15 points 0.75.
    for yi, rate_up in ((-17.0, 1), (-15.0, 0)):
        domain = domain_of("large_effect", dataset_of([yi], [1.6], n=500.0), **OBSERVED)
        assert domain.rate_up == rate_up
        assert domain.looked_at["difference_in_sds_ratio"] == pytest.approx(yi / 20)


def test_odds_ratio_becomes_a_risk_ratio_where_the_risk_is_known():
    # OR 2.33 at a comparator's risk of 0.3 is RR 1.67: not large, although the odds ratio is.
    table = (500, 1000, 300, 1000)
    base = of_events(table, measure="OR")
    effect = base.effects[0].model_copy(update={"yi": log(500 * 700 / (500 * 300)), "vi": 0.001})
    domain = domain_of("large_effect", base.model_copy(update={"effects": (effect,)}), **OBSERVED)
    assert (domain.rate_up, domain.reasons) == (0, (rating_up.NOT_LARGE,))
    assert exp(domain.looked_at["log_risk_ratio"]) == pytest.approx(0.5 / 0.3)
    unknown = domain_of("large_effect", one_ratio(2.33, measure="OR"), **OBSERVED)
    assert (unknown.rate_up, unknown.reasons) == (1, (rating_up.LARGE, rating_up.ODDS_AS_RISKS))


@given(st.floats(-700, 700), st.floats(0.001, 0.999))
def test_risk_ratio_of_an_odds_ratio_lies_between_it_and_one(log_odds, risk):
    found = log_risk_ratio(log_odds, risk=risk)
    assert abs(found) <= abs(log_odds) + 1e-12  # rounding of one addition
    assert found * log_odds >= 0
    assert found <= -log(risk) + 1e-9  # a risk is at most 1; rounding of log1p near there


def test_statements_of_a_person_rate_up_and_need_grounds():
    result = propose(
        one_ratio(1.5),
        dose_response="present",
        dose_response_reason="Twice the dose, twice the effect.",
        plausible_confounding="absent",
        **OBSERVED,
    )
    assert [row.rate_up for row in result.rate_ups] == [0, 1, 0]
    assert "Twice the dose" in result.rate_ups[1].reasons[0]
    with pytest.raises(ValidationError, match="on what grounds dose_response is present"):
        Params(dose_response="present")


def test_ratio_of_means_and_risk_difference_have_no_scale_of_large_effects():
    domain = domain_of("large_effect", one_ratio(3.0, measure="ROM"), **OBSERVED)
    assert (domain.is_looked_at, domain.reasons) == (False, (rating_up.NO_SCALE,))
