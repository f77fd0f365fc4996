"""A wrong entry of PLUGINS stops the start with a sentence."""

import sys
from dataclasses import replace
from types import ModuleType

import pytest
from django.conf import settings
from django.core.checks import run_checks
from django.core.checks.registry import registry as checks_registry
from django.test import override_settings

from analysis.contract import Params
from analysis.registry import BadPlugin, UnknownPlugin, all_plugins, check_plugins, get_plugin
from plugins.pooling import plugin as pooling


class NeedsLevel(Params):
    """Parameters one of which has no default."""

    level: float


@pytest.fixture(autouse=True)
def _forget_plugins():
    """Read the setting anew before and after each test."""
    all_plugins.cache_clear()
    yield
    all_plugins.cache_clear()


def install(monkeypatch, name: str, value: object) -> str:
    """Make an importable module with a variable `plugin`."""
    module = ModuleType(name)
    module.plugin = value
    monkeypatch.setitem(sys.modules, name, module)
    return name


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "Pool It"}, "names are lower-case words"),
        ({"version": "1"}, "versions look like 1.0.0"),
        ({"contract_version": 99}, "was written for contract 99; this is contract 1"),
        ({"params": dict}, "not a subclass of Params"),
        ({"params": NeedsLevel}, "parameters without a default: level"),
        ({"result": dict}, "not a subclass of Result"),
        ({"after": ("oracle",)}, "reads results of “oracle”, which PLUGINS does not list"),
        ({"needs": frozenset({"everything"})}, "not a Need"),
    ],
)
def test_bad_plugin_is_named_with_its_fault(monkeypatch, changes, sentence):
    path = install(monkeypatch, "bad_plugin", replace(pooling, **changes))
    with override_settings(PLUGINS=[path]):
        errors = check_plugins()
    assert [error.id for error in errors] == ["analysis.E001"]
    assert sentence in errors[0].msg


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("plugins.nowhere", "cannot be imported"),
        ("analysis.canonical", "no variable “plugin” that is a Plugin"),
    ],
)
def test_entry_that_is_no_plugin_stops_the_start(path, sentence):
    with override_settings(PLUGINS=[path]):
        assert any(sentence in error.msg for error in run_checks())


def test_two_plugins_of_one_name_are_refused(monkeypatch):
    path = install(monkeypatch, "second_pooling", pooling)
    with override_settings(PLUGINS=["plugins.pooling", path]), pytest.raises(BadPlugin, match="two plugins named"):
        all_plugins()


def test_plugins_that_read_each_other_are_refused(monkeypatch):
    one = install(monkeypatch, "one", replace(pooling, name="one", after=("two",)))
    two = install(monkeypatch, "two", replace(pooling, name="two", after=("one",)))
    with override_settings(PLUGINS=[one, two]), pytest.raises(BadPlugin, match="in a circle: one, two"):
        all_plugins()


def test_listed_plugins_pass_the_checks():
    assert check_plugins() == []
    assert list(all_plugins()) == list(settings.BUILT_IN_PLUGINS)


def test_unknown_name_gets_the_known_ones():
    with pytest.raises(UnknownPlugin, match="no plugin “polling”; the settings list pooling, subgroups, "):
        get_plugin("polling")


def test_registered_check_is_run_by_django():
    assert check_plugins in checks_registry.get_checks()
