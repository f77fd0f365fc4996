"""Pairs of records worth comparing, found without comparing all: none that the rules below name is missed.

A pair is looked at where one of these holds, whatever other records there are:

- the same DOI, the same PMID, or the same number in the same database
- the same title, or the same main title where one of the two lacks the subtitle
- six in ten words of the longer title (fillers left out) are in the other
- the same first author, years not more than one apart, and letters of the titles NEAR alike
- the same first author, volume and first page

The third is found by keys of two words. Two titles that share c of at most n words share at least two among the
n - c + 2 words of each that come first in any one order of all words; with the rarest first, few others share them.

References
----------
Chaudhuri S, Ganti V, Kaushik R (2006). A primitive operator for similarity joins in data cleaning.
doi:10.1109/ICDE.2006.9
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from itertools import combinations

from evidence.likeness.citation import Plain
from evidence.likeness.titles import NEAR, has_same_main, ratio_of, shares_words, words_needed

Rule = Callable[[Plain, Plain], bool]


def is_looked_at(one: Plain, other: Plain) -> bool:
    """Whether a pair is worth comparing: the rules of this module, asked of the pair alone."""
    if _same(one.doi, other.doi) or _same(one.pmid, other.pmid) or _same(_numbered(one), _numbered(other)):
        return True
    if _same(one.squeezed, other.squeezed) or has_same_main(one, other) or shares_words(one, other):
        return True
    if not _same(_lead(one), _lead(other)):
        return False
    return _same(_place(one), _place(other)) or (_is_near_in_time(one, other) and _is_near(one, other))


def pairs_looked_at(records: Sequence[Plain]) -> Iterator[tuple[int, int]]:
    """Give the places of the pairs that `is_looked_at` says yes to, each once, the smaller place first."""
    count = len(records)
    seen: set[int] = set()
    for block, holds in _blocks(records):
        for number, first in enumerate(block):
            one = records[first]
            for second in block[number + 1 :]:
                if holds is None or holds(one, records[second]):
                    mark = first * count + second
                    if mark not in seen:
                        seen.add(mark)
                        yield first, second


def _blocks(records: Sequence[Plain]) -> Iterator[tuple[list[int], Rule | None]]:
    """Give places with a key in common, in their order, and what must hold of a pair besides."""
    rules: tuple[tuple[Callable[[Plain], Iterable[Hashable]], Rule | None], ...] = (
        (lambda record: [record.doi], None),
        (lambda record: [record.pmid], None),
        (lambda record: [_numbered(record)], None),
        (lambda record: {record.squeezed, record.main}, None),
        (lambda record: [_place(record) and _lead(record) and (_lead(record), _place(record))], None),
        (lambda record: [(_lead(record), year) for year in _years(record)] if _lead(record) else [], _is_near),
        (_pairs_of_rare_words(records), shares_words),
    )
    for keys_of, holds in rules:
        places: defaultdict[Hashable, list[int]] = defaultdict(list)
        for place, record in enumerate(records):
            for key in keys_of(record):
                if key:
                    places[key].append(place)
        yield from ((block, holds) for block in places.values() if len(block) > 1)


def _is_near(one: Plain, other: Plain) -> bool:
    return ratio_of(one, other, NEAR) >= NEAR


def _is_near_in_time(one: Plain, other: Plain) -> bool:
    return one.year is not None and other.year is not None and abs(one.year - other.year) <= 1


def _pairs_of_rare_words(records: Sequence[Plain]) -> Callable[[Plain], Iterable[Hashable]]:
    counts = Counter(word for record in records for word in record.content)
    order = {word: rank for rank, word in enumerate(sorted(counts, key=lambda word: (counts[word], word)), start=1)}

    def keys_of(record: Plain) -> Iterator[int]:
        ranks = sorted(order[word] for word in record.content)
        lead = ranks[: len(ranks) - words_needed(len(ranks)) + 2]
        return (first * (len(order) + 1) + second for first, second in combinations(lead, 2))

    return keys_of


def _same(one: object, other: object) -> bool:
    return bool(one) and one == other


def _numbered(record: Plain) -> tuple[str, str] | None:
    return (record.database, record.accession) if record.database and record.accession else None


def _lead(record: Plain) -> str:
    return record.authors[0].surname if record.authors else ""


def _place(record: Plain) -> tuple[str, str] | None:
    return (record.volume, record.page) if record.volume and record.page else None


def _years(record: Plain) -> tuple[int, ...]:
    """Give two blocks for each year, so that neighbours meet in one."""
    return () if record.year is None else (record.year, record.year + 1)
