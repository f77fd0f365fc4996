"""Every way from printed numbers to an effect, worked by hand: value, variance, sign and unit."""

from math import exp, gamma, log, sqrt

import pytest
from scipy.stats import norm, t

from analysis.derivation import derive
from tests.derivation.content import arm, content, contrast, instrument, result, rules, study, two_arms

# The same arithmetic in another order: float64 rounding only.
EXACT = {"rel": 1e-12, "abs": 1e-15}
FIRST = {"mean": "3.1", "sd": "1.5", "n": 40}
SECOND = {"mean": "4.0", "sd": "1.6", "n": 42}


def only(*studies, instruments=None, **changes):
    """Derive; give the one effect."""
    dataset = derive(content(*studies, **(instruments or {})), rules(**changes))
    assert len(dataset.effects) == 1, dataset.not_pooled
    return dataset.effects[0]


def check(effect, yi, vi):
    """Compare an effect with hand arithmetic."""
    assert effect.yi == pytest.approx(yi, **EXACT)
    assert effect.vi == pytest.approx(vi, **EXACT)


def test_means_with_sd_give_the_mean_difference():
    check(only(two_arms(result(**FIRST), result(**SECOND))), 3.1 - 4.0, 1.5**2 / 40 + 1.6**2 / 42)


def test_means_with_sd_give_hedges_g():
    pooled = sqrt((39 * 1.5**2 + 41 * 1.6**2) / 80)
    correction = gamma(80 / 2) / (sqrt(80 / 2) * gamma(79 / 2))
    g = correction * (3.1 - 4.0) / pooled
    effect = only(two_arms(result(**FIRST), result(**SECOND)), measure="SMD")
    check(effect, g, 1 / 40 + 1 / 42 + g**2 / (2 * 82))


def test_events_give_log_ratios_and_the_difference():
    arms = two_arms(result(instrument="events", events=12, total=50), result(instrument="events", events=20, total=48))
    check(only(arms, measure="RR"), log((12 / 50) / (20 / 48)), 1 / 12 - 1 / 50 + 1 / 20 - 1 / 48)
    check(only(arms, measure="OR"), log((12 * 28) / (38 * 20)), 1 / 12 + 1 / 38 + 1 / 20 + 1 / 28)
    risk = (12 / 50, 20 / 48)
    check(only(arms, measure="RD"), risk[0] - risk[1], risk[0] * (1 - risk[0]) / 50 + risk[1] * (1 - risk[1]) / 48)


def test_percentage_of_a_known_total_gives_events():
    arms = two_arms(result(instrument="events", percent="42", n=119), result(instrument="events", percent="24", n=121))
    effect = only(arms, measure="RR")  # 42% of 119 is 49.98, 24% of 121 is 29.04
    check(effect, log((50 / 119) / (29 / 121)), 1 / 50 - 1 / 119 + 1 / 29 - 1 / 121)
    assert any("percentage" in caution for caution in effect.cautions)


def test_se_of_a_mean_is_used_as_it_is():
    check(only(two_arms(result(mean="3.1", se="0.24", n=40), result(**SECOND))), -0.9, 0.24**2 + 1.6**2 / 42)


def test_interval_of_a_mean_is_read_with_the_t_distribution():
    se = (3.7 - 2.5) / (2 * t.ppf(0.975, 39))
    effect = only(two_arms(result(mean="3.1", ci_lower="2.5", ci_upper="3.7", n=40), result(**SECOND)))
    check(effect, -0.9, se**2 + 1.6**2 / 42)


def test_interval_of_another_level_is_read_at_its_level():
    se = (3.7 - 2.5) / (2 * t.ppf(0.95, 39))
    printed = result(mean="3.1", ci_lower="2.5", ci_upper="3.7", ci_level="0.9", n=40)
    check(only(two_arms(printed, result(**SECOND))), -0.9, se**2 + 1.6**2 / 42)


