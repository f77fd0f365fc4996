"""Answers of readers: given, changed and taken back, each as a new event."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import ExclusionReason, Record, Review, ScreeningDecision, ScreeningState, ScreeningTicket
from evidence.permissions import Act, require
from evidence.services.screening.docket import Docket
from evidence.services.screening.handing_out import hand, held_by_others
from evidence.verdicts import Answer, Event, Stage, Status

Door = ScreeningDecision.Door
MOST_PROBLEMS = 10
NOT_HERE = "“{record}” is not at this stage."
ALL_ANSWERED = "“{record}” has been answered by all who have to read it; an adjudicator can decide otherwise."
IN_OTHER_HANDS = "“{record}” is in the hands of as many readers as it needs; it comes back if they leave it."
NO_REASON = "Excluding “{record}” needs a reason."
NO_SUCH_REASON = "“{reason}” is not a reason of this review that can be chosen at this stage."
REASON_WITHOUT_EXCLUDING = "A reason is given for excluding only."
TWICE = "A record is named twice; each can be answered once at a time."
NOTHING_TO_UNDO = "There is no answer of yours at this stage that can be taken back."
DECIDED_BY_OTHERS = "“{record}” has been decided by an adjudicator; your answer stays as it is."
READ_IN_FULL = "“{record}” has been answered at the full-text stage; an adjudicator can decide there."
IS_A_REPORT = "“{record}” is a report of a study; unlink it from the study first."


@dataclass(frozen=True, slots=True)
class Given:
    """One person's answer about one record."""

    record: Record
    answer: str
    reason: ExclusionReason | None = None
    note: str = ""


def decide(
    *,
    by: User,
    record: Record,
    stage: str,
    answer: str,
    reason: ExclusionReason | None = None,
    note: str = "",
    door: str = Door.QUEUE,
) -> ScreeningState:
    """Record the person's answer, or their change of mind while other readers are waited for.

    The same answer again changes nothing.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    ValidationError : the record is not theirs to answer, or the answer lacks what the rules ask for
    """
    given = [Given(record, answer, reason, note)]
    return decide_many(by=by, review=record.review, stage=stage, given=given, door=door)[0]


@transaction.atomic
def decide_many(
    *, by: User, review: Review, stage: str, given: Sequence[Given], door: str = Door.BULK
) -> list[ScreeningState]:
    """Record many answers of the person by the same rules as one, all or none; they carry one mark, to be undone by.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    ValidationError : one sentence for each of the first answers that cannot be taken
    """
    require(by, Act.RECORD, review)
    if len({item.record.pk for item in given}) < len(given):
        raise ValidationError(TWICE)
    docket = Docket(review, [item.record.pk for item in given])
    held = held_by_others([state.pk for state in docket.states.values()], by, timezone.now())
    problems: list[str] = []
    batch = secrets.token_hex(8) if door != Door.QUEUE else ""
    decisions = []
    for item in given:
        found = _problem_of(by, docket, stage, item, held[_key(docket, item.record, stage)])
        if found:
            problems.append(found)
        elif not _is_said_already(by, docket, stage, item):
            decisions.append(_decision(by, item.record, stage, item.answer, item.reason, item.note, door, batch))
    if problems:
        left = len(problems) - MOST_PROBLEMS
        raise ValidationError([*problems[:MOST_PROBLEMS], *([f"And {left} more."] if left > 0 else [])])
    docket.write(decisions)
    states = [docket.states[item.record.pk, stage] for item in given]
    ScreeningTicket.objects.filter(reader=by, state__in=states).delete()
    return states


@transaction.atomic
def undo(*, by: User, review: Review, stage: str) -> ScreeningState:
    """Take back the person's last answer that still stands, as a new event, and hand the record to them again.

    Where all required readers have answered, each may know what the other said: then the record goes to an adjudicator.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    ValidationError : there is no such answer, or something was built upon it
    """
    require(by, Act.RECORD, review)
    last = _last_standing(by, review, stage)
    if last is None:
        raise ValidationError(NOTHING_TO_UNDO)
    docket = Docket(review, [last.record_id])
    _withdraw(by, docket, stage, [last])
    state = docket.states[last.record_id, stage]
    if state.status == Status.WAITING:
        hand(by, state, timezone.now())
    return state


@transaction.atomic
def undo_batch(*, by: User, review: Review, batch: str) -> int:
    """Take back all answers that the person gave at once, those that still stand; give how many these are.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    ValidationError : something was built upon one of them; nothing is taken back
    """
    require(by, Act.RECORD, review)
    given = ScreeningDecision.objects.filter(decided_by=by, record__review=review, batch=batch).exclude(batch="")
    decisions = list(given.exclude(answer=Answer.WITHDRAWN).select_related("record"))
    docket = Docket(review, [decision.record_id for decision in decisions])
    standing = []
    for decision in decisions:
        own = [e for e in docket.events[decision.record_id, decision.stage] if _is_own_answer(e, by)]
        if own and own[-1].answer != Answer.WITHDRAWN:
            standing.append(decision)
    for stage in Stage:
        _withdraw(by, docket, stage, [decision for decision in standing if decision.stage == stage])
    return len(standing)


