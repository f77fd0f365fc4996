"""Two records compared part by part: what speaks for one document, and what against it."""

from dataclasses import dataclass
from enum import StrEnum

from evidence.likeness.citation import Plain
from evidence.likeness.naming import is_same_person, shared
from evidence.likeness.placing import is_same_journal
from evidence.likeness.titles import Likeness, likeness_of, ratio_of


class Part(StrEnum):
    """A part of a record that can agree, disagree, or be missing in one of the two."""

    DOI = "DOI"
    PMID = "PMID"
    ACCESSION = "number in the database"
    NUMBERS = "numbers in the title"
    KIND = "kind of document"
    AUTHORS = "first author"
    YEAR = "year"
    JOURNAL = "journal"
    VOLUME = "volume"
    PAGE = "first page"


IDENTIFIERS = frozenset({Part.DOI, Part.PMID, Part.ACCESSION})


@dataclass(frozen=True, slots=True)
class Comparison:
    """What is the same and what differs between two records; what one of them lacks is in neither."""

    likeness: Likeness
    ratio: float
    same: frozenset[Part]
    different: frozenset[Part]
    year_gap: int | None
    shared_authors: int

    @property
    def has_identifier(self) -> bool:
        """Whether they share a DOI, a PMID or a number in one database."""
        return bool(self.same & IDENTIFIERS)


def compare(one: Plain, other: Plain, ratio: float | None = None) -> Comparison:
    """Give the comparison of two records; it is the same whichever comes first."""
    if ratio is None:
        ratio = ratio_of(one, other)
    same: set[Part] = set()
    different: set[Part] = set()
    for part, answer in _answers(one, other):
        if answer is not None:
            (same if answer else different).add(part)
    gap = None if one.year is None or other.year is None else abs(one.year - other.year)
    if gap is not None and gap != 1:  # off by one: online one year, in print the next
        (same if gap == 0 else different).add(Part.YEAR)
    return Comparison(
        likeness=likeness_of(one, other, ratio),
        ratio=ratio,
        same=frozenset(same),
        different=frozenset(different),
        year_gap=gap,
        shared_authors=shared(one.authors, other.authors),
    )


def _answers(one: Plain, other: Plain) -> list[tuple[Part, bool | None]]:
    """Give for each part whether it is the same, None where a record lacks it."""
    answers: list[tuple[Part, bool | None]] = [
        (Part.DOI, _equal(one.doi, other.doi)),
        (Part.PMID, _equal(one.pmid, other.pmid)),
        (Part.VOLUME, _equal(one.volume, other.volume)),
        (Part.PAGE, _equal(one.page, other.page)),
        (Part.JOURNAL, is_same_journal(one.journal, other.journal) if one.journal and other.journal else None),
        (Part.AUTHORS, is_same_person(one.authors[0], other.authors[0]) if one.authors and other.authors else None),
        # Titles and kinds always speak: a number that only one title has is a difference.
        (Part.NUMBERS, None if one.numbers == other.numbers else False),
        (Part.KIND, None if one.kinds == other.kinds else False),
    ]
    if one.database and one.database == other.database:
        answers.append((Part.ACCESSION, _equal(one.accession, other.accession)))
    return answers


def _equal(one: str, other: str) -> bool | None:
    return one == other if one and other else None
