"""Settling what two readers differ in, one item after the other: each decision is an event that is kept."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from evidence.comparing import Fault, Item, Kind, standing
from evidence.models import Adjudication, Study
from evidence.permissions import Act, NotIndependent, is_one_of_two, require
from evidence.services.extracting import hold
from evidence.services.extraction.comparing import ARMS_PATH, SideBySide, compare_readings
from evidence.services.extraction.values import read_third

FIRST, SECOND, OTHER = Adjudication.Taken.FIRST, Adjudication.Taken.SECOND, Adjudication.Taken.OTHER
SAME_IN_OTHER_WRITING = "The same in other writing."


@dataclass(frozen=True, slots=True)
class Choice:
    """What an adjudicator takes for one item: the first reader's, the second's, or a third value with its reason."""

    path: str
    taken: str
    value: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a page showed when it was made, so that what others did meanwhile is not decided over unseen."""

    version: str
    last_event: int


@transaction.atomic
def take(
    *, by: User, study: Study, path: str, taken: str, value: str = "", reason: str = "", seen: Seen | None = None
) -> Adjudication:
    """Take A, B or a third value for one item."""
    return take_many(by=by, study=study, choices=[Choice(path, taken, value, reason)], seen=seen)[0]


@transaction.atomic
def take_many(*, by: User, study: Study, choices: Iterable[Choice], seen: Seen | None = None) -> list[Adjudication]:
    """Take A, B or a third value for some items, all or none.

    Raises
    ------
    NotAllowed, NotIndependent : the person does not adjudicate here, or is one of the two readers
    ValidationError : a value cannot be read, a reason is missing, or somebody else was faster; by the item's path
    """
    sides = _ready(by, study)
    if seen is not None and seen.version != sides.version:
        raise ValidationError("A reading was changed while you had the page open. Nothing is saved; look again.")
    items = {item.path: item for _, item in sides.comparison.items()}
    events, errors = [], {}
    for choice in choices:
        try:
            events.append(_event(by, sides, items.get(choice.path), choice, seen))
        except ValidationError as error:
            errors[choice.path] = error.messages
    if errors:
        raise ValidationError(errors)
    for event in events:
        event.save()
    return events


@transaction.atomic
def take_all_equal(*, by: User, study: Study) -> list[Adjudication]:
    """Take the first reader's wherever the two differ in writing only and nobody has decided yet."""
    sides = _ready(by, study)
    alike = [item for item in sides.open_items if item.is_wording]
    choices = [Choice(item.path, FIRST, reason=SAME_IN_OTHER_WRITING) for item in alike]
    return take_many(by=by, study=study, choices=choices)


@transaction.atomic
def match_arms(
    *, by: User, study: Study, pairs: Mapping[str, str | None], reason: str, seen: Seen | None = None
) -> Adjudication:
    """Say which arm of the second reader each arm of the first is; None where the second does not have it.

    Raises
    ------
    ValidationError : an arm is unknown or named twice, or there is no reason
    """
    sides = _ready(by, study)
    if seen is not None:
        _refuse_overtaken(sides, ARMS_PATH, seen)
    ours, theirs = ({row.key for row in one.of(Kind.ARM)} for one in (sides.comparison.first, sides.comparison.second))
    named = [other for other in pairs.values() if other is not None]
    if set(pairs) != ours or not set(named) <= theirs:
        raise ValidationError("The arms have changed since you opened the page; look again.")
    if len(named) != len(set(named)):
        raise ValidationError("Two arms of one reader cannot be the same arm of the other.")
    event = Adjudication(
        first=sides.first,
        second=sides.second,
        path=ARMS_PATH,
        title="Which arms are the same",
        taken=Adjudication.Taken.MATCH,
        value=json.dumps(dict(sorted(pairs.items()))),
        reason=reason.strip(),
        decided_by=by,
    )
    event.full_clean()
    event.save()
    return event


def _ready(by: User, study: Study) -> SideBySide:
    """Give the comparison to an adjudicator who is not one of the readers, with the study held."""
    require(by, Act.ADJUDICATE, study.review)
    hold(study)
    if is_one_of_two(by, study):
        raise NotIndependent(who=by, study=study)
    return compare_readings(by=by, study=study)


def _event(by: User, sides: SideBySide, item: Item | None, choice: Choice, seen: Seen | None) -> Adjudication:
    if item is None:
        raise ValidationError(
            "This item is no longer there: the readings or the matched arms have changed. Look again."
        )
    if seen is not None:
        _refuse_overtaken(sides, choice.path, seen)
    value = choice.value.strip() if choice.taken == OTHER else ""
    if choice.taken == OTHER:
        read_third(item, value, sides.vocabulary)
        if not choice.reason.strip():
            raise ValidationError("A third value needs a reason.")
    elif choice.taken not in (FIRST, SECOND):
        raise ValidationError("Take A, B or a third value.")
    event = Adjudication(
        first=sides.first,
        second=sides.second,
        path=item.path,
        title=_title(sides, item),
        taken=choice.taken,
        value=value,
        seen_first=item.seen[0],
        seen_second=item.seen[1],
        reason=choice.reason.strip(),
        decided_by=by,
    )
    event.full_clean()
    return event


def _refuse_overtaken(sides: SideBySide, path: str, seen: Seen) -> None:
    """Refuse to decide over what another adjudicator decided since the page was made."""
    event = sides.events.get(path)
    if event is None or event.pk <= seen.last_event:
        return
    said = f"“{event.value}”" if event.taken == OTHER else event.get_taken_display().lower()
    why = f" ({event.reason})" if event.reason else ""
    raise ValidationError(f"{event.decided_by} decided this meanwhile: {said}{why}. Look again before you change it.")


def _title(sides: SideBySide, item: Item) -> str:
    title = sides.comparison.titles[item.pair.path]
    return f"{title}: {item.field.label}" if item.field else title


def decided(sides: SideBySide, item: Item) -> Adjudication | None:
    """Give the event that settles an item, None where it is open or its readings have changed since."""
    return sides.events.get(item.path) if standing(item, sides.decisions) is not None else None


def is_reopened(sides: SideBySide, item: Item) -> bool:
    """Whether an item was decided once, and a reading has changed since."""
    return item.path in sides.events and decided(sides, item) is None and item.differs


def main_fault(item: Item) -> str:
    """Give the likeliest fault behind a difference."""
    return str(item.findings[0].fault if item.findings else Fault.DIFFERENT)
