"""Cluster-robust inference, imputed covariances and robust variance estimation: properties and refusals."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.engine import (
    InvalidInput,
    OutOfRange,
    RaggedLengths,
    TooFewStudies,
    UndefinedResult,
    UnknownOption,
    WrongShape,
)
from analysis.engine.dependent import (
    Collinear,
    NotBlockDiagonal,
    NotPositiveDefinite,
    NotSymmetric,
    TooFewClusters,
    constrain,
    fit_multilevel,
    fit_rve,
    robust,
    robust_regression,
    vcalc,
)
from analysis.engine.dependent.robust import KINDS

YI = np.array([0.1, 0.4, -0.2, 0.3, 0.9, 0.5, 0.2, 0.8])
VI = np.array([0.02, 0.03, 0.05, 0.01, 0.04, 0.06, 0.02, 0.03])
STUDY = ["a", "a", "b", "b", "c", "c", "d", "d"]


def test_hc0_by_hand() -> None:
    """With one effect in each cluster CR0 is the sum of squared weighted residuals over the squared sum of weights."""
    wi = 1.0 / VI
    residuals = YI - np.sum(wi * YI) / np.sum(wi)

    fit = robust_regression(YI, VI, cluster=range(8), kind="CR0")

    assert fit.covariance[0, 0] == pytest.approx(np.sum((wi * residuals) ** 2) / np.sum(wi) ** 2, rel=1e-13)
    assert fit.df.tolist() == [7.0]


def test_cr2_of_equal_variances_is_the_classical_standard_error() -> None:
    fit = robust_regression(YI, np.full(8, 0.05), cluster=range(8))

    assert fit.se[0] == pytest.approx(np.std(YI, ddof=1) / np.sqrt(8), rel=1e-13)
    assert fit.df[0] == pytest.approx(7.0, rel=1e-12)


@given(seed=st.integers(0, 100_000), p=st.integers(1, 3), kind=st.sampled_from(KINDS))
@settings(max_examples=30, deadline=None)
def test_results_are_finite_and_do_not_depend_on_order_or_unit(seed: int, p: int, kind: str) -> None:
    rng = np.random.default_rng(seed)
    k = 24
    yi, vi, cluster = rng.normal(size=k), rng.uniform(0.05, 1.0, k), rng.integers(0, 8, k) % 7
    cluster[:7] = range(7)
    mods = {f"x{index}": rng.normal(size=k) for index in range(p)}
    order = rng.permutation(k)

    fit = robust_regression(yi, vi, mods=mods, cluster=cluster, kind=kind, tau2=0.1)
    other = robust_regression(
        8.0 * yi[order],
        64.0 * vi[order],
        mods={name: column[order] for name, column in mods.items()},
        cluster=cluster[order],
        kind=kind,
        tau2=6.4,
    )

    assert np.all(fit.se > 0.0)
    assert np.all((fit.df > 0.0) & (fit.df <= 7.0))
    np.testing.assert_allclose(other.se, 8.0 * fit.se, rtol=1e-9)
    np.testing.assert_allclose(other.df, fit.df, rtol=1e-9)
    np.testing.assert_allclose(other.p_value, fit.p_value, rtol=1e-8, atol=1e-12)


def test_cr2_is_unbiased_under_the_working_model() -> None:
    """The expectation of the robust covariance at y ~ N(X b, T) is the covariance of weighted least squares."""
    fit = robust_regression(YI, VI, tau2=0.05, cluster=STUDY, mods={"dose": range(8)})

    expected = np.trace(fit.sandwich.pairs(np.eye(2)), axis1=2, axis2=3)

    x, wi = np.column_stack([np.ones(8), np.arange(8)]), 1.0 / (VI + 0.05)
    np.testing.assert_allclose(expected, np.linalg.inv(x.T @ (wi[:, np.newaxis] * x)), rtol=1e-9)


def test_variances_at_zero_let_clusters_be_smaller() -> None:
    fit = fit_multilevel(YI, VI, random={"study": STUDY}, sigma2={"study": 0.0})

    assert robust(fit, cluster=range(8)).clusters == 8


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"cluster": ["a"] * 8}, TooFewClusters, "at least 2 clusters for 1 coefficient, got 1"),
        (
            {"cluster": [1, 2] * 4, "mods": {"x": range(8)}, "kind": "CR1p"},
            TooFewClusters,
            "at least 3 clusters for 2 coefficients, got 2",
        ),
        ({"cluster": STUDY[:7]}, RaggedLengths, "cluster has 7"),
        ({"kind": "CR9"}, UnknownOption, '"CR2", "CR1"'),
        ({"df_method": "infinite"}, UnknownOption, '"satterthwaite", "clusters"'),
        ({"tau2": -1.0}, OutOfRange, "at least 0"),
        ({"weights": [1.0] * 7 + [0.0]}, OutOfRange, "weights must be above 0, got 0 at index 7"),
        ({"weights": [1.0] * 7}, RaggedLengths, "7 value"),
        ({"yi": np.full(8, 0.5)}, UndefinedResult, "residuals are 0"),
        ({"v": np.diag(VI) + 0.001, "cluster": STUDY}, NotBlockDiagonal, "rows 0 and 2 belong to different clusters"),
    ],
)
def test_bad_input_is_refused_by_name(change: dict[str, Any], error: type[Exception], sentence: str) -> None:
    arguments: dict[str, Any] = {"yi": YI, "v": VI, "cluster": STUDY} | change

    with pytest.raises(error, match=sentence):
        robust_regression(arguments.pop("yi"), arguments.pop("v"), **arguments)


def test_clusters_that_tear_studies_apart_are_refused() -> None:
    fit = fit_multilevel(YI, VI, random={"study": STUDY}, sigma2={"study": 0.1})

    with pytest.raises(NotBlockDiagonal, match="rows 0 and 1 belong to different clusters"):
        robust(fit, cluster=range(8))


def test_constraints_are_checked() -> None:
    fit = robust_regression(YI, VI, cluster=range(8), mods={"dose": range(8)})

    assert constrain(fit, [0.0, 1.0]).statistic == pytest.approx(fit.statistic[1] ** 2, rel=1e-12)
    assert constrain(fit, [0.0, 1.0]).df2 == pytest.approx(fit.df[1], rel=1e-12)
    with pytest.raises(WrongShape):
        constrain(fit, [[1.0, 0.0, 0.0]])
    with pytest.raises(Collinear):
        constrain(fit, [[0.0, 1.0], [0.0, 2.0]])


# ---- imputed covariances ---------------------------------------------------------------------------------------------


def test_vcalc_multiplies_standard_errors_by_the_correlation() -> None:
    found = vcalc(VI, cluster=STUDY, obs=range(8), rho=0.5)

    assert found[0, 1] == pytest.approx(0.5 * np.sqrt(0.02 * 0.03), rel=1e-15)
    assert found[1, 2] == 0.0
    assert np.diag(found).tolist() == VI.tolist()
    assert not found.flags.writeable


def test_vcalc_of_a_shared_control_group() -> None:
    """Gleser and Olkin: differences from one control group of 20 share its variance, 1 / 20 of 1 / 10 + 1 / 20."""
    found = vcalc([1.0, 1.0], cluster=[1, 1], grp1=["x", "y"], grp2=["c", "c"], w1=[10, 10], w2=[20, 20])

    assert found[0, 1] == pytest.approx((1 / 20) / (1 / 10 + 1 / 20), rel=1e-14)


def test_impossible_correlations_are_refused_or_replaced() -> None:
    options: dict[str, Any] = {"cluster": [1, 1, 1], "obs": [1, 2, 3], "rho": -0.9}

    with pytest.raises(NotPositiveDefinite, match=r"smallest eigenvalue among the rows 0, 1, 2 is -0\.8"):
        vcalc([1.0, 1.0, 1.0], **options)
    found = vcalc([1.0, 1.0, 1.0], nearest=True, **options)

    # By symmetry the nearest is the smallest common correlation that three effects can have.
    np.testing.assert_allclose(found[np.triu_indices(3, 1)], -0.5, atol=1e-7)
    assert np.linalg.eigvalsh(found)[0] > 0.0


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        ({"obs": range(8)}, InvalidInput, "rho_obs must be given with obs"),
        ({"type": STUDY}, InvalidInput, "rho must be given with type"),
        ({"rho": 0.5}, InvalidInput, "no variable that it belongs to"),
        ({"obs": range(8), "rho": 1.5}, OutOfRange, "between -1 and 1"),
        ({"obs": [1, 2] * 4, "rho": {"1": {"3": 0.5}}}, InvalidInput, 'no correlation of "2" and "1"'),
        ({"obs": [1, 2] * 4, "rho": {"1": {"2": 0.5}, "2": {"1": 0.4}}}, NotSymmetric, "0.4"),
        ({"time1": range(8)}, InvalidInput, "phi must be given"),
        ({"time1": np.arange(8) / 2, "phi": -0.5}, InvalidInput, "at least 0 where time points are not whole"),
        ({"grp1": STUDY, "grp2": STUDY}, InvalidInput, "index 0 compares a group with itself"),
        ({"grp1": STUDY, "w1": [0.0] * 8}, OutOfRange, "w1 must be above 0"),
        ({"time1": range(7), "phi": 0.5}, RaggedLengths, "time1 has 7"),
        ({}, NotPositiveDefinite, "rows 0, 1 is"),
    ],
)
def test_bad_correlations_are_refused_by_name(options: dict[str, Any], error: type[Exception], sentence: str) -> None:
    with pytest.raises(error, match=sentence):
        vcalc(VI, cluster=STUDY, **options)


def test_vcalc_of_nothing_is_refused() -> None:
    with pytest.raises(TooFewStudies):
        vcalc([], cluster=[])


# ---- robust variance estimation --------------------------------------------------------------------------------------


def test_independent_effects_are_weighted_by_der_simonian_and_laird() -> None:
    """With one effect in each study the correlated model is random effects with the moment estimate of tau2."""
    fit = fit_rve(YI, VI, cluster=range(8))
    wi = 1.0 / VI
    q = np.sum(wi * (YI - np.sum(wi * YI) / np.sum(wi)) ** 2)

    assert fit.tau2 == pytest.approx((q - 7) / (np.sum(wi) - np.sum(wi**2) / np.sum(wi)), rel=1e-12)
    assert fit.fit.estimate[0] == pytest.approx(np.sum(YI / (VI + fit.tau2)) / np.sum(1 / (VI + fit.tau2)), rel=1e-12)


@pytest.mark.parametrize(
    ("change", "error", "sentence"),
    [
        ({"model": "both"}, UnknownOption, '"correlated", "hierarchical"'),
        ({"rho": 1.5}, OutOfRange, "between 0 and 1"),
        ({"cluster": range(8), "model": "hierarchical"}, UndefinedResult, "no study has two effects"),
        ({"cluster": [1] * 8}, TooFewClusters, "at least 2 clusters for 1 coefficient, got 1"),
        ({"mods": {"study": STUDY}}, UndefinedResult, "tau2 is undefined: the coefficients describe every study"),
        ({"cluster": [1] * 4 + [2] * 4, "mods": {"x": range(8)}, "small_sample": False}, TooFewClusters, "got 2"),
    ],
)
def test_bad_rve_is_refused_by_name(change: dict[str, Any], error: type[Exception], sentence: str) -> None:
    arguments: dict[str, Any] = {"cluster": STUDY} | change

    with pytest.raises(error, match=sentence):
        fit_rve(YI, VI, **arguments)
