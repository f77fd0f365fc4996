"""Records that come into a review, are corrected, or turn out to be there already."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from evidence.likeness import Citation, plainly
from evidence.likeness.comparing import compare
from evidence.likeness.titles import Likeness
from evidence.models import (
    ChangeBatch,
    DoubtfulPair,
    Record,
    RecordText,
    Review,
    ScreeningState,
    SearchRound,
    SearchSource,
)
from evidence.models.doors import Door, current_door
from evidence.permissions import Act, require
from evidence.services.acting import one_act
from evidence.services.planner import renew_statistics
from evidence.services.recording import record as save
from evidence.services.screening.arriving import digest_of, fold, hit_of, split_known
from evidence.services.screening.docket import AT_ONCE, Docket, in_parts
from evidence.services.screening.pairing import remember
from evidence.services.screening.queueing import new_state, policy_of
from evidence.verdicts import Stage

FIELDS = (
    *("title", "abstract", "authors", "year", "journal", "volume", "issue", "pages"),
    *("doi", "pmid", "accession"),
)
MOST_PROBLEMS = 20
SAME_TITLES = frozenset({Likeness.SAME, Likeness.SLIP, Likeness.MAIN})
DOI_PREFIX = re.compile(r"^(https?://)?(dx\.)?doi\.org/|^doi:\s*", re.IGNORECASE)

Progress = Callable[[int, int], None]


class Arrival(StrEnum):
    """What becomes of a row that is to be added."""

    NEW = "new"
    DUPLICATE = "duplicate"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Arrived:
    """One row that was to be added: what became of it, and its record, None where it was there already."""

    arrival: Arrival
    record: Record | None = None


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding records: in numbers, row by row, and as the act that can be undone (None: nothing is new)."""

    records: int
    duplicates: int
    unchanged: int = 0
    rows: tuple[Arrived, ...] = field(default=(), compare=False, repr=False)
    source: SearchSource | None = field(default=None, compare=False)
    act: ChangeBatch | None = field(default=None, compare=False)


@transaction.atomic
def add_records(
    *,
    by: User,
    search_round: SearchRound,
    rows: Sequence[Mapping[str, Any]],
    source: SearchSource | None = None,
    database: str = "",
    what: str = "",
    progress: Progress | None = None,
) -> Added:
    """Add what a search found, and open screening for it: one act, which can be undone as a whole.

    A row that the round has already from the same database is left as it is. One whose DOI or PMID the review has,
    under the same title, is kept as a duplicate of that record and is not screened. `deduplicate` finds the others.

    Parameters
    ----------
    search_round : one that is not saved yet is made, as part of the act
    rows : each with "title" and any of the other FIELDS
    source : the database that all rows come from
    database : its name, where `source` is not given; a database that the round does not have yet is made
    what : how the act is called
    progress : called with rows done and rows in all

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : sentences that name the row; nothing is added
    """
    review = search_round.review
    require(by, Act.RECORD, review)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    what = what or f"Records added to search round {search_round.number}"
    with one_act(by=by, review=review, what=what, door=current_door() or Door.IMPORT) as act:
        if search_round.pk is None:
            save(by=by, row=search_round)
        source, is_new_source = (source, False) if source else _source_of(by, search_round, database)
        place_of = {"review": review, "search_round": search_round, "source": source}
        records = _checked(Record(**place_of, **_plain(row)) for row in rows)
        new, known = split_known(records, search_round, source)
        _mark_duplicates(review, new)
        _create(by, review, new, progress)
    did_something = bool(new) or is_new_source
    if not did_something:
        act.delete()
    arrived = tuple(_arrived(record, is_known=place in known) for place, record in enumerate(records))
    duplicates = sum(one.arrival is Arrival.DUPLICATE for one in arrived)
    new_act = act if did_something else None
    return Added(len(new) - duplicates, duplicates, unchanged=len(known), rows=arrived, source=source, act=new_act)


def _source_of(by: User, search_round: SearchRound, database: str) -> tuple[SearchSource | None, bool]:
    """Give the database of this name in the round, and whether it is new; None where no name is given."""
    name = " ".join(database.split())
    if not name:
        return None, False
    found = SearchSource.objects.filter(search_round=search_round, database__iexact=name).order_by("pk").first()
    if found is not None:
        return found, False
    return save(by=by, row=SearchSource(search_round=search_round, database=name)), True


def _create(by: User, review: Review, records: Sequence[Record], progress: Progress | None) -> None:
    """Save new records with history, text and place in the queue; duplicates after what they duplicate."""
    policy = policy_of(review)
    done = 0
    for are_duplicates in (False, True):
        for part in in_parts(one for one in records if (one.duplicate_of is not None) is are_duplicates):
            for record in part:
                record.duplicate_of = record.duplicate_of  # its key is known only now, where it came with the same rows
            bulk_create_with_history(part, Record, batch_size=AT_ONCE, default_user=by)
            texts = [
                RecordText(record=record, words=words_of(record), arrived_as=digest_of(hit_of(record)))
                for record in part
            ]
            RecordText.objects.bulk_create(texts, batch_size=AT_ONCE)
            if not are_duplicates:
                states = [new_state(policy, Stage.TITLE_ABSTRACT, record.pk) for record in part]
                ScreeningState.objects.bulk_create(states, batch_size=AT_ONCE)
            done += len(part)
            if progress is not None:
                progress(done, len(records))
    renew_statistics([Record, RecordText, ScreeningState], changed=len(records))