def test_interval_without_a_size_is_read_with_the_normal_distribution():
    first = arm(1, result(mean="3.1", ci_lower="2.5", ci_upper="3.7"), n=None)
    effect = only(study(first, arm(2, result(**SECOND), kind="active")))
    check(effect, -0.9, ((3.7 - 2.5) / (2 * norm.ppf(0.975))) ** 2 + 1.6**2 / 42)


def test_quartiles_give_mean_and_sd_by_wan():
    width = 2 * norm.ppf((0.75 * 40 - 0.125) / 40.25)
    effect = only(two_arms(result(median="3", q1="2", q3="4.6", n=40), result(**SECOND)))
    check(effect, (2 + 3 + 4.6) / 3 - 4.0, ((4.6 - 2) / width) ** 2 / 40 + 1.6**2 / 42)


def test_change_without_sd_takes_the_stated_correlation():
    def changes(mean, n):
        kind = {"value_kind": "change", "n": n}
        baseline = result(week="0", mean="6", sd="2", n=n)
        return [result(mean=mean, **kind), baseline, result(mean="4", sd="1.8", n=n)]

    both = study(arm(1, *changes("-2.4", 40)), arm(2, *changes("-1.5", 42), kind="active"))
    sd = sqrt(2**2 + 1.8**2 - 2 * 0.7 * 2 * 1.8)
    effect = only(both, value_order=("change",), change_correlation=0.7)
    check(effect, -2.4 - -1.5, sd**2 / 40 + sd**2 / 42)
    assert not derive(content(both), rules(value_order=("change",))).effects


def test_improvement_printed_as_positive_is_turned():
    kind = {"value_kind": "change", "sign": "benefit", "sd": "2"}
    arms = two_arms(result(mean="2.4", n=40, **kind), result(mean="1.5", n=42, **kind))
    check(only(arms), -(2.4 - 1.5), 4 / 40 + 4 / 42)
    higher = {"nrs": instrument(direction="higher")}
    check(only(arms, instruments=higher), -(2.4 - 1.5), 4 / 40 + 4 / 42)


def test_points_of_another_scale_become_points_of_the_common_scale():
    arms = two_arms(
        result(instrument="rmdq", mean="7.2", sd="5", n=40), result(instrument="rmdq", mean="9.6", sd="6", n=42)
    )
    check(only(arms), (7.2 - 9.6) * 10 / 24, (25 / 40 + 36 / 42) * (10 / 24) ** 2)


def test_instrument_that_counts_the_other_way_is_turned():
    higher = {"nrs": instrument(direction="higher")}
    check(only(two_arms(result(**FIRST), result(**SECOND)), instruments=higher), 0.9, 1.5**2 / 40 + 1.6**2 / 42)


@pytest.mark.parametrize(
    ("values", "yi", "se"),
    [
        ({"estimate": "-1", "ci_lower": "-2.1", "ci_upper": "0.1"}, -1.0, 2.2 / (2 * norm.ppf(0.975))),
        (
            {"estimate": "1", "ci_lower": "-0.1", "ci_upper": "2.1", "sign": "benefit"},
            -1.0,
            2.2 / (2 * norm.ppf(0.975)),
        ),
        ({"estimate": "-1", "standard_error": "0.4"}, -1.0, 0.4),
        ({"estimate": "-1", "t_value": "-2.5"}, -1.0, 0.4),
        ({"estimate": "-1", "p_value": "0.04"}, -1.0, 1 / norm.ppf(0.98)),
        ({"first": 2, "second": 1, "estimate": "1", "standard_error": "0.4"}, -1.0, 0.4),
        ({"first": 2, "second": 1, "estimate": "-1", "standard_error": "0.4", "sign": "benefit"}, -1.0, 0.4),
    ],
)
def test_printed_contrast_becomes_experimental_minus_comparator(values, yi, se):
    check(only(study(arm(1), arm(2, kind="active"), contrasts=(contrast(**values),))), yi, se**2)