def reason_problem(review: Review, stage: str, answer: str, reason: ExclusionReason | None) -> str:
    """Say what is wrong with a reason, "" where nothing is."""
    if reason is None:
        return ""
    if answer != Answer.EXCLUDE:
        return REASON_WITHOUT_EXCLUDING
    is_offered = reason.stage in (stage, ExclusionReason.AtStage.BOTH) and not reason.is_retired
    return "" if is_offered and reason.review_id == review.pk else NO_SUCH_REASON.format(reason=reason)


def built_upon(docket: Docket, record: Record, stage: str) -> str:
    """Say what was built upon the state of a record at a stage, "" where nothing was."""
    if stage == Stage.TITLE_ABSTRACT and docket.events[record.pk, Stage.FULL_TEXT]:
        return READ_IN_FULL.format(record=record)
    return IS_A_REPORT.format(record=record) if record.pk in docket.reported else ""


def _key(docket: Docket, record: Record, stage: str) -> int:
    state = docket.states.get((record.pk, stage))
    return 0 if state is None else state.pk


def _is_own_answer(event: Event, by: User) -> bool:
    return event.reader == by.pk and not event.is_adjudication


def _standing_answer(by: User, docket: Docket, record_id: int, stage: str) -> Event | None:
    own = [event for event in docket.events[record_id, stage] if _is_own_answer(event, by)]
    return own[-1] if own and own[-1].answer != Answer.WITHDRAWN else None


def _problem_of(by: User, docket: Docket, stage: str, item: Given, held: int) -> str:
    """Say why an answer cannot be taken, "" where it can."""
    state = docket.states.get((item.record.pk, stage))
    if state is None or state.status == Status.REMOVED:
        return NOT_HERE.format(record=item.record)
    if state.status != Status.WAITING:
        return "" if _is_said_already(by, docket, stage, item) else ALL_ANSWERED.format(record=item.record)
    is_new = _standing_answer(by, docket, item.record.pk, stage) is None
    if is_new and state.answered + held >= state.needed:
        return IN_OTHER_HANDS.format(record=item.record)
    if item.answer not in (Answer.INCLUDE, Answer.EXCLUDE, Answer.UNSURE):
        return f"“{item.answer}” is no answer; say include, exclude or unsure."
    needs_reason = stage == Stage.FULL_TEXT or docket.policy.needs_reason
    if item.answer == Answer.EXCLUDE and item.reason is None and needs_reason:
        return NO_REASON.format(record=item.record)
    return reason_problem(docket.review, stage, item.answer, item.reason)


def _is_said_already(by: User, docket: Docket, stage: str, item: Given) -> bool:
    """Whether the same answer of the same person stands: a form that is sent twice is one answer."""
    before = _standing_answer(by, docket, item.record.pk, stage)
    reason = None if item.reason is None else item.reason.pk
    return before is not None and (before.answer, before.reason, before.note) == (item.answer, reason, item.note)


def _decision(
    by: User,
    record: Record,
    stage: str,
    answer: str,
    reason: ExclusionReason | None,
    note: str,
    door: str,
    batch: str,
) -> ScreeningDecision:
    return ScreeningDecision(
        record=record, stage=stage, answer=answer, reason=reason, note=note, door=door, batch=batch, decided_by=by
    )


def _last_standing(by: User, review: Review, stage: str) -> ScreeningDecision | None:
    """Give the person's newest answer that they have not taken back."""
    own = ScreeningDecision.objects.filter(decided_by=by, stage=stage, is_adjudication=False, record__review=review)
    newer: set[int] = set()
    for decision in own.select_related("record").order_by("-decided_at", "-pk").iterator(chunk_size=50):
        if decision.record_id not in newer and decision.answer != Answer.WITHDRAWN:
            return decision
        newer.add(decision.record_id)
    return None


def _withdraw(by: User, docket: Docket, stage: str, given: Sequence[ScreeningDecision]) -> None:
    """Take answers back, unless something was built upon one of them."""
    problems = []
    for decision in given:
        events = docket.events[decision.record_id, stage]
        is_ruled = any(event.is_adjudication for event in events)
        found = DECIDED_BY_OTHERS.format(record=decision.record) if is_ruled else ""
        problems.append(found or built_upon(docket, decision.record, stage))
    if any(problems):
        raise ValidationError([found for found in problems if found][:MOST_PROBLEMS])
    taken_back = [
        _decision(by, decision.record, stage, Answer.WITHDRAWN, None, "", decision.door, decision.batch)
        for decision in given
    ]
    docket.write(taken_back)
