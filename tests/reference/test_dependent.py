"""Dependent effects agree with metafor, clubSandwich and robumeta at the exact optima."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis.engine.dependent import (
    Multilevel,
    Multivariate,
    Robust,
    constrain,
    fit_multilevel,
    fit_multivariate,
    predict_intercepts,
    profile_sigma2,
    robust,
    robust_regression,
    vcalc,
)
from tests.reference.test_shared import FOLDER as SHARED

FOLDER = Path(__file__).parent / "dependent"
# Both sides reach the optimum by the exact score; what remains is rounding in sums over up to 100 effects, and for tail
# probabilities that times the size of the statistic squared.
EXACT = 1e-9
# Where metafor's optimum is known by numerical derivatives of its log-likelihood only (structures with two or more
# outcomes and one correlation): their error is about 1e-11 in a score of about 1.
NUMERICAL = 1e-6
# metafor's optimiser stops when the log-likelihood rises no more: parameters are known to the square root of rounding.
OPTIMISER = 1e-4
# metafor fits the profile at each step anew, to 1e-14 of the log-likelihood; the interval inherits its square root.
PROFILE = 1e-6
LOG_LIKELIHOOD = 1e-9


@cache
def load(name: str) -> dict[str, Any]:
    """Return one file of references."""
    content: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return content


def close(mine: Any, theirs: Any, *, tolerance: float = EXACT, floor: float = 1e-300) -> None:
    """Compare numbers relative to the reference, those below `floor` absolutely."""
    np.testing.assert_allclose(
        np.asarray(mine, dtype=float), np.asarray(theirs, dtype=float), rtol=tolerance, atol=tolerance * floor
    )


def check_coefficients(fit: Any, answer: dict[str, Any], *, tolerance: float = EXACT) -> None:
    """Compare coefficients and their tests."""
    floor = float(np.min(answer["se"]))
    for name in ("estimate", "ci_lower", "ci_upper"):
        close(getattr(fit, name), answer[name], tolerance=tolerance, floor=floor)
    close(fit.se, answer["se"], tolerance=tolerance)
    close(fit.statistic, answer["statistic"], tolerance=tolerance, floor=1.0)
    # A p value moves by the change of its statistic times the statistic.
    close(fit.p_value, answer["p_value"], tolerance=tolerance * (1.0 + float(np.max(np.square(answer["statistic"])))))
    close(fit.q, answer["q"])
    close(fit.qm, answer["qm"], tolerance=2 * tolerance, floor=1.0)
    close(fit.qm_p_value, answer["qm_p_value"], tolerance=tolerance * (1.0 + answer["qm"]) * fit.qm_df[0])
    assert fit.log_likelihood == pytest.approx(answer["log_likelihood"], abs=LOG_LIKELIHOOD)


# ---- multilevel ------------------------------------------------------------------------------------------------------

MULTILEVEL = (
    "konstantopoulos",
    "konstantopoulos_ml",
    "konstantopoulos_crossed",
    "assink",
    "assink_mods",
    "bornmann",
    "bornmann_mods",
)


@cache
def multilevel(case: str, ci_method: str = "wald") -> Multilevel:
    """Return the engine's fit of a case."""
    data = load("multilevel")["data"][case.split("_")[0]]
    k = len(data["yi"])
    options: dict[str, Any] = {"method": load("multilevel")["cases"][case]["z"]["method"], "ci_method": ci_method}
    v = data["vi"]
    if case.startswith("konstantopoulos"):
        random = {"district": data["district"], "district/school": data["school"]}
        if case.endswith("crossed"):
            random = {"district": data["district"], "year": data["year"], "id": data["id"]}
    elif case.startswith("assink"):
        v = vcalc(v, cluster=data["study"], obs=data["esid"], rho=0.6)
        random = {"study": data["study"], "study/esid": data["esid"]}
    else:
        random = {"study": data["study"], "study/obs": data["obs"]}
        assert len(data["obs"]) == k
    if case == "assink_mods":
        options["mods"] = {"deltype": data["deltype"], "year": data["year"]}
    if case == "bornmann_mods":
        options["mods"] = {"type": data["type"]}
    return fit_multilevel(data["yi"], v, random=random, **options)


def test_grid_of_multilevel_models_is_complete() -> None:
    assert set(load("multilevel")["cases"]) == set(MULTILEVEL)


