"""Sensitivity gives metafor's numbers for every data set of the reference grid."""

import pytest

from plugins import sensitivity
from plugins.sensitivity import Params
from tests.plugins.answers import answer, dataset_of
from tests.reference import datasets
from tests.reference.agreement import EXACT, typical_variance, worst

NAMES = datasets.names_of("diagnostics")


def ask(name, **params):
    yi, vi = datasets.studies(datasets.load(name))
    return answer(sensitivity.plugin, dataset_of(list(yi), list(vi)), Params(ci_method="wald", **params)), vi


def column(rows, name):
    return [getattr(row, name) for row in rows]


@pytest.mark.parametrize("name", NAMES)
def test_leaving_out_gives_the_numbers_of_metafor(name):
    result, vi = ask(name, scenarios=(), cumulative=False)
    expected = datasets.load(name, part="diagnostics")["leave_one_out"]["REML"]["z"]
    smallest = min(column(result.leave_one_out, "se"))

    for mine, theirs in (("estimate", "estimate"), ("ci_lower", "ci.lb"), ("ci_upper", "ci.ub"), ("se", "se")):
        assert worst(column(result.leave_one_out, mine), expected[theirs], floor=smallest) <= EXACT, mine
    assert worst(column(result.leave_one_out, "tau2"), expected["tau2"], floor=typical_variance(vi)) <= EXACT


@pytest.mark.parametrize("name", NAMES)
def test_influence_gives_the_numbers_of_metafor(name):
    result, _ = ask(name, scenarios=(), cumulative=False, leave_one_out=False)
    expected = datasets.load(name, part="diagnostics")["influence"]["REML"]["z"]

    for mine, theirs in (("rstudent", "rstudent"), ("cook_d", "cook.d"), ("dffits", "dffits"), ("cov_r", "cov.r")):
        assert worst(column(result.influence, mine), expected[theirs], floor=1.0) <= EXACT, mine


@pytest.mark.parametrize("name", NAMES)
def test_adding_gives_the_numbers_of_metafor(name):
    result, _ = ask(name, scenarios=(), cumulative_by="precision", leave_one_out=False, influence=False)
    expected = datasets.load(name, part="diagnostics")["cumulative"]["by_precision"]["z"]
    smallest = min(column(result.cumulative, "se"))

    # The order of studies of equal precision is not metafor's: compared where the sets of studies are the same.
    same = [
        row
        for row in range(len(result.cumulative))
        if {int(one.name[1:]) for one in result.cumulative[: row + 1]} == set(expected["order"][: row + 1])
    ]
    assert len(same) >= 0.8 * len(result.cumulative)
    for mine, theirs in (("estimate", "estimate"), ("ci_lower", "ci.lb"), ("ci_upper", "ci.ub")):
        found, wanted = column(result.cumulative, mine), expected[theirs]
        assert worst([found[row] for row in same], [wanted[row] for row in same], floor=smallest) <= EXACT, mine
