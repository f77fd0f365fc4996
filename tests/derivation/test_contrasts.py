"""Effects from printed contrasts, worked by hand."""

import math

import pytest

from tests.derivation.content import (
    Row,
    arm,
    contrast,
    derived,
    effect,
    instrument,
    printed,
    refused,
    settlement,
    study,
)

# Hand-worked numbers are given to six or more digits; float64 has 16.
DIGITS = 1e-6
ROUNDING = 1e-12
Z95 = 1.959963984540054


def test_se_of_a_90_percent_interval_is_larger() -> None:
    found = effect(printed(estimate="-1", ci_lower="-2", ci_upper="0", ci_level="0.9"))

    assert found.vi == pytest.approx((1 / 1.6448536269514722) ** 2, rel=ROUNDING)


def test_t_distribution_is_not_used_for_ratios() -> None:
    ratio = {"instrument": "events", "measure": "OR", "estimate": "1", "ci_lower": "0.5", "ci_upper": "2"}

    found = effect(printed(**ratio), measure="OR", ci_distribution="t")

    assert found.vi == pytest.approx((math.log(2) / Z95) ** 2, rel=ROUNDING)


def test_se_comes_from_t_and_from_an_exact_p() -> None:
    # Cochrane Handbook 6.5.2.3: MD 3.8, t = 2.78: SE = 3.8 / 2.78 = 1.367
    from_t = effect(printed(estimate="3.8", t_value="2.78"))
    # The same place: p = 0.008 with 25 + 22 - 2 = 45 degrees of freedom gives that t
    sizes = {"n_first": 25, "n_second": 22}
    from_p = effect(printed(estimate="3.8", p_value="0.008", **sizes), ci_distribution="t")

    assert math.sqrt(from_t.vi) == pytest.approx(3.8 / 2.78, rel=ROUNDING)
    assert math.sqrt(from_p.vi) == pytest.approx(1.367, abs=0.003)  # t of p = 0.008 rounded to 2.78 there


def test_sign_of_t_does_not_matter() -> None:
    assert effect(printed(estimate="3.8", t_value="-2.78")).vi == effect(printed(estimate="3.8", t_value="2.78")).vi


@pytest.mark.parametrize("relation", ["<", ">"])
def test_bound_of_p_is_never_read_as_p(relation: str) -> None:
    reason = refused(printed(estimate="-1", p_value="0.001", p_relation=relation))

    assert reason.code == "no_variance"
    assert "bound" in reason.reason


@pytest.mark.parametrize(
    "fields", [{"estimate": "-1"}, {"estimate": "0", "p_value": "0.5"}, {"estimate": "0", "t_value": "1"}]
)
def test_estimate_alone_has_no_variance(fields: dict[str, str]) -> None:
    assert refused(printed(**fields)).code == "no_variance"


@pytest.mark.parametrize("level_of_p", ["0", "1"])
def test_p_of_zero_or_one_gives_no_variance(level_of_p: str) -> None:
    assert refused(printed(estimate="-1", p_value=level_of_p)).code == "no_variance"


def test_test_without_an_estimate_is_listed() -> None:
    assert refused(printed(p_value="0.03")).code == "no_estimate"


def test_interval_without_width_is_not_read() -> None:
    assert refused(printed(estimate="-1", ci_lower="-1", ci_upper="-1")).code == "no_variance"


def test_se_and_interval_of_another_width_contradict() -> None:
    assert refused(printed(estimate="-1", standard_error="2", ci_lower="-2", ci_upper="0")).code == "contradiction"


def test_printed_se_goes_before_an_interval_that_agrees() -> None:
    assert effect(printed(estimate="-1", standard_error="0.5", ci_lower="-2", ci_upper="0")).vi == 0.25


def test_se_of_a_ratio_is_not_read_as_that_of_its_log() -> None:
    ratio = {"instrument": "events", "measure": "RR", "estimate": "2", "standard_error": "0.5"}

    assert refused(printed(**ratio), measure="RR").code == "no_variance"


def test_ratio_with_a_limit_of_zero_is_undefined() -> None:
    ratio = {"instrument": "events", "measure": "RR", "estimate": "2", "ci_lower": "0", "ci_upper": "4"}

    assert refused(printed(**ratio), measure="RR").code == "undefined"


def test_ratio_above_one_that_is_better_although_events_are_bad_is_refused() -> None:
    ratio = {"measure": "RR", "estimate": "2", "ci_lower": "1", "ci_upper": "4", "sign": "benefit"}

    assert refused(printed(instrument="events", **ratio), measure="RR").code == "opposite_events"
    recovered = {"events": instrument(None, None, direction="higher", kind="dichotomous")}
    good = effect(printed(instrument="events", **ratio), measure="RR", direction="higher", instruments=recovered)
    assert good.yi == pytest.approx(math.log(2), rel=ROUNDING)


def test_other_measure_is_not_turned_into_the_wanted_one() -> None:
    assert refused(printed(measure="SMD", estimate="-0.3", standard_error="0.1")).code == "other_measure"


