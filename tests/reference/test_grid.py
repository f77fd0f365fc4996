"""The grid of references is complete and cannot shrink."""

import itertools

import pytest

from analysis.engine import CI_METHODS, TAU2_METHODS
from tests.reference import datasets
from tests.reference.agreement import QUANTITIES

SMALLEST_GRID = 44
SMALLEST_PARTS = {"moderators": 11, "diagnostics": 11}
QUANTITIES_WITHOUT_ANSWER = {("CE", "se.tau2"), ("CE", "pi.lb"), ("CE", "pi.ub")}
USER_WEIGHTED = ("CE", "DL", "REML")


def missing_of(part: dict, tau2_method: str, ci_method: str) -> set[str]:
    """Return the quantities for which there is no number."""
    answer = datasets.answer_of(part, tau2_method, ci_method)
    return {
        name
        for _, name, _ in QUANTITIES
        if answer.get(name) is None and (tau2_method, name) not in QUANTITIES_WITHOUT_ANSWER
    }


def test_grid_has_every_file_and_no_other() -> None:
    files = {path.stem for path in datasets.FOLDER.glob("*.json")}

    assert files == {*datasets.DATASETS, "effects"}
    assert len(datasets.DATASETS) >= SMALLEST_GRID


def test_grid_has_every_method_of_the_engine() -> None:
    assert {*datasets.TAU2_METHODS, "DL2"} == set(TAU2_METHODS)  # DL2: see test_two_step.py
    assert set(datasets.CI_METHODS) == set(CI_METHODS)


def test_grid_has_the_effect_measures_the_engine_computes_and_others_it_pools() -> None:
    measures = {measure for measure, _ in datasets.DATASETS.values()}

    assert measures >= {"MD", "SMD", "RR", "OR", "RD", "ROM", "IRR", "ZCOR", "PLO", "ABT", "GEN"}


def test_grid_was_written_by_one_version_of_metafor() -> None:
    versions = {
        tuple(datasets.load(name, part=part)["versions"].items())
        for part in ("metafor", *SMALLEST_PARTS)
        for name in datasets.names_of(part)
    }

    assert len(versions) == 1


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_grid_file_describes_its_studies(name: str) -> None:
    measure, k = datasets.DATASETS[name]
    content = datasets.load(name)

    assert (content["measure"], content["k"]) == (measure, k)
    assert len(content["yi"]) == len(content["vi"]) == k
    assert None not in [*content["yi"], *content["vi"]]
    assert content["title"]
    assert content["source"]
    assert bool(content["inputs"]) == (measure in {"MD", "SMD", "RR", "OR", "RD"})


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_grid_file_has_every_estimator_interval_and_quantity(name: str) -> None:
    content = datasets.load(name)
    everything = [
        *(("tight", *pair) for pair in itertools.product(datasets.TAU2_METHODS, datasets.CI_METHODS)),
        *(("default", *pair) for pair in itertools.product(datasets.ITERATED, ("wald", "hksj"))),
        *(("level_80", "REML", ci_method) for ci_method in datasets.CI_METHODS),
        *(("user_weights", *pair) for pair in itertools.product(USER_WEIGHTED, datasets.CI_METHODS)),
    ]

    for part, tau2_method, ci_method in everything:
        missing = missing_of(content[part], tau2_method, ci_method)
        assert not missing, f"{name} {part} {tau2_method} {ci_method} lacks {missing}"


@pytest.mark.parametrize("name", datasets.DATASETS)
def test_grid_file_has_the_other_parts(name: str) -> None:
    _, k = datasets.DATASETS[name]
    content = datasets.load(name)

    assert set(content["weights"]) == {"FE", "DL", "PM", "ML", "REML"}
    assert {len(weights) for weights in [*content["weights"].values(), content["user_weights"]["weights"]]} == {k}
    assert set(content["profile"]) == {"default", "tight", "level_80"}
    assert set(content["profile_likelihood"]) == {"ML", "REML", "REML_80"}
    assert set(content["likelihood"]) == {"ML", "REML"}
    assert k == 2 or {len(values) for values in content["leave_one_out"].values()} == {k}


@pytest.mark.parametrize("part", SMALLEST_PARTS)
def test_part_has_no_fewer_files(part: str) -> None:
    assert len(datasets.names_of(part)) >= SMALLEST_PARTS[part]


@pytest.mark.parametrize("name", datasets.names_of("moderators"))
def test_moderator_file_is_complete(name: str) -> None:
    content = datasets.load(name, part="moderators")

    assert content["source"]
    assert content["models"]
    for model in content["models"]:
        assert set(model["fits"]) == set(datasets.TAU2_METHODS.values())
        for fit in model["fits"].values():
            assert set(fit) >= {"b", "tau2", "se.tau2", "I2", "H2", "R2", *datasets.CI_METHODS.values()}
            assert len(fit["b"]) == model["p"]
            for test in datasets.CI_METHODS.values():
                assert set(fit[test]) >= {"se", "pval", "QM", "QMp"}
        assert (model["vif"] is None) == (model["p"] == 2)


def test_moderator_files_have_factors_interactions_subgroups_permutations_and_influence() -> None:
    contents = [datasets.load(name, part="moderators") for name in datasets.names_of("moderators")]
    models = [model for content in contents for model in content["models"]]

    assert len(models) >= 18
    assert sum(any(":" in name for name in model["mods"]) for model in models) >= 1
    assert sum(bool(model["influence"]) for model in models) >= 6
    assert sum(content["subgroups"] is not None for content in contents) >= 5
    assert sum(len(content["permutations"]) for content in contents) >= 6


@pytest.mark.parametrize("name", datasets.names_of("diagnostics"))
def test_diagnostics_file_is_complete(name: str) -> None:
    content = datasets.load(name, part="diagnostics")
    k = content["k"]

    assert (name in datasets.DATASETS, datasets.DATASETS[name][1]) == (True, k)
    assert {method: set(tests) for method, tests in content["influence"].items()} == {
        "REML": {"z", "knha"},
        "DL": {"z"},
    }
    assert set(content["cumulative"]) == {"as_listed", "by_precision", "DL"}
    assert set(content["leave_one_out"]) == {"REML", "PM", "FE"}
    assert set(content["baujat"]) == {"REML", "FE"}
    assert set(content["rstandard"]) == set(content["blup"]) == {"z", "knha"}
    assert (content["gosh"] is not None) == (k <= 6)
