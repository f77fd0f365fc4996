"""The JSON object: its names, and that its numbers are those of the engine to the last digit."""

import json
import math

import numpy as np
import pytest

from analysis import engine
from analysis.desk.options import CI_METHODS, TAU2_METHODS, ZERO_CELL_RULES
from analysis.desk.plain import NAMES
from analysis.engine.dependent.robust import robust_regression
from analysis.engine.effects import ZERO_CELL_RULES as ENGINE_RULES
from analysis.engine.effects import escalc
from tests.command.asking import BCG, SMALL, answer, ask

STYLE_NAMES = [
    *("k", "estimate", "se", "statistic", "df", "p_value", "level", "ci_lower", "ci_upper", "pi_lower", "pi_upper"),
    *("tau2", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "i2", "h2", "q", "q_df", "q_p_value"),
]
AROUND = ["measure", "columns", "tau2_method", "ci_method"]
STUDIES = ["slab", "yi", "vi", "weights", "notes"]
CELLS = [line.split(",")[3:7] for line in BCG.splitlines()[1:]]
AI, BI, CI, DI = np.array(CELLS, dtype=float).T
YI, VI = np.array([0.1, 0.3, 0.7, -0.2]), np.array([0.2, 0.1, 0.3, 0.1])


def test_names_are_those_of_the_style_and_no_others():
    assert list(answer(BCG, "--measure", "RR")) == [*AROUND, *STYLE_NAMES, *STUDIES]
    assert list(NAMES) == STYLE_NAMES


def test_output_is_one_object_on_one_line():
    out = ask(BCG, "--measure", "RR", "--json").out

    assert out.endswith("}\n")
    assert out.count("\n") == 1
    assert out.isascii()


@pytest.mark.parametrize("tau2_method", TAU2_METHODS)
@pytest.mark.parametrize("ci_method", CI_METHODS)
def test_numbers_are_those_of_the_engine(tau2_method, ci_method):
    methods = ("--tau2-method", tau2_method, "--ci-method", ci_method, "--level", "0.9")
    found = answer(BCG, "--measure", "RR", *methods)
    effects = escalc("RR", ai=AI, bi=BI, ci=CI, di=DI)
    fit = engine.pool(effects.yi, effects.vi, tau2_method=tau2_method, ci_method=ci_method, level=0.9)

    # JSON holds every digit of a double, so that nothing is lost.
    assert {name: found[name] for name in STYLE_NAMES} == {name: getattr(fit, name) for name in STYLE_NAMES}
    assert (found["yi"], found["vi"]) == (effects.yi.tolist(), effects.vi.tolist())
    assert found["weights"] == fit.weights.tolist()
    assert (found["tau2_method"], found["ci_method"]) == (tau2_method, ci_method)


def test_options_are_those_of_the_engine():
    assert set(TAU2_METHODS) == set(engine.TAU2_METHODS)
    assert set(CI_METHODS) == set(engine.CI_METHODS)
    assert set(ZERO_CELL_RULES) == set(ENGINE_RULES)


def test_answer_agrees_with_the_printed_example():
    # Viechtbauer (2010), doi:10.18637/jss.v036.i03, page 13: REML, normal interval, four printed decimals.
    found = answer(BCG, "--measure", "RR", "--ci-method", "wald")

    printed = {"estimate": -0.7145, "se": 0.1798, "statistic": -3.9744, "ci_lower": -1.0669, "ci_upper": -0.3622}
    printed |= {"tau2": 0.3132, "tau2_se": 0.1664, "q": 152.2330}
    assert {name: round(found[name], 4) for name in printed} == printed
    assert round(100 * found["i2"], 2) == 92.22


def test_standard_errors_are_squared():
    by_se = answer("study,yi,sei\nA,0.1,0.5\nB,0.3,0.25\nC,1,0.5\n")
    by_variance = answer("study,yi,vi\nA,0.1,0.25\nB,0.3,0.0625\nC,1,0.25\n")

    assert by_se["estimate"] == by_variance["estimate"]
    assert by_se["columns"] == {"yi": "yi", "sei": "sei"}


def test_columns_are_read_by_the_names_that_were_given():
    table = BCG.replace("ai,bi,ci,di", "tpos,tneg,cpos,cneg")
    given = answer(table, "--measure", "OR", "--columns", "ai=tpos,bi=tneg", "--columns", "ci=cpos,di=cneg")

    assert given["estimate"] == answer(BCG, "--measure", "OR")["estimate"]
    assert given["columns"] == {"ai": "tpos", "bi": "tneg", "ci": "cpos", "di": "cneg"}


def test_ratio_of_effects_that_are_there_keeps_its_name():
    found = answer(SMALL, "--measure", "RR")

    assert found["measure"] == "RR"
    assert found["yi"] == YI.tolist()
    assert "as they stand in the table" in found["notes"][0]


def test_measure_is_deduced_where_only_one_fits():
    assert answer("study,sd1i,n1i,sd2i,n2i\nA,1,20,2,20\nB,1,30,4,20\nC,1,20,3,20\n")["measure"] == "VR"
    assert answer(SMALL)["measure"] == "GEN"


def test_undefined_is_null_in_one_study():
    found = answer("study,yi,vi\nA,0.5,0.25\n")

    undefined = {"df", "pi_lower", "pi_upper", "tau2_se", "tau2_ci_lower", "tau2_ci_upper"}
    undefined |= {"i2", "h2", "q", "q_df", "q_p_value"}
    assert {name for name in STYLE_NAMES if found[name] is None} == undefined
    assert found["ci_method"] == "wald"
    assert found["notes"] == ["With one study the interval is normal (wald), whatever was asked for."]


