"""GRADE domain by domain, each example worked by hand."""

from math import log

import pytest

from analysis.testing import quiet
from plugins import grade, pooling
from plugins.grade import imprecision, inconsistency, information, publication_bias, risk_of_bias
from plugins.grade.params import Params
from plugins.grade.publication_bias import measure_asymmetry
from tests.plugins.answers import answer, dataset_of
from tests.plugins.bcg import bcg_dataset


def domain_of(name, dataset, **params):
    result = answer(grade.plugin, dataset, Params(**params))
    return next(domain for domain in result.domains if domain.name == name)


def equal_weights(*judgements):
    """Give studies of equal variance and nearly equal effects: each has the same share of the weight."""
    yi = [-20.0 + 0.1 * (-1) ** i for i in range(len(judgements))]
    return dataset_of(yi, [1.0] * len(judgements), rob=list(judgements))


@pytest.mark.parametrize(
    ("judgements", "rate_down", "reason"),
    [
        (["low"] * 4, 0, risk_of_bias.NOT_SERIOUS),
        (["high", "low", "low", "low"], 0, risk_of_bias.NOT_SERIOUS),  # a quarter, conclusion unchanged
        (["high", "high", "low", "low"], 1, risk_of_bias.SERIOUS),  # half
        (["high", "some_concerns", "some_concerns", "low"], 1, risk_of_bias.SERIOUS_SOME),  # three quarters not low
        (["some_concerns", "some_concerns", "low", "low"], 0, risk_of_bias.NOT_SERIOUS),
        (["high"] * 4, 2, risk_of_bias.VERY_SERIOUS_NOTHING_LEFT),
        (["high", "high", "high", "low"], 1, risk_of_bias.SERIOUS),  # three quarters, conclusion unchanged
    ],
)
def test_risk_of_bias_follows_the_share_of_weight(judgements, rate_down, reason):
    domain = domain_of("risk_of_bias", equal_weights(*judgements))

    assert (domain.rate_down, domain.reasons[0]) == (rate_down, reason)
    assert domain.looked_at["high_risk_share"] == pytest.approx(judgements.count("high") / len(judgements))


def test_risk_of_bias_two_levels_when_nearly_all_is_high_and_the_conclusion_changes():
    # Eight studies near -20 at high risk, two at low risk near 0: without the eight the interval includes the null.
    yi = [-20.0, -20.5] * 4 + [1.0, -1.0]
    domain = domain_of("risk_of_bias", dataset_of(yi, [100.0] * 10, rob=["high"] * 8 + ["low"] * 2))

    assert domain.reasons == (risk_of_bias.VERY_SERIOUS_CHANGED,)
    assert domain.rate_down == 2
    assert domain.looked_at["k_without_high_risk_count"] == 2


def test_risk_of_bias_one_level_below_half_when_the_conclusion_changes():
    # Three of eight at high risk carry the effect: the other five straddle the null.
    yi = [-30.0, -30.0, -30.0, -8.0, 3.0, -6.0, 3.0, -5.0]
    domain = domain_of("risk_of_bias", dataset_of(yi, [50.0] * 8, rob=["high"] * 3 + ["low"] * 5))

    assert domain.looked_at["high_risk_share"] == pytest.approx(0.375)
    assert (domain.rate_down, domain.reasons) == (1, (risk_of_bias.NOT_SERIOUS, risk_of_bias.SERIOUS_CHANGED))


def test_risk_of_bias_without_any_judgement_is_not_looked_at():
    domain = domain_of("risk_of_bias", equal_weights("", ""))

    assert (domain.rate_down, domain.is_looked_at) == (0, False)
    assert domain.reasons == (risk_of_bias.NOBODY_JUDGED,)


def test_risk_of_bias_mentions_studies_that_nobody_judged():
    domain = domain_of("risk_of_bias", equal_weights("low", "low", ""))

    assert domain.reasons == (risk_of_bias.NOT_SERIOUS, risk_of_bias.SOME_NOT_JUDGED)


def test_risk_of_bias_finds_the_scenario_by_its_condition_where_the_name_is_another():
    domain = domain_of("risk_of_bias", equal_weights("high", "low"), risk_of_bias_scenario="another")

    assert domain.reasons == (risk_of_bias.SERIOUS, risk_of_bias.UNCHANGED)
    assert domain.looked_at["scenario"] == "Only studies not at high risk of bias"


def test_risk_of_bias_says_when_the_scenario_is_missing():
    dataset = equal_weights("high", "low")
    pooled = pooling.plugin.run(dataset, pooling.plugin.params(), {}, quiet).model_dump(mode="json")
    upstream = {"pooling": pooled, "sensitivity": {"scenarios": []}}
    domain = grade.plugin.run(dataset, Params(), upstream, quiet).domains[0]

    assert domain.reasons[-1] == risk_of_bias.NO_SCENARIO


def test_one_study_is_not_inconsistent():
    domain = domain_of("inconsistency", dataset_of([-5.0], [1.0]))

    assert (domain.rate_down, domain.reasons) == (0, (inconsistency.ONE_STUDY,))


