"""Records of a review as plain values, and which of the copies of one document is kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from evidence.likeness import Citation
from evidence.models import DoubtfulPair, Record, Review, ScreeningState

COMPARED = ("title", "authors", "year", "journal", "volume", "pages", "doi", "pmid", "accession")
# What makes one copy more useful to readers than another.
TELLING = ("abstract", "doi", "pmid", "authors", "year", "pages", "journal")
AT_ONCE = 2000


@dataclass(slots=True)
class Holdings:
    """What a review holds, as far as finding copies in it reads."""

    citations: list[Citation] = field(default_factory=list)
    main_of: dict[int, int] = field(default_factory=dict)
    """For each record the one that it duplicates, or itself."""
    reports: set[int] = field(default_factory=set)
    answered: set[int] = field(default_factory=set)
    """Records that a reader has answered."""
    fullness: dict[int, int] = field(default_factory=dict)
    held_apart: set[tuple[int, int]] = field(default_factory=set)
    """Pairs of records that somebody said are two documents, the smaller key first."""

    def main_pair(self, first: int, second: int) -> tuple[int, int]:
        """Give the two documents that two records stand for, the smaller key first."""
        one, other = self.main_of[first], self.main_of[second]
        return (one, other) if one < other else (other, one)

    def apart(self) -> frozenset[tuple[int, int]]:
        """Give the pairs held apart with all copies of both."""
        copies: defaultdict[int, list[int]] = defaultdict(list)
        for key, main in self.main_of.items():
            copies[main].append(key)
        pairs = {self.main_pair(first, second) for first, second in self.held_apart}
        return frozenset(
            (min(one, other), max(one, other))
            for first, second in pairs
            if first != second
            for one in copies[first]
            for other in copies[second]
        )

    def is_fixed(self, key: int) -> bool:
        """Whether somebody has built upon the record."""
        return key in self.reports or key in self.answered

    def keeper(self, keys: Iterable[int]) -> int:
        """Give the record to keep of the copies of one document: built upon, else the fullest, else the first."""
        return min(keys, key=lambda key: (key not in self.reports, key not in self.answered, -self.fullness[key], key))


def read_holdings(review: Review, only: Sequence[int] | None = None) -> Holdings:
    """Read what a review holds, or some records of it."""
    held = Holdings()
    rows = Record.objects.filter(review=review)
    states = ScreeningState.objects.filter(review=review, answered__gt=0)
    if only is not None:
        rows, states = rows.filter(pk__in=only), states.filter(record__in=only)
    names = ("pk", "duplicate_of", "report", "abstract", "source__database", *COMPARED)
    for row in rows.order_by("pk").values(*names).iterator(chunk_size=AT_ONCE):
        key = row["pk"]
        held.citations.append(
            Citation(key=key, database=row["source__database"] or "", **{name: row[name] for name in COMPARED})
        )
        held.main_of[key] = row["duplicate_of"] or key
        held.fullness[key] = sum(bool(row[name]) for name in TELLING)
        if row["report"] is not None:
            held.reports.add(key)
    held.answered = set(states.values_list("record", flat=True))
    distinct = DoubtfulPair.objects.filter(review=review, answer=DoubtfulPair.Answer.DISTINCT)
    pairs = set(distinct.order_by().values_list("first", "second"))
    held.held_apart = {pair for pair in pairs if set(pair) <= held.main_of.keys()}
    return held
