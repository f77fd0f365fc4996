"""Conversions between effect measures: inverses, slopes by differences, worked examples, refusals."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special

from analysis.engine.conversions import (
    chi2_to_phi,
    d_to_log_odds_ratio,
    d_to_r,
    f_to_d,
    log_odds_ratio_to_d,
    log_odds_ratio_to_log_risk_ratio,
    log_odds_ratio_to_risk_difference,
    log_risk_ratio_to_log_odds_ratio,
    log_risk_ratio_to_risk_difference,
    number_needed,
    p_to_t,
    r_to_d,
    r_to_z,
    se_from_f,
    t_to_d,
    z_to_r,
)
from analysis.engine.effects import Effects, escalc, phi
from analysis.engine.errors import EngineError, NonFinite, OutOfRange, RaggedLengths, UndefinedResult, UnknownOption

CONVERSIONS: dict[str, tuple[Callable[..., Effects], dict[str, Any]]] = {
    "d to log OR, logistic": (d_to_log_odds_ratio, {}),
    "d to log OR, normal": (d_to_log_odds_ratio, {"distribution": "normal"}),
    "log OR to d, logistic": (log_odds_ratio_to_d, {}),
    "log OR to d, normal": (log_odds_ratio_to_d, {"distribution": "normal"}),
    "d to r": (d_to_r, {"n1i": 12, "n2i": 30}),
    "d to r, sizes not known": (d_to_r, {}),
    "r to d": (r_to_d, {"n1i": 12, "n2i": 30}),
    "r to z": (r_to_z, {}),
    "z to r": (z_to_r, {}),
    "OR to RR": (log_odds_ratio_to_log_risk_ratio, {"baseline_risk": 0.3}),
    "RR to OR": (log_risk_ratio_to_log_odds_ratio, {"baseline_risk": 0.3}),
    "OR to RD": (log_odds_ratio_to_risk_difference, {"baseline_risk": 0.3}),
    "RR to RD": (log_risk_ratio_to_risk_difference, {"baseline_risk": 0.3}),
}
INVERSES = [
    (d_to_log_odds_ratio, log_odds_ratio_to_d, {}),
    (d_to_log_odds_ratio, log_odds_ratio_to_d, {"distribution": "normal"}),
    (d_to_r, r_to_d, {"n1i": 12, "n2i": 30}),
    (r_to_z, z_to_r, {}),
    (log_odds_ratio_to_log_risk_ratio, log_risk_ratio_to_log_odds_ratio, {"baseline_risk": 0.3}),
]
EFFECTS = st.floats(-0.95, 0.95)


@pytest.mark.parametrize("name", CONVERSIONS)
@given(y=EFFECTS)
def test_variance_is_that_of_the_delta_method(name: str, y: float) -> None:
    convert, options = CONVERSIONS[name]
    step = 1e-5

    low, high = (convert(yi=y + side, vi=1.0, **options).yi[0] for side in (-step, step))

    slope = (high - low) / (2 * step)
    # Central differences: an error of step**2 times the third derivative, which is up to 1e5 at correlations of 0.95.
    assert convert(yi=y, vi=0.04, **options).vi[0] == pytest.approx(0.04 * slope**2, rel=1e-5)


@pytest.mark.parametrize(("there", "back", "options"), INVERSES)
@given(y=EFFECTS, v=st.floats(0.001, 10.0))
def test_way_back_gives_what_went_in(
    there: Callable[..., Effects], back: Callable[..., Effects], options: Any, y: float, v: float
) -> None:
    middle = there(yi=y, vi=v, **options)

    end = back(yi=middle.yi, vi=middle.vi, **options)

    assert end.yi[0] == pytest.approx(y, rel=1e-12, abs=1e-15)
    assert end.vi[0] == pytest.approx(v, rel=1e-12)


@given(y=st.floats(-6.0, 6.0), p0=st.floats(0.001, 0.999))
def test_risks_behind_an_odds_ratio_are_consistent(y: float, p0: float) -> None:
    p1 = float(special.expit(special.logit(p0) + y))

    ratio = log_odds_ratio_to_log_risk_ratio(yi=y, vi=1.0, baseline_risk=p0)
    difference = log_odds_ratio_to_risk_difference(yi=y, vi=1.0, baseline_risk=p0)

    odds = math.exp(y)
    # Zhang and Yu's formula and the difference cancel where the odds ratio is near 1.
    assert math.exp(ratio.yi[0]) == pytest.approx(odds / (1 - p0 + p0 * odds), rel=1e-12)
    assert difference.yi[0] == pytest.approx(p1 - p0, rel=1e-12, abs=1e-15)


def test_conversions_agree_with_effects_of_the_arms() -> None:
    arms = {"m1i": 10.2, "sd1i": 2.5, "n1i": 12, "m2i": 8.7, "sd2i": 2.9, "n2i": 15}
    d = escalc("SMD", **arms, correction="none")

    for distribution, measure in (("logistic", "D2ORL"), ("normal", "D2ORN")):
        converted = d_to_log_odds_ratio(yi=d.yi, vi=d.vi, distribution=distribution)
        direct = escalc(measure, **arms)
        assert (converted.yi[0], converted.vi[0]) == pytest.approx((direct.yi[0], direct.vi[0]), rel=1e-13)


def test_worked_example_of_borenstein_chapter_7() -> None:
    """Introduction to Meta-Analysis (2009), pages 47 to 49: figures as printed there, to four decimals."""
    d = log_odds_ratio_to_d(yi=0.9069, vi=0.0676)
    assert (d.yi[0], d.vi[0]) == pytest.approx((0.5000, 0.0205), abs=5e-5)

    odds = d_to_log_odds_ratio(yi=0.5000, vi=0.0205)
    assert (odds.yi[0], odds.vi[0]) == pytest.approx((0.9069, 0.0676), abs=2e-4)

    from_r = r_to_d(yi=0.50, vi=0.0058)
    assert (from_r.yi[0], from_r.vi[0]) == pytest.approx((1.1547, 0.0550), abs=5e-5)

    to_r = d_to_r(yi=1.1547, vi=0.0550, n1i=100, n2i=100)
    assert (to_r.yi[0], to_r.vi[0]) == pytest.approx((0.5000, 0.0058), abs=5e-5)


def test_d_comes_from_t_f_and_p_alike() -> None:
    t, df = 2.4, 25
    two_sided = float(2 * special.stdtr(df, -t))

    one = t_to_d(ti=-t, n1i=12, n2i=15)

    assert one.yi[0] == pytest.approx(-t * math.sqrt(1 / 12 + 1 / 15), rel=1e-15)
    assert one.vi[0] == pytest.approx(1 / 12 + 1 / 15 + one.yi[0] ** 2 / 54, rel=1e-14)
    assert f_to_d(fi=t**2, n1i=12, n2i=15, sign=-1).yi[0] == pytest.approx(one.yi[0], rel=1e-14)
    assert float(p_to_t(p_value=two_sided, df=df, sign=-1)) == pytest.approx(-t, rel=1e-12)
    assert float(p_to_t(p_value=0.05)) == pytest.approx(1.959963984540054, rel=1e-14)
    assert float(se_from_f(estimate=-3.0, fi=t**2)) == pytest.approx(3.0 / t, rel=1e-15)


def test_phi_comes_from_chi2_of_its_table() -> None:
    a, b, c, d = 20, 10, 5, 25
    n, cross = a + b + c + d, a * d - b * c
    chi2 = n * cross**2 / ((a + b) * (c + d) * (a + c) * (b + d))

    effects = chi2_to_phi(chi2=chi2, ni=n)

    assert effects.yi[0] == pytest.approx(phi(ai=a, bi=b, ci=c, di=d).yi[0], rel=1e-14)
    assert effects.vi[0] == pytest.approx((1 - effects.yi[0] ** 2) ** 2 / (n - 1), rel=1e-14)
    assert chi2_to_phi(chi2=chi2, ni=n, sign=-1).yi[0] == -effects.yi[0]


def test_number_needed_is_the_reciprocal_with_its_limits() -> None:
    fewer = number_needed(risk_difference=-0.1, ci_lower=-0.2, ci_upper=-0.05)

    assert (fewer.estimate, fewer.has_more_events) == (pytest.approx(10), False)
    assert (fewer.ci_lower, fewer.ci_upper, fewer.other_side) == (pytest.approx(5), pytest.approx(20), None)


def test_number_needed_reaches_through_infinity_where_the_interval_holds_0() -> None:
    """Altman (1998): the interval of the difference -5% to 25% is NNTB 4 to infinity to NNTH 20."""
    more = number_needed(risk_difference=0.1, ci_lower=-0.05, ci_upper=0.25)

    assert (more.ci_lower, more.ci_upper, more.other_side) == (pytest.approx(4), None, pytest.approx(20))
    assert number_needed(risk_difference=0.1, ci_lower=0.0, ci_upper=0.2).other_side is None
    assert number_needed(risk_difference=0.1).ci_lower is None


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: d_to_r(yi=0.3, vi=0), OutOfRange, "vi must be above 0, got 0 at index 0"),
        (lambda: d_to_r(yi=[0.3, math.nan], vi=1), NonFinite, "yi is missing or infinite at index 1"),
        (lambda: d_to_r(yi=[1, 2], vi=[1, 2, 3]), RaggedLengths, "vi has 3 value(s), but yi has 2"),
        (lambda: d_to_r(yi=1, vi=1, n1i=4), NonFinite, "n2i is missing"),
        (lambda: d_to_r(yi=1, vi=1, n1i=0, n2i=3), OutOfRange, "n1i must be above 0"),
        (lambda: d_to_log_odds_ratio(yi=1, vi=1, distribution="t"), UnknownOption, 'distribution must be one of "log'),
        (lambda: log_odds_ratio_to_d(yi=1, vi=1, distribution="t"), UnknownOption, 'distribution must be one of "log'),
        (lambda: r_to_d(yi=1, vi=1), OutOfRange, "yi must be between -1 and 1, got 1"),
        (lambda: r_to_z(yi=-1, vi=1), OutOfRange, "yi must be between -1 and 1, got -1"),
        (
            lambda: log_odds_ratio_to_log_risk_ratio(yi=1, vi=1, baseline_risk=20),
            OutOfRange,
            "baseline_risk must be between 0 and 1 (0.1, not 10), got 20",
        ),
        (
            lambda: log_risk_ratio_to_log_odds_ratio(yi=[0, 1], vi=1, baseline_risk=0.5),
            UndefinedResult,
            "the log odds ratio is undefined at index 1: baseline_risk times the risk ratio is not below 1",
        ),
        (
            lambda: log_risk_ratio_to_risk_difference(yi=1, vi=1, baseline_risk=0.5),
            UndefinedResult,
            "the risk difference is undefined at index 0",
        ),
        (lambda: number_needed(risk_difference=0), OutOfRange, "risk_difference must be between -1 and 1 and not 0"),
        (
            lambda: number_needed(risk_difference=0.1, ci_lower=0.2, ci_upper=0.3),
            OutOfRange,
            "ci_lower must be at most",
        ),
        (lambda: number_needed(risk_difference=0.1, ci_lower=0.0), NonFinite, "ci_upper is missing"),
        (lambda: f_to_d(fi=-1, n1i=5, n2i=5), OutOfRange, "fi must be at least 0"),
        (lambda: f_to_d(fi=1, n1i=5, n2i=5, sign=0), OutOfRange, "sign must be 1 or -1, got 0"),
        (lambda: se_from_f(estimate=0, fi=1), OutOfRange, "estimate must be different from 0"),
        (lambda: se_from_f(estimate=1, fi=0), OutOfRange, "fi must be above 0"),
        (lambda: p_to_t(p_value=0), OutOfRange, "p_value must be above 0 and at most 1"),
        (lambda: p_to_t(p_value=0.1, df=0), OutOfRange, "df must be above 0"),
        (lambda: chi2_to_phi(chi2=30, ni=20), OutOfRange, "chi2 must be at most ni, got 30"),
        (lambda: chi2_to_phi(chi2=20, ni=20), UndefinedResult, "the variance of the phi coefficient is undefined"),
    ],
)
def test_bad_conversion_is_refused_in_a_sentence(
    call: Callable[[], object], error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        call()

    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize("name", CONVERSIONS)
def test_no_effects_give_no_effects(name: str) -> None:
    convert, options = CONVERSIONS[name]

    assert convert(yi=[], vi=[], **options).yi.size == 0


def test_far_odds_ratios_stay_finite() -> None:
    effects = log_odds_ratio_to_risk_difference(yi=[-30.0, 30.0], vi=1e-3, baseline_risk=0.2)

    np.testing.assert_allclose(effects.yi, [-0.2, 0.8], rtol=1e-9)