def test_moderators_give_coefficients_and_no_single_estimate():
    found = answer(SMALL, "--moderators", "dose,setting", "--ci-method", "wald")
    mods = {"dose": [1.0, 2.0, 4.0, 3.0], "setting": ["home", "clinic", "home", "clinic"]}
    fit = engine.pool(YI, VI, mods=mods, ci_method="wald")

    assert list(found) == [*AROUND, *STYLE_NAMES, "coefficients", "qm", "qm_df", "qm_p_value", "r2", *STUDIES]
    none = {name for name in STYLE_NAMES if found[name] is None} - {"tau2_ci_lower", "tau2_ci_upper"}
    assert none == set(STYLE_NAMES[1:6] + STYLE_NAMES[7:11])
    names = ("name", "estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper")
    assert found["coefficients"] == [{name: getattr(one, name) for name in names} for one in fit.coefficients]
    assert [one["name"] for one in found["coefficients"]] == ["intercept", "dose", "setting[home]"]
    assert (found["tau2"], found["q"], found["qm"], found["r2"]) == (fit.tau2, fit.q, fit.qm, fit.r2)
    assert found["qm_df"] == list(fit.qm_df)


def test_interaction_is_the_product_of_its_moderators():
    table = SMALL + "E,0.4,0.2,5,home\nF,0.3,0.2,6,clinic\n"
    found = answer(table, "--moderators", "dose,setting", "--moderators", "dose:setting")

    assert [one["name"] for one in found["coefficients"]][3] == "dose:setting[home]"


def test_subgroups_are_pooled_alone_and_tested():
    found = answer(SMALL, "--subgroup", "setting", "--ci-method", "wald", "--tau2-method", "CE")["subgroups"]

    clinic = engine.pool(YI[[1, 3]], VI[[1, 3]], ci_method="wald", tau2_method="CE")
    home = engine.pool(YI[[0, 2]], VI[[0, 2]], ci_method="wald", tau2_method="CE")
    assert [one["subgroup"] for one in found["groups"]] == ["clinic", "home"]
    assert [one["estimate"] for one in found["groups"]] == [clinic.estimate, home.estimate]
    # The difference of two means has a z test, and its square is the chi-squared test between two groups.
    z = (clinic.estimate - home.estimate) / math.hypot(clinic.se, home.se)
    assert found["between"]["q"] == pytest.approx(z**2, rel=1e-12)  # rounding of a handful of operations
    assert found["between"]["q_df"] == 1


def test_subgroup_that_cannot_be_pooled_has_a_reason():
    table = "study,yi,vi,g\nA,0.1,0.2,x\nB,0.1,0.3,x\nC,0.2,0.1,y\nD,0.5,0.1,y\n"
    found = answer(table, "--subgroup", "g")

    assert found["subgroups"]["groups"][0] | {"k": 2, "level": 0.95} == found["subgroups"]["groups"][0]
    assert found["subgroups"]["groups"][0]["estimate"] is None
    assert found["subgroups"]["between"] is None
    assert "all 2 effects are equal" in found["notes"][0]


def test_clusters_give_robust_inference_on_the_fitted_model():
    found = answer(BCG, "--measure", "RR", "--cluster", "alloc")
    effects = escalc("RR", ai=AI, bi=BI, ci=CI, di=DI)
    fit = engine.pool(effects.yi, effects.vi)
    labels = [line.rpartition(",")[2] for line in BCG.splitlines()[1:]]
    robust = robust_regression(effects.yi, effects.vi, cluster=labels, tau2=fit.tau2)

    assert (found["robust"]["clusters"], found["robust"]["kind"]) == (3, "CR2")
    (one,) = found["robust"]["coefficients"]
    assert (one["name"], one["estimate"], one["se"]) == ("intercept", robust.estimate[0], robust.se[0])
    # metafor 3.8-1: robust(rma(yi, vi), cluster, clubSandwich = TRUE), eight printed decimals.
    assert (one["se"], one["p_value"]) == pytest.approx((0.21319265, 0.09596157), abs=1e-8)
    assert one["estimate"] == pytest.approx(found["estimate"], rel=1e-12)  # another order of the same sum


def test_zero_cells_follow_the_rules_that_were_asked_for():
    table = "study,ai,n1i,ci,n2i\nA,0,40,4,40\nB,3,40,5,40\nC,0,30,0,30\n"
    found = answer(table, "--measure", "OR", "--add", "0.25", "--to", "only0", "--drop00")
    effects = escalc("OR", ai=[0, 3, 0], n1i=[40, 40, 30], ci=[4, 5, 0], n2i=[40, 40, 30], add=0.25, drop00=True)

    assert found["yi"] == effects.yi.tolist()
    assert found["slab"] == ["A", "B"]
    assert found["notes"] == ["1 of 3 studies left out by --drop00."]


@pytest.mark.parametrize("constant", ["NaN", "Infinity"])
def test_json_holds_no_number_that_json_does_not_have(constant):
    for arguments in (["--measure", "RR"], ["--measure", "RR", "--tau2-method", "CE"]):
        assert constant not in ask(BCG, *arguments, "--json").out
    assert json.loads(ask("study,yi,vi\nA,0.5,0.25\n", "--json").out)
