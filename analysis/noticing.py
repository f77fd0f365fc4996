"""Noting that a new snapshot lets a reader conclude something else than the one before; digits alone are no news.

The notice and the messages about it are rows that are written together. Sending them is another matter
(`analysis.services.notifying`), so that no mail server can stand in the way of a snapshot.
"""

from typing import Any, NamedTuple

from django.db import IntegrityError, transaction

from analysis import canonical
from analysis.contract import Dataset
from analysis.execution import worker_name
from analysis.explain import ChangedClass, Conclusion, changed_classes, conclusion_of, important_of
from analysis.explain.words import CLASS_WORDS
from analysis.models import Certainty, Delivery, Notice, NoticeSubscription, RefreshEnd, Run, Snapshot, Webhook
from analysis.models.database_clock import read_clock
from analysis.registry import get_plugin

CHANGED = "{title}: {before} before, {after} now."
UNDEFINED = "not defined"
NOT_COMPARED = (
    "The conclusion could not be compared with that of snapshot {number}: what is stored with one of the two cannot be "
    "read ({error}). Please compare them yourself."
)
# What reading results of other versions of plugins may raise.
UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError)


def note_change(snapshot: Snapshot) -> Notice | None:
    """Give the notice of a snapshot that is new; None where its classes are those of the one before.

    To be called after the snapshot is stored and before its refresh is ended: a process that is lost in between is
    made up for by the next one, and of several that do it at once one is kept. A snapshot that ended a refresh before
    was looked at then. The first snapshot of an analysis has no notice.
    """
    if RefreshEnd.objects.filter(snapshot=snapshot).exists():
        return _stored(snapshot)
    earlier = Snapshot.objects.filter(analysis=snapshot.analysis_id, number__lt=snapshot.number)
    before = earlier.order_by("-number").first()
    if before is None:
        return None
    try:
        changes = changes_between(before, snapshot)
        says = [describe(change) for change in changes]
    except UNREADABLE as error:
        changes, says = (), [NOT_COMPARED.format(number=before.number, error=type(error).__name__)]
    return _write(before, snapshot, changes, says) if says else None


def changes_between(before: Snapshot, after: Snapshot) -> tuple[ChangedClass, ...]:
    """Give the classes of conclusion that differ; certainties are both rated by people or both proposed."""
    old, new = _read(before), _read(after)
    both_rated = old.rated is not None and new.rated is not None
    return changed_classes(*(_conclude(side, side.rated if both_rated else side.proposed) for side in (old, new)))


def describe(change: ChangedClass) -> str:
    """Give a change as a sentence: “Certainty of the evidence: moderate before, low now.”"""
    words = {end: _in_words(getattr(change, end)) for end in ("before", "after")}
    return CHANGED.format(title=change.title[:1].upper() + change.title[1:], **words)


def _in_words(value: str | None) -> str:
    return UNDEFINED if value is None else CLASS_WORDS.get(value, value.replace("_", " "))


class _Side(NamedTuple):
    """What the classes of a snapshot are read from; certainties are None where there is none."""

    dataset: Dataset
    pooling: dict[str, Any]
    grade: dict[str, Any]
    rated: Any
    proposed: Any


def _read(snapshot: Snapshot) -> _Side:
    """Read a snapshot."""
    runs = {run.plugin: run for run in snapshot.runs.filter(plugin__in=("pooling", "grade"))}
    pooling, grade = runs.get("pooling"), runs.get("grade")
    rated = Certainty.objects.filter(run=grade).order_by("-rated_at", "-pk") if grade else Certainty.objects.none()
    return _Side(
        dataset=Dataset.model_validate_json(snapshot.dataset.content),
        pooling=canonical.from_text(pooling.result) if pooling else {},
        grade=_params(grade) if grade else {},
        rated=rated.values_list("level", flat=True).first(),
        proposed=canonical.from_text(grade.result).get("certainty") if grade else None,
    )


def _params(run: Run) -> dict[str, Any]:
    """Give the parameters of a run, with the defaults of those that its version did not have yet, where they fit."""
    stored: dict[str, Any] = canonical.from_text(run.params)
    try:
        return get_plugin(run.plugin).params.model_validate(stored).model_dump(mode="json")
    except ValueError:  # an unknown plugin, or parameters of another version of it
        return stored


def _conclude(side: _Side, certainty: Any) -> Conclusion:
    return conclusion_of(
        side.pooling,
        lower_is_better=side.dataset.outcome.direction == "lower",
        important=important_of(side.dataset, side.grade),
        certainty=certainty,
    )


def _stored(snapshot: Snapshot) -> Notice | None:
    found: Notice | None = Notice.objects.filter(snapshot=snapshot).first()
    return found


def _write(before: Snapshot, snapshot: Snapshot, changes: tuple[ChangedClass, ...], says: list[str]) -> Notice | None:
    """Keep a notice with a message for each who is told; where another process did it first, give what it kept."""
    text = canonical.to_text([change.model_dump(mode="json") for change in changes])
    notice = Notice(snapshot=snapshot, previous=before, changes=text, says="\n".join(says), noted_by=worker_name())
    review = snapshot.analysis.review_id
    try:
        with transaction.atomic():
            notice.save()
            due = {"notice": notice, "due_next": read_clock()}
            for webhook in Webhook.objects.filter(review=review, is_active=True):
                Delivery(webhook=webhook, **due).save()
            for row in NoticeSubscription.objects.filter(review=review, by_email=True):
                Delivery(person_id=row.person_id, **due).save()
    except IntegrityError:
        return _stored(snapshot)
    return notice