def _arrived(record: Record, *, is_known: bool) -> Arrived:
    if is_known:
        return Arrived(Arrival.UNCHANGED)
    return Arrived(Arrival.NEW if record.duplicate_of is None else Arrival.DUPLICATE, record)


@transaction.atomic
def correct_record(*, by: User, record: Record, reason: str = "") -> Record:
    """Save a correction of a record, and what searching reads of it.

    Raises
    ------
    NotAllowed, ValidationError : as `record`
    """
    record.doi = plain_doi(record.doi)
    save(by=by, row=record, reason=reason)
    RecordText.objects.update_or_create(record=record, defaults={"words": words_of(record)})
    return record


@transaction.atomic
def mark_duplicate(*, by: User, record: Record, of: Record | None, reason: str = "") -> Record:
    """Take a record out of screening as a duplicate of another; with None, take it back in, with its answers.

    What is said of the two is kept: two records that were taken apart again are not proposed as duplicates any more.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : the record is a report or has duplicates itself, or the other is of another review
    """
    require(by, Act.RECORD, record.review)
    docket = Docket(record.review, [record.pk])
    record.refresh_from_db(from_queryset=Record.objects.select_for_update(no_key=True))
    if (record.pk, Stage.TITLE_ABSTRACT) not in docket.states:
        docket = Docket(record.review, [record.pk])  # it had nothing to be held by; it may have been taken in meanwhile
    if of is not None and record.duplicates.exists():
        raise ValidationError(f"“{record}” has duplicates itself; mark the other one as the duplicate.")
    former = record.duplicate_of_id
    record.duplicate_of = of
    save(by=by, row=record, reason=reason)
    if of is not None:
        remember(by=by, record=record, other_id=of.pk, answer=DoubtfulPair.Answer.DUPLICATE, reason=reason)
    elif former is not None:
        remember(by=by, record=record, other_id=former, answer=DoubtfulPair.Answer.DISTINCT, reason=reason)
    (docket.duplicates.discard if of is None else docket.duplicates.add)(record.pk)
    if of is None and (record.pk, Stage.TITLE_ABSTRACT) not in docket.states:
        state = new_state(docket.policy, Stage.TITLE_ABSTRACT, record.pk)
        docket.states[record.pk, Stage.TITLE_ABSTRACT] = state
    docket.write()
    return record


def plain_doi(text: str) -> str:
    """Give a DOI in small letters without the address that it is often written with."""
    return DOI_PREFIX.sub("", text.strip()).lower()


def words_of(record: Record) -> str:
    """Give what searching reads of a record."""
    parts = (record.title, record.authors, record.abstract, record.journal, record.doi, record.pmid, record.accession)
    return fold(" ".join((*parts, str(record.year or ""))))


def _plain(row: Mapping[str, Any]) -> dict[str, Any]:
    """Give the fields of a row as a record has them."""
    values = {name: row[name] for name in FIELDS if row.get(name) not in (None, "")}
    texts = {name: " ".join(str(value).split()) if name != "year" else value for name, value in values.items()}
    return {**texts, "doi": plain_doi(texts.get("doi", ""))}


def _checked(records: Iterable[Record]) -> list[Record]:
    """Give the records where each can be read; else raise a sentence for each row that cannot."""
    known = {"review", "search_round", "source", "duplicate_of", "report"}
    found, problems = [], []
    for number, record in enumerate(records, start=1):
        found.append(record)
        try:
            record.clean_fields(exclude=known)
        except ValidationError as error:
            labels = {field.name: str(field.verbose_name) for field in Record._meta.fields}
            said = (f"{labels[name]}: {' '.join(texts)}" for name, texts in error.message_dict.items())
            problems.append(f"Row {number}: {' '.join(said)}")
    if problems:
        raise ValidationError(problems[:MOST_PROBLEMS])
    if found and found[0].source is not None and found[0].source.search_round_id != found[0].search_round_id:
        raise ValidationError({"source": "The database belongs to another search round."})
    return found


def _has_same_title(one: Record, other: Record) -> bool:
    """Whether two records with one DOI or PMID have one title: supplements, errata and comments have another."""
    first, second = (plainly(Citation(key=0, title=record.title)) for record in (one, other))
    likeness = compare(first, second).likeness
    return first.kinds == second.kinds and first.numbers == second.numbers and likeness in SAME_TITLES


def _mark_duplicates(review: Review, records: Sequence[Record]) -> None:
    """Point each record whose DOI or PMID is there already, under the same title, to the first that has it."""
    for name in ("doi", "pmid"):
        first: dict[str, Record] = {}
        wanted = sorted({getattr(record, name) for record in records} - {""})
        for part in in_parts(wanted):
            there = Record.objects.filter(review=review, **{f"{name}__in": part}).select_related("duplicate_of")
            for record in there.order_by("-pk"):
                first[getattr(record, name)] = record
        for record in records:
            same = first.setdefault(getattr(record, name), record) if getattr(record, name) else record
            is_there = same is not record and same.duplicate_of is not record
            if record.duplicate_of is None and is_there and _has_same_title(record, same):
                record.duplicate_of = same
    for record in records:
        while record.duplicate_of is not None and record.duplicate_of.duplicate_of is not None:
            record.duplicate_of = record.duplicate_of.duplicate_of
