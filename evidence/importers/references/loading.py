"""Bringing references into a search round: what is new, what is there already, and what cannot be read."""

from collections.abc import Callable
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction

from evidence.importers.asking import Request
from evidence.importers.changes import Change, Fate, in_words
from evidence.importers.importing import ImportResult
from evidence.importers.opening import Unreadable
from evidence.importers.problems import ImportProblem, problem_at
from evidence.importers.references.reading import Reading, Reference
from evidence.importers.writing import Counts
from evidence.models import Record, Review, SearchRound, SearchSource
from evidence.models.doors import Door, through
from evidence.permissions import Act, require
from evidence.services import screening

TABLE = "records"
NO_NUMBER = "A search round is named by its number, such as 1; got “{text}”."
NO_ROUND = "The review has no search round {number}; {there}{next} would begin a new one."
NO_REFERENCES = "The file holds no reference; there is nothing below its heading."
ROUND_IS_NEW = "Search round {number} is new; give it its date and its databases on the page of search rounds."
LONG_DATABASE = "The name of a database has up to {most} letters; this one has {got}."
LONGEST_DATABASE = SearchSource._meta.get_field("database").max_length or 0
SAME = "{name} {value} is that of {where}; it is kept as its duplicate."


def load_references(request: Request, read: Callable[[Path], Reading]) -> ImportResult:
    """Add the references of a file to a search round as one act; a dry run saves nothing.

    Raises
    ------
    NotAllowed : the person does not record in the review
    """
    require(request.by, Act.RECORD, request.review)
    try:
        search_round = _round_of(request)
        database = _database_of(request)
        reading = read(request.path)
    except Unreadable as error:
        return _nothing(request, problem_at(request.name, error.line, "", error.sentence))
    begins: list[str] = [ROUND_IS_NEW.format(number=search_round.number)] if search_round.pk is None else []
    errors = [problem_at(request.name, line, column, rule) for line, column, rule in reading.faults]
    if not reading.references:
        return _nothing(request, *(errors or [problem_at(request.name, None, "", NO_REFERENCES)]))
    try:
        with transaction.atomic(), through(Door.IMPORT):
            added = screening.add_records(
                by=request.by,
                search_round=search_round,
                rows=[one.as_row() for one in reading.references],
                database=database,
                what=f"Import of {request.name} into search round {search_round.number}",
                progress=_progress(request),
            )
            changes = _changes(request.name, reading.references, added)
            if request.dry_run:
                transaction.set_rollback(True)
    except ValidationError as error:
        return _nothing(request, *(problem_at(request.name, None, "", sentence) for sentence in error.messages))
    refused = [
        Change(Fate.REFUSED, TABLE, request.name, line, "A record", reason=error.sentence)
        for (line, _, _), error in zip(reading.faults, errors, strict=True)
    ]
    left_out = len(reading.faults)
    counts = Counts(new=added.records, unchanged=added.unchanged, left_out=left_out, duplicates=added.duplicates)
    return ImportResult(
        review=request.review,
        is_saved=not request.dry_run,
        rows={TABLE: counts},
        errors=errors,
        changes=changes + refused,
        notes=begins + reading.notes(),
        act=None if request.dry_run else added.act,
    )


def _round_of(request: Request) -> SearchRound:
    """Give the search round that the request names, not saved yet where it follows the last one of the review.

    Raises
    ------
    Unreadable : the review has none of this number, nor is it the next
    """
    given = request.answers.get("search_round", "")
    if isinstance(given, SearchRound):
        given = given.number
    text = str(given).strip()
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise Unreadable(NO_NUMBER.format(text=text))
    rounds = {one.number: one for one in SearchRound.objects.filter(review=request.review)}
    number, following = int(text), max(rounds, default=0) + 1
    if number == following:
        return SearchRound(review=request.review, number=number, name=f"Search {number}")
    if number not in rounds:
        there = f"it has {', '.join(map(str, sorted(rounds)))}, and " if rounds else ""
        raise Unreadable(NO_ROUND.format(number=number, there=there, next=following))
    return rounds[number]


def _database_of(request: Request) -> str:
    """Give the name of the database that the records come from.

    Raises
    ------
    Unreadable : it is longer than a name can be
    """
    database = " ".join(str(request.answers.get("database") or "").split())
    if len(database) > LONGEST_DATABASE:
        raise Unreadable(LONG_DATABASE.format(most=LONGEST_DATABASE, got=len(database)))
    return database


def _progress(request: Request) -> screening.Progress | None:
    """Give what is called while records are saved."""
    if request.progress is None:
        return None
    tell = request.progress
    return lambda done, of: tell(done, of, TABLE)


def _changes(file: str, references: list[Reference], added: screening.Added) -> list[Change]:
    """Tell what became of each row; of a hit that is there already there is nothing to tell."""
    lines = {id(row.record): one.line for one, row in zip(references, added.rows, strict=True) if row.record}
    changes = []
    for one, row in zip(references, added.rows, strict=True):
        if row.record is None:
            continue
        title = f"The record “{in_words(one.title)}”"
        if row.record.duplicate_of is None:
            changes.append(Change(Fate.NEW, TABLE, file, one.line, title))
        else:
            reason = _why(row.record, row.record.duplicate_of, lines)
            changes.append(Change(Fate.DUPLICATE, TABLE, file, one.line, title, reason=reason))
    return changes


def _why(record: Record, first: Record, lines: dict[int, int | None]) -> str:
    """Say what a duplicate has in common with the record that it duplicates, and where that one is from."""
    line = lines.get(id(first))
    where = f"line {line}" if line else f"the record “{in_words(first.title)}”"
    if record.doi and record.doi == first.doi:
        return SAME.format(name="The DOI", value=record.doi, where=where)
    if record.pmid and record.pmid == first.pmid:
        return SAME.format(name="The PMID", value=record.pmid, where=where)
    return f"Another duplicate ties it to {where}; it is kept as its duplicate."


def _nothing(request: Request, *problems: ImportProblem) -> ImportResult:
    """Give the result of an import that could not begin."""
    review: Review = request.review
    return ImportResult(review=review, is_saved=False, errors=list(problems))
