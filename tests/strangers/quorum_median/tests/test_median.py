"""The plugin keeps Quorum's contract, and its median is right."""

import tomllib
from pathlib import Path

import pytest
from quorum_median import Params, plugin

from analysis.testing import conformance_checks, quiet, sample_dataset


@pytest.mark.parametrize(("name", "check"), list(conformance_checks()))
def test_plugin_conforms(name, check):
    check(plugin)


def test_version_is_that_of_the_package():
    project = Path(__file__).parents[1] / "pyproject.toml"
    assert tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"] == plugin.version


def test_median_is_that_of_the_studies():
    result = plugin.run(sample_dataset(k=3), Params(), {}, quiet)
    # The effects of the sample are -12, -1 and -21 points.
    assert (result.k, result.median, result.share_above_null) == (3, -12.0, 0.0)