def test_asymmetric_interval_is_told() -> None:
    # middle -2.2, half-width 1.7: the estimate is 0.3 away, more than a tenth of 1.7
    found = effect(printed(estimate="-1.9", ci_lower="-3.9", ci_upper="-0.5"))

    assert any("not symmetric" in caution for caution in found.cautions)
    assert not any("not symmetric" in c for c in effect(printed(estimate="-1", ci_lower="-2", ci_upper="0")).cautions)


# Settled contradictions -----------------------------------------------------------------------------------------------

CONTRADICTION = {"estimate": "1.07", "ci_lower": "-2.08", "ci_upper": "-0.07", "is_printed_so": True}


def test_contradiction_is_pooled_by_nothing_until_it_is_settled() -> None:
    assert refused(printed(**CONTRADICTION, p_value="0.037")).code == "contradiction"


def test_settled_value_without_interval_takes_nothing_that_belongs_to_the_printed_value() -> None:
    one = printed(**CONTRADICTION, p_value="0.037", t_value="2.1", settlement=settlement("-1.07"))

    assert refused(one).code == "no_variance"


def test_settled_interval_gives_the_se() -> None:
    one = printed(**CONTRADICTION, standard_error="9", settlement=settlement("-1.07", "-2.08", "-0.06"))

    found = effect(one)

    assert found.yi == -1.07
    assert found.vi == pytest.approx((2.02 / (2 * Z95)) ** 2, rel=ROUNDING)
    assert any("The author says so." in caution for caution in found.cautions)


def test_printed_se_stays_where_only_the_value_is_settled() -> None:
    found = effect(printed(**CONTRADICTION, standard_error="0.5", settlement=settlement("-1.07")))

    assert (found.yi, found.vi) == (-1.07, 0.25)


def test_half_a_settled_interval_is_none() -> None:
    assert refused(printed(**CONTRADICTION, settlement=settlement("-1.07", "-2.08"))).code == "no_variance"


# Contrasts that share an arm ------------------------------------------------------------------------------------------


def three_arms(*contrasts: Row) -> Row:
    """Give a study with two experimental arms (1, 3) of 20 and 40 and a comparator (2) of 30."""
    return study(arm(1, n=20), arm(2, kind="active", n=30), arm(3, n=40), contrasts=contrasts)


def test_variance_of_contrasts_that_share_an_arm_is_that_of_the_split_arm() -> None:
    # Scores with SD 2 in all arms: SE² = 4 (1/20 + 1/30) = 1/3 and 4 (1/40 + 1/30) = 0.233333;
    # half of arm 2 for each: 4 (1/20 + 2/30) = 0.466667 and 4 (1/40 + 2/30) = 0.366667
    one = contrast(1, 2, estimate="-1", standard_error=str(math.sqrt(1 / 3)))
    other = contrast(2, 3, estimate="2", standard_error=str(math.sqrt(7 / 30)))

    found = sorted(derived(three_arms(one, other), multi_arm="split").effects, key=lambda each: each.id)

    assert [each.yi for each in found] == [-1, -2]
    assert [each.vi for each in found] == pytest.approx([7 / 15, 11 / 30], rel=DIGITS)
    assert [(each.n1, each.n2) for each in found] == [(20, 15), (40, 15)]
    assert [len(each.sources) for each in found] == [1, 1]
    assert len({each.id for each in found}) == 2


def test_lone_contrast_of_a_study_is_not_raised() -> None:
    found = effect(three_arms(contrast(1, 2, estimate="-1", standard_error="0.5")), multi_arm="split")

    assert found.vi == 0.25
    assert any("Left out" in caution and "arm 3" in caution for caution in found.cautions)


def test_contrast_given_in_both_directions_is_not_counted_twice() -> None:
    both = [contrast(1, 2, estimate="-1", standard_error="0.5"), contrast(2, 1, estimate="1", standard_error="0.5")]

    assert refused(three_arms(*both), multi_arm="split").code == "printed_twice"


def test_contrasts_are_not_combined() -> None:
    two = [contrast(1, 2, estimate="-1", standard_error="0.5"), contrast(3, 2, estimate="-1", standard_error="0.5")]

    assert refused(three_arms(*two)).code == "cannot_combine"


def test_contrasts_that_share_an_arm_of_unknown_size_are_not_split() -> None:
    two = tuple(contrast(number, 2, estimate="-1", standard_error="0.5") for number in (1, 3))
    unknown = study(arm(1, n=None), arm(2, kind="active", n=None), arm(3, n=None), contrasts=two)

    assert refused(unknown, multi_arm="split").code == "cannot_split"


def test_risk_difference_follows_its_sign() -> None:
    # A risk reduction of 0.1 that is printed as positive is -0.1 in events, which are bad here.
    reduction = {"instrument": "events", "measure": "RD", "estimate": "0.1", "standard_error": "0.05"}

    assert effect(printed(**reduction, sign="benefit"), measure="RD").yi == -0.1
    assert effect(printed(**reduction), measure="RD").yi == 0.1
    assert refused(printed(**reduction, sign="not_stated"), measure="RD").code == "sign_not_stated"


def test_interval_is_compared_with_the_se_at_its_own_level() -> None:
    # z(0.50) = 0.674490: the 50% CI of an SE of 0.5 has the half-width 0.337
    assert (
        effect(printed(estimate="-1", standard_error="0.5", ci_lower="-1.337", ci_upper="-0.663", ci_level="0.5")).vi
        == 0.25
    )
