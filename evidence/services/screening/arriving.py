"""Which hits of a search are there already: the same hit of the same database, in the same round, came in before."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from evidence.models import Record, SearchRound, SearchSource

# What a hit is recognised by. An abstract is not among it: databases add abstracts later.
KNOWN_BY = ("accession", "doi", "pmid", "title", "authors", "year", "journal")
BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")

Hit = tuple[Any, ...]


def fold(text: str) -> str:
    """Give text in small letters without accents, so that a search for muller finds Müller."""
    if text.isascii():
        return text.lower()
    apart = unicodedata.normalize("NFKD", text.casefold())
    return BEYOND_ASCII.sub(lambda letter: "" if unicodedata.combining(letter[0]) else letter[0], apart)


def hits_before(search_round: SearchRound, source: SearchSource | None) -> Counter[Hit]:
    """Count the hits that a database gave in a round, as they came in: a record corrected since is still that hit."""
    held: dict[int, Hit] = {}
    rows = Record.objects.filter(search_round=search_round, source=source)
    for pk, *values in rows.values_list("pk", *KNOWN_BY).iterator(chunk_size=2000):
        held[pk] = _hit(values)
    first = Record.history.filter(search_round=search_round.pk, source=None if source is None else source.pk)
    entries = first.filter(history_type="+").order_by("-history_id").values_list("id", *KNOWN_BY)
    for pk, *values in entries.iterator(chunk_size=2000):
        if pk in held:
            held[pk] = _hit(values)
    return Counter(held.values())


def split_known(
    records: Sequence[Record], search_round: SearchRound, source: SearchSource | None
) -> tuple[list[Record], set[int]]:
    """Give the records that are not there yet, and the places of those that are.

    A hit that stands twice in a file is two records; loading the file again adds neither.
    """
    before = hits_before(search_round, source)
    new: list[Record] = []
    known: set[int] = set()
    for place, record in enumerate(records):
        hit = hit_of(record)
        if before[hit] > 0:
            before[hit] -= 1
            known.add(place)
        else:
            new.append(record)
    return new, known


def hit_of(record: Record) -> Hit:
    """Give what a record is recognised by."""
    return _hit([getattr(record, name) for name in KNOWN_BY])


def _hit(values: Iterable[Any]) -> Hit:
    return tuple(fold(value) if isinstance(value, str) else value for value in values)
