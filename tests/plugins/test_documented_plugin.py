"""The plugin in docs/plugins.md works as it is printed."""

import re
from pathlib import Path
from types import ModuleType

from analysis.contract import Plugin
from analysis.testing import check_plugin, quiet, sample_dataset

DOCUMENT = Path(__file__).parents[2] / "docs" / "plugins.md"


def documented_module() -> ModuleType:
    """Give the first Python block of the document as a module."""
    code = re.search(r"```python\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.DOTALL)
    assert code, "docs/plugins.md has no Python block"
    module = ModuleType("documented_plugin")
    exec(compile(code.group(1), str(DOCUMENT), "exec"), module.__dict__)
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
