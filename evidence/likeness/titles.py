"""How alike two titles are, and how their difference may have come about."""

from enum import StrEnum
from math import ceil

from rapidfuzz.distance import OSA, Indel
from rapidfuzz.fuzz import token_sort_ratio

from evidence.likeness.citation import Plain

# Of the words of the longer title, this share is in the other one too.
SHARED_WORDS = 0.6
NEAR = 0.85
# Ends of words and whole words that turn a title into its counterpart: never a slip of the pen.
OPPOSITES = tuple(
    frozenset(pair.split())
    for pair in (
        "hyper hypo",
        "pre post",
        "intra inter",
        "intra extra",
        "micro macro",
        "ante post",
        "supra infra",
        "anti ante",
        "male female",
        "men women",
        "man woman",
        "with without",
        "short long",
        "upper lower",
        "high low",
        "left right",
        "acute chronic",
        "mono poly",
        "uni bi",
        "methyl ethyl",
    )
)


class Likeness(StrEnum):
    """What two titles are to each other."""

    SAME = "same"
    SLIP = "slip"
    MAIN = "main"
    NEAR = "near"
    OTHER = "other"


def words_needed(longer: int) -> int:
    """Give how many words two titles must share, of the words of the longer one, to be compared at all."""
    return NEEDED[longer] if longer < len(NEEDED) else _share_of(longer)


def _share_of(longer: int) -> int:
    return max(ceil(SHARED_WORDS * longer - 1e-9), 1)


NEEDED = tuple(_share_of(longer) for longer in range(100))


def shares_words(one: Plain, other: Plain) -> bool:
    """Whether two titles share enough of the words that carry them."""
    first, second = one.content, other.content
    longer = len(first) if len(first) > len(second) else len(second)
    return longer > 1 and len(first & second) >= words_needed(longer)


def has_same_main(one: Plain, other: Plain) -> bool:
    """Whether one title is the other, or both are, without a subtitle."""
    mains = {one.squeezed, one.main} & {other.squeezed, other.main} - {""}
    return bool(mains) and bool(one.main or other.main)


def ratio_of(one: Plain, other: Plain, cutoff: float = 0.0) -> float:
    """Give how alike the letters of two titles are, 0 to 1, whatever the order of words; 0 below the cut-off."""
    first = Indel.normalized_similarity(one.text, other.text, score_cutoff=cutoff)
    if first >= NEAR or not shares_words(one, other):
        return float(first)
    return max(float(first), token_sort_ratio(one.text, other.text, score_cutoff=100 * cutoff) / 100)


def likeness_of(one: Plain, other: Plain, ratio: float) -> Likeness:
    """Give what two titles are to each other, given how alike their letters are."""
    if one.squeezed == other.squeezed:
        return Likeness.SAME if one.squeezed else Likeness.OTHER
    if ratio >= NEAR and is_slip(one.words, other.words):
        return Likeness.SLIP
    if has_same_main(one, other):
        return Likeness.MAIN
    return Likeness.NEAR if ratio >= NEAR else Likeness.OTHER


def is_slip(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether titles differ by slips of the pen only: a letter or two in a long word, a word cut in two."""
    first, second = list(one), list(other)
    for word in one:
        if word in second:
            first.remove(word)
            second.remove(word)
    if "".join(first) == "".join(second):
        return bool(first) or one == other
    if len(first) != len(second):
        return False
    return all(map(_is_slip_of_word, first, second))


def _is_slip_of_word(one: str, other: str) -> bool:
    if any(letter.isdigit() for letter in one + other) or min(len(one), len(other)) < 4:
        return False
    if any(_are_counterparts(one, other, pair) for pair in OPPOSITES):
        return False
    allowed = 1 if min(len(one), len(other)) < 8 else 2
    return OSA.distance(one, other, score_cutoff=allowed) <= allowed


def _are_counterparts(one: str, other: str, pair: frozenset[str]) -> bool:
    """Whether the words begin, or end, with one of a pair of opposites each."""
    first, second = sorted(pair, key=len)
    for short, long in ((one, other), (other, one)):
        if short.startswith(first) and long.startswith(second) and short[len(first) :] == long[len(second) :]:
            return True
        if short.endswith(first) and long.endswith(second) and short[: -len(first)] == long[: -len(second)]:
            return True
    return False
