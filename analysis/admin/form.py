"""The form of an analysis: its rules and the parameters of every plugin as fields of their own."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from pydantic import BaseModel
from pydantic import ValidationError as InvalidValue
from pydantic_core import PydanticUndefined

from analysis.admin.fields import make_field, problem_sentence
from analysis.admin.vocabulary import Vocabulary, read_vocabulary
from analysis.derivation import Rules
from analysis.forests import choices_for
from analysis.models import Analysis
from analysis.registry import AnyPlugin, all_plugins
from evidence.admin.sentences import SpeakingForm
from evidence.models import Review

RULE = "rule_"
RUN = "run_"


def param_prefix(plugin: str) -> str:
    """Give what the names of the fields of a plugin's parameters begin with."""
    return f"{plugin}__"


class AnalysisForm(SpeakingForm):
    """An analysis with its rules and steps."""

    vocabulary: Vocabulary
    error_places = {"rules": f"{RULE}include"}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        analysis = kwargs.get("instance")
        kwargs["initial"] = stored_values(analysis) | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.steps: dict[str, dict[str, Any]] = {}

    def clean(self) -> dict[str, Any]:
        """Put the fields together: the rules into the instance, the parameters into `steps`."""
        super().clean()
        rules = self._read(Rules, RULE, place=f"{RULE}include")
        if rules is not None:
            self.instance.rules = rules
            problem = self.vocabulary.window_problem(rules["outcome"], rules["window"])
            if problem:
                self.add_error(f"{RULE}window", problem)
        plugins = all_plugins()
        for plugin in plugins.values():
            if self.cleaned_data.get(f"{RUN}{plugin.name}"):
                params = self._read(plugin.params, param_prefix(plugin.name), place=f"{RUN}{plugin.name}")
                self.steps[plugin.name] = params or {}
                self._check_order(plugin)
            else:
                self._forget(param_prefix(plugin.name))
        if not self.steps:
            self.add_error(f"{RUN}{next(iter(plugins))}" if plugins else None, "Choose at least one plugin to run.")
        return self.cleaned_data

    def _check_order(self, plugin: AnyPlugin) -> None:
        missing = [name for name in plugin.after if not self.cleaned_data.get(f"{RUN}{name}")]
        if missing:
            needed = " and ".join(f"“{all_plugins()[name].title}”" for name in missing)
            self.add_error(f"{RUN}{plugin.name}", f"This reads the results of {needed}; run that too.")

    def _forget(self, prefix: str) -> None:
        """Drop what is said about the parameters of a plugin that does not run."""
        for name in [name for name in self.errors if name.startswith(prefix)]:
            del self.errors[name]

    def _read(self, schema: type[BaseModel], prefix: str, *, place: str) -> dict[str, Any] | None:
        """Give the values of a schema with every default, None where something is wrong; each problem at its field."""
        names = schema.model_fields
        given = {name: self.cleaned_data[prefix + name] for name in names if prefix + name in self.cleaned_data}
        values = {name: None if value == "" and not _is_text(schema, name) else value for name, value in given.items()}
        try:
            return schema.model_validate(values).model_dump(mode="json")
        except InvalidValue as error:
            for at, sentence in self._sentences(error, prefix):
                self._say(at or place, sentence)
        return None

    def _sentences(self, error: InvalidValue, prefix: str) -> dict[tuple[str, str], None]:
        """Give each sentence once, with its field; what the fields themselves refused is not said again."""
        found: dict[tuple[str, str], None] = {}
        for problem in error.errors():
            name = f"{prefix}{problem['loc'][0]}" if problem["loc"] else ""
            if name not in self.errors:
                label = str(self.fields[name].label) if name else ""
                found[(name, problem_sentence(problem, label))] = None
        return found

    def _say(self, place: str, sentence: str) -> None:
        self.add_error(place if place in self.fields else None, sentence)

    def _update_errors(self, errors: ValidationError) -> None:
        """Leave out what the model says about rules whose fields have their sentences already."""
        has_sentences = any(name.startswith(RULE) for name in self.errors)
        if has_sentences and hasattr(errors, "error_dict"):
            errors.error_dict.pop("rules", None)
        super()._update_errors(errors)


def _is_text(schema: type[BaseModel], name: str) -> bool:
    return schema.model_fields[name].annotation is str


def form_for(review: Review) -> type[AnalysisForm]:
    """Give the form for the analyses of a review."""
    vocabulary = read_vocabulary(review)
    fields: dict[str, Any] = {
        f"{RULE}{name}": make_field(name, info, vocabulary.choices.get(name))
        for name, info in Rules.model_fields.items()
    }
    for plugin in all_plugins().values():
        fields[f"{RUN}{plugin.name}"] = forms.BooleanField(required=False, label="Run this plugin")
        for name, info in plugin.params.model_fields.items():
            fields[param_prefix(plugin.name) + name] = make_field(name, info)
    offered = choices_for(vocabulary.families, {code: str(name) for code, name in vocabulary.choices["facts"]})
    fields["forest_columns"] = forms.MultipleChoiceField(
        required=False,
        label="Beside the rows",
        choices=offered,
        widget=forms.CheckboxSelectMultiple,
        help_text="What a reader sees who chooses nothing else; without a tick the usual columns. No number depends on "
        "it.",
    )
    fields["reason"] = forms.CharField(
        required=False,
        label="Reason for the change",
        max_length=100,
        help_text="Kept in the history.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )
    return type("AnalysisForm", (AnalysisForm,), {**fields, "vocabulary": vocabulary, "__module__": __name__})


def stored_values(analysis: Analysis | None) -> dict[str, Any]:
    """Give what the fields of rules and parameters show: what is stored, and defaults for the rest."""
    is_stored = analysis is not None and analysis.pk is not None
    steps = {step.plugin: step.params for step in analysis.steps.all()} if analysis and is_stored else {}
    rules = analysis.rules if analysis else {}
    values = {f"{RULE}{name}": value for name, value in (defaults_of(Rules) | rules).items()}
    for plugin in all_plugins().values():
        values[f"{RUN}{plugin.name}"] = plugin.name in (steps if is_stored else settings.NEW_ANALYSIS_PLUGINS)
        params = defaults_of(plugin.params) | steps.get(plugin.name, {})
        values |= {param_prefix(plugin.name) + name: value for name, value in params.items()}
    return values


def defaults_of(schema: type[BaseModel]) -> dict[str, Any]:
    """Give the defaults of a schema as plain data."""
    known = {name: info for name, info in schema.model_fields.items() if info.default is not PydanticUndefined}
    return {name: plain_default(info.get_default(call_default_factory=True)) for name, info in known.items()}


def plain_default(value: Any) -> Any:
    """Give a default as plain data."""
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    return [plain_default(item) for item in value] if isinstance(value, tuple) else value
