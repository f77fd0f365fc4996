"""Wilson's weighted regression: a printed output of the macro, its ties to the pooled model, and bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import InvalidInput, OutOfRange, RaggedLengths, TooFewStudies, UndefinedResult, UnknownOption, pool
from analysis.engine.moderators import wilson_regression
from tests.engine.strategies import studies

# Cheung and Vijayakumar (2016), doi:10.1007/s11065-016-9319-z, supporting document: standardised mean differences
# between schizophrenic and control groups, their variances and the mean age; 50 studies.
EFFECTS = [
    *[-1.8586, -0.7913, -0.6882, -0.5261, -0.4075, -1.3356, -0.6350, -0.5464, -0.8833, -0.8825],
    *[-0.8348, -0.4746, -0.8859, -0.4739, -0.5436, -0.7776, -0.5556, -0.8258, -0.7017, -0.9110],
    *[-0.8223, -0.9469, -1.0941, -0.6214, -0.4958, -0.2527, -0.6362, -0.8268, -0.6074, -1.1563],
    *[-1.0167, -0.6711, -0.6200, -0.9104, -0.8934, -0.6574, -1.0717, -0.7004, -0.4441, -0.5648],
    *[-0.5949, -0.6363, -0.5568, -1.0348, -0.2884, -0.9005, -0.5717, -1.2231, -0.4597, -0.2341],
]
VARIANCES = [
    *[0.0743, 0.0545, 0.0375, 0.0360, 0.0412, 0.0404, 0.0416, 0.0337, 0.0584, 0.0418],
    *[0.0439, 0.0462, 0.0395, 0.0451, 0.0332, 0.0426, 0.0411, 0.0429, 0.0456, 0.0437],
    *[0.0466, 0.0468, 0.0553, 0.0335, 0.0416, 0.0497, 0.0392, 0.0377, 0.0398, 0.0386],
    *[0.0544, 0.0418, 0.0289, 0.0365, 0.0463, 0.0373, 0.0419, 0.0437, 0.0505, 0.0467],
    *[0.0345, 0.0331, 0.0367, 0.0498, 0.0475, 0.0454, 0.0362, 0.0435, 0.0398, 0.0369],
]
AGES = [
    *[64.92, 50.71, 39.71, 42.21, 34.43, 54.05, 18.50, 45.87, 30.90, 40.65],
    *[30.70, 29.96, 43.17, 16.44, 36.14, 54.58, 56.11, 28.42, 39.27, 48.76],
    *[34.55, 50.08, 71.84, 30.88, 32.68, 36.47, 57.52, 36.54, 40.07, 27.81],
    *[32.94, 49.31, 20.02, 42.89, 35.97, 45.21, 64.82, 42.58, 30.10, 33.89],
    *[29.09, 26.43, 56.60, 44.00, 32.07, 43.62, 22.96, 40.01, 30.78, 63.59],
]
# The macro prints four decimals of most, five of v and se(v).
PRINTED, PRINTED_V = 0.5e-4, 0.5e-5


def test_wilson_regression_repeats_the_printed_output_of_the_macro() -> None:
    found = wilson_regression(EFFECTS, VARIANCES, mods={"x": AGES}, tau2_method="ML")

    assert (found.mean, found.r2, found.k) == (
        pytest.approx(-0.7277, abs=PRINTED),
        pytest.approx(0.1020, abs=PRINTED),
        50,
    )
    sums = [found.q_model, found.q_residual, found.q_total]
    np.testing.assert_allclose(sums, [6.0021, 52.8294, 58.8314], atol=PRINTED)
    assert (found.q_model_df, found.q_residual_df, found.q_total_df) == (1, 48, 49)
    p_values = [found.q_model_p_value, found.q_residual_p_value, found.q_total_p_value]
    np.testing.assert_allclose(p_values, [0.0143, 0.2929, 0.1587], atol=PRINTED)
    np.testing.assert_allclose(found.estimate, [-0.4439, -0.0071], atol=PRINTED)
    np.testing.assert_allclose(found.se, [0.1212, 0.0029], atol=PRINTED)
    np.testing.assert_allclose(found.ci_lower, [-0.6815, -0.0128], atol=PRINTED)
    np.testing.assert_allclose(found.ci_upper, [-0.2064, -0.0014], atol=PRINTED)
    np.testing.assert_allclose(found.statistic, [-3.6632, -2.4499], atol=PRINTED)
    np.testing.assert_allclose(found.p_value, [0.0002, 0.0143], atol=PRINTED)
    np.testing.assert_allclose(found.beta, [0.0, -0.3194], atol=PRINTED)
    assert found.tau2 == pytest.approx(0.02143, abs=PRINTED_V)
    assert found.tau2_se == pytest.approx(0.01263, abs=PRINTED_V)


def test_reml_of_the_macro_is_ml_times_k_over_its_degrees_of_freedom() -> None:
    likelihood = wilson_regression(EFFECTS, VARIANCES, mods=AGES, tau2_method="ML")

    found = wilson_regression(EFFECTS, VARIANCES, mods=AGES, tau2_method="REML")
    exact = wilson_regression(EFFECTS, VARIANCES, mods=AGES, tau2_method="REML_exact")

    assert found.tau2 == pytest.approx(likelihood.tau2 * 50 / 48, rel=1e-15)
    # Here they differ by 8%: the shortcut is not the restricted likelihood.
    assert abs(found.tau2 - exact.tau2) > 0.01 * exact.tau2


def test_weights_are_inverse_variances() -> None:
    by_variances = wilson_regression(EFFECTS, VARIANCES, mods=AGES)

    by_weights = wilson_regression(EFFECTS, mods=AGES, weights=1.0 / np.array(VARIANCES))

    # 1 / (1 / v) loses a unit in the last place.
    np.testing.assert_allclose(by_weights.estimate, by_variances.estimate, rtol=1e-12)
    assert by_weights.tau2 == pytest.approx(by_variances.tau2, rel=1e-12)


@given(studies(least=5), st.sampled_from([("MM", "DL"), ("ML", "ML"), ("REML_exact", "REML")]), st.data())
@settings(max_examples=40, deadline=None)
def test_wilson_regression_is_the_pooled_model_with_normal_tests(
    data: tuple[np.ndarray, np.ndarray], methods: tuple[str, str], draw: st.DataObject
) -> None:
    yi, vi = data
    column = draw.draw(st.permutations(range(yi.size)))
    mine, theirs = methods

    found = wilson_regression(yi, vi, mods={"x": column}, tau2_method=mine)
    fit = pool(yi, vi, mods={"x": column}, tau2_method=theirs, ci_method="wald")

    # The same kernel on the same numbers; only the order of the last products differs.
    np.testing.assert_allclose(found.estimate, fit.estimate, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(found.se, fit.se, rtol=1e-12)
    assert found.q_model == pytest.approx(fit.qm, rel=1e-9, abs=1e-12)
    assert found.tau2 == pytest.approx(fit.tau2, rel=1e-12)
    assert found.q_model + found.q_residual == pytest.approx(found.q_total, rel=1e-11)
    assert 0.0 <= found.r2 <= 1.0
    # With one moderator the standardised coefficient is a correlation.
    assert found.beta[1] ** 2 == pytest.approx(found.r2, rel=1e-9, abs=1e-12)


def test_fixed_model_has_no_variance_component() -> None:
    found = wilson_regression(EFFECTS, VARIANCES, mods=AGES, model="fixed")
    fit = pool(EFFECTS, VARIANCES, mods=AGES, tau2_method="CE", ci_method="wald")

    assert (found.tau2, found.tau2_se, found.tau2_method) == (0.0, None, None)
    assert found.q_residual == pytest.approx(fit.q, rel=1e-13)


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"tau2_method": "DL"}, UnknownOption),
        ({"model": "mixed"}, UnknownOption),
        ({"weights": [1.0] * 50}, InvalidInput),
        ({"vi": None}, InvalidInput),
        ({"vi": None, "weights": [1.0] * 49}, RaggedLengths),
        ({"vi": None, "weights": [0.0] * 50}, OutOfRange),
        ({"mods": [1.0] * 50}, InvalidInput),
        ({"mods": {"a": AGES, "b": [2.0 * age for age in AGES]}}, InvalidInput),
        ({"yi": [1.0] * 50}, UndefinedResult),
        ({"yi": [0.3, 0.1 + 0.2] * 25}, UndefinedResult),
        ({"level": 95.0}, OutOfRange),
    ],
)
def test_wrong_arguments_are_refused_by_name(options: dict, error: type[Exception]) -> None:
    arguments = {"yi": EFFECTS, "vi": VARIANCES, "mods": AGES} | options

    with pytest.raises(error):
        wilson_regression(arguments.pop("yi"), arguments.pop("vi"), **arguments)


def test_as_many_coefficients_as_studies_are_refused() -> None:
    with pytest.raises(TooFewStudies, match="needs at least 3 studies, got 2"):
        wilson_regression([0.1, 0.5], [0.1, 0.2], mods=[1.0, 2.0])
