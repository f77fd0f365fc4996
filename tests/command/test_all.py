"""--all: the parts are those of the engine, one object for each study, and what is undefined says why."""

import numpy as np
import pytest

from analysis import engine
from analysis.desk.sensitivity import EGGER, INFLUENCE, REFITTED
from analysis.engine.small_study.egger import egger_lm, egger_rma
from analysis.engine.small_study.fail_safe import fail_safe_n
from analysis.engine.small_study.rank import rank_test
from analysis.engine.small_study.trim_fill import trim_and_fill
from tests.command.asking import BCG, SMALL, answer, ask

MODEL = {"tau2_method": "DL", "ci_method": "t", "level": 0.9}
METHODS = ("--tau2-method", "DL", "--ci-method", "t", "--level", "0.9")
STUDIES = [line.split(",")[1] + " " + line.split(",")[2] for line in BCG.splitlines()[1:]]
# A refit of one set and one of many differ in the order of their sums.
ORDER = 1e-9


@pytest.fixture(scope="module")
def found():
    return answer(BCG, "--measure", "RR", "--all", *METHODS)


@pytest.fixture(scope="module")
def studies(found):
    return np.array(found["yi"]), np.array(found["vi"])


def test_parts_have_their_names(found):
    names = ("leave_one_out", "influence", "cumulative", "small_study")

    assert set(names) <= set(found)
    assert list(found["small_study"]) == ["egger_rma", "egger_lm", "rank", "trim_and_fill", "fail_safe_n"]
    assert list(found["leave_one_out"][0]) == ["study", *REFITTED]
    assert list(found["influence"][0]) == ["study", *INFLUENCE]
    assert list(found["cumulative"][0]) == ["study", "k", *REFITTED]
    assert found["notes"] == []


def test_every_study_is_left_out_once(found, studies):
    yi, vi = studies

    assert [one["study"] for one in found["leave_one_out"]] == STUDIES
    for i, one in enumerate(found["leave_one_out"]):
        fit = engine.pool(np.delete(yi, i), np.delete(vi, i), **MODEL)
        for name in REFITTED:
            assert one[name] == pytest.approx(getattr(fit, name), rel=ORDER, abs=1e-12), name


def test_studies_are_added_in_the_order_of_the_file(found, studies):
    yi, vi = studies

    assert [one["study"] for one in found["cumulative"]] == STUDIES
    assert [one["k"] for one in found["cumulative"]] == list(range(1, 14))
    for i, one in list(enumerate(found["cumulative"]))[1:]:
        fit = engine.pool(yi[: i + 1], vi[: i + 1], **MODEL)
        for name in REFITTED:
            assert one[name] == pytest.approx(getattr(fit, name), rel=ORDER, abs=1e-12), name
    assert found["cumulative"][-1]["estimate"] == pytest.approx(found["estimate"], rel=ORDER)


def test_influence_is_that_of_the_engine(found, studies):
    influence = engine.influence(*studies, tau2_method=MODEL["tau2_method"], ci_method=MODEL["ci_method"])

    assert [one["study"] for one in found["influence"]] == STUDIES
    for name in INFLUENCE:
        assert [one[name] for one in found["influence"]] == np.asarray(getattr(influence, name)).tolist()
    assert sum(one["weight"] for one in found["influence"]) == pytest.approx(1.0, rel=ORDER)


def test_small_study_methods_are_those_of_the_engine(found, studies):
    small = found["small_study"]
    rma, lm = egger_rma(*studies, **MODEL), egger_lm(*studies, level=0.9)
    filled = trim_and_fill(*studies, **MODEL)

    assert small["egger_rma"] == {name: getattr(rma, name) for name in EGGER}
    assert small["egger_lm"] == {name: getattr(lm, name) for name in EGGER}
    rank = rank_test(*studies)
    assert (small["rank"]["tau"], small["rank"]["p_value"]) == (rank.tau, rank.p_value)
    assert (small["trim_and_fill"]["k0"], small["trim_and_fill"]["side"]) == (filled.k0, filled.side)
    assert (small["trim_and_fill"]["k"], small["trim_and_fill"]["estimate"]) == (
        13 + filled.k0,
        filled.pooled.estimate,
    )
    for method in ("Rosenthal", "Orwin", "Rosenberg"):
        assert small["fail_safe_n"][method.lower()] == fail_safe_n(*studies, method=method).fail_safe_n


@pytest.mark.parametrize("k", [1, 2])
def test_what_few_studies_do_not_allow_is_null_with_a_reason(k):
    table = "".join(SMALL.splitlines(keepends=True)[: k + 1])
    found = answer(table, "--all")
    notes = " ".join(found["notes"])

    assert found["k"] == k
    assert found["small_study"]["egger_rma"] is None
    assert f"small_study.egger_rma: needs at least 3 studies, got {k}." in found["notes"]
    for name in ("leave_one_out", "influence", "cumulative"):
        assert found[name] is not None or f"{name}: " in notes
    assert ask(table, "--all").status == 0


def test_with_moderators_only_influence_is_defined():
    found = answer(BCG, "--measure", "RR", "--all", "--moderators", "ablat")

    assert (found["leave_one_out"], found["cumulative"]) == (None, None)
    assert found["small_study"].pop("fail_safe_n") == dict.fromkeys(("rosenthal", "orwin", "rosenberg"))
    assert set(found["small_study"].values()) == {None}
    assert [one["study"] for one in found["influence"]] == STUDIES
    assert "with moderators there is none" in found["notes"][0]