def test_studies_that_agree_are_consistent():
    domain = domain_of("inconsistency", dataset_of([-20.0, -20.5, -19.5], [1.0] * 3))

    assert (domain.rate_down, domain.reasons[0]) == (0, inconsistency.SMALL)
    assert domain.looked_at["i2_share"] == 0.0
    assert domain.looked_at["apart_pairs_share"] == 0.0


def test_large_i2_on_one_side_of_the_threshold_matters_little():
    # Between -60 and -40 with standard error 1: I2 near 1, but all far beyond the MCID of 10.
    domain = domain_of("inconsistency", dataset_of([-60.0, -55.0, -50.0, -45.0, -40.0], [1.0] * 5))

    assert domain.looked_at["i2_share"] > 0.9
    assert (domain.rate_down, domain.reasons) == (0, (inconsistency.DIFFER, inconsistency.NO_MATTER))


def test_large_i2_across_the_threshold_is_one_level():
    # Two of five estimates fall short of the MCID of 10; none shows harm, so it does not go both ways.
    domain = domain_of("inconsistency", dataset_of([-30.0, -25.0, -28.0, -2.0, -4.0], [1.0] * 5), prediction_least_k=9)

    assert domain.looked_at["opposite_weight_share"] == pytest.approx(0.4, abs=0.01)
    assert (domain.rate_down, domain.reasons[:2]) == (1, (inconsistency.DIFFER, inconsistency.BOTH_SIDES))
    assert domain.reasons[-1] == inconsistency.TOO_FEW


def test_important_effects_in_both_directions_are_two_levels():
    domain = domain_of("inconsistency", dataset_of([-30.0, 30.0, -30.0, 30.0, 1.0], [1.0] * 5))

    assert domain.rate_down == 2
    assert domain.reasons[:2] == (inconsistency.DIFFER_MUCH, inconsistency.BOTH_WAYS)
    # Of ten pairs, only the two at -30 and the two at 30 overlap.
    assert domain.looked_at["apart_pairs_share"] == pytest.approx(0.8)


def test_prediction_interval_across_a_threshold_is_one_level():
    # All but one of twelve beyond the MCID, the interval too, but a new study may fall short of it.
    yi = [-18.0, -22.0, -14.0, -26.0, -17.0, -23.0, -13.0, -27.0, -12.0, -28.0, -20.0, -9.0]
    domain = domain_of("inconsistency", dataset_of(yi, [4.0] * 12))

    assert domain.looked_at["ci_upper"] < -10.0 < domain.looked_at["pi_upper"]
    assert (domain.rate_down, domain.reasons) == (1, (inconsistency.DIFFER, inconsistency.PREDICTED))


def test_i2_interval_is_that_of_metafor():
    # metafor 3.8-1: confint(rma(yi, vi)) on dat.bcg with tightened convergence, I^2 in percent.
    looked_at = domain_of("inconsistency", bcg_dataset()).looked_at

    assert looked_at["i2_share"] == pytest.approx(0.9222138452, abs=1e-8)
    assert looked_at["i2_ci_lower_share"] == pytest.approx(0.8192057456, abs=1e-8)
    assert looked_at["i2_ci_upper_share"] == pytest.approx(0.9767807496, abs=1e-8)


def test_indirectness_proposes_nothing_and_says_what_to_compare():
    domain = domain_of("indirectness", dataset_of([1.0], [1.0]))

    assert (domain.rate_down, domain.is_looked_at, domain.looked_at) == (0, False, {})
    assert "population, intervention, comparator and outcome" in domain.reasons[0]


@pytest.mark.parametrize(
    ("estimate", "se", "mcid", "rate_down", "reason"),
    [
        (-20.0, 1.0, 10.0, 0, imprecision.CLEAR),  # -22 to -18: beyond the MCID
        (-12.0, 3.0, 10.0, 1, imprecision.ONE_MCID),  # -17.9 to -6.1: crosses -10
        (0.5, 2.0, 10.0, 0, imprecision.CLEAR),  # -3.4 to 4.4: certainly unimportant, although it includes the null
        (0.0, 8.0, 10.0, 2, imprecision.BOTH_MCIDS),  # -15.7 to 15.7
        (-3.0, 2.0, None, 1, imprecision.INCLUDES_NULL),  # -6.9 to 0.9
        (-3.0, 1.0, None, 0, imprecision.CLEAR),  # -5.0 to -1.0
    ],
)
def test_imprecision_follows_the_interval(estimate, se, mcid, rate_down, reason):
    # One study, so that the interval is the normal one; 1,000 participants are enough for every case but the OIS.
    domain = domain_of("imprecision", dataset_of([estimate], [se**2], mcid=mcid, n=500.0))

    assert domain.looked_at["participants_count"] == 1000
    assert (domain.rate_down, domain.reasons[0]) == (rate_down, reason)
    assert (imprecision.NO_MCID in domain.reasons) == (mcid is None)


