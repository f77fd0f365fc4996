"""Checks of what a plugin declares: its name, versions, needs, parameters and result."""

import json
import re
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from analysis.contract import CONTRACT_VERSION, Need, Params, Plugin, Result
from analysis.testing.errors import ConformanceError, Reported
from analysis.testing.subject import Check, Subject, text_of

NAME = re.compile(r"[a-z][a-z0-9_]*")
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")
UNKNOWN_FIELD = "a_field_that_no_plugin_has"


def is_a_plugin(subject: Subject) -> None:
    """Check that the value is a Plugin of the contract's types."""
    plugin = subject.plugin
    if not isinstance(plugin, Plugin):
        raise ConformanceError(f"The value is no Plugin of analysis.contract but {type(plugin).__name__}.")
    for role, kind, base in (("params", plugin.params, Params), ("result", plugin.result, Result)):
        if not (isinstance(kind, type) and issubclass(kind, base)):
            raise ConformanceError(f"The type of {role} does not derive from analysis.contract.{base.__name__}.")
    if not callable(plugin.run):
        raise ConformanceError("The plugin's run cannot be called.")


def has_name_and_versions(subject: Subject) -> None:
    """Check that name, title and versions are well-formed and that the contract is the present one."""
    plugin = subject.plugin
    if not (isinstance(plugin.name, str) and NAME.fullmatch(plugin.name)):
        raise ConformanceError(f"The name {plugin.name!r} is not one word in lower case, such as small_study_effects.")
    if not (isinstance(plugin.version, str) and VERSION.fullmatch(plugin.version)):
        raise ConformanceError(f"The version {plugin.version!r} is not major.minor.patch, such as 1.0.0.")
    if plugin.contract_version != CONTRACT_VERSION:
        raise ConformanceError(
            f"The plugin is written for version {plugin.contract_version} of the contract; this is {CONTRACT_VERSION}."
        )
    if not (isinstance(plugin.title, str) and plugin.title.strip()):
        raise ConformanceError("The plugin has no title for people to read.")


def declares_needs_and_order(subject: Subject) -> None:
    """Check that `needs` is a frozenset of Need and `after` a tuple of other plugins' names."""
    plugin = subject.plugin
    if not (isinstance(plugin.needs, frozenset) and all(isinstance(need, Need) for need in plugin.needs)):
        raise ConformanceError("The needs are not a frozenset of analysis.contract.Need.")
    if not (isinstance(plugin.after, tuple) and all(isinstance(name, str) for name in plugin.after)):
        raise ConformanceError("What the plugin runs after is not a tuple of names.")
    if plugin.name in plugin.after:
        raise ConformanceError("The plugin reads its own result: `after` names the plugin itself.")
    if len(set(plugin.after)) < len(plugin.after):
        raise ConformanceError(f"What the plugin runs after names one plugin twice: {', '.join(plugin.after)}.")


def spells_out_parameters(subject: Subject) -> None:
    """Check that every parameter has a default and a description."""
    for name, field in subject.plugin.params.model_fields.items():
        if field.is_required():
            raise ConformanceError(f"The parameter “{name}” has no default.")
        if not (field.description or "").strip():
            raise ConformanceError(f"The parameter “{name}” has no description.")
    try:
        subject.plugin.params.model_validate(subject.plugin.params().model_dump())
    except ValidationError as error:
        raise ConformanceError(f"The default parameters do not pass their own checks: {error}") from error


def has_schemas(subject: Subject) -> None:
    """Check that parameters and result have a JSON schema, from which forms and the API are made."""
    for role, kind in (("parameters", subject.plugin.params), ("results", subject.plugin.result)):
        with Reported(f"The {role} have no JSON schema"):
            json.dumps(kind.model_json_schema(), allow_nan=False)


def has_frozen_models(subject: Subject) -> None:
    """Check that parameters and result, and the models inside them, are frozen and take no extra field and no NaN."""
    for kind in _models_in(subject.plugin.params) | _models_in(subject.plugin.result):
        config = kind.model_config
        if not config.get("frozen"):
            raise ConformanceError(f"{kind.__name__} is not frozen: a value must not change.")
        if config.get("extra") != "forbid":
            raise ConformanceError(f"{kind.__name__} takes fields that it does not have.")
        if config.get("allow_inf_nan") is not False:
            raise ConformanceError(f"{kind.__name__} takes NaN and infinity.")


def refuses_bad_parameters(subject: Subject) -> None:
    """Check that an unknown parameter and NaN are refused, and that parameters cannot be changed."""
    params = subject.plugin.params
    for name, value in ((UNKNOWN_FIELD, 1), *((name, float("nan")) for name in params.model_fields)):
        try:
            params.model_validate({name: value})
        except ValidationError:
            continue
        what = "an unknown parameter" if name == UNKNOWN_FIELD else f"NaN for the parameter “{name}”"
        raise ConformanceError(f"The parameters take {what}.")


def keeps_parameters_in_json(subject: Subject) -> None:
    """Check that the parameters come back from their JSON text as they were."""
    params = subject.plugin.params()
    if subject.plugin.params.model_validate_json(text_of(params)) != params:
        raise ConformanceError("The default parameters do not come back from JSON as they were.")


def _models_in(kind: Any, seen: frozenset[Any] = frozenset()) -> set[type[BaseModel]]:
    """Give the models that a type is made of, itself among them."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        if kind in seen:
            return set()
        inner = [field.annotation for field in kind.model_fields.values()]
        return {kind}.union(*(_models_in(one, seen | {kind}) for one in inner))
    return set().union(*(_models_in(one, seen) for one in get_args(kind)))


DECLARATION: tuple[Check, ...] = (
    is_a_plugin,
    has_name_and_versions,
    declares_needs_and_order,
    spells_out_parameters,
    has_schemas,
    has_frozen_models,
    refuses_bad_parameters,
    keeps_parameters_in_json,
)
