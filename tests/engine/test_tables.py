"""Mantel-Haenszel and Peto pooling: closed forms, symmetries and refusals."""

from math import exp, log, sqrt
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine.errors import EngineError, InvalidInput, TooFewStudies, UndefinedResult
from analysis.engine.tables import pool_mantel_haenszel, pool_mantel_haenszel_rates, pool_peto

# Sums of a few products in double precision, in another order.
ROUNDING = 1e-11
SPARSE: dict[str, Any] = {"ai": [0, 3, 1, 0], "n1i": [12, 40, 9, 30], "ci": [2, 5, 0, 0], "n2i": [10, 38, 11, 28]}


@st.composite
def tables(draw: st.DrawFn, *, most: int = 8) -> dict[str, np.ndarray]:
    """Return two-by-two tables, of which the first has no empty cell."""
    k = draw(st.integers(1, most))
    cells = draw(st.lists(st.tuples(*[st.integers(0, 40)] * 4), min_size=k, max_size=k))
    filled = [(1 + a, 1 + b, 1 + c, 1 + d) for a, b, c, d in cells[:1]]
    filled += [(a, b + (a + b == 0), c, d + (c + d == 0)) for a, b, c, d in cells[1:]]
    return dict(zip(("ai", "bi", "ci", "di"), np.array(filled, dtype=float).T, strict=True))


def swap(cells: dict[str, np.ndarray], first: str = "ci", second: str = "di") -> dict[str, np.ndarray]:
    """Return the tables with arm 2 in the place of arm 1."""
    return {"ai": cells[first], "bi": cells[second], "ci": cells["ai"], "di": cells["bi"]}


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
@given(cells=tables())
@settings(max_examples=25, deadline=None)
def test_mantel_haenszel_changes_its_sign_when_arms_are_swapped(measure: str, cells: dict[str, np.ndarray]) -> None:
    fit, other = pool_mantel_haenszel(**cells, measure=measure), pool_mantel_haenszel(**swap(cells), measure=measure)

    assert other.estimate == pytest.approx(-fit.estimate, abs=ROUNDING)
    assert other.se == pytest.approx(fit.se, rel=1e-9)
    assert (fit.cmh_statistic is None) == (measure != "OR")
    assert other.cmh_statistic == (fit.cmh_statistic and pytest.approx(fit.cmh_statistic, rel=1e-7, abs=1e-9))
    assert fit.q is None or other.q == pytest.approx(fit.q, rel=1e-9, abs=1e-9)


@given(cells=tables())
@settings(max_examples=25, deadline=None)
def test_odds_ratios_turn_round_when_outcomes_are_swapped(cells: dict[str, np.ndarray]) -> None:
    other = {"ai": cells["bi"], "bi": cells["ai"], "ci": cells["di"], "di": cells["ci"]}

    fit, turned = pool_mantel_haenszel(**cells), pool_mantel_haenszel(**other)
    peto, turned_peto = pool_peto(**cells), pool_peto(**other)

    assert turned.estimate == pytest.approx(-fit.estimate, abs=ROUNDING)
    assert turned.breslow_day_statistic == pytest.approx(fit.breslow_day_statistic, rel=1e-7, abs=1e-9)
    assert turned_peto.estimate == pytest.approx(-peto.estimate, abs=ROUNDING)
    assert turned_peto.q == (None if peto.q is None else pytest.approx(peto.q, rel=1e-9, abs=1e-9))


@given(cells=tables(), seed=st.integers(0, 100))
@settings(max_examples=25, deadline=None)
def test_pooling_does_not_depend_on_the_order_of_studies(cells: dict[str, np.ndarray], seed: int) -> None:
    order = np.random.default_rng(seed).permutation(cells["ai"].size)
    moved = {name: values[order] for name, values in cells.items()}

    for pool in (pool_mantel_haenszel, pool_peto):
        fit, other = pool(**cells), pool(**moved)
        assert other.estimate == pytest.approx(fit.estimate, abs=ROUNDING)
        assert other.se == pytest.approx(fit.se, rel=ROUNDING)
        np.testing.assert_allclose(other.weights, fit.weights[order], rtol=ROUNDING)


@given(cells=tables())
@settings(max_examples=40, deadline=None)
def test_tests_and_weights_stay_in_their_ranges(cells: dict[str, np.ndarray]) -> None:
    fit, peto = pool_mantel_haenszel(**cells), pool_peto(**cells)

    assert fit.tarone_statistic is not None
    assert fit.breslow_day_statistic is not None
    assert 0.0 <= fit.tarone_statistic <= fit.breslow_day_statistic * (1.0 + ROUNDING)
    for result in (fit, peto):
        assert np.sum(result.weights) == pytest.approx(1.0)
        assert (result.weights >= 0.0).all()
        assert result.i2 is None or 0.0 <= result.i2 < 1.0
        assert result.ci_lower < result.estimate < result.ci_upper
    assert peto.estimate == pytest.approx(np.sum(peto.o_minus_e) / np.sum(peto.v), abs=ROUNDING)