def test_information_size_is_that_of_two_groups():
    # (1.959964 + 0.841621)^2 = 7.848880; 2 * 7.848880 * 20^2 / 10^2 = 62.79, 63 per group.
    assert information.information_size(sd=20.0, difference=10.0, params=Params()) == 126
    # The same for an effect of 0.2 SD: 2 * 7.848880 / 0.04 = 392.4, 393 per group.
    assert information.information_size(sd=1.0, difference=0.2, params=Params()) == 786


def test_pooled_sd_comes_back_from_the_variances():
    # vi = 20^2 (1/50 + 1/50) = 16.
    assert information.pooled_sd(dataset_of([0.0, 1.0], [16.0, 16.0])) == pytest.approx(20.0)
    assert information.pooled_sd(dataset_of([0.0], [16.0], n=None)) is None


@pytest.mark.parametrize(("n", "rate_down"), [(63.0, 0), (60.0, 1), (18.0, 2)])
def test_large_effect_from_few_participants_is_imprecise(n, rate_down):
    # SD 20, MCID 10: 126 participants are needed; -40 points are two SDs, clear of the MCID with any of these sizes.
    domain = domain_of("imprecision", dataset_of([-40.0], [400.0 * 2 / n], n=n))

    assert domain.looked_at["optimal_information_size_count"] == 126
    assert domain.looked_at["optimal_information_size_rule"] == "two_groups"
    assert (domain.rate_down, domain.reasons[0]) == (rate_down, imprecision.CLEAR)


def test_modest_effect_with_a_clear_interval_does_not_ask_for_the_information_size():
    # No MCID: the rule of thumb of 400 participants is not met by 100, but the effect is 0.3 SD.
    domain = domain_of("imprecision", dataset_of([-3.0], [0.4], mcid=None, n=50.0), large_difference_in_sds=1.1)

    assert domain.looked_at["optimal_information_size_rule"] == "rule_of_thumb"
    assert domain.looked_at["optimal_information_size_count"] == 400
    assert domain.rate_down == 0
    assert information.MODEST in domain.reasons


def test_unknown_group_sizes_are_said():
    domain = domain_of("imprecision", dataset_of([-40.0], [4.0], n=None))

    assert domain.reasons == (imprecision.CLEAR, information.SIZES_UNKNOWN)


@pytest.mark.parametrize(("upper_to_lower", "rate_down"), [(2.9, 0), (3.1, 1)])
def test_risk_ratio_with_a_very_wide_interval_misses_the_information_size(upper_to_lower, rate_down):
    # One study: the interval is estimate +/- 1.959964 se, its width log(upper / lower).
    se = log(upper_to_lower) / (2 * 1.959964)
    domain = domain_of("imprecision", dataset_of([-2.0], [se**2], measure="RR"))

    assert domain.looked_at["ci_upper_to_lower_ratio"] == pytest.approx(upper_to_lower, rel=1e-6)
    assert (domain.rate_down, domain.reasons[0]) == (rate_down, imprecision.CLEAR)


def test_null_can_be_asked_for_although_there_is_an_mcid():
    domain = domain_of("imprecision", dataset_of([-12.0], [9.0], n=500.0), threshold="null")

    assert domain.rate_down == 0
    assert imprecision.MCID_NOT_ASKED in domain.reasons


def test_nine_studies_are_too_few_to_look_for_publication_bias():
    domain = domain_of("publication_bias", dataset_of([-1.0 * i for i in range(9)], [1.0 + i for i in range(9)]))

    assert (domain.rate_down, domain.reasons) == (0, ("There are too few studies to look for it.",))


@pytest.mark.parametrize(
    ("sign", "rate_down", "reason"), [(-1, 1, publication_bias.LARGER), (1, 0, publication_bias.SMALLER)]
)
def test_small_studies_with_larger_effects_are_one_level(sign, rate_down, reason):
    # Effects grow (or shrink) by two points with each point of standard error, around -20; a little noise on top.
    se = [1.0 + 0.5 * i for i in range(12)]
    yi = [-20.0 + sign * 2.0 * s + 0.1 * (-1) ** i for i, s in enumerate(se)]
    domain = domain_of("publication_bias", dataset_of(yi, [s**2 for s in se]))

    assert domain.looked_at["slope"] == pytest.approx(sign * 2.0, abs=0.1)
    assert domain.looked_at["p_value"] < 0.1
    assert (domain.rate_down, domain.reasons[0]) == (rate_down, reason)


def test_studies_of_one_precision_cannot_show_asymmetry():
    domain = domain_of("publication_bias", dataset_of([float(i % 3) for i in range(10)], [2.0] * 10))

    assert (domain.rate_down, domain.reasons) == (0, (publication_bias.SAME_SIZE,))


def test_asymmetry_of_bcg_is_that_of_metafor():
    # metafor 3.8-1: regtest(yi, vi, model="lm", predictor="sei") on dat.bcg; a closed formula, hence ten digits.
    asymmetry = measure_asymmetry(bcg_dataset())

    assert asymmetry.slope == pytest.approx(-2.1120421208932956, rel=1e-10)
    assert asymmetry.statistic == pytest.approx(-1.4012820022893326, rel=1e-10)
    assert asymmetry.p_value == pytest.approx(0.18870699508197877, rel=1e-10)
