"""Whether tests of small-study effects print the p value of their statistic."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil, floor, sqrt

from analysis.claims.checks.pooled import K, number_of, parts_of, value
from analysis.claims.claim import Quantity
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told, between
from analysis.claims.interval import Interval, span
from analysis.engine.distributions import two_sided_p_value
from analysis.engine.small_study.rank import exact_p_value

STATISTIC, EGGER_P = Quantity.EGGER_STATISTIC, Quantity.EGGER_P_VALUE
TAU, RANK_P = Quantity.RANK_CORRELATION, Quantity.RANK_P_VALUE
MOST_STUDIES = 400


def egger(document: Document) -> Iterator[Told]:
    """Whether the p value of Egger's test is that of its statistic, by t with k − 2 or by the normal distribution."""
    for statement in document.with_all(STATISTIC, EGGER_P):
        size = value(statement[STATISTIC]).size()
        k = number_of(statement, K)
        freedoms: list[float | None] = [None, k - 2.0 if k is not None and k >= 3 else 1.0]
        found = span(
            Interval(two_sided_p_value(size.high, df=df), two_sided_p_value(size.low, df=df)) for df in freedoms
        )
        holds = found.meets(value(statement[EGGER_P]))
        of = "" if k is None else f" of {statement[K].text} studies"
        says = (
            f"A statistic of {statement[STATISTIC].text}{of} gives p {between(found.low, found.high)} (normal, or t "
            f"with k − 2); printed is {statement[EGGER_P].text}."
        )
        yield Told(parts_of(statement, EGGER_P, STATISTIC, K), says, holds)


def rank(document: Document) -> Iterator[Told]:
    """Whether the p value of a rank correlation is that of its tau and k."""
    for statement in document.with_all(TAU, RANK_P, K):
        k = number_of(statement, K)
        if k is None or not 3 <= k <= MOST_STUDIES:
            continue
        found = _rank_p_values(value(statement[TAU]).size(), int(k))
        holds = found.meets(value(statement[RANK_P]))
        says = (
            f"Kendall's tau of {statement[TAU].text} among {statement[K].text} studies gives p "
            f"{between(found.low, found.high)} (exact and normal); printed is {statement[RANK_P].text}."
        )
        yield Told(parts_of(statement, RANK_P, TAU, K), says, holds)


def _rank_p_values(size: Interval, k: int) -> Interval:
    """Give the p values that a rank correlation of this size may have: exact, and normal with and without correction.

    With ties the variance of the score is smaller and fewer pairs count; a tenth of the deviate covers it.
    """
    pairs = k * (k - 1) / 2
    error = sqrt(k * (k - 1) * (2 * k + 5) / 18)
    low, high = max(size.low, 0.0) * pairs, min(size.high, 1.0) * pairs
    p_low = two_sided_p_value(1.1 * high / error)
    p_high = two_sided_p_value(max(0.0, low - 1.0) / error / 1.1)
    if k <= 60:
        counts = [floor((low + pairs) / 2), ceil((high + pairs) / 2)]
        exact = [exact_p_value(min(max(count, 0), int(pairs)), k) for count in counts]
        p_low, p_high = min(p_low, *exact), max(p_high, *exact)
    return Interval(p_low, p_high)


CHECKS = (
    Check(
        "egger_p",
        "Egger's test",
        "The p value of Egger's statistic, by t with k − 2 degrees of freedom or by the normal distribution.",
        Severity.CONTRADICTION,
        egger,
    ),
    Check(
        "rank_p",
        "Rank correlation test",
        "The p value of Kendall's tau among k studies, exact and by the normal distribution.",
        Severity.CONTRADICTION,
        rank,
    ),
)
