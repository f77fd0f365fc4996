"""Whether overall judgements of risk of bias follow from their domains."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from analysis.claims.document import Assessed, Document
from analysis.claims.finding import Check, Severity, Told

ORDERS = {
    "RoB 2": ("low", "some concerns", "high"),
    "ROBINS-I": ("low", "moderate", "serious", "critical"),
}


def _rank(one: Assessed, judgement: str) -> int | None:
    order = ORDERS.get(one.tool, ())
    word = judgement.lower().replace("_", " ").strip()
    return order.index(word) if word in order else None


def _shown(one: Assessed) -> str:
    return ", ".join(f"{name}: {judgement}" for name, judgement in one.domains)


def overall(document: Document) -> Iterator[Told]:
    """Whether the overall judgement follows from the domains by the tool's algorithm."""
    held: dict[str, int] = defaultdict(int)
    for one in document.assessed:
        ranks = [_rank(one, judgement) for _, judgement in one.domains]
        found, known = _rank(one, one.overall), [rank for rank in ranks if rank is not None]
        if found is None or not known or len(known) != len(ranks):
            continue
        says, highest = _verdict(one, found, known), max(known)
        if says:
            words = f"{one.study} is {one.overall} overall with {_shown(one)}: {says}"
            yield Told((), words, about=_about(one), severity=None if found < highest else Severity.SUSPICIOUS)
        else:
            held[one.tool] += 1
    for tool, count in held.items():
        says = f"The overall judgement of {count} studies follows from their domains by the rules of {tool}."
        yield Told((), says, True, f"{tool}: overall judgements")


def _verdict(one: Assessed, found: int, ranks: list[int]) -> str:
    """Say what speaks against an overall judgement, "" where nothing does."""
    highest = max(ranks)
    order = ORDERS[one.tool]
    if found < highest:
        return f"it cannot be below its highest domain ({order[highest]})."
    if found == highest or one.tool != "RoB 2":
        return ""
    concerns = ranks.count(1)
    if found == 2 and concerns >= 2:
        return f"no domain is high; {concerns} domains with some concerns may add up to high, if a person says so."
    return f"no domain is above {order[highest]}."


def same_pattern(document: Document) -> Iterator[Told]:
    """Whether studies with the same judgements in all domains have the same overall judgement."""
    patterns: dict[tuple[str, tuple[tuple[str, str], ...]], list[Assessed]] = defaultdict(list)
    for one in document.assessed:
        if one.overall and all(judgement for _, judgement in one.domains):
            patterns[(one.tool, one.domains)].append(one)
    for alike in patterns.values():
        groups: dict[str, list[str]] = defaultdict(list)
        for one in alike:
            groups[one.overall].append(one.study)
        if len(groups) > 1:
            fewest = min(groups.values(), key=len)
            words = "; ".join(f"{overall}: {', '.join(studies)}" for overall, studies in groups.items())
            says = f"The same domains ({_shown(alike[0])}) lead to different overall judgements: {words}."
            first = next(one for one in alike if one.study == fewest[0])
            yield Told((), says, about=f"{_about(first)}: same domains")


def _about(one: Assessed) -> str:
    return f"{one.place or 'risk of bias'}: {one.study}"


CHECKS = (
    Check(
        "rob_overall",
        "Overall risk of bias",
        "By the algorithm of RoB 2 one high domain makes the overall judgement high, and all low make it low; several "
        "with some concerns may make it high. By that of ROBINS-I it is at least the most serious domain.",
        Severity.RULE_BROKEN,
        overall,
    ),
    Check(
        "rob_pattern",
        "Same domains, same judgement",
        "Studies with the same judgements in all domains have the same overall judgement.",
        Severity.SUSPICIOUS,
        same_pattern,
    ),
)
