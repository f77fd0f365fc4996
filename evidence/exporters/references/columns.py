"""Records as a table: a row for each, with where it stands."""

import csv
import io
from collections.abc import Iterator
from itertools import islice

from django.db.models import QuerySet

from evidence.exporters.neutral import neutral
from evidence.exporters.references.choosing import AT_ONCE, in_turn
from evidence.models import Record, ScreeningState
from evidence.verdicts import SETTLED, Stage

COLUMNS = (
    *("record", "title", "authors", "year", "journal", "volume", "issue", "pages"),
    *("doi", "pmid", "accession", "database", "search_round"),
    *("duplicate_of", "title_abstract", "full_text", "reason", "study", "abstract"),
)


def csv_of_records(records: QuerySet[Record]) -> Iterator[bytes]:
    """Give records as CSV in UTF-8 with a mark at its beginning, so that spreadsheets read accents right.

    Records are numbered in the order in which they came into the review. The columns title_abstract and full_text say
    what is settled there; what waits, or is in conflict, is empty.
    """
    numbers = _numbers(records)
    yield b"\xef\xbb\xbf" + _lines([list(COLUMNS)])
    rows = in_turn(records.select_related("source", "search_round", "report__study"))
    while part := list(islice(rows, AT_ONCE)):
        settled = _settled([record.pk for record in part])
        yield _lines([_cells(record, settled, numbers) for record in part])


def _numbers(records: QuerySet[Record]) -> dict[int, int]:
    """Give the number of each record of the review."""
    review = records.values("review")[:1]
    keys = Record.objects.filter(review__in=review).order_by("pk").values_list("pk", flat=True)
    return {pk: number for number, pk in enumerate(keys.iterator(), start=1)}


def _settled(record_ids: list[int]) -> dict[tuple[int, str], ScreeningState]:
    """Give the states that are settled, by record and stage."""
    states = ScreeningState.objects.filter(record__in=record_ids, status__in=SETTLED).select_related("reason")
    return {(state.record_id, state.stage): state for state in states}


def _cells(record: Record, settled: dict[tuple[int, str], ScreeningState], numbers: dict[int, int]) -> list[str]:
    first = settled.get((record.pk, Stage.TITLE_ABSTRACT))
    full = settled.get((record.pk, Stage.FULL_TEXT))
    reason = next((state.reason.name for state in (full, first) if state and state.reason), "")
    cells = [
        str(numbers[record.pk]),
        *(record.title, record.authors, str(record.year or ""), record.journal),
        *(record.volume, record.issue, record.pages, record.doi, record.pmid),
        *(record.accession, record.source.database if record.source else "", str(record.search_round.number)),
        str(numbers[record.duplicate_of_id]) if record.duplicate_of_id else "",
        *(first.status if first else "", full.status if full else "", reason),
        *(record.report.study.code if record.report else "", record.abstract),
    ]
    return list(map(neutral, cells))


def _lines(rows: list[list[str]]) -> bytes:
    held = io.StringIO(newline="")
    csv.writer(held).writerows(rows)
    return held.getvalue().encode()
