"""Whether counts, percentages, parts and wholes belong together, and flows lose no record."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil, floor, isfinite

from analysis.claims.checks.pooled import value
from analysis.claims.claim import Claim, Quantity
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval, exactly
from analysis.claims.relation import Relation, read_relations

COUNT, PERCENT = Quantity.COUNT, Quantity.PERCENT
COUNTED = frozenset({Quantity.COUNT, Quantity.N, Quantity.K, Quantity.SUM})


def percentages(document: Document) -> Iterator[Told]:
    """Whether a percentage is its count over its whole; if not, which whole fits."""
    wholes = _wholes(document)
    for statement in document.with_all(COUNT, PERCENT):
        count, percent = statement[COUNT], statement[PERCENT]
        n, share = value(count), value(percent)
        if n.low != n.high or n.low < 0 or not isfinite(share.low + share.high):
            continue
        whole = document.by_code.get(percent.part_of or count.part_of)
        if whole is None or whole.interval is None or whole.interval.low <= 0:
            yield from _percent_of_nothing(count, percent)
            continue
        of = value(whole)
        found = (n / of).times(100.0)
        holds = found.meets(share)
        says = f"{count.text} of {whole.text} is {between(found.low, found.high)} %; printed is {percent.shown}."
        if not holds:
            says += _which_fits(count, share, wholes)
        yield Told((percent, count, whole), says, holds)


def _percent_of_nothing(count: Claim, percent: Claim) -> Iterator[Told]:
    """Tell where no whole number of anything gives the percentage."""
    fitting = _fitting(value(count).low, value(percent))
    if fitting is None:
        return
    low, high = fitting
    if low > high and value(count).low > 0:
        says = (
            f"There is no whole number of which {count.text} is {percent.shown}: it would lie between {high} and {low}."
        )
        yield Told((percent, count), says)
    elif value(percent).low > 100.0:
        yield Told((percent, count), f"A part is at most 100 % of its whole; printed is {percent.shown}.")


def _fitting(count: float, percent: Interval) -> tuple[int, int] | None:
    """Give the smallest and the largest whole of which a count is this percentage; the first is larger if none is."""
    if percent.high <= 0 or percent.low <= 0:
        return None
    return ceil(100.0 * count / percent.high - 1e-9), floor(100.0 * count / percent.low + 1e-9)


def _wholes(document: Document) -> list[Claim]:
    """Give what is counted as a whole somewhere in the document."""
    named = {claim.part_of for claim in document.claims if claim.part_of}
    return [claim for claim in document.claims if claim.code in named and claim.interval is not None]


def _which_fits(count: Claim, share: Interval, wholes: Sequence[Claim]) -> str:
    """Say which wholes give the percentage, and which count of other wholes of the document does."""
    fitting = _fitting(value(count).low, share)
    says = ""
    if fitting is not None:
        low, high = fitting
        if low > high:
            says = f" No whole number has {count.text} as that share."
        else:
            says = f" It fits a whole of {low}." if low == high else f" It fits a whole from {low} to {high}."
    others = []
    for whole in wholes:
        total = value(whole).low
        nearest = round(total * (share.low + share.high) / 200.0)
        is_near = abs(nearest - value(count).low) <= max(2.0, 0.1 * value(count).low)
        if total > 0 and is_near and nearest != value(count).low and exactly(100.0 * nearest / total).meets(share):
            others.append(f"{figure(nearest)} of {whole.text}")
    others = list(dict.fromkeys(others))
    return says + (f" The percentage is that of {' or '.join(others[:3])}." if others else "")


def parts(document: Document) -> Iterator[Told]:
    """Whether a part is at most its whole."""
    for claim in document.claims:
        whole = document.by_code.get(claim.part_of)
        if claim.quantity not in COUNTED or whole is None or whole.interval is None or claim.interval is None:
            continue
        holds = not value(whole).is_below(value(claim))
        says = f"{claim.text} {'is' if holds else 'cannot be'} a part of {whole.text}."
        yield Told((claim, whole), says, holds)


def relations(document: Document) -> Iterator[Told]:
    """Whether sums and comparisons that must hold between claims do."""
    for claim in document.claims:
        if claim.quantity is Quantity.COMPARISON or claim.interval is None:
            continue
        for relation in read_relations(claim.relation):
            terms = [(sign, document.by_code[code]) for sign, code in relation.terms if code in document.by_code]
            if len(terms) == len(relation.terms) and all(one.interval is not None for _, one in terms):
                yield _relation_told(claim, relation, terms)


def _relation_told(claim: Claim, relation: Relation, terms: list[tuple[int, Claim]]) -> Told:
    total = exactly(0.0)
    for sign, one in terms:
        total = total + value(one).times(float(sign))
    holds = compares(value(claim), relation.sign, total)
    shown = " ".join(f"{'−' if sign < 0 else '+'} {one.text}" for sign, one in terms).removeprefix("+ ")
    found = between(total.low, total.high)
    computed = f"At {terms[0][1].place} stands {shown}" if len(terms) == 1 else f"{shown} = {found}"
    word = {"=": "", "<=": "at most ", ">=": "at least ", "<": "less than ", ">": "more than "}[relation.sign]
    says = f"{computed}; printed is {claim.text}"
    says += "." if relation.sign == "=" else f", which must be {word}{found}."
    return Told((claim, *(one for _, one in terms)), says, holds)


def compares(left: Interval, sign: str, right: Interval) -> bool:
    """Whether a comparison can hold for some values of both sides."""
    if sign == "=":
        return left.meets(right)
    if sign in ("<=", "<"):
        return not right.is_below(left) and not (sign == "<" and left.low == left.high == right.low == right.high)
    return compares(right, "<=" if sign == ">=" else "<", left)


CHECKS = (
    Check(
        "percent",
        "Percentages",
        "A percentage is the count over the whole. Where it is not, the wholes that fit are named.",
        Severity.CONTRADICTION,
        percentages,
    ),
    Check("part_whole", "Parts and wholes", "A part is not larger than its whole.", Severity.IMPOSSIBLE, parts),
    Check(
        "sums",
        "Sums and flows",
        "Parts that exclude each other sum to their whole; each box of the flow diagram is the one before less what "
        "left.",
        Severity.CONTRADICTION,
        relations,
    ),
)
