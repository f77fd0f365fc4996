"""Subgroups: what holds for all data, groups of one study, and bad input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import InvalidInput, RaggedLengths, TooFewStudies, UndefinedResult, UnknownOption, pool
from analysis.engine.moderators import pool_subgroups
from tests.engine.strategies import studies

YI = [0.1, 0.5, 0.3, 0.9, 1.4, 0.7]
VI = [0.02, 0.05, 0.03, 0.04, 0.06, 0.02]
GROUPS = ["b", "b", "b", "a", "a", "a"]


@given(studies(least=4), st.sampled_from(["separate", "common"]), st.sampled_from(["DL", "REML", "CE"]), st.data())
@settings(max_examples=50, deadline=None)
def test_subgroups_do_not_depend_on_the_order_of_studies(
    data: tuple[np.ndarray, np.ndarray], tau2: str, tau2_method: str, draw: st.DataObject
) -> None:
    yi, vi = data
    labels = np.array(["x", "y", *("xy"[place % 2] for place in range(yi.size - 2))])
    order = np.array(draw.draw(st.permutations(range(yi.size))))

    first = pool_subgroups(yi, vi, groups=labels, tau2=tau2, tau2_method=tau2_method, ci_method="wald")
    second = pool_subgroups(
        yi[order], vi[order], groups=labels[order], tau2=tau2, tau2_method=tau2_method, ci_method="wald"
    )

    # Sums in another order differ by rounding, which the root of a flat score makes larger.
    assert second.q_between == pytest.approx(first.q_between, rel=1e-7, abs=1e-9)
    for one, other in zip(first.groups, second.groups, strict=True):
        assert (one.group, one.k) == (other.group, other.k)
        assert other.estimate == pytest.approx(one.estimate, abs=1e-8 * one.se)


def test_separate_groups_are_pooled_on_their_own() -> None:
    found = pool_subgroups(YI, VI, groups=GROUPS)

    alone = pool(YI[3:], VI[3:])
    first = found.groups[0]
    assert (first.group, first.k, first.df) == ("a", 3, 2)
    assert (first.estimate, first.se, first.tau2, first.pi_lower) == (
        alone.estimate,
        alone.se,
        alone.tau2,
        alone.pi_lower,
    )
    assert (found.k, found.q_between_df, found.q_within_df, found.tau2_is_common) == (6, 1, 4, False)
    assert (found.tau2, found.r2, found.qm, found.qm_df) == (None, None, None, None)


def test_two_separate_groups_are_compared_by_the_difference_of_their_effects() -> None:
    found = pool_subgroups(YI, VI, groups=GROUPS, ci_method="wald")

    first, second = found.groups
    z = (first.estimate - second.estimate) / math.hypot(first.se, second.se)
    # A few operations on both sides.
    assert found.q_between == pytest.approx(z**2, rel=1e-13)


@pytest.mark.parametrize("ci_method", ["wald", "t", "hksj", "hksj_adhoc"])
def test_groups_with_common_tau2_are_the_meta_regression_on_them(ci_method: str) -> None:
    found = pool_subgroups(YI, VI, groups=GROUPS, tau2="common", ci_method=ci_method)
    fit = pool(YI, VI, mods={"group": GROUPS}, ci_method=ci_method)

    first, second = found.groups
    # Sums of two coefficients and of three covariances.
    assert first.estimate == pytest.approx(fit.estimate[0], rel=1e-13)
    assert second.estimate == pytest.approx(fit.estimate.sum(), rel=1e-13)
    assert second.se == pytest.approx(math.sqrt(fit.covariance.sum()), rel=1e-13)
    assert (found.qm, found.qm_df, found.qm_p_value, found.r2) == (fit.qm, fit.qm_df, fit.qm_p_value, fit.r2)
    assert found.q_between == pytest.approx(fit.qm * fit.qm_df[0], rel=1e-12)
    assert found.q_within == pytest.approx(fit.q, rel=1e-12)
    assert first.tau2 == second.tau2 == found.tau2 == fit.tau2
    assert first.weights.sum() == pytest.approx(1.0, rel=1e-15)


def test_group_of_one_study_is_the_study_with_separate_tau2() -> None:
    found = pool_subgroups(YI, VI, groups=["b", "b", "b", "b", "b", "a"])

    single = found.groups[0]
    assert (single.k, single.estimate, single.df, single.q, single.i2, single.pi_lower) == (
        1,
        0.7,
        None,
        None,
        None,
        None,
    )
    assert single.se == pytest.approx(math.sqrt(0.02), rel=1e-15)


def test_group_of_one_study_has_the_common_tau2() -> None:
    found = pool_subgroups(YI, VI, groups=["b", "b", "b", "b", "b", "a"], tau2="common", ci_method="wald")

    single = found.groups[0]
    assert (single.k, single.q) == (1, None)
    assert single.estimate == pytest.approx(0.7, rel=1e-14)
    assert single.se == pytest.approx(math.sqrt(0.02 + found.tau2), rel=1e-13)
    assert single.tau2 > 0.0


def test_all_groups_of_one_study_have_no_q_within() -> None:
    found = pool_subgroups(YI[:2], VI[:2], groups=["a", "b"])

    assert (found.q_within, found.q_within_df, found.q_within_p_value) == (None, 0, None)


def test_numeric_labels_are_sorted_as_numbers() -> None:
    found = pool_subgroups(YI, VI, groups=[10, 10, 9, 9, 2.5, 2.5], tau2_method="DL", ci_method="wald")

    assert [group.group for group in found.groups] == ["2.5", "9", "10"]


def test_common_effect_has_no_prediction_interval() -> None:
    found = pool_subgroups(YI, VI, groups=GROUPS, tau2="common", tau2_method="CE")

    assert all(group.pi_lower is None and group.tau2 == 0.0 for group in found.groups)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"groups": ["a"] * 6}, InvalidInput, 'groups is "a" in every study'),
        ({"groups": ["a", "b", None, "a", "b", "a"]}, InvalidInput, "groups is missing at index 2"),
        ({"groups": ["a", "", "b", "a", "b", "a"]}, InvalidInput, "groups is missing at index 1"),
        ({"groups": [1.0, 2.0, math.nan, 1.0, 2.0, 1.0]}, InvalidInput, "groups is missing at index 2"),
        ({"groups": ["a", "b"]}, RaggedLengths, "groups has 2"),
        ({"tau2": "shared"}, UnknownOption, "tau2 must be one of"),
        ({"tau2_method": "XX"}, UnknownOption, "tau2_method"),
        ({"ci_method": "XX"}, UnknownOption, "ci_method"),
        ({"level": 95}, InvalidInput, "level"),
        ({"yi": [0.2] * 3 + YI[3:]}, UndefinedResult, "all 3 effects are equal"),
    ],
)
def test_wrong_arguments_are_refused_by_name(options: dict, error: type[Exception], words: str) -> None:
    arguments = {"yi": YI, "vi": VI, "groups": GROUPS} | options

    with pytest.raises(error, match=words):
        pool_subgroups(arguments.pop("yi"), arguments.pop("vi"), **arguments)


def test_too_few_studies_are_refused() -> None:
    with pytest.raises(TooFewStudies):
        pool_subgroups([], [], groups=[])
    with pytest.raises(TooFewStudies, match="needs at least 3 studies, got 2"):
        pool_subgroups([0.1, 0.2], [0.1, 0.1], groups=["a", "b"], tau2="common")
