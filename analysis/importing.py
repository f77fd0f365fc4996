"""Reading the analyses of a review from a file: the plan, as objects, with what a manuscript prints beside it."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from pydantic import Field
from pydantic import ValidationError as InvalidValue

from analysis.contract import Condition, Frozen
from analysis.freezing import take_content
from analysis.models import Analysis, EligibilityRule, PlanClosure
from analysis.models.analysis import problem_sentence, spelled_out
from analysis.registry import UnknownPlugin, get_plugin
from analysis.services import close_plan, record_claim, save_analysis, save_rule
from evidence.models import Review

FIELDS = ("title", "kind", "position", "question", "rules", "forest_columns")


class ClaimRow(Frozen):
    """A printed number."""

    quantity: str
    as_printed: str
    measure: str = ""
    place: str = ""


class AnalysisRow(Frozen):
    """An analysis with its steps (parameters by plugin) and what the manuscript prints of it.

    `forest_columns` are those of its forest plot; None leaves what is saved.
    """

    slug: str
    title: str
    kind: str = "main"
    position: int = 0
    question: str = ""
    rules: dict[str, Any]
    steps: dict[str, dict[str, Any]]
    claims: tuple[ClaimRow, ...] = ()
    forest_columns: tuple[str, ...] | None = None


class EligibilityRow(Frozen):
    """A criterion of the protocol as a condition."""

    code: str
    title: str
    element: str
    position: int = 0
    condition: Condition


class AnalysisFile(Frozen):
    """A file of analyses, with the criteria of eligibility and, where the plan is closed, where it is laid down."""

    format: str = Field(pattern="^quorum-analyses$")
    format_version: int = Field(ge=1, le=1)
    analyses: tuple[AnalysisRow, ...]
    eligibility: tuple[EligibilityRow, ...] = ()
    plan_closed: str = ""


class BadFile(ValueError):
    """A file of analyses cannot be read; the sentences say where and why."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences
        super().__init__("\n".join(sentences))


def read_analyses(path: Path) -> AnalysisFile:
    """Give the analyses that a JSON file holds.

    Raises
    ------
    BadFile : the file is missing, is not JSON, or breaks the format
    """
    try:
        return AnalysisFile.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadFile([f"{path} cannot be read: {error.strerror}."]) from error
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise BadFile([f"{path.name} is not JSON in UTF-8: {error}."]) from error
    except InvalidValue as error:
        raise BadFile([f"{path.name}: {problem_sentence(problem)}" for problem in error.errors()]) from error


@transaction.atomic
def import_analyses(*, by: User, review: Review, file: AnalysisFile, reason: str = "") -> int:
    """Save the analyses of a file; give how many are new or changed. Saving the same file again changes nothing.

    `reason` says why analyses are changed; a review whose plan is closed needs one.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    BadFile : an analysis breaks a rule; nothing is saved
    """
    content = take_content(review)
    changed = 0
    for row in file.analyses:
        try:
            changed += _import_analysis(by, review, row, content, reason)
        except ValidationError as error:
            raise BadFile([f"Analysis “{row.slug}”: {sentence}" for sentence in error.messages]) from error
    for rule in file.eligibility:
        try:
            _import_rule(by, review, rule)
        except ValidationError as error:
            raise BadFile([f"Eligibility “{rule.code}”: {sentence}" for sentence in error.messages]) from error
    if file.plan_closed and not PlanClosure.objects.filter(review=review).exists():
        close_plan(by=by, review=review, reason=file.plan_closed)
    return changed


def _import_rule(by: User, review: Review, row: EligibilityRow) -> None:
    rule = EligibilityRule.objects.filter(review=review, code=row.code).first()
    rule = rule or EligibilityRule(review=review, code=row.code)
    values = row.model_dump(mode="json", exclude={"code"})
    if all(getattr(rule, name) == value for name, value in values.items()):
        return
    for name, value in values.items():
        setattr(rule, name, value)
    save_rule(by=by, rule=rule)


def _import_analysis(by: User, review: Review, row: AnalysisRow, content: dict[str, Any], reason: str) -> bool:
    analysis = Analysis.objects.filter(review=review, slug=row.slug).first() or Analysis(review=review, slug=row.slug)
    before = _state(analysis) if analysis.pk else None
    given = row.model_dump(mode="json", include=set(FIELDS))
    for name, value in given.items():
        if value is not None:
            setattr(analysis, name, value)
    analysis.clean()
    after = {**{name: getattr(analysis, name) for name in FIELDS}, "steps": _spelled_steps(row)}
    if before != after:
        save_analysis(by=by, analysis=analysis, steps=row.steps, content=content, reason=reason)
    for claim in row.claims:
        record_claim(by=by, analysis=analysis, **claim.model_dump())
    return before != after


def _state(analysis: Analysis) -> dict[str, Any]:
    """Give what a file can change of an analysis."""
    fields = {name: getattr(analysis, name) for name in FIELDS}
    return {**fields, "steps": {step.plugin: step.params for step in analysis.steps.all()}}


def _spelled_steps(row: AnalysisRow) -> dict[str, Any]:
    """Give the parameters of a file's steps with every default."""
    try:
        plugins = {name: get_plugin(name) for name in row.steps}
    except UnknownPlugin as error:
        raise ValidationError(str(error)) from error
    return {name: spelled_out(plugins[name].params, params, field="params") for name, params in row.steps.items()}
