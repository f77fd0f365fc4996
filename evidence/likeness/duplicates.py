"""Copies of one document among records: groups that are clear, and pairs for a person to look at."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from evidence.likeness.blocking import pairs_looked_at
from evidence.likeness.citation import Citation, Plain, plainly
from evidence.likeness.judging import Judgement, Verdict, is_contradicted, judge


@dataclass(frozen=True, slots=True)
class Pair:
    """Two records, the smaller key first, and what was judged of them."""

    first: int
    second: int
    judgement: Judgement


@dataclass(frozen=True, slots=True)
class Found:
    """What was found among records."""

    groups: tuple[tuple[int, ...], ...]
    """Clear copies: each group by its keys in order, the groups in the order of their first keys."""
    clear: tuple[Pair, ...]
    """The pairs by which the groups are joined."""
    doubtful: tuple[Pair, ...]
    """The likeliest first. No pair is within a group."""


def find_duplicates(
    citations: Iterable[Citation],
    *,
    apart: frozenset[tuple[int, int]] = frozenset(),
    progress: Callable[[int], None] | None = None,
) -> Found:
    """Find copies of one document.

    Parameters
    ----------
    citations : records with keys of their own, in any order: the order changes nothing
    apart : pairs of keys, the smaller first, that a person holds to be two documents: never proposed, never joined
    progress : told the number of pairs judged so far, now and then
    """
    records = sorted(map(plainly, citations), key=lambda record: record.key)
    if len({record.key for record in records}) < len(records):
        raise ValueError("Each record needs a key of its own.")
    clear, doubtful = [], []
    for number, (one, other) in enumerate(pairs_looked_at(records), start=1):
        first, second = records[one], records[other]
        if (first.key, second.key) in apart:
            continue
        judgement = judge(first, second)
        if judgement.verdict == Verdict.CLEAR:
            clear.append(Pair(first.key, second.key, judgement))
        elif judgement.verdict == Verdict.DOUBTFUL:
            doubtful.append(Pair(first.key, second.key, judgement))
        if progress is not None and number % 10_000 == 0:
            progress(number)
    groups, joined, left = _join({record.key: record for record in records}, clear, apart)
    group_of = {key: place for place, group in enumerate(groups) for key in group}
    apart_still = [pair for pair in doubtful if group_of.get(pair.first, -1) != group_of.get(pair.second, -2)]
    waiting = sorted(apart_still + left, key=lambda pair: (-pair.judgement.score, pair.first, pair.second))
    return Found(groups, tuple(joined), tuple(waiting))


def _join(
    records: dict[int, Plain], clear: list[Pair], apart: frozenset[tuple[int, int]]
) -> tuple[tuple[tuple[int, ...], ...], list[Pair], list[Pair]]:
    """Join clear pairs to groups in which no two records contradict each other; give what could not be joined too."""
    groups: dict[int, list[int]] = {}
    joined, left = [], []
    for pair in sorted(clear, key=lambda pair: (-pair.judgement.score, pair.first, pair.second)):
        one, other = groups.get(pair.first, [pair.first]), groups.get(pair.second, [pair.second])
        if one is not other and any(
            (min(first, second), max(first, second)) in apart or is_contradicted(records[first], records[second])
            for first in one
            for second in other
        ):
            left.append(pair)
            continue
        joined.append(pair)
        if one is not other:
            whole = sorted([*one, *other])
            for key in whole:
                groups[key] = whole
    unique = {group[0]: tuple(group) for group in groups.values()}
    return tuple(unique[key] for key in sorted(unique)), joined, left
