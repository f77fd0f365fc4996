"""Every plugin that comes with Quorum has a page, a golden file of its version, and tests of its own."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tests.plugins.answers import PLUGINS
from tests.plugins.golden_files import path_of

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_plugin_has_a_page_with_its_papers_a_golden_file_and_tests(plugin):
    page = ROOT / "docs" / "plugins" / f"{plugin.name}.md"

    assert re.search(r"doi|Handbook", page.read_text(encoding="utf-8"), flags=re.IGNORECASE)
    assert path_of(plugin).exists()
    assert list((ROOT / "tests" / "plugins").glob(f"test_{plugin.name}*.py"))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_every_parameter_says_what_it_means(plugin):
    for name, info in plugin.params.model_fields.items():
        assert info.description, name
        assert info.description.strip()[0].isupper() or info.description.startswith("p value"), name


def test_golden_files_are_of_versions_that_exist():
    names = {path_of(plugin).name for plugin in PLUGINS}

    assert {path.name for path in path_of(PLUGINS[0]).parent.glob("*.json")} == names


def test_plugins_that_come_along_are_all_listed():
    found = {path.stem for path in (ROOT / "plugins").iterdir() if path.stem not in ("__init__", "__pycache__")}

    assert found == set(settings.BUILT_IN_PLUGINS)