def test_one_study_gives_its_own_effects_and_no_heterogeneity() -> None:
    cells: dict[str, Any] = {"ai": 3.0, "n1i": 10.0, "ci": 5.0, "n2i": 12.0}

    odds, risk = pool_mantel_haenszel(**cells), pool_mantel_haenszel(**cells, measure="RR")
    difference = pool_mantel_haenszel(**cells, measure="RD", rd_variance="greenland")

    assert odds.estimate == pytest.approx(log(3 * 7 / (7 * 5)))
    assert odds.se == pytest.approx(sqrt(1 / 3 + 1 / 7 + 1 / 5 + 1 / 7))
    assert risk.estimate == pytest.approx(log(0.3 / (5 / 12)))
    assert risk.se == pytest.approx(sqrt(1 / 3 - 1 / 10 + 1 / 5 - 1 / 12))
    assert difference.estimate == pytest.approx(0.3 - 5 / 12)
    assert difference.se == pytest.approx(sqrt(0.3 * 0.7 / 10 + 5 / 12 * 7 / 12 / 12))
    for fit in (odds, risk, difference, pool_peto(**cells)):
        assert (fit.k, fit.q, fit.q_df, fit.q_p_value, fit.i2, fit.h2) == (1, None, None, None, None, None)
    assert odds.breslow_day_p_value is None


def test_one_study_gives_its_own_rates() -> None:
    ratio = pool_mantel_haenszel_rates(x1i=4, t1i=100.0, x2i=9, t2i=150.0)
    difference = pool_mantel_haenszel_rates(x1i=4, t1i=100.0, x2i=9, t2i=150.0, measure="IRD")

    assert ratio.estimate == pytest.approx(log(0.04 / 0.06))
    assert ratio.se == pytest.approx(sqrt(1 / 4 + 1 / 9))
    assert difference.estimate == pytest.approx(0.04 - 0.06)
    assert difference.se == pytest.approx(sqrt(4 / 100**2 + 9 / 150**2))
    assert (difference.cmh_statistic, difference.breslow_day_statistic) == (None, None)


def test_rate_ratio_does_not_depend_on_the_unit_of_time() -> None:
    events: dict[str, Any] = {"x1i": [4, 0, 7], "x2i": [9, 1, 3]}
    years, days = np.array([100.0, 20.0, 55.0]), np.array([150.0, 25.0, 60.0])

    fit = pool_mantel_haenszel_rates(**events, t1i=years, t2i=days)
    other = pool_mantel_haenszel_rates(**events, t1i=years * 365.25, t2i=days * 365.25)

    assert other.estimate == pytest.approx(fit.estimate, abs=ROUNDING)
    assert other.cmh_statistic == pytest.approx(fit.cmh_statistic, rel=ROUNDING)


def test_table_without_events_moves_odds_ratios_nowhere() -> None:
    with_it, without = SPARSE, {name: values[:3] for name, values in SPARSE.items()}

    for pool in (pool_mantel_haenszel, pool_peto):
        fit, other = pool(**with_it), pool(**without)
        assert (fit.estimate, fit.se, fit.q, fit.q_df) == pytest.approx((other.estimate, other.se, other.q, other.q_df))
        assert (fit.k, other.k) == (4, 3)
        assert fit.weights[3] == 0.0
    assert pool_mantel_haenszel(**with_it, pooled_drop00=True).k == 3


def test_zero_cell_rule_of_pooling_adds_to_the_tables() -> None:
    fit = pool_mantel_haenszel(**SPARSE, pooled_add=0.5, pooled_to="only0")
    extra = np.array([0.5, 0.0, 0.5, 0.5])
    moved = {
        "ai": SPARSE["ai"] + extra,
        "n1i": SPARSE["n1i"] + 2 * extra,
        "ci": SPARSE["ci"] + extra,
        "n2i": SPARSE["n2i"] + 2 * extra,
    }

    assert fit.estimate == pytest.approx(pool_mantel_haenszel(**moved).estimate)
    assert fit.estimate != pytest.approx(pool_mantel_haenszel(**SPARSE).estimate)


def test_studies_without_an_effect_leave_q() -> None:
    """Only the second of the sparse tables has all cells filled."""
    fit = pool_mantel_haenszel(**SPARSE, add=0.0, to="none")

    assert fit.q is None
    assert pool_mantel_haenszel(**SPARSE).q_df == 2
    assert pool_mantel_haenszel(**SPARSE, drop00=False).q_df == 3


