"""What an analysis is, in words, for those who read it."""

from typing import Any, NamedTuple

from pydantic import BaseModel

from analysis.derivation import Rules
from analysis.forests import usual_columns
from analysis.models import Analysis
from analysis.registry import all_plugins


class Part(NamedTuple):
    """A table of settings: title, and rows of name, value and what it means."""

    title: str
    rows: list[tuple[str, Any, str]]


def definition_of(analysis: Analysis) -> list[Part]:
    """Give the rules, each step of an analysis, and what its forest plot shows, as tables."""
    parts = [Part("Rules", settings_of(Rules, analysis.rules))]
    plugins = all_plugins()
    for step in analysis.steps.all():
        plugin = plugins.get(step.plugin)
        title = f"{plugin.title} ({plugin.name} {plugin.version})" if plugin else step.plugin
        parts.append(Part(title, settings_of(plugin.params if plugin else None, step.params)))
    shown = ", ".join(analysis.forest_columns or usual_columns())
    return [*parts, Part("Forest plot", [("columns", shown, "What stands beside the rows; no number depends on it.")])]


def settings_of(schema: type[BaseModel] | None, values: dict[str, Any]) -> list[tuple[str, Any, str]]:
    """Give the rows of stored values, with what their schema says about them."""
    fields = schema.model_fields if schema else {}
    return [(name, value, (fields[name].description or "") if name in fields else "") for name, value in values.items()]