def test_interval_of_a_contrast_can_be_read_with_the_t_distribution():
    printed = contrast(estimate="-1", ci_lower="-2.1", ci_upper="0.1", n_first=20, n_second=22)
    effect = only(study(arm(1), arm(2, kind="active"), contrasts=(printed,)), ci_distribution="t")
    check(effect, -1.0, (2.2 / (2 * t.ppf(0.975, 40))) ** 2)


def test_printed_ratio_is_logged():
    printed = contrast(measure="RR", instrument="events", estimate="0.8", ci_lower="0.5", ci_upper="1.28")
    effect = only(study(arm(1), arm(2, kind="active"), contrasts=(printed,)), measure="RR")
    check(effect, log(0.8), (log(1.28 / 0.5) / (2 * norm.ppf(0.975))) ** 2)
    assert exp(effect.yi) == pytest.approx(0.8, **EXACT)


def test_settled_value_replaces_the_printed_one():
    settlement = {"value": "-1.07", "ci_lower": "-2.08", "ci_upper": "-0.07", "reason": "The author's answer."}
    values = {"estimate": "1.07", "ci_lower": "-2.08", "ci_upper": "-0.07", "is_printed_so": True}
    printed = contrast(**values, settlement=settlement)
    effect = only(study(arm(1), arm(2, kind="active"), contrasts=(printed,)))
    check(effect, -1.07, ((2.08 - 0.07) / (2 * norm.ppf(0.975))) ** 2)
    assert any("author's answer" in caution for caution in effect.cautions)


def test_two_comparators_are_combined_by_the_handbook():
    """Handbook 6.5.2.10: N, mean and SD of two groups as if they had been one."""
    n, m1, m2, s1, s2 = 20 + 30, 4.0, 5.0, 1.6, 1.4
    mean = (20 * m1 + 30 * m2) / n
    sd = sqrt((19 * s1**2 + 29 * s2**2 + 20 * 30 / n * (m1 - m2) ** 2) / (n - 1))
    three = study(
        arm(1, result(**FIRST)),
        arm(2, result(mean="4.0", sd="1.6", n=20), kind="active"),
        arm(3, result(mean="5.0", sd="1.4", n=30), kind="active"),
    )
    check(only(three), 3.1 - mean, 1.5**2 / 40 + sd**2 / n)


def test_shared_arm_is_split_among_its_comparisons():
    three = study(
        arm(1, result(**FIRST)),
        arm(2, result(mean="4.0", sd="1.6", n=20), kind="active"),
        arm(3, result(mean="5.0", sd="1.4", n=30), kind="active"),
    )
    dataset = derive(content(three), rules(multi_arm="split"))
    assert [effect.yi for effect in dataset.effects] == pytest.approx([-0.9, -1.9], **EXACT)
    variances = [1.5**2 / 20 + 1.6**2 / 20, 1.5**2 / 20 + 1.4**2 / 30]
    assert [effect.vi for effect in dataset.effects] == pytest.approx(variances, **EXACT)
    assert len({effect.id for effect in dataset.effects}) == 2


def test_contrasts_that_share_an_arm_are_split_by_raising_their_variance():
    arms = (arm(1, n=40), arm(2, kind="active", n=20), arm(3, kind="active", n=30))
    printed = (contrast(1, 2, estimate="-1", standard_error="0.5"), contrast(1, 3, estimate="-2", standard_error="0.4"))
    dataset = derive(content(study(*arms, contrasts=printed)), rules(multi_arm="split"))
    raised = [0.25 * (2 / 40 + 1 / 20) / (1 / 40 + 1 / 20), 0.16 * (2 / 40 + 1 / 30) / (1 / 40 + 1 / 30)]
    assert [effect.vi for effect in dataset.effects] == pytest.approx(raised, **EXACT)
