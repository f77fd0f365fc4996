"""A saved question: what is pooled, by which rules, with which plugins."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from pydantic import BaseModel
from pydantic import ValidationError as InvalidValue

from analysis.derivation import Rules
from analysis.registry import UnknownPlugin, get_plugin
from evidence.models import EvidenceRow, Review


class Analysis(EvidenceRow):
    """One question to the evidence: rules that make a dataset, and steps that compute results from it."""

    class Kind(models.TextChoices):
        MAIN = "main", "Main analysis"
        SENSITIVITY = "sensitivity", "Sensitivity analysis"
        SUPPLEMENTARY = "supplementary", "Supplementary analysis"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="analyses")
    slug = models.SlugField(max_length=80)
    title = models.CharField(max_length=200)
    question = models.TextField(blank=True, help_text="The question in one sentence, as a reader would ask it.")
    kind = models.CharField(max_length=20, choices=Kind, default=Kind.MAIN)
    position = models.PositiveSmallIntegerField(default=0, help_text="Place in lists and tables.")
    rules = models.JSONField(
        default=dict, help_text="Outcome, window, comparators, measure and what to do where reports differ."
    )
    forest_columns = models.JSONField(
        "columns of the forest plot",
        default=list,
        blank=True,
        help_text="What stands beside the rows of the forest plot where a reader chooses nothing else; none: the usual "
        "columns. Numbers do not depend on it.",
    )

    class Meta:
        ordering = ["review", "position", "slug"]
        verbose_name_plural = "analyses"
        constraints = [
            models.UniqueConstraint(
                fields=["review", "slug"],
                name="analysis_slug_once",
                violation_error_message="The review already has an analysis with this short name.",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse rules that break their schema, with a sentence for each, and columns that are no list of names."""
        self.rules = spelled_out(Rules, self.rules, field="rules")
        columns = self.forest_columns
        if not isinstance(columns, list) or not all(isinstance(one, str) and 0 < len(one) <= 80 for one in columns):
            raise ValidationError({"forest_columns": "The columns of the forest plot are a list of short names."})

    @property
    def parsed_rules(self) -> Rules:
        """The rules as a value."""
        return Rules.model_validate(self.rules)


class Step(EvidenceRow):
    """One plugin of an analysis, with its parameters. Every default is spelled out when the step is saved."""

    review_path = "analysis__review"

    analysis = models.ForeignKey(Analysis, on_delete=models.CASCADE, related_name="steps")
    plugin = models.CharField(max_length=60)
    params = models.JSONField("parameters", default=dict, blank=True)

    class Meta:
        ordering = ["analysis", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["analysis", "plugin"],
                name="step_plugin_once",
                violation_error_message="The analysis already has a step with this plugin.",
            )
        ]

    def __str__(self) -> str:
        return self.plugin

    def clean(self) -> None:
        """Refuse an unknown plugin and parameters that break its schema; spell out the defaults."""
        try:
            plugin = get_plugin(self.plugin)
        except UnknownPlugin as error:
            raise ValidationError({"plugin": str(error)}) from error
        self.params = spelled_out(plugin.params, self.params, field="params")


def spelled_out(schema: type[BaseModel], value: Any, *, field: str) -> dict[str, Any]:
    """Give the value with every default of its schema.

    Raises
    ------
    ValidationError : at `field`, one sentence for each part that breaks the schema
    """
    try:
        return schema.model_validate(value or {}).model_dump(mode="json")
    except InvalidValue as error:
        raise ValidationError({field: [problem_sentence(problem) for problem in error.errors()]}) from error


def problem_sentence(problem: Any) -> str:
    """Say which part of a value breaks which rule."""
    place = ".".join(str(part) for part in problem["loc"]) or "the value"
    if problem["type"] == "extra_forbidden":
        return f"“{place}” is not a known name."
    if problem["type"] == "missing":
        return f"“{place}” is missing."
    given = problem.get("input")
    shown = f" (got {given!r})" if isinstance(given, str | int | float | bool) else ""
    message = problem["msg"]
    return f"“{place}”: {message[:1].lower()}{message[1:]}{shown}."
