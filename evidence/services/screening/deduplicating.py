"""Copies of one document in a review: clear ones marked as one act, doubtful ones put before a person."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from simple_history.utils import bulk_create_with_history, bulk_update_with_history

from evidence.likeness import find_duplicates
from evidence.models import ChangeBatch, DoubtfulPair, Record, Review
from evidence.models.doors import current_door
from evidence.permissions import Act, require
from evidence.services.acting import one_act
from evidence.services.recording import erase, keep
from evidence.services.screening.docket import AT_ONCE, in_parts, settled_again
from evidence.services.screening.gathering import Holdings, read_holdings
from evidence.services.screening.pairing import remember

BOTH_BUILT_UPON = "Readers have answered both, or both are reports."
BOTH_REPORTS = "“{one}” and “{other}” are both reports of studies; unlink one from its study first."
ANSWERED = "{by} has answered this pair already: {answer}."
CHANGED_SINCE = "“{record}” was changed since; nothing is taken back."
NOT_ANSWERED = "Nobody has answered this pair, or the answer was taken back already."
NOTHING = "You have answered no pair that could be taken back."
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is proposed for a review: which record duplicates which, and the pairs that a person looks at."""

    duplicates: Mapping[int, int]
    """For each record that is to be marked, the one that is kept."""
    doubtful: tuple[tuple[int, int, float, str], ...]
    """Two records, the smaller key first, with a score and the reasons."""
    records: int


@dataclass(frozen=True, slots=True)
class Deduplicated:
    """What came of looking for duplicates."""

    records: int
    marked: int
    doubtful: int
    """Pairs that wait for a person now."""
    act: ChangeBatch | None


def propose_duplicates(*, by: User, review: Review, progress: Progress | None = None) -> Proposed:
    """Look for copies in a review; nothing is changed.

    Raises
    ------
    NotAllowed : the person does not record in the review
    """
    require(by, Act.RECORD, review)
    held = read_holdings(review)
    found = find_duplicates(held.citations, apart=held.apart(), progress=progress)
    duplicates: dict[int, int] = {}
    doubtful: dict[tuple[int, int], tuple[float, str]] = {}
    for mains in _documents(held, found.groups):
        kept = held.keeper(mains)
        for main in mains:
            if main == kept:
                continue
            if held.is_fixed(main):
                doubtful[min(main, kept), max(main, kept)] = (1.0, BOTH_BUILT_UPON)
            else:
                duplicates[main] = kept
    for pair in found.doubtful:
        one, other = held.main_pair(pair.first, pair.second)
        one, other = sorted((duplicates.get(one, one), duplicates.get(other, other)))
        if one != other:
            doubtful.setdefault((one, other), (pair.judgement.score, pair.judgement.in_words))
    rows = tuple((*pair, *said) for pair, said in sorted(doubtful.items()))
    return Proposed(duplicates=duplicates, doubtful=rows, records=len(held.citations))


def _documents(held: Holdings, groups: Iterable[Sequence[int]]) -> list[list[int]]:
    """Give the groups as records that duplicate nothing yet, joined where they share one, and none held apart."""
    joined: dict[int, set[int]] = {}
    apart = {held.main_pair(first, second) for first, second in held.held_apart}
    for group in groups:
        mains = {held.main_of[key] for key in group}
        whole = mains.union(*(joined.get(main, set()) for main in mains))
        if any((one, other) in apart for one in whole for other in whole):
            continue
        for main in whole:
            joined[main] = whole
    unique = {min(whole): sorted(whole) for whole in joined.values() if len(whole) > 1}
    return [unique[first] for first in sorted(unique)]


def deduplicate(*, by: User, review: Review, progress: Progress | None = None) -> Deduplicated:
    """Mark the clear duplicates of a review as one act that can be undone, and put the doubtful ones before people.

    A duplicate keeps everything: its database, its number there, its DOI and PMID. Nothing that readers have answered,
    and no report of a study, is marked by itself.

    Raises
    ------
    NotAllowed : the person does not record in the review
    """
    proposed = propose_duplicates(by=by, review=review, progress=progress)
    act = None
    with transaction.atomic():
        Review.objects.select_for_update(no_key=True).get(pk=review.pk)
        if proposed.duplicates:
            what = f"Clear duplicates marked: {len(proposed.duplicates)}"
            with one_act(by=by, review=review, what=what, door=current_door() or "command") as act:
                _point(by, review, proposed.duplicates, reason="clear duplicate")
        waiting = _store_doubtful(by, review, proposed.doubtful)
    return Deduplicated(proposed.records, len(proposed.duplicates), waiting, act)


def _point(by: User, review: Review, duplicates: Mapping[int, int | None], *, reason: str) -> None:
    """Let records, and those that duplicate them, duplicate others; with None, none."""
    ends = {key for key in (*duplicates, *duplicates.values()) if key is not None}
    copies: dict[int, list[Record]] = defaultdict(list)
    for part in in_parts(sorted(duplicates)):
        for record in Record.objects.filter(duplicate_of__in=part).order_by("pk"):
            copies[record.duplicate_of_id or 0].append(record)
    with settled_again(review, [*ends, *(record.pk for found in copies.values() for record in found)]):
        changed = []
        for part in in_parts(sorted(duplicates)):
            for record in Record.objects.select_for_update(no_key=True).filter(pk__in=part).order_by("pk"):
                kept = duplicates[record.pk]
                follow = copies[record.pk] if kept is not None else []
                for one in (record, *follow):
                    one.duplicate_of_id = kept
                    changed.append(one)
        bulk_update_with_history(
            changed, Record, ["duplicate_of"], batch_size=AT_ONCE, default_user=by, default_change_reason=reason
        )


