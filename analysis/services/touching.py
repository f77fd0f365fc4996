"""What was touched since each analysis was last brought up to date: told from dates alone, so that it costs little.

Whether a touch changes a result is told by `analysis.services.staleness`, which reads the evidence. It also knows what
has no date here: versions of plugins, and readings of single readers, of which nothing is told while they are blinded.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max

from analysis.models import Analysis, Refresh, RefreshEnd, Step
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Assessment,
    Characteristic,
    CharacteristicField,
    ComparatorType,
    ComponentType,
    ContrastResult,
    Extraction,
    FlowCount,
    FollowUpWindow,
    Instrument,
    InterventionComponent,
    Judgement,
    Outcome,
    Report,
    Review,
    SearchRound,
    Settlement,
    Study,
)

# The histories of what a freeze holds, each with the lookup to the review; and, for rows of readers, to whether they
# are the consensus.
OF_REVIEW: tuple[tuple[Any, str], ...] = (
    *((model, "review") for model in (Study, Outcome, ComparatorType, ComponentType, CharacteristicField, SearchRound)),
    *((model, "outcome__review") for model in (Instrument, FollowUpWindow)),
    (Report, "study__review"),
    (FlowCount, "search_round__review"),
)
OF_CONSENSUS: tuple[tuple[Any, str], ...] = (
    *((model, "") for model in (Extraction, Assessment)),
    *((model, "extraction__") for model in (Arm, ContrastResult, Characteristic, AdverseEvent, Settlement)),
    *((model, "arm__extraction__") for model in (ArmResult, InterventionComponent)),
    (Judgement, "assessment__"),
)


@dataclass(frozen=True, slots=True)
class Touched:
    """How an analysis stands by its dates.

    Attributes
    ----------
    asked_at : when somebody last asked for it to be brought up to date; None if nobody has
    is_under_way : whether that request has not come to its end
    failure : why it failed, "" where it did not
    evidence_at : when the evidence was changed since, None where it was not
    definition_at : when its rules or steps were changed since, None where they were not
    """

    asked_at: datetime | None = None
    is_under_way: bool = False
    failure: str = ""
    evidence_at: datetime | None = None
    definition_at: datetime | None = None

    @property
    def is_touched(self) -> bool:
        """Whether anything was changed since, so that it may give something else now."""
        return self.evidence_at is not None or self.definition_at is not None


def read_touches(review: Review, analyses: Iterable[Analysis]) -> dict[int, Touched]:
    """Give how analyses of a review stand by their dates, by key, in as many queries for many as for few."""
    keys = [row.pk for row in analyses]
    asked = _last_requests(keys)
    evidence = evidence_changed_at(review) if asked else None
    definitions = _definitions_changed_at(keys) if asked else {}
    found = {}
    for key in keys:
        row = asked.get(key)
        if row is None:
            found[key] = Touched()
            continue
        at, defined = row["requested_at"], definitions.get(key)
        found[key] = Touched(
            asked_at=at,
            is_under_way=row["end__outcome"] is None,
            failure=row["end__says"] if row["end__outcome"] in RefreshEnd.WITHOUT_SNAPSHOT else "",
            evidence_at=evidence if evidence and evidence > at else None,
            definition_at=defined if defined and defined > at else None,
        )
    return found


def evidence_changed_at(review: Review) -> datetime | None:
    """Give when anything that a freeze of the review reads was last changed; None where nothing ever was."""
    newest = [_newest(model, {path: review.pk}) for model, path in OF_REVIEW]
    for model, path in OF_CONSENSUS:
        newest.append(_newest(model, {f"{path}study__review": review.pk, f"{path}is_consensus": True}))
    return max(filter(None, newest), default=None)


def _newest(model: Any, conditions: dict[str, Any]) -> datetime | None:
    """Give the date of the newest entry in a history, found from its newest end."""
    dates = model.history.filter(**conditions).order_by("-history_date").values_list("history_date", flat=True)
    found: datetime | None = dates.first()
    return found


def _last_requests(keys: list[int]) -> dict[int, Any]:
    """Give the last request for each analysis."""
    latest = Refresh.objects.filter(analysis__in=keys).order_by().values("analysis").annotate(last=Max("pk"))
    rows = Refresh.objects.filter(pk__in=latest.values("last")).order_by()
    return {row["analysis_id"]: row for row in rows.values("analysis_id", "requested_at", "end__outcome", "end__says")}


def _definitions_changed_at(keys: list[int]) -> dict[int, datetime]:
    """Give when the rules or steps of each analysis were last changed."""
    found: dict[int, datetime] = {}
    for model, name in ((Analysis, "id"), (Step, "analysis_id")):
        rows = model.history.filter(**{f"{name}__in": keys}).order_by().values_list(name)
        for key, at in rows.annotate(last=Max("history_date")):
            found[key] = max(found.get(key, at), at)
    return found
