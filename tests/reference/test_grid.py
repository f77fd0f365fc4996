"""The grid of references is complete and cannot shrink."""

import itertools

import pytest

from analysis.engine import CI_METHODS, TAU2_METHODS
from tests.reference import datasets
from tests.reference.agreement import QUANTITIES

SMALLEST_GRID = 37
QUANTITIES_WITHOUT_ANSWER = {("CE", "se.tau2"), ("CE", "pi.lb"), ("CE", "pi.ub")}


def test_grid_has_every_file_and_no_other() -> None:
    files = {path.stem for path in datasets.FOLDER.glob("*.json")}

    assert files == {*datasets.DATASETS, "effects"}
    assert len(datasets.DATASETS) >= SMALLEST_GRID


def test_grid_has_every_method_of_the_engine() -> None:
    assert set(datasets.TAU2_METHODS) == set(TAU2_METHODS)
    assert set(datasets.CI_METHODS) == set(CI_METHODS)


def test_grid_has_the_effect_measures_the_engine_computes_and_others_it_pools() -> None:
    measures = {measure for measure, _ in datasets.DATASETS.values()}

    assert measures >= {"MD", "SMD", "RR", "OR", "RD", "ROM", "IRR", "ZCOR", "PLO", "GEN"}


def test_grid_was_written_by_one_version_of_metafor() -> None:
    versions = {tuple(datasets.load(name)["versions"].items()) for name in datasets.DATASETS}

    assert len(versions) == 1


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_grid_file_is_complete(name: str) -> None:
    measure, k = datasets.DATASETS[name]
    content = datasets.load(name)

    assert (content["measure"], content["k"]) == (measure, k)
    assert len(content["yi"]) == len(content["vi"]) == k
    assert None not in [*content["yi"], *content["vi"]]
    assert content["title"]
    assert content["source"]
    for part, method, test in itertools.product(
        ("default", "tight"), datasets.TAU2_METHODS.items(), datasets.CI_METHODS.values()
    ):
        answer = content[part][method[1]][test]
        missing = {
            quantity
            for _, quantity, _ in QUANTITIES
            if answer.get(quantity) is None and (method[0], quantity) not in QUANTITIES_WITHOUT_ANSWER
        }
        assert not missing, f"{name} {part} {method[0]} {test} lacks {missing}"
    assert {len(weights) for weights in content["weights"].values()} == {k}
    assert set(content["profile"]) == {"default", "tight", "level_80"}
    assert set(content["level_80"]) == set(datasets.CI_METHODS.values())
    assert k == 2 or {len(values) for values in content["leave_one_out"].values()} == {k}
    assert bool(content["inputs"]) == (measure in {"MD", "SMD", "RR", "OR", "RD"})