def _store_doubtful(by: User, review: Review, doubtful: Sequence[tuple[int, int, float, str]]) -> int:
    """Keep the pairs that wait for a person: new ones are added, those that are doubtful no more are removed."""
    wanted = {(first, second): (score, reasons) for first, second, score, reasons in doubtful}
    known = {(pair.first_id, pair.second_id): pair for pair in DoubtfulPair.objects.filter(review=review)}
    for key, pair in known.items():
        if not pair.answer and key not in wanted:
            erase(by=by, row=pair, reason="doubtful no more")
    new = [
        DoubtfulPair(review=review, first_id=first, second_id=second, score=score, reasons=reasons)
        for (first, second), (score, reasons) in wanted.items()
        if (first, second) not in known
    ]
    bulk_create_with_history(new, DoubtfulPair, batch_size=AT_ONCE, default_user=by)
    return waiting_pairs(review).count()


def waiting_pairs(review: Review) -> QuerySet[DoubtfulPair]:
    """Give the pairs that wait for an answer, the likeliest first."""
    rows = DoubtfulPair.objects.filter(review=review, answer="")
    return rows.filter(first__duplicate_of=None, second__duplicate_of=None).order_by("-score", "pk")


@transaction.atomic
def answer_pair(*, by: User, pair: DoubtfulPair, answer: str) -> DoubtfulPair:
    """Say of two records whether they are one document. Of duplicates one is kept and the other leaves screening.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the pair is answered already, there is no such answer, or both records are reports
    """
    require(by, Act.RECORD, pair.review)
    held = DoubtfulPair.objects.select_for_update(no_key=True, of=("self",))
    pair = held.select_related("first", "second", "review").get(pk=pair.pk)
    if pair.answer:
        raise ValidationError(ANSWERED.format(by=pair.answered_by, answer=pair.get_answer_display().lower()))
    if answer not in DoubtfulPair.Answer.values:
        raise ValidationError("Say whether they are duplicates or not.")
    if answer == DoubtfulPair.Answer.DISTINCT:
        return remember(by=by, record=pair.first, other_id=pair.second_id, answer=answer)
    one, other = (record.duplicate_of or record for record in (pair.first, pair.second))
    if one.pk == other.pk:
        return remember(by=by, record=pair.first, other_id=pair.second_id, answer=answer)
    if one.report_id is not None and other.report_id is not None:
        raise ValidationError(BOTH_REPORTS.format(one=one, other=other))
    kept = read_holdings(pair.review, [one.pk, other.pk]).keeper([one.pk, other.pk])
    gone = other if kept == one.pk else one
    what = f"Record {gone.pk} marked as a duplicate of record {kept}"
    with one_act(by=by, review=pair.review, what=what, door=current_door() or "command") as act:
        _point(by, pair.review, {gone.pk: kept}, reason="a person said so")
        return remember(by=by, record=pair.first, other_id=pair.second_id, answer=answer, act=act)


def last_answer(*, by: User, review: Review) -> DoubtfulPair | None:
    """Give the pair that the person answered last."""
    return answered_pairs(review).filter(answered_by=by).first()


def answered_pairs(review: Review) -> QuerySet[DoubtfulPair]:
    """Give the pairs that somebody answered, the latest first."""
    rows = DoubtfulPair.objects.filter(review=review).exclude(answer="")
    return rows.select_related("first", "second", "act", "review", "answered_by").order_by("-answered_at", "-pk")


@transaction.atomic
def take_back(*, by: User, review: Review, pair: DoubtfulPair | None = None) -> DoubtfulPair:
    """Take back an answer about a pair, the person's last unless one is named; it waits again.

    Raises
    ------
    NotAllowed : the person does not record in the review, or it is another's answer and they do not adjudicate
    ValidationError : there is no such answer, or one of the records was changed since
    """
    require(by, Act.RECORD, review)
    own = last_answer(by=by, review=review) if pair is None else answered_pairs(review).filter(pk=pair.pk).first()
    if own is None:
        raise ValidationError(NOTHING if pair is None else NOT_ANSWERED)
    pair = own
    if pair.answered_by != by:
        require(by, Act.ADJUDICATE, review)
    if pair.act is not None and pair.act.undone_at is None:
        _take_back_act(by, pair.act)
    elif pair.answer == DoubtfulPair.Answer.DUPLICATE:
        marked = next((one for one in (pair.first, pair.second) if one.duplicate_of_id is not None), None)
        if marked is not None:
            _point(by, review, {marked.pk: None}, reason="answer taken back")
    pair.answer, pair.answered_at, pair.answered_by, pair.act = "", None, None, None
    return keep(by=by, row=pair, reason="answer taken back")


def _take_back_act(by: User, act: ChangeBatch) -> None:
    """Let the records of an act duplicate again what they did before it."""
    former: dict[int, int | None] = {}
    for entry in Record.history.filter(history_batch=act.pk).order_by("history_id"):
        record = Record.objects.get(pk=entry.id)
        if record.duplicate_of_id != entry.duplicate_of_id:
            raise ValidationError(CHANGED_SINCE.format(record=record))
        former[record.pk] = entry.prev_record.duplicate_of_id
    # The copies of the record that was marked first go back to it, each by itself.
    _point(by, act.review, {key: of for key, of in former.items() if of is None}, reason="answer taken back")
    _point(by, act.review, {key: of for key, of in former.items() if of is not None}, reason="answer taken back")
    act.undone_at, act.undone_by, act.undone_because = timezone.now(), by, "The answer about the pair was taken back."
    keep(by=by, row=act, reason="answer taken back")
