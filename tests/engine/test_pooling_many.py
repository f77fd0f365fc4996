"""Many problems at once have the answers of one at a time."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.engine import (
    CI_METHODS,
    TAU2_METHODS,
    EngineError,
    InvalidInput,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UnknownOption,
    pool,
    pool_many,
    regress_many,
)
from tests.engine.strategies import studies

METHODS = st.sampled_from(TAU2_METHODS)
INTERVALS = st.sampled_from(CI_METHODS)
# The same formulas, summed in another order; a flat top of a likelihood moves tau2 by more than the last digit.
SAME = {"rtol": 1e-9, "atol": 1e-11}
NUMBERS = ("estimate", "se", "statistic", "p_value", "ci_lower", "ci_upper", "pi_lower", "pi_upper", "tau2", "tau2_se")
SPREAD = ("i2", "h2", "q", "q_p_value", "tau2_ci_lower", "tau2_ci_upper")


def assert_same(many: object, row: int, one: object) -> None:
    """Compare one problem; NaN stands for None."""
    for name in (*NUMBERS, *SPREAD):
        expected = getattr(one, name)
        found = getattr(many, name)[row]
        np.testing.assert_allclose(found, np.nan if expected is None else expected, err_msg=name, **SAME)
    assert many.k[row] == one.k
    assert np.isnan(many.df[row]) if one.df is None else many.df[row] == one.df


@given(data=studies(least=3, most=8), tau2_method=METHODS, ci_method=INTERVALS, seed=st.integers(0, 99))
def test_batch_is_the_single_fit(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str, seed: int
) -> None:
    yi, vi = data
    random = np.random.default_rng(seed)
    mask = random.random((6, yi.size)) < 0.7
    mask[:, 0] = True

    many = pool_many(yi, vi, mask=mask, tau2_method=tau2_method, ci_method=ci_method)

    for row, included in enumerate(mask):
        subset = yi[included], vi[included]
        if included.sum() > 1 and ci_method == "hksj" and np.ptp(subset[0]) == 0.0:
            assert np.isnan(many.se[row])
            continue
        assert_same(many, row, pool(*subset, tau2_method=tau2_method, ci_method=ci_method))


@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
def test_blocks_make_no_difference(tau2_method: str) -> None:
    random = np.random.default_rng(3)
    vi = random.uniform(0.01, 1.0, (5000, 12))
    yi = random.normal(0.0, np.sqrt(vi + 0.05))

    many = pool_many(yi, vi, tau2_method=tau2_method)

    for row in (0, 1, 2730, 2731, 4999):
        assert_same(many, row, pool(yi[row], vi[row], tau2_method=tau2_method))


def test_what_is_out_is_not_read() -> None:
    mask = np.array([[True, True, False], [True, True, True]])

    many = pool_many([[0.1, 0.4, np.nan], [0.1, 0.4, 0.9]], [[0.1, 0.2, -3.0], [0.1, 0.2, 0.1]], mask=mask)

    assert_same(many, 0, pool([0.1, 0.4], [0.1, 0.2]))
    assert_same(many, 1, pool([0.1, 0.4, 0.9], [0.1, 0.2, 0.1]))


def test_one_study_has_its_normal_interval_and_no_heterogeneity() -> None:
    many = pool_many([0.3, 0.5], [0.04, 0.04], mask=[[True, False], [True, True]])

    assert np.isnan([many.df[0], many.i2[0], many.q[0], many.tau2_se[0], many.pi_lower[0]]).all()
    assert many.tau2[0] == 0.0
    assert_same(many, 0, pool([0.3], [0.04]))


def test_results_cannot_be_changed() -> None:
    many = pool_many([0.3, 0.5], [0.04, 0.04])

    with pytest.raises(ValueError, match="read-only"):
        many.estimate[0] = 1.0


@pytest.mark.parametrize(
    ("yi", "vi", "options", "error", "sentence"),
    [
        ([0.1, np.nan], [1, 1], {}, OutOfRange, "yi must be finite"),
        ([0.1, 0.2], [1, 0], {}, OutOfRange, "vi must be above 0, got 0 at index 1"),
        ([0.1, 0.2], [1, np.nan], {}, OutOfRange, "vi must be above 0"),
        ([0.1, 0.2], [1, np.inf], {}, OutOfRange, "vi must be finite"),
        ([0.1, 0.2], [1, 1, 1], {}, RaggedLengths, "vi has 3"),
        ([0.1, 0.2], [1, 1], {"mask": [[True, False, True]]}, RaggedLengths, "mask has 3"),
        ([0.1, 0.2], [1, 1], {"mask": [[1, 0]]}, InvalidInput, "mask must hold True and False"),
        ([0.1, 0.2], [1, 1], {"mask": [[True, True], [False, False]]}, TooFewStudies, "needs at least 1 study, got 0"),
        ([[0.1, 0.2]] * 2, [[1, 1]] * 3, {}, InvalidInput, "yi, vi and mask must have one number of problems"),
        ([], [], {}, TooFewStudies, "needs at least 1 study, got 0"),
        ([0.1, 0.2], [1, 1], {"tau2_method": "FE"}, UnknownOption, "tau2_method must be one of"),
        ([0.1, 0.2], [1, 1], {"ci_method": "z"}, UnknownOption, "ci_method must be one of"),
        ([0.1, 0.2], [1, 1], {"level": 95}, OutOfRange, "level must be between 0 and 1"),
        ([0.1, 0.2], [1e-15, 1], {}, OutOfRange, "vi must be at most 1e14 times"),
    ],
)
def test_bad_input_is_refused_in_a_sentence(
    yi: list, vi: list, options: dict, error: type[EngineError], sentence: str
) -> None:
    with pytest.raises(error) as caught:
        pool_many(yi, vi, **options)

    assert str(caught.value).startswith(sentence)


@given(data=studies(least=6, most=9), tau2_method=METHODS, ci_method=INTERVALS)
def test_batch_of_regressions_is_the_single_fit(
    data: tuple[np.ndarray, np.ndarray], tau2_method: str, ci_method: str
) -> None:
    yi, vi = data
    dose = np.sqrt(np.arange(yi.size) + 1.0)
    effects = np.array([yi, yi[::-1], 2.0 * yi + dose**2])

    many = regress_many(effects, vi, {"dose": dose}, tau2_method=tau2_method, ci_method=ci_method)

    for row, one in enumerate(effects):
        try:
            fit = pool(one, vi, mods={"dose": dose}, tau2_method=tau2_method, ci_method=ci_method)
        except EngineError:
            assert np.isnan(many.se[row]).all()
            continue
        for name in ("estimate", "se", "tau2", "q", "i2"):
            found, expected = getattr(many, name)[row], getattr(fit, name)
            np.testing.assert_allclose(found, expected, err_msg=name, rtol=1e-8, atol=1e-10)


def test_regressions_need_more_studies_than_coefficients() -> None:
    mask = np.array([[True, True, True, True], [True, True, False, False]])

    with pytest.raises(TooFewStudies, match="needs at least 3 studies, got 2"):
        regress_many([0.1, 0.2, 0.5, 0.4], [1.0] * 4, [1.0, 2.0, 3.0, 4.0], mask=mask)


def test_regressions_that_cannot_tell_the_moderators_apart_are_refused() -> None:
    mask = np.array([[True, True, True, False]])

    with pytest.raises(InvalidInput, match="cannot tell the moderators apart"):
        regress_many([0.1, 0.2, 0.5, 0.4], [1.0] * 4, [0.0, 0.0, 0.0, 1.0], mask=mask)


def test_regression_whose_proof_begins_close_to_zero_is_solved() -> None:
    # Bounding the score of these effects once led the proof to a negative tau2, and to a singular matrix.
    yi = [1.2868, 0.2612, -0.4974, 0.5191, -0.167, 0.8442, -0.2436, -0.2878, -0.3947, -0.794, 0.4496, 0.5712]
    vi = [0.1912, 0.2108, 0.2563, 0.2983, 0.1819, 0.2888, 0.2544, 0.2931, 0.2963, 0.2703, 0.0286, 0.2549]
    dose = [1.5213, -0.3612, 2.0481, 0.3484, 0.9064, -0.2647, -0.2813, 2.8548, -0.3251, -0.7044, 0.9662, -0.0346]

    many = regress_many(yi, vi, {"dose": dose}, tau2_method="REML")

    one = pool(yi, vi, mods={"dose": dose}, tau2_method="REML")
    np.testing.assert_allclose(many.tau2[0], one.tau2, rtol=1e-10)  # both at the root to double precision
    np.testing.assert_allclose(many.estimate[0], one.estimate, rtol=1e-10)