@pytest.mark.parametrize("case", MULTILEVEL)
def test_multilevel_model_agrees_with_metafor(case: str) -> None:
    answer = load("multilevel")["cases"][case]
    fit, typical = multilevel(case), float(np.median(load("multilevel")["data"][case.split("_")[0]]["vi"]))

    close(fit.sigma2, answer["z"]["sigma2"], floor=typical)
    check_coefficients(fit, answer["z"])
    check_coefficients(multilevel(case, "t"), answer["t"])
    close(fit.i2_by_factor, answer["i2_by_factor"], floor=1.0)
    assert list(fit.levels) == answer["levels"]
    for name in ("aic", "bic", "aicc"):
        # These are metafor's without the polishing: its optimiser stops within 1e-6 of the maximum.
        assert getattr(fit, name) == pytest.approx(answer[name], abs=1e-6)
    if "predict" in answer:
        predicted = multilevel(case, "t")
        close(predicted.pi_lower, answer["predict"]["pi.lb"], floor=1.0)
        close(predicted.pi_upper, answer["predict"]["pi.ub"], floor=1.0)


@pytest.mark.parametrize("case", MULTILEVEL)
def test_random_intercepts_agree_with_metafor(case: str) -> None:
    fit = multilevel(case, "t")
    for factor, answer in zip(fit.factors, load("multilevel")["cases"][case]["ranef"], strict=True):
        found = predict_intercepts(fit, factor=factor)

        # Levels are sorted otherwise in R; the multiset of predictions is the same, and labels where they are unique.
        order, theirs = np.lexsort((found.se, found.estimate)), np.lexsort((answer["se"], answer["estimate"]))
        floor = float(np.max(answer["se"])) + 1e-12
        for name in ("estimate", "se"):
            close(getattr(found, name)[order], np.array(answer[name])[theirs], floor=floor)
        labelled = dict(zip(found.levels, found.estimate, strict=True))
        for label, estimate in zip(answer["levels"], answer["estimate"], strict=True):
            if "crossed" not in case:
                assert labelled[label] == pytest.approx(estimate, abs=EXACT * floor)


@pytest.mark.parametrize(
    "case", [case for case in MULTILEVEL if case in {"konstantopoulos", "konstantopoulos_ml", "assink", "bornmann"}]
)
def test_profile_interval_agrees_with_metafor(case: str) -> None:
    fit = multilevel(case)
    for factor, answer in zip(fit.factors, load("multilevel")["cases"][case]["intervals"].values(), strict=True):
        interval = profile_sigma2(fit, factor=factor)

        found = (interval.sigma2_ci_lower, interval.sigma2_ci_upper)
        close(found, answer, tolerance=PROFILE, floor=float(np.max(fit.sigma2)))


# ---- cluster-robust --------------------------------------------------------------------------------------------------


def check_robust(fit: Any, answers: dict[str, Any], make: Any) -> None:
    """Compare all kinds with clubSandwich."""
    for kind, answer in answers.items():
        found: Robust = make(kind=kind, df_method="satterthwaite")
        naive: Robust = make(kind=kind, df_method="clusters")
        size = np.sqrt(np.outer(np.diag(answer["covariance"]), np.diag(answer["covariance"])))
        np.testing.assert_allclose(found.covariance / size, np.array(answer["covariance"]) / size, atol=EXACT)
        close(found.df, answer["df"])
        close(found.p_value, answer["p_value"], tolerance=1e-8)
        close(naive.p_value, answer["p_naive"], tolerance=1e-8)
        close(found.ci_lower, answer["ci_lower"], floor=1.0)
        close(found.ci_upper, answer["ci_upper"], floor=1.0)
        statistic, df1, df2, p_value = answer["naive"]
        close((naive.qm, *naive.qm_df, naive.qm_p_value), (statistic, df1, df2, p_value), tolerance=1e-8)
        statistic, df1, df2, p_value = answer["htz"]
        if p_value is None:
            assert found.qm is None
            continue
        close((found.qm, *found.qm_df, found.qm_p_value), (statistic, df1, df2, p_value), tolerance=1e-8)


