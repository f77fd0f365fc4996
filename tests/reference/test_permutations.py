"""Exact permutation tests agree with metafor: all sign flips, or all orders of the moderators."""

from pathlib import Path

import pytest

from analysis.engine import permutation_test
from tests.reference import datasets
from tests.reference.agreement import SHARE, worst
from tests.reference.test_moderators import moderators
from tests.reference.test_shared import FILES, read, studies
from tests.reference.test_shared_moderators import models, problem_of

CI_METHOD_OF = {test: ci_method for ci_method, test in datasets.CI_METHODS.items()}
TAU2_METHOD_OF = {method: tau2_method for tau2_method, method in datasets.TAU2_METHODS.items()}
PERMUTED = [
    (name, place)
    for name in datasets.names_of("moderators")
    for place in range(len(datasets.load(name, part="moderators")["permutations"]))
]


@pytest.mark.parametrize(("name", "place"), PERMUTED)
def test_exact_permutation_test_agrees_with_metafor(name: str, place: int) -> None:
    content = datasets.load(name, part="moderators")
    answer = content["permutations"][place]
    yi, vi = (values[: answer["k"]] for values in datasets.studies(content))
    mods = moderators(content["columns"], answer["mods"], list(range(answer["k"]))) if answer["mods"] else None
    for method, tests in answer["fits"].items():
        for test, expected in tests.items():
            found = permutation_test(
                yi, vi, mods=mods, exact=True, tau2_method=TAU2_METHOD_OF[method], ci_method=CI_METHOD_OF[test]
            )

            assert found.is_exact
            assert worst(found.p_value, expected["pval"]) <= SHARE, (method, test)
            assert worst(found.qm_p_value, [expected["QMp"]]) <= SHARE, (method, test)
            assert found.permutations == expected["iterations"]


SHARED = [path for path in FILES if "permutest_exact" in read(path)]


@pytest.mark.parametrize("path", SHARED, ids=lambda path: path.stem)
def test_exact_permutation_test_agrees_with_shared(path: Path) -> None:
    content = read(path)
    answer = content["permutest_exact"]

    found = permutation_test(*studies(content), exact=True, ci_method="wald")

    assert worst(found.p_value, answer["pval"]) <= SHARE
    assert found.permutations == answer["iter"]


@models
def test_exact_permutation_test_with_moderators_agrees_with_shared(path: Path, place: int) -> None:
    model, mods, yi, vi = problem_of(path, place)
    answer = model.get("permutest_exact")
    if answer is None:
        assert yi.size > 6
        return

    found = permutation_test(yi, vi, mods=mods, exact=True, ci_method="wald")

    assert worst(found.p_value, answer["pval"]) <= SHARE
    assert found.permutations == answer["iter"]
