"""Two readings of a study side by side, with what was decided about them so far."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError

from evidence.comparing import Comparison, Decision, Item, Taken, compare, open_items
from evidence.models import Adjudication, Extraction, Study
from evidence.permissions import Act, is_one_of_two, may, may_read_extraction
from evidence.services.extracting import readings_of
from evidence.services.extraction.reading import Vocabulary, read_extraction, vocabulary_of
from evidence.services.extraction.values import read_third

TAKEN = {
    Adjudication.Taken.FIRST: Taken.FIRST,
    Adjudication.Taken.SECOND: Taken.SECOND,
    Adjudication.Taken.OTHER: Taken.OTHER,
}
TURNED = {Taken.FIRST: Taken.SECOND, Taken.SECOND: Taken.FIRST, Taken.OTHER: Taken.OTHER}
ARMS_PATH = "arms"


@dataclass(frozen=True, slots=True)
class SideBySide:
    """A study's two readings, their comparison, and the decisions that there are.

    Parameters
    ----------
    events : the latest event about each item, by its path
    last_event : key of the latest event of all, 0 where there is none
    """

    study: Study
    first: Extraction
    second: Extraction
    vocabulary: Vocabulary
    comparison: Comparison
    decisions: Mapping[str, Decision]
    events: Mapping[str, Adjudication]
    last_event: int

    @property
    def open_items(self) -> list[Item]:
        """The differences that nobody has decided yet."""
        return open_items(self.comparison, self.decisions)

    @property
    def version(self) -> str:
        """What names both readings as they are: a page that was made of other ones is out of date."""
        text = json.dumps(
            [
                [row.kind, row.key, row.content, sorted(row.place.items())]
                for reading in (self.comparison.first, self.comparison.second)
                for row in reading.rows
            ]
        )
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def complete_pair(study: Study) -> tuple[Extraction, Extraction]:
    """Give the two completed readings of a study.

    Raises
    ------
    ValidationError : there are not two yet
    """
    readings = readings_of(study)
    done = [row for row in readings if row.status == Extraction.Status.COMPLETE]
    if len(done) < 2:
        states = ", ".join(f"{row.reviewer}: {row.get_status_display().lower()}" for row in readings) or "none begun"
        raise ValidationError(f"“{study}” is compared once two readers have completed it ({states}).")
    return done[0], done[1]


def compare_readings(*, by: User, study: Study) -> SideBySide:
    """Give the two readings of a study side by side, to a person who may read both.

    Raises
    ------
    ValidationError : there are no two completed readings yet
    PermissionDenied : the person may not read them
    """
    first, second = complete_pair(study)
    if not (may_read_extraction(by, first) and may_read_extraction(by, second)):
        raise PermissionDenied(
            f"The readings of “{study}” are open to its two readers and to those who adjudicate, and to nobody who has "
            "a reading of it in work."
        )
    return side_by_side(study, first, second)


def may_adjudicate(person: User, study: Study) -> bool:
    """Whether the person may settle what the readers of a study differ in."""
    return may(person, Act.ADJUDICATE, study.review) and not is_one_of_two(person, study)


def side_by_side(study: Study, first: Extraction, second: Extraction) -> SideBySide:
    """Read both readings and the decisions about them."""
    vocabulary = vocabulary_of(study.review)
    events = list(
        Adjudication.objects.filter(first__in=(first, second), second__in=(first, second))
        .select_related("decided_by")
        .order_by("pk")
    )
    latest = {event.path: event for event in events}
    comparison = compare(
        read_extraction(first, vocabulary),
        read_extraction(second, vocabulary),
        vocabulary.words,
        _by_hand(latest.get(ARMS_PATH), first),
    )
    decisions = dict(_decisions(latest.values(), comparison, first, vocabulary))
    last = events[-1].pk if events else 0
    return SideBySide(study, first, second, vocabulary, comparison, decisions, latest, last)


def _by_hand(event: Adjudication | None, first: Extraction) -> dict[str, str | None]:
    """Give the arms that a person matched, by those of the reading that comes first now."""
    if event is None:
        return {}
    pairs: dict[str, str | None] = json.loads(event.value)
    if event.first_id == first.pk:
        return pairs
    return {other: key for key, other in pairs.items() if other is not None}


def _decisions(
    events: Iterable[Adjudication], comparison: Comparison, first: Extraction, vocabulary: Vocabulary
) -> Iterable[tuple[str, Decision]]:
    """Give what was decided, by the path of the item, seen from the reading that comes first now."""
    items = {item.path: item for _, item in comparison.items()}
    for event in events:
        item = items.get(event.path)
        if item is None or event.taken not in TAKEN:
            continue
        taken, seen = TAKEN[Adjudication.Taken(event.taken)], (event.seen_first, event.seen_second)
        if event.first_id != first.pk:
            taken, seen = TURNED[taken], seen[::-1]
        try:
            value = read_third(item, event.value, vocabulary) if taken == Taken.OTHER else None
        except ValidationError:  # the form has changed since: the item is open again
            continue
        yield event.path, Decision(taken, value, seen, _said(event, taken, comparison))


def _said(event: Adjudication, taken: Taken, comparison: Comparison) -> str:
    """Say who took what, and why, for the history of the consensus."""
    names = {Taken.FIRST: comparison.names.first, Taken.SECOND: comparison.names.second, Taken.OTHER: "neither"}
    why = f" ({event.reason})" if event.reason else ""
    return f"{names[taken]}, by {event.decided_by}{why}"
