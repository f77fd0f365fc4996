"""Absolute effects: published examples, intervals of single risks, and what must hold for all risks."""

from math import exp, inf, log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine.absolute import (
    RISK_MEASURES,
    experimental_risk,
    newcombe_interval,
    number_needed_to_treat,
    wilson_interval,
    zero_events_limit,
)
from analysis.engine.errors import InvalidInput

# A handful of operations in double precision.
EXACT = 1e-12
# Published limits are printed with four decimals.
PRINTED = 5e-5
RISKS = st.floats(0.01, 0.99)
EFFECTS = st.floats(-2.0, 2.0)


@pytest.mark.parametrize(("measure", "ratio", "fewer", "nnt"), [("RR", 0.92, 24, 42), ("OR", 0.73, 62, 17)])
def test_examples_of_the_cochrane_handbook(measure: str, ratio: float, fewer: int, nnt: int) -> None:
    # Cochrane Handbook 5.1, 12.5.4.2 and 12.5.4.3: assumed comparator risk 0.3; the NNT is rounded up.
    difference = float(experimental_risk(log(ratio), measure=measure, baseline_risk=0.3)) - 0.3

    needed = number_needed_to_treat(risk_difference=difference, is_event_good=False)
    assert round(-1000 * difference) == fewer
    assert needed.nnt is not None
    assert nnt - 1 < needed.nnt <= nnt
    assert needed.nnt_kind == "benefit"


def test_interval_of_altman_goes_through_infinity() -> None:
    # Altman (1998), doi:10.1136/bmj.317.7168.1309: a reduction of 10 % (-5 % to 25 %) is NNTB 4 to infinity to NNTH 20.
    needed = number_needed_to_treat(risk_difference=-0.1, ci_lower=-0.25, ci_upper=0.05, is_event_good=False)

    assert (needed.nnt, needed.nnt_ci_lower, needed.nnt_other_side) == pytest.approx((10.0, 4.0, 20.0), rel=EXACT)
    assert (needed.nnt_kind, needed.nnt_ci_upper) == ("benefit", None)


def test_no_difference_needs_infinitely_many() -> None:
    needed = number_needed_to_treat(risk_difference=0.0, ci_lower=-0.1, ci_upper=0.1, is_event_good=True)

    assert (needed.nnt, needed.nnt_kind) == (None, None)


@pytest.mark.parametrize(
    ("events", "n", "limits"), [(81, 263, (0.2553, 0.3662)), (15, 148, (0.0624, 0.1605)), (0, 20, (0.0, 0.1611))]
)
def test_wilson_interval_agrees_with_newcombe(events: int, n: int, limits: tuple[float, float]) -> None:
    # Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<857::AID-SIM777>3.0.CO;2-E.
    found = wilson_interval(events, n=n)

    assert (found.ci_lower, found.ci_upper) == pytest.approx(limits, abs=PRINTED)


def test_difference_of_risks_agrees_with_newcombe() -> None:
    # Newcombe (1998), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I, method 10.
    found = newcombe_interval(events_1=56, n_1=70, events_2=48, n_2=80)

    assert (found.estimate, found.ci_lower, found.ci_upper) == pytest.approx((0.2, 0.0524, 0.3339), abs=PRINTED)


@given(n=st.integers(30, 5000))
def test_limit_of_no_events_is_near_the_rule_of_three(n: int) -> None:
    # -log(0.05) is 2.996, and (1 - x)**n = 0.05 has x below 3 / n; from 30 people on within 6 %.
    assert 0.94 * 3.0 / n < zero_events_limit(n) < 3.0 / n


@given(n=st.integers(1, 500), events=st.integers(0, 500), other=st.integers(0, 500))
def test_intervals_hold_their_estimate_and_turn_with_the_groups(n: int, events: int, other: int) -> None:
    one, two = min(events, n), min(other, n)
    found = newcombe_interval(events_1=one, n_1=n, events_2=two, n_2=n)
    turned = newcombe_interval(events_1=two, n_1=n, events_2=one, n_2=n)

    assert -1.0 - EXACT <= found.ci_lower <= found.estimate <= found.ci_upper <= 1.0 + EXACT
    assert (turned.ci_lower, turned.ci_upper) == pytest.approx((-found.ci_upper, -found.ci_lower), abs=EXACT)


@given(risk=RISKS, measure=st.sampled_from(RISK_MEASURES))
def test_no_effect_leaves_the_baseline_risk(risk: float, measure: str) -> None:
    assert float(experimental_risk(0.0, measure=measure, baseline_risk=risk)) == risk


@given(risk=RISKS, effect=EFFECTS, measure=st.sampled_from(("OR", "HR", "IRR")))
def test_odds_and_hazards_keep_risks_between_0_and_1(risk: float, effect: float, measure: str) -> None:
    found = float(experimental_risk(effect, measure=measure, baseline_risk=risk))

    assert 0.0 <= found <= 1.0
    assert (found > risk) == (effect > 0.0) or abs(effect) < EXACT


@given(effect=EFFECTS)
def test_all_ratios_agree_where_events_are_rare(effect: float) -> None:
    rare = 1e-6
    found = [float(experimental_risk(effect, measure=name, baseline_risk=rare)) for name in ("RR", "OR", "HR")]

    # They differ by the risk itself, relative.
    assert found == pytest.approx([rare * exp(effect)] * 3, rel=1e-4)


def test_hazard_ratio_is_a_power_of_survival() -> None:
    # Altman and Andersen (1999), doi:10.1136/bmj.319.7223.1492: survival is S**HR.
    assert float(experimental_risk(log(2.0), measure="HR", baseline_risk=0.2)) == pytest.approx(1 - 0.8**2, rel=EXACT)


def test_impossible_numbers_are_refused() -> None:
    with pytest.raises(InvalidInput, match="baseline_risk must be between 0 and 1"):
        experimental_risk(0.1, measure="RR", baseline_risk=10)
    with pytest.raises(InvalidInput, match="events must be from 0 to n"):
        wilson_interval(5, n=4)
    with pytest.raises(InvalidInput, match="yi is missing or infinite"):
        experimental_risk(inf, measure="OR", baseline_risk=0.1)
