"""Whether words about a result say what its numbers say."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.claims.checks.counts import compares
from analysis.claims.checks.pooled import HIGH, LOW, E, level_of, parts_of, value
from analysis.claims.claim import Claim, Quantity, Statement
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between, figure
from analysis.claims.interval import Interval
from analysis.claims.relation import read_relations
from analysis.claims.scales import scales_of

NOT = re.compile(r"\b(no|not|non|none|without|neither|nor|failed|in(?=significant))\b|n't|nonsig|insig", re.IGNORECASE)
# The level of the intervals that "significant" is about.
USUAL = 0.95
# Standardised mean differences by word: from, to. The ranges of Cohen (1988) and of the Cochrane Handbook together.
SIZES = {
    "trivial": (0.0, 0.2),
    "negligible": (0.0, 0.2),
    "very small": (0.0, 0.3),
    "small": (0.0, 0.5),
    "moderate": (0.4, 0.8),
    "medium": (0.4, 0.8),
    "large": (0.7, float("inf")),
    "very large": (1.0, float("inf")),
}


def significance(document: Document) -> Iterator[Told]:
    """Whether “significant” stands where the interval leaves out no effect, and only there."""
    for statement in document.statements.values():
        said = statement.get(Quantity.SIGNIFICANCE)
        found = None if said is None else _is_significant(statement)
        if said is None or found is None:
            continue
        is_significant, why = found
        claims_it = NOT.search(said.text) is None
        holds = claims_it == is_significant
        says = f"“{said.text}” is said; {why}, which is {'' if is_significant else 'not '}significant."
        yield Told((said, *parts_of(statement, E, LOW, HIGH, Quantity.P_VALUE)), says, holds)


def _is_significant(statement: Statement) -> tuple[bool, str] | None:
    """Give whether a result is significant, and by what; None where that cannot be told from what is printed."""
    if LOW in statement and HIGH in statement and statement[LOW].interval and statement[HIGH].interval:
        low, high = value(statement[LOW]), value(statement[HIGH])
        nulls = {scale.null for scale in scales_of(statement[LOW].measure, low, high)}
        if len(nulls) == 1:
            null = nulls.pop()
            is_out, is_in = null < low.low or high.high < null, low.high < null < high.low
            if (level_of(statement) < USUAL and is_out) or (level_of(statement) > USUAL and is_in):
                # Whether an interval of 95 % would leave it out, this one does not tell.
                return _by_p_value(statement)
            limits = f"{statement[LOW].text} to {statement[HIGH].text}"
            if is_out:
                return True, f"the interval {limits} leaves out {figure(null)}"
            if is_in:
                return False, f"the interval {limits} includes {figure(null)}"
    return _by_p_value(statement)


def _by_p_value(statement: Statement) -> tuple[bool, str] | None:
    """Give whether the p value of a result is below .05; None where it has none, or one that is rounded to it."""
    p = statement.get(Quantity.P_VALUE)
    if p is not None and p.interval is not None:
        if value(p).high <= 1.0 - USUAL + 1e-9:
            return True, f"p is {p.text}"
        if value(p).low >= 1.0 - USUAL - 1e-9:
            return False, f"p is {p.text}"
    return None


def importance(document: Document) -> Iterator[Told]:
    """Whether “clinically important” stands where the mean difference reaches the smallest important one."""
    limits = {claim.outcome: claim for claim in document.of(Quantity.MCID) if claim.interval is not None}
    for said in document.of(Quantity.IMPORTANCE):
        limit = limits.get(said.outcome)
        difference = _difference(document, said)
        if limit is None or difference is None:
            continue
        size, least = value(difference).size(), value(limit).size()
        reaches = None if size.meets(least) else least.is_below(size)
        if reaches is None:
            continue
        holds = (NOT.search(said.text) is None) == reaches
        says = (
            f"“{said.text}” is said; the mean difference {difference.text} is {'above' if reaches else 'below'} the "
            f"smallest important one of {limit.text} that the review lays down."
        )
        yield Told((said, difference, limit), says, holds)


def _difference(document: Document, said: Claim) -> Claim | None:
    """Give the mean difference of the result that words are about: of its statement, else of its subject."""
    here = document.statements.get(said.statement, {}).get(Quantity.MEAN_DIFFERENCE)
    if here is not None and here.interval is not None:
        return here
    for subject in filter(None, (said.subject, said.main)):
        for claim in document.of(Quantity.MEAN_DIFFERENCE):
            if claim.subject == subject and claim.interval is not None:
                return claim
    return None


def sizes(document: Document) -> Iterator[Told]:
    """Whether a word for the size of an SMD is one that its number may have."""
    for statement in document.with_all(E):
        said, estimate = statement.get(Quantity.SIZE_WORD), statement[E]
        if said is None or estimate.measure.upper() not in ("SMD", "G", "D"):
            continue
        word = next((one for one in sorted(SIZES, key=len, reverse=True) if one in said.text.lower()), None)
        if word is None:
            continue
        size = value(estimate).size()
        low, high = SIZES[word]
        holds = size.meets(Interval(low, high))
        says = (
            (
                f"“{said.text}” is said of an SMD of {estimate.text}; {word} is {between(low, high)} in size, by "
                "Cohen or by the Cochrane Handbook."
            )
            .replace("between 0.7 and inf", "0.7 or more")
            .replace("between 1 and inf", "1 or more")
        )
        yield Told((said, estimate), says, holds)


def comparisons(document: Document) -> Iterator[Told]:
    """Whether what a sentence compares stands so: "larger" with a relation such as "a > b", in its relation."""
    for said in document.of(Quantity.COMPARISON):
        first, sign, rest = _comparison(said.relation)
        left = document.by_code.get(first)
        for relation in read_relations(f"{sign}{rest}" if sign else ""):
            right = document.by_code.get(relation.terms[0][1])
            if left is None or right is None or left.interval is None or right.interval is None:
                continue
            holds = compares(value(left), sign, value(right)) and not (
                sign in "<>" and left.printed == right.printed and left.text == right.text
            )
            says = f"“{said.text}” is said; {left.text} ({left.place}) and {right.text} ({right.place}) are compared."
            yield Told((said, left, right), says, holds)


def _comparison(relation: str) -> tuple[str, str, str]:
    found = re.fullmatch(r"\s*([\w.:]+)\s*(<=|>=|<|>|=)\s*([\w.:]+)\s*", relation)
    return (found.group(1), found.group(2), found.group(3)) if found else ("", "", "")


CHECKS = (
    Check(
        "significance_word",
        "Significance in words",
        "What is called significant has an interval that leaves out no effect, or p below .05; what "
        "is called not has not.",
        Severity.WORDING,
        significance,
    ),
    Check(
        "importance_word",
        "Importance in words",
        "What is called clinically important reaches the smallest important difference that the review lays down.",
        Severity.WORDING,
        importance,
    ),
    Check(
        "size_word",
        "Size in words",
        "Small, moderate and large are words for ranges of the SMD.",
        Severity.WORDING,
        sizes,
    ),
    Check(
        "comparison_word",
        "Comparisons in words",
        "What a sentence calls larger, smaller or equal stands so in the numbers.",
        Severity.WORDING,
        comparisons,
    ),
)