@pytest.mark.parametrize("case", ["konstantopoulos", "assink_mods", "bornmann_mods"])
def test_robust_multilevel_agrees_with_club_sandwich(case: str) -> None:
    data = load("multilevel")["data"][case.split("_")[0]]
    cluster = data["district" if case == "konstantopoulos" else "study"]
    fit = multilevel(case)

    check_robust(fit, load("multilevel")["robust"][case], lambda **options: robust(fit, cluster=cluster, **options))


@pytest.mark.parametrize("part", ["plain", "weighted"])
def test_robust_regression_agrees_with_club_sandwich(part: str) -> None:
    data, answer = load("multilevel")["data"]["assink"], load("multilevel")["univariate"]
    options: dict[str, Any] = {"tau2": answer["tau2"], "cluster": data["study"]}
    if part == "weighted":
        options = {"tau2": answer["weighted_tau2"], "weights": answer["weights"], "cluster": data["study"]}
    mods = {"deltype": data["deltype"], "year": data["year"]}

    def make(**more: Any) -> Robust:
        return robust_regression(data["yi"], data["vi"], mods=mods, **options, **more)

    close(make().estimate, answer["estimate" if part == "plain" else "weighted_estimate"], floor=0.1)
    check_robust(None, answer[part], make)


def test_joint_test_of_constraints_agrees_with_the_omnibus_test() -> None:
    fit = robust(multilevel("assink_mods"), cluster=load("multilevel")["data"]["assink"]["study"])

    found = constrain(fit, np.eye(4)[1:])

    assert (found.statistic, found.df1, found.df2, found.p_value) == (fit.qm, *fit.qm_df, fit.qm_p_value)


# ---- multivariate ----------------------------------------------------------------------------------------------------

STRUCTURES = ("UN", "CS", "HCS", "DIAG", "ID", "AR")
MULTIVARIATE = (
    *(f"{data}_{name}" for data in ("berkey", "ishak") for name in STRUCTURES),
    "ishak_HAR",
    "berkey_UN_ml",
    "berkey_UN_year",
    "colditz_UN_ml",
    "kalaian_UN",
)


@cache
def multivariate(case: str) -> Multivariate:
    """Return the engine's fit of a case."""
    name, structure, *_ = case.split("_")
    data = load("multivariate")["data"][name]
    labels = {"berkey": "outcome", "ishak": "time", "colditz": "group", "kalaian": "outcome"}[name]
    inner, outer = data[labels], data["trial" if name == "berkey" else "study"]
    v = data.get("V", data.get("vi"))
    if name == "ishak":
        v = vcalc(v, cluster=outer, time1=data["time"], phi=0.97)
    if name == "kalaian":
        v = vcalc(v, cluster=outer, type=inner, rho=0.66)
    mods: dict[str, Any] = {"outcome": [str(label) for label in inner]}
    if case.endswith("year"):
        for outcome in sorted(set(inner)):
            mods[f"{outcome} by year"] = [
                (year - 1983) * (label == outcome) for label, year in zip(inner, data["year"], strict=True)
            ]
    return fit_multivariate(
        data["yi"],
        v,
        inner=inner,
        outer=outer,
        structure=structure,
        mods=mods,
        intercept=False,
        method=load("multivariate")["cases"][case]["method"],
    )


def test_grid_of_multivariate_models_is_complete() -> None:
    assert set(load("multivariate")["cases"]) == set(MULTIVARIATE)


@pytest.mark.parametrize("case", MULTIVARIATE)
def test_multivariate_model_agrees_with_metafor(case: str) -> None:
    answer = load("multivariate")["cases"][case]
    fit = multivariate(case)
    tolerance = {"score": EXACT, "numerical score": NUMERICAL, "optimiser": OPTIMISER}[answer["exact"]]

    assert fit.log_likelihood >= answer["log_likelihood"] - LOG_LIKELIHOOD
    shared = fit.tau2[:1] if fit.structure in {"CS", "ID", "AR"} else fit.tau2
    close(shared, answer["tau2"], tolerance=tolerance, floor=float(np.max(fit.tau2)))
    if fit.rho:
        close(fit.rho, answer["rho"], tolerance=tolerance, floor=1.0)
    check_coefficients(fit, answer, tolerance=tolerance)
    for name in ("aic", "bic", "aicc"):
        assert getattr(fit, name) == pytest.approx(answer[name], abs=1e-6)


