"""Records that come into a review, are corrected, or turn out to be there already."""

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from simple_history.utils import bulk_create_with_history

from evidence.likeness import Citation, plainly
from evidence.likeness.comparing import compare
from evidence.likeness.titles import Likeness
from evidence.models import DoubtfulPair, Record, RecordText, Review, ScreeningState, SearchRound, SearchSource
from evidence.permissions import Act, require
from evidence.services.recording import record as save
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


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding records."""

    records: int
    duplicates: int


@transaction.atomic
def add_records(
    *, by: User, search_round: SearchRound, rows: Sequence[Mapping[str, Any]], source: SearchSource | None = None
) -> Added:
    """Add what a search found, and open screening for it.

    A row whose DOI or PMID the review has already, under the same title, is kept as a duplicate of that record and is
    not screened. Other duplicates are found by `deduplicate`.

    Parameters
    ----------
    rows : each with "title" and any of the other FIELDS
    source : the database that all rows come from

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : sentences that name the row; nothing is added
    """
    review = search_round.review
    require(by, Act.RECORD, review)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    records = _checked(Record(review=review, search_round=search_round, source=source, **_plain(row)) for row in rows)
    _mark_duplicates(review, records)
    bulk_create_with_history(
        [record for record in records if record.duplicate_of is None], Record, batch_size=AT_ONCE, default_user=by
    )
    duplicates = [record for record in records if record.duplicate_of is not None]
    for record in duplicates:
        record.duplicate_of = record.duplicate_of  # its key is known only now, where it came with the same rows
    bulk_create_with_history(duplicates, Record, batch_size=AT_ONCE, default_user=by)
    RecordText.objects.bulk_create(
        [RecordText(record=record, words=words_of(record)) for record in records], batch_size=AT_ONCE
    )
    policy = policy_of(review)
    states = [new_state(policy, Stage.TITLE_ABSTRACT, record.pk) for record in records if record.duplicate_of is None]
    ScreeningState.objects.bulk_create(states, batch_size=AT_ONCE)
    return Added(records=len(records) - len(duplicates), duplicates=len(duplicates))


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


def fold(text: str) -> str:
    """Give text in small letters without accents, so that a search for muller finds Müller."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


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
