"""What docs/plugins.md prints works as it is printed."""

import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

from pydantic import Field

from analysis.contract import HeatFigure, Need, Params, Plugin, ScatterFigure
from analysis.testing import check_plugin, quiet, sample_dataset

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "docs" / "plugins.md"
SAMPLE = ROOT / "tests" / "strangers" / "quorum_median" / "src" / "quorum_median" / "__init__.py"


def blocks() -> list[str]:
    """Give the Python blocks of the document."""
    found = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert found, "docs/plugins.md has no Python block"
    return found


def documented_module() -> ModuleType:
    """Give all Python blocks of the document, one after another, as a module."""
    module = ModuleType("documented_plugin")
    for block in blocks():
        exec(compile(block, str(DOCUMENT), "exec"), module.__dict__)
    return module


def test_documented_plugin_conforms():
    plugin = documented_module().plugin

    assert isinstance(plugin, Plugin)
    check_plugin(plugin)


def test_documented_plugin_gives_the_median():
    plugin = documented_module().plugin
    result = plugin.run(sample_dataset(k=3), plugin.params(), {}, quiet)

    # The effects of the sample are -12, -1 and -21 points.
    assert (result.k, result.median, result.share_above_null) == (3, -12.0, 0.0)


def test_documented_test_passes():
    documented_module().test_median_is_that_of_the_studies()


def test_documented_plugin_is_the_one_of_the_sample_distribution():
    assert blocks()[0] == SAMPLE.read_text(encoding="utf-8")


def test_documented_readers_read_what_there_is():
    module = documented_module()
    dataset = sample_dataset(k=3, needs=frozenset({Need.ADVERSE_EVENTS}))

    assert module.count_events(dataset) > 0
    assert module.count_events(sample_dataset(k=3)) == 0
    assert module.pooled_estimate({"pooling": {"estimate": 0.25}}) == 0.25
    assert module.pooled_estimate({}) is None


def test_documented_figures_are_figures():
    module = documented_module()

    assert isinstance(module.funnel, ScatterFigure)
    assert isinstance(module.league, HeatFigure)


def test_every_need_is_documented():
    text = DOCUMENT.read_text(encoding="utf-8")

    assert [need.name for need in Need if f"| `{need.name}` |" not in text] == []


class DrawParams(Params):
    draws: int = Field(default=1_000, ge=1, description="Number of draws.")
    seed: int = Field(default=1, ge=0, description="Seed of the draws.")


def test_documented_split_conforms_and_gives_one_answer():
    module = documented_module()
    changes = {"params": DrawParams, "run": module.SPLIT.run, "split": module.SPLIT, "takes_long": module.takes_long}
    plugin = replace(module.plugin, name="draws", **changes)
    check_plugin(plugin)

    inputs = (sample_dataset(k=3), DrawParams(draws=600_000), {})
    parts = plugin.split.plan(*inputs)
    assert [part.start for part in parts] == [0, 250_000, 500_000]
    answers = [plugin.split.compute(*inputs, part, quiet) for part in reversed(parts)]
    assert plugin.split.join(*inputs, tuple(reversed(answers)), quiet) == plugin.run(*inputs, quiet)
    assert plugin.takes_long(inputs[1])
    assert not plugin.takes_long(DrawParams())
