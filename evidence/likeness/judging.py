"""What two records are to each other: clearly one document, perhaps one, or two."""

from dataclasses import dataclass
from enum import StrEnum

from evidence.likeness.citation import Plain
from evidence.likeness.comparing import IDENTIFIERS, Comparison, Part, compare
from evidence.likeness.titles import Likeness

ALIKE = frozenset({Likeness.SAME, Likeness.SLIP})
# A title of fewer words, or letters, is one that many documents have: Low back pain; Reply to the authors.
ENOUGH_WORDS, ENOUGH_LETTERS = 4, 25
NEARLY_SAME = 0.9
# What no two copies of one document differ in.
ALWAYS_EQUAL = frozenset({Part.PMID, Part.NUMBERS, Part.KIND, Part.YEAR, Part.AUTHORS, Part.DOI})


class Verdict(StrEnum):
    """What becomes of a pair."""

    CLEAR = "clear"
    DOUBTFUL = "doubtful"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on a pair, with what speaks for and against one document, in words."""

    verdict: Verdict
    score: float
    """From 0 to 1; orders pairs that a person looks at. It decides nothing."""
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]

    @property
    def in_words(self) -> str:
        """The reasons as one sentence."""
        parts = [f"The same: {', '.join(self.speaks_for)}" if self.speaks_for else ""]
        parts.append(f"different: {', '.join(self.speaks_against)}" if self.speaks_against else "")
        said = "; ".join(filter(None, parts))
        return f"{said[0].upper()}{said[1:]}." if said else ""


def judge(one: Plain, other: Plain, ratio: float | None = None) -> Judgement:
    """Judge a pair of records by themselves: no other record, and not their order, changes the answer."""
    seen = compare(one, other, ratio)
    is_telling = _is_telling(one) and _is_telling(other)
    if _is_clear(seen, is_telling=is_telling):
        verdict = Verdict.CLEAR
    elif _is_doubtful(one, other, seen, is_telling=is_telling):
        verdict = Verdict.DOUBTFUL
    else:
        verdict = Verdict.DIFFERENT
    return Judgement(verdict, _score(seen), *_words(seen))


def is_contradicted(one: Plain, other: Plain) -> bool:
    """Whether two records cannot be in one group of copies, whoever stands between them."""
    return bool(compare(one, other).different & ALWAYS_EQUAL)


def _is_telling(record: Plain) -> bool:
    return len(record.content) >= ENOUGH_WORDS and len(record.squeezed) >= ENOUGH_LETTERS


def _is_clear(seen: Comparison, *, is_telling: bool) -> bool:
    if seen.has_identifier:
        return _is_clear_by_identifier(seen)
    if seen.different or Part.AUTHORS not in seen.same or not is_telling:
        return False
    in_place = {Part.PAGE, Part.VOLUME} <= seen.same
    if seen.likeness == Likeness.SLIP:
        return in_place and Part.JOURNAL in seen.same
    if seen.likeness != Likeness.SAME:
        return False
    if seen.year_gap == 0:
        return Part.PAGE in seen.same or Part.JOURNAL in seen.same
    return in_place


def _is_clear_by_identifier(seen: Comparison) -> bool:
    """A number alone is not enough: supplements, errata and comments share the DOI of what they belong to."""
    if seen.different & ALWAYS_EQUAL:
        return False
    if seen.likeness in ALIKE:
        return True
    is_near = seen.likeness == Likeness.MAIN or (seen.likeness == Likeness.NEAR and seen.ratio >= NEARLY_SAME)
    return is_near and Part.AUTHORS in seen.same and not seen.different & {Part.PAGE, Part.VOLUME}


def _is_doubtful(one: Plain, other: Plain, seen: Comparison, *, is_telling: bool) -> bool:
    different = len(seen.different - _expected(one, other))
    if seen.has_identifier:
        # Abstracts of one supplement: other people, another title.
        return not (seen.likeness == Likeness.OTHER and Part.AUTHORS in seen.different and not seen.same & {Part.PMID})
    if seen.likeness == Likeness.OTHER:
        is_there = {Part.PAGE, Part.VOLUME, Part.AUTHORS} <= seen.same
        return is_there and not seen.different - {Part.NUMBERS}
    has_authors = bool(one.authors and other.authors)
    if Part.AUTHORS in seen.different and not seen.shared_authors:
        # A slip in a short surname, or a corporate author: the place must be the same.
        return is_telling and seen.likeness in ALIKE and different == 1 and bool(seen.same & {Part.PAGE, Part.JOURNAL})
    if Part.NUMBERS in seen.different:
        return different == 1 and is_telling
    if not is_telling:
        return seen.likeness in ALIKE and has_authors and different <= 1 and bool(seen.same - {Part.AUTHORS})
    if seen.likeness in ALIKE:
        return different <= 2 and (has_authors or different == 0)
    return different <= (1 if seen.likeness == Likeness.MAIN else 0) and has_authors


def _expected(one: Plain, other: Plain) -> frozenset[Part]:
    """Give what a preprint and its paper differ in because they are a preprint and its paper."""
    if one.kinds ^ other.kinds == {"preprint"}:
        return frozenset({Part.DOI, Part.JOURNAL, Part.VOLUME, Part.PAGE, Part.YEAR})
    return frozenset()


def _score(seen: Comparison) -> float:
    for_it = seen.ratio + 0.5 * bool(seen.same & IDENTIFIERS) + 0.1 * len(seen.same - IDENTIFIERS)
    return round(max(for_it - 0.15 * len(seen.different), 0.0) / 2.1, 4)


def _words(seen: Comparison) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the parts that agree and those that do not, in the order of Part."""
    titles = {
        Likeness.SAME: "title",
        Likeness.SLIP: "title but for slips of the pen",
        Likeness.MAIN: "main title",
        Likeness.NEAR: "most of the title",
    }
    agreeing = [titles[seen.likeness]] if seen.likeness in titles else []
    agreeing += [part.value for part in Part if part in seen.same]
    disagreeing = ["title"] if seen.likeness == Likeness.OTHER else []
    disagreeing += [part.value for part in Part if part in seen.different]
    return tuple(agreeing), tuple(disagreeing)