@pytest.mark.parametrize("case", ["berkey_UN", "ishak_DIAG"])
def test_robust_multivariate_agrees_with_club_sandwich(case: str) -> None:
    data = load("multivariate")["data"][case.split("_")[0]]
    cluster = data.get("trial", data.get("study"))
    fit = multivariate(case)

    check_robust(fit, load("multivariate")["robust"][case], lambda **options: robust(fit, cluster=cluster, **options))


# ---- references outside the repository -------------------------------------------------------------------------------

FACTORS = {
    "konstantopoulos2011": ("district", "school"),
    "assink2016": ("study", "esid"),
    "curtis1998": ("paper", "id"),
}


@pytest.mark.skipif(
    SHARED is None, reason="no further references: set QUORUM_SHARED_REFS to a folder that holds dat.*.json"
)
@pytest.mark.parametrize("name", FACTORS)
def test_dependent_effects_agree_with_shared_references(name: str) -> None:
    assert SHARED is not None
    content = json.loads((SHARED / f"dat.{name}.json").read_text(encoding="utf-8"))
    rows = [content["rows"][row - 1] for row in content["multilevel_rows_used"]]
    yi, vi, (outer, inner) = content["yi"], content["vi"], FACTORS[name]
    labels = {part: [row[part] for row in rows] for part in (outer, inner)}
    checked = 0
    for key, answer in content["multilevel"].items():
        if "REML_tight_max_score" not in answer:
            continue
        mods: dict[str, Any] | None = None
        if key.endswith("year"):
            years = np.array([row["year"] for row in rows], dtype=float)
            mods = {"year": years - years.mean()}
        elif key.split("_")[-1] in {"deltype", "fungrp"}:
            mods = {key.split("_")[-1]: [row[key.split("_")[-1]] for row in rows]}
        random = {outer: labels[outer], f"{outer}/{inner}": labels[inner]}
        fit = fit_multilevel(yi, answer.get("V", vi), random=random, mods=mods)

        tight = answer["REML_tight"]
        close(fit.sigma2, tight["sigma2"], floor=float(np.median(vi)))
        close(fit.estimate, tight["b"], floor=float(fit.se.min()))
        close(fit.covariance, tight["vb"], floor=float(fit.se.max()) ** 2)
        close(fit.p_value, tight["pval"], tolerance=1e-8)
        for kind, part in (("CR0", "CR0"), ("CR1p", "CR1_default"), ("CR2", "CR2_clubSandwich")):
            found, theirs = robust(fit, cluster=labels[outer], kind=kind), answer["robust"][part]
            close(found.se, theirs["se"])
            close(found.df, np.broadcast_to(theirs["ddf"], found.df.shape))
            close(found.p_value, theirs["pval"], tolerance=1e-8)
            close((found.qm, *found.qm_df), (theirs["QM"], *theirs["QMdf"]), tolerance=1e-8)
        checked += 1
    assert checked >= 2


# ---- published examples ----------------------------------------------------------------------------------------------


def test_konstantopoulos_2011_three_level_model() -> None:
    """Schools within districts: the mean and the variances between districts and between schools (REML)."""
    fit = multilevel("konstantopoulos")

    assert fit.sigma2 == pytest.approx([0.0651, 0.0327], abs=5e-5)
    assert (fit.estimate[0], fit.se[0]) == pytest.approx((0.1847, 0.0846), abs=5e-5)


def test_van_houwelingen_2002_bivariate_model() -> None:
    """BCG vaccine, log-odds of vaccinated and control arms: means and their covariance between trials (ML)."""
    fit = multivariate("colditz_UN_ml")

    assert sorted(fit.estimate) == pytest.approx([-4.834, -4.096], abs=5e-4)
    assert sorted(fit.tau2) == pytest.approx([1.431, 2.407], abs=5e-4)
    assert fit.between[0, 1] == pytest.approx(1.757, abs=5e-4)


def test_assink_2016_three_level_model() -> None:
    """Recidivism and mental health: the mean by t, and the variances between and within studies (REML)."""
    data = load("multilevel")["data"]["assink"]

    random = {"study": data["study"], "study/effect": data["esid"]}
    fit = fit_multilevel(data["yi"], data["vi"], random=random, ci_method="t")

    assert fit.sigma2 == pytest.approx([0.188, 0.112], abs=5e-4)
    assert (fit.estimate[0], fit.se[0]) == pytest.approx((0.427, 0.118), abs=5e-4)
    assert fit.p_value[0] < 0.001