def test_equal_tables_fit_a_common_odds_ratio() -> None:
    """An odds ratio of 1 in every table takes the root of the quadratic where its leading term vanishes."""
    fit = pool_mantel_haenszel(ai=[4, 8], bi=[6, 12], ci=[2, 10], di=[3, 15])

    assert fit.estimate == pytest.approx(0.0, abs=1e-15)
    assert fit.breslow_day_statistic == pytest.approx(0.0, abs=1e-12)
    assert fit.cmh_statistic == pytest.approx(0.25 / fit_variance(), rel=1e-12)
    assert exp(fit.ci_upper) == pytest.approx(1.0 / exp(fit.ci_lower))


def fit_variance() -> float:
    """Return the hypergeometric variance of the equal tables above."""
    return 10 * 5 * 6 * 9 / (15**2 * 14) + 20 * 25 * 18 * 27 / (45**2 * 44)


@pytest.mark.parametrize("measure", ["OR", "RR", "RD"])
def test_tables_without_any_event_are_undefined(measure: str) -> None:
    with pytest.raises(UndefinedResult, match="undefined: "):
        pool_mantel_haenszel(ai=[0, 0], n1i=[5, 6], ci=[0, 0], n2i=[7, 8], measure=measure)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: pool_peto(ai=[0], n1i=[5], ci=[0], n2i=[7]), "nobody or everybody had the event"),
        (lambda: pool_peto(ai=[5], n1i=[5], ci=[7], n2i=[7]), "nobody or everybody had the event"),
        (lambda: pool_mantel_haenszel(ai=[5], n1i=[5], ci=[7], n2i=[7], measure="RR"), "all participants had them"),
        (lambda: pool_mantel_haenszel(ai=[5, 0], n1i=[5, 4], ci=[0, 0], n2i=[7, 9], measure="RR"), "events in arm 2"),
        (lambda: pool_mantel_haenszel(ai=[5], n1i=[5], ci=[3], n2i=[7]), "events in arm 2 and non-events in arm 1"),
        (lambda: pool_mantel_haenszel_rates(x1i=[0], t1i=[5], x2i=[2], t2i=[7]), "no study has events in arm 1"),
        (lambda: pool_mantel_haenszel_rates(x1i=[0], t1i=[5], x2i=[0], t2i=[7], measure="IRD"), "in either arm"),
    ],
)
def test_estimate_without_a_finite_answer_is_undefined(call: Any, sentence: str) -> None:
    with pytest.raises(UndefinedResult, match=sentence):
        call()


@pytest.mark.parametrize(
    ("change", "argument"),
    [
        ({"ai": [-1, 3, 1, 0]}, "ai"),
        ({"ai": [13, 3, 1, 0]}, "ai"),
        ({"ci": [2, 39, 0, 0]}, "ci"),
        ({"n2i": [10, 38, 11, 0]}, "n2i"),
        ({"n2i": [10, 38, 11]}, "n2i"),
        ({"ai": [0, 3, float("nan"), 0]}, "ai"),
        ({"n2i": None}, "n1i"),
        ({"bi": [1, 1, 1, 1]}, "n1i"),
        ({"measure": "SMD"}, "measure"),
        ({"to": "some"}, "to"),
        ({"pooled_to": "some"}, "pooled_to"),
        ({"add": -0.5}, "add"),
        ({"pooled_add": -0.5}, "pooled_add"),
        ({"level": 95}, "level"),
        ({"rd_variance": "klingenberg"}, "rd_variance"),
    ],
)
def test_argument_that_cannot_be_right_is_named(change: dict[str, Any], argument: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        pool_mantel_haenszel(**(SPARSE | change))

    assert refusal.value.argument == argument
    if not {"measure", "to", "add", "rd_variance"} & set(change):
        with pytest.raises(EngineError):
            pool_peto(**(SPARSE | change))


def test_no_study_is_too_few() -> None:
    empty: dict[str, Any] = {"ai": [], "n1i": [], "ci": [], "n2i": []}

    for call in (lambda: pool_mantel_haenszel(**empty), lambda: pool_peto(**empty)):
        with pytest.raises(TooFewStudies):
            call()
    with pytest.raises(TooFewStudies):
        pool_mantel_haenszel_rates(x1i=[], t1i=[], x2i=[], t2i=[])
    with pytest.raises(TooFewStudies):
        pool_mantel_haenszel(ai=[0], n1i=[3], ci=[0], n2i=[4], measure="RD", pooled_drop00=True)


def test_results_cannot_be_changed() -> None:
    for result in (pool_mantel_haenszel(**SPARSE), pool_peto(**SPARSE)):
        with pytest.raises(ValueError, match="read-only"):
            result.weights[0] = 1.0
