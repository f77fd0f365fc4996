"""The plugins that settings list, checked when the project starts: a wrong one stops the start with a sentence."""

import re
from functools import cache
from graphlib import CycleError, TopologicalSorter
from importlib import import_module
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from analysis.contract import CONTRACT_VERSION, Need, Params, Plugin, Result

AnyPlugin = Plugin[Any, Any]


class UnknownPlugin(ValueError):
    """No listed plugin has this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no plugin “{name}”; the settings list {', '.join(all_plugins()) or 'none'}.")


class BadPlugin(ValueError):
    """An entry of the setting PLUGINS is not a plugin that Quorum can use."""


@cache
def all_plugins() -> dict[str, AnyPlugin]:
    """Give the plugins of the setting PLUGINS by name, in its order.

    Raises
    ------
    BadPlugin : an entry cannot be imported, is not a plugin, or breaks a rule
    """
    plugins: dict[str, AnyPlugin] = {}
    for path in settings.PLUGINS:
        plugin = load(path)
        if plugin.name in plugins:
            raise BadPlugin(f"PLUGINS lists two plugins named “{plugin.name}”; names must be unique.")
        plugins[plugin.name] = plugin
    for plugin in plugins.values():
        for name in upstream_names(plugin):
            if name not in plugins:
                raise BadPlugin(f"The plugin “{plugin.name}” reads results of “{name}”, which PLUGINS does not list.")
    _refuse_circles(plugins)
    return plugins


def upstream_names(plugin: AnyPlugin) -> tuple[str, ...]:
    """Give the names of the plugins whose results a plugin reads, always or where the analysis runs them."""
    return (*plugin.after, *plugin.after_if_present)


def _refuse_circles(plugins: dict[str, AnyPlugin]) -> None:
    """Raise BadPlugin where plugins read each other's results in a circle."""
    try:
        tuple(TopologicalSorter({name: upstream_names(plugin) for name, plugin in plugins.items()}).static_order())
    except CycleError as error:
        raise BadPlugin(f"Plugins read each other's results in a circle: {', '.join(error.args[1])}.") from error


def get_plugin(name: str) -> AnyPlugin:
    """Give the plugin with this name; raise UnknownPlugin where there is none."""
    plugin = all_plugins().get(name)
    if plugin is None:
        raise UnknownPlugin(name)
    return plugin


def load(path: str) -> AnyPlugin:
    """Give the plugin that a module holds in its variable `plugin`.

    Raises
    ------
    BadPlugin : the module cannot be imported, has no plugin, or the plugin breaks a rule
    """
    try:
        module = import_module(path)
    except ImportError as error:
        raise BadPlugin(f"PLUGINS lists “{path}”, which cannot be imported: {error}.") from error
    plugin = getattr(module, "plugin", None)
    if not isinstance(plugin, Plugin):
        raise BadPlugin(f"PLUGINS lists “{path}”, but the module has no variable “plugin” that is a Plugin.")
    problem = _problem(plugin)
    if problem:
        raise BadPlugin(f"The plugin in “{path}” {problem}.")
    return plugin


def _problem(plugin: AnyPlugin) -> str:
    """Say which rule a plugin breaks, "" where none."""
    if not re.fullmatch(r"[a-z][a-z0-9_]*", plugin.name):
        return f"has the name “{plugin.name}”; names are lower-case words with underscores"
    if not re.fullmatch(r"\d+\.\d+\.\d+", plugin.version):
        return f"has the version “{plugin.version}”; versions look like 1.0.0"
    if plugin.contract_version != CONTRACT_VERSION:
        return f"was written for contract {plugin.contract_version}; this is contract {CONTRACT_VERSION}"
    if not (isinstance(plugin.params, type) and issubclass(plugin.params, Params)):
        return "has parameters that are not a subclass of Params"
    if not (isinstance(plugin.result, type) and issubclass(plugin.result, Result)):
        return "has a result that is not a subclass of Result"
    if not all(isinstance(need, Need) for need in plugin.needs):
        return "needs something that is not a Need"
    if plugin.split is not None and plugin.run != plugin.split.run:
        return "splits its work, but its run is not that of the split"
    required = [name for name, field in plugin.params.model_fields.items() if field.is_required()]
    if required:
        return f"has parameters without a default: {', '.join(required)}"
    return ""


@register()
def check_plugins(**options: Any) -> list[CheckMessage]:
    """Give an error for a wrong entry of PLUGINS."""
    try:
        all_plugins()
    except BadPlugin as error:
        return [Error(str(error), hint="Correct the setting PLUGINS or the plugin.", id="analysis.E001")]
    return []
