"""Standard errors from what reports print: the Handbook's worked examples, and back again."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from analysis.engine import EngineError, OutOfRange, effects_from_se, se_from_ci, se_from_p_value, se_from_statistic

# There and back in double precision.
ROUNDING = 1e-10
ESTIMATES = st.floats(-5, 5).filter(lambda value: abs(value) > 1e-3)
ERRORS = st.floats(0.01, 5)


def test_se_from_p_value_of_handbook_6_3_1() -> None:
    """Risk difference 0.03, P = 0.008: Z = 2.652 and SE = 0.03 / 2.652 = 0.011."""
    se = float(se_from_p_value(estimate=0.03, p_value=0.008))

    assert 0.03 / se == pytest.approx(2.652, abs=5e-4)
    assert se == pytest.approx(0.011, abs=5e-4)


def test_se_from_p_value_of_a_t_test_of_handbook_6_5_2_3() -> None:
    """Difference of means 3.8, P = 0.008, 25 and 22 participants: t = 2.78 and SE = 1.37."""
    se = float(se_from_p_value(estimate=3.8, p_value=0.008, df=25 + 22 - 2))

    assert 3.8 / se == pytest.approx(2.78, abs=5e-3)
    assert se == pytest.approx(1.37, abs=5e-3)
    assert float(se_from_statistic(estimate=3.8, statistic=2.78)) == pytest.approx(1.37, abs=5e-3)
    # And from there, rounded, the within-group standard deviation, printed as 4.69.
    assert 1.37 / math.sqrt(1 / 25 + 1 / 22) == pytest.approx(4.69, abs=5e-3)


@pytest.mark.parametrize(("level", "divisor"), [(0.9, 3.29), (0.95, 3.92), (0.99, 5.15)])
def test_se_from_ci_divides_by_the_numbers_of_handbook_6_3_1(level: float, divisor: float) -> None:
    # Printed with two decimals.
    assert 1.0 / float(se_from_ci(ci_lower=0.0, ci_upper=1.0, level=level)) == pytest.approx(divisor, abs=0.006)


def test_se_from_ci_of_a_ratio_takes_logs() -> None:
    """Handbook 6.3.2: a ratio's standard error is that of its log."""
    se = se_from_ci(ci_lower=math.log(0.5), ci_upper=math.log(2.0))

    assert float(se) == pytest.approx(2 * math.log(2) / 3.919928, rel=1e-6)


@given(estimate=ESTIMATES, se=ERRORS, level=st.floats(0.5, 0.999), df=st.none() | st.integers(1, 500))
def test_ci_and_p_value_give_back_the_standard_error(estimate: float, se: float, level: float, df: int | None) -> None:
    distribution = stats.norm if df is None else stats.t(df)
    half = distribution.ppf(0.5 + level / 2) * se
    p_value = 2 * distribution.sf(abs(estimate) / se)

    assert float(se_from_ci(ci_lower=estimate - half, ci_upper=estimate + half, level=level, df=df)) == pytest.approx(
        se, rel=ROUNDING, abs=1e-13 / se
    )
    assert float(se_from_statistic(estimate=estimate, statistic=estimate / se)) == pytest.approx(se, rel=ROUNDING)
    if 1e-300 < p_value < 0.9:
        # Near p = 1 the p value hardly depends on the standard error.
        back = float(se_from_p_value(estimate=estimate, p_value=p_value, df=df))
        assert back == pytest.approx(se, rel=1e-8)


def test_arrays_go_through_element_by_element() -> None:
    se = se_from_ci(ci_lower=[0.0, 1.0], ci_upper=[1.0, 3.0], df=[10, 1000])

    assert se.shape == (2,)
    assert se[1] == float(se_from_ci(ci_lower=1.0, ci_upper=3.0, df=1000))


def test_signs_of_estimate_and_statistic_may_differ() -> None:
    assert float(se_from_statistic(estimate=-2.0, statistic=4.0)) == 0.5


def test_effects_from_se_are_ready_to_pool() -> None:
    effects = effects_from_se(estimate=[0.1, 0.2], se=[0.5, 2.0])

    assert (effects.yi.tolist(), effects.vi.tolist(), effects.rows.tolist()) == ([0.1, 0.2], [0.25, 4.0], [0, 1])


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: se_from_ci(ci_lower=2.0, ci_upper=1.0), "ci_lower must be below ci_upper, got 2 at index 0"),
        (lambda: se_from_ci(ci_lower=1.0, ci_upper=1.0), "ci_lower must be below ci_upper, got 1 at index 0"),
        (lambda: se_from_ci(ci_lower=1.0, ci_upper=2.0, df=0), "df must be above 0, got 0 at index 0"),
        (lambda: se_from_statistic(estimate=0.0, statistic=1.0), "estimate must be different from 0, got 0"),
        (lambda: se_from_statistic(estimate=1.0, statistic=0.0), "statistic must be different from 0, got 0"),
        (lambda: se_from_p_value(estimate=0.0, p_value=0.5), "estimate must be different from 0, got 0"),
        (lambda: se_from_p_value(estimate=1.0, p_value=1.0), "p_value must be between 0 and 1, got 1"),
        (lambda: se_from_p_value(estimate=[1.0, 1.0], p_value=[0.1, 0.0]), "p_value must be between 0 and 1, got 0 at"),
        (lambda: effects_from_se(estimate=1.0, se=0.0), "se must be above 0, got 0 at index 0"),
    ],
)
def test_what_holds_no_standard_error_is_refused(ask: object, sentence: str) -> None:
    with pytest.raises(EngineError) as caught:
        ask()  # type: ignore[operator]

    assert str(caught.value).startswith(sentence)
    assert isinstance(caught.value, OutOfRange)


def test_wide_arrays_are_refused() -> None:
    with pytest.raises(EngineError, match="ci_lower must have at most 1 dimension"):
        se_from_ci(ci_lower=np.zeros((2, 2)), ci_upper=np.ones((2, 2)))
