"""Who has assessed what of a study: names and states, and never an answer that the person may not read."""

from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from evidence.admin.standing import Standing
from evidence.models import Assessment, Judgement, Study
from evidence.permissions import Act, readable_assessments
from evidence.services.risk_of_bias.settling import comparable
from evidence.tools import OVERALL

READERS = 2


@dataclass(slots=True)
class Line:
    """One assessment in a list."""

    assessment: Assessment
    is_own: bool
    may_read: bool
    overall: Judgement | None

    @property
    def level_name(self) -> str:
        """The overall judgement in words."""
        return self.assessment.definition.level_name(self.overall.judgement) if self.overall else ""


@dataclass(slots=True)
class ResultState:
    """The assessments of one result with one tool, and what the person may do next."""

    name: str
    about: str
    lines: list[Line] = field(default_factory=list)
    consensus: Line | None = None
    settle: tuple[Assessment, Assessment] | None = None
    cannot_settle: str = ""


def states_of(standing: Standing, study: Study) -> list[ResultState]:
    """Give the state of every result of the study that somebody assesses."""
    if study.pk is None:
        return []
    rows = Assessment.objects.filter(study=study).select_related("study", "outcome", "reviewer", "review_tool")
    rows = rows.order_by("tool", "outcome__name", "outcome_id", "is_consensus", "reviewer__username")
    readable = set(
        Assessment.objects.filter(study=study).filter(readable_assessments(standing.user)).values_list("pk", flat=True)
    )
    overall = {
        row.assessment_id: row for row in Judgement.objects.filter(assessment__in=readable, domain=OVERALL).order_by()
    }
    found = []
    for _, group in groupby(rows, key=lambda row: (row.tool, row.outcome_id)):
        found.append(_state(standing, list(group), readable, overall))
    return found


def _state(
    standing: Standing, rows: list[Assessment], readable: set[int], overall: dict[Any, Judgement]
) -> ResultState:
    lines = [Line(row, row.reviewer_id == standing.user.pk, row.pk in readable, overall.get(row.pk)) for row in rows]
    first = rows[0]
    effect = next((row.effect for row in rows if row.effect), "")
    state = ResultState(
        name=first.tool_name,
        about=first.outcome.name if first.outcome else "all outcomes",
        lines=[line for line in lines if not line.assessment.is_consensus],
        consensus=next((line for line in lines if line.assessment.is_consensus), None),
    )
    if effect:
        state.about += f", {first.definition.effects.get(effect, effect).lower()}"
    submitted = [line.assessment for line in state.lines if line.assessment.is_submitted]
    others = [row for row in submitted if row.reviewer_id != standing.user.pk]
    if not standing.may(Act.ADJUDICATE, first.study.review_id) or len(submitted) < READERS:
        return state
    if len(others) < READERS:
        state.cannot_settle = "Somebody else has to settle it: you are one of the two readers."
    elif faults := comparable(others[0], others[1]):
        state.cannot_settle = " ".join(faults)
    else:
        state.settle = others[0], others[1]
    return state
