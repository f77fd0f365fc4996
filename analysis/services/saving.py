"""Saving analyses with their steps."""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.derivation import DerivationError, derive
from analysis.freezing import take_content
from analysis.models import Analysis, Step
from analysis.services.planning import note_beginning, note_change
from analysis.services.refreshing import ordered_steps
from evidence.models import EvidenceRow
from evidence.permissions import Act, require


@transaction.atomic
def save_analysis(
    *,
    by: User,
    analysis: Analysis,
    steps: Mapping[str, Mapping[str, Any]] | None = None,
    reason: str = "",
    content: dict[str, Any] | None = None,
) -> Analysis:
    """Save an analysis and, where given, its steps (parameters by plugin); steps not named are removed.

    Parameters
    ----------
    content : the review's evidence as `analysis.freezing.take_content` gives it, where many analyses are saved at once

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : rules or parameters break their schema, or name what the review does not have; or the plan of the
        review is closed, and no reason is given for a change
    """
    require(by, Act.ANALYSE, analysis.review)
    before = stored_definition(analysis)
    _save(by, analysis, reason)
    check_rules(analysis, take_content(analysis.review) if content is None else content)
    if steps is not None:
        _save_steps(by, analysis, steps, reason)
    note_beginning(by=by, analysis=analysis)
    if before not in (None, stored_definition(analysis)):
        note_change(by=by, analysis=analysis, reason=reason)
    return analysis


def stored_definition(analysis: Analysis) -> dict[str, Any] | None:
    """Give what is stored of an analysis that its results depend on; None where nothing is stored yet."""
    stored = Analysis.objects.filter(pk=analysis.pk).first()
    if stored is None:
        return None
    return {"rules": stored.rules, "steps": {step.plugin: step.params for step in stored.steps.all()}}


def _save_steps(by: User, analysis: Analysis, steps: Mapping[str, Mapping[str, Any]], reason: str) -> None:
    """Save the steps that are named, and remove the others."""
    existing = {step.plugin: step for step in analysis.steps.all()}
    for name, step in existing.items():
        if name not in steps:
            step.stamp(by, reason)
            step.delete()
    for name, params in steps.items():
        step = existing.get(name) or Step(analysis=analysis, plugin=name)
        before = dict(step.params)
        step.params = dict(params)
        step.full_clean()
        if step.pk is None or step.params != before:
            _save(by, step, reason)
    ordered_steps(Analysis.objects.get(pk=analysis.pk))


def check_rules(analysis: Analysis, content: dict[str, Any]) -> None:
    """Refuse rules that do not fit the review's evidence."""
    try:
        derive(content, analysis.parsed_rules)
    except DerivationError as error:
        raise ValidationError({"rules": str(error)}) from error


def _save(by: User, row: EvidenceRow, reason: str) -> None:
    row.full_clean()
    row.stamp(by, reason)
    row.save()
