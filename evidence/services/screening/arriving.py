"""Which hits of a search are there already: the same hit of the same database, in the same round, came in before."""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from evidence.models import Record, RecordText, SearchRound, SearchSource
from evidence.services.screening.docket import AT_ONCE, in_parts

# What a hit is recognised by. An abstract is not among it: databases add abstracts later.
KNOWN_BY = ("accession", "doi", "pmid", "title", "authors", "year", "journal")
DIGITS = 32
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

Hit = tuple[Any, ...]


def fold(text: str) -> str:
    """Give text in small letters without accents, so that a search for muller finds Müller."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return BEYOND_ASCII.sub(lambda letter: "" if unicodedata.combining(letter[0]) else letter[0], apart)


def digest_of(hit: Hit) -> str:
    """Give a few signs by which a hit is found among many."""
    return hashlib.sha256("\x1f".join(map(str, hit)).encode("utf-8", "surrogatepass")).hexdigest()[:DIGITS]


def hits_before(search_round: SearchRound, source: SearchSource | None, wanted: Iterable[str]) -> Counter[str]:
    """Count which of these digests a database gave in a round, as they came in; a record corrected since still counts.

    Only what is wanted is looked up, by an index: a small file costs the same beside ten records and beside a million.
    """
    _note_missing(search_round)
    there = Record.objects.filter(search_round=search_round, source=source)
    found: Counter[str] = Counter()
    for part in in_parts(sorted(set(wanted))):
        # First the digests, then the records: joined, a database may begin with all records of the round.
        noted = dict(RecordText.objects.filter(arrived_as__in=part).values_list("record_id", "arrived_as"))
        for some in in_parts(sorted(noted)):
            found.update(noted[pk] for pk in there.filter(pk__in=some).values_list("pk", flat=True))
    return found


def _note_missing(search_round: SearchRound) -> None:
    """Note of records how they came in, where that is not noted yet: those of earlier releases."""
    if not RecordText.objects.filter(arrived_as="").exists():
        return
    missing = RecordText.objects.filter(arrived_as="", record__search_round=search_round).select_related("record")
    missing = missing.only("arrived_as", "record", *(f"record__{name}" for name in KNOWN_BY)).order_by("pk")
    for part in in_parts(missing):
        held = {text.record_id: hit_of(text.record) for text in part}
        entries = Record.history.filter(id__in=list(held), history_type="+").order_by("-history_id")
        for pk, *values in entries.values_list("id", *KNOWN_BY):
            held[pk] = _hit(values)
        for text in part:
            text.arrived_as = digest_of(held[text.record_id])
        RecordText.objects.bulk_update(part, ["arrived_as"], batch_size=AT_ONCE)


def split_known(
    records: Sequence[Record], search_round: SearchRound, source: SearchSource | None
) -> tuple[list[Record], set[int]]:
    """Give the records that are not there yet, and the places of those that are.

    A hit that stands twice in a file is two records; loading the file again adds neither.
    """
    digests = [digest_of(hit_of(record)) for record in records]
    before = hits_before(search_round, source, digests)
    new: list[Record] = []
    known: set[int] = set()
    for place, (record, digest) in enumerate(zip(records, digests, strict=True)):
        if before[digest] > 0:
            before[digest] -= 1
            known.add(place)
        else:
            new.append(record)
    return new, known


def hit_of(record: Record) -> Hit:
    """Give what a record is recognised by."""
    return _hit([getattr(record, name) for name in KNOWN_BY])


def _hit(values: Iterable[Any]) -> Hit:
    return tuple(fold(value) if isinstance(value, str) else value for value in values)
