"""What a report says in words, and with its p value, beside what its interval says: clear cases only."""

import re
from decimal import Decimal

from evidence.doubts.doubt import Doubt, Kind, as_text, printed
from evidence.doubts.intervals import RATIOS
from evidence.doubts.printed import ContrastNumbers

LEVEL = Decimal("0.05")
USUAL_INTERVAL = Decimal("0.95")
NO_DIFFERENCE = re.compile(
    r"\b(no|non|not|neither|without)\b[ -](\w+ ){0,3}?(statistically )?significan"
    r"|\bnon-?significan|\bnot (\w+ )?differ\b|\bno (\w+ )?differences?\b|\binsignifican",
    re.IGNORECASE,
)
DIFFERENCE = re.compile(r"\bsignifican(t|tly)\b", re.IGNORECASE)
HEDGES = re.compile(
    r"\bclinical|\bborderline|\bmarginal|\bbut\b|\bhowever\b|\bexcept|\bwhereas\b|\bonly\b", re.IGNORECASE
)
"""Words after which a sentence may say two things, or is about relevance."""


def text_disagrees(row: ContrastNumbers) -> Doubt | None:
    """Doubt a contrast whose interval, p value and quoted words do not agree on whether there is a difference."""
    by_interval, by_p, by_words = _by_interval(row), _by_p(row), _by_words(row.quote)
    interval = f"{as_text(row.ci_lower or 0)} to {as_text(row.ci_upper or 0)}"
    p = "" if row.p_value is None else f"p {row.p_relation} {as_text(row.p_value)}"
    numbers = printed(estimate=row.estimate, ci_lower=row.ci_lower, ci_upper=row.ci_upper, p_value=row.p_value)
    if by_interval is not None and by_p is not None and by_interval != by_p:
        said = "excludes" if by_interval else "includes"
        sentence = f"The interval {interval} {said} no difference, but {p} is printed."
        return Doubt(Kind.TEXT_DISAGREES, sentence, numbers)
    found = by_p if by_interval is None else by_interval
    if found is None or by_words is None or found == by_words:
        return None
    shown = f"the interval {interval}" if by_interval is not None else p
    words = "a significant difference" if by_words else "no significant difference"
    sentence = f"The words quoted speak of {words}, but {shown} {'speaks for' if found else 'does not show'} one."
    return Doubt(Kind.TEXT_DISAGREES, sentence, (*numbers, ("quote", row.quote.strip())))


def _by_interval(row: ContrastNumbers) -> bool | None:
    """Whether the interval excludes no difference; None where it is not known, not a 95% one, or touches it."""
    if row.ci_lower is None or row.ci_upper is None or row.ci_level != USUAL_INTERVAL or row.measure == "other":
        return None
    if row.is_printed_so:
        return None
    null = Decimal(1) if row.measure in RATIOS else Decimal(0)
    if null in (row.ci_lower, row.ci_upper):
        return None
    return not row.ci_lower < null < row.ci_upper


def _by_p(row: ContrastNumbers) -> bool | None:
    """Whether the p value is below 0.05; None where it is not known or cannot tell."""
    if row.p_value is None or (row.p_relation == "=" and row.p_value == LEVEL):
        return None
    if row.p_relation == "<":
        return True if row.p_value <= LEVEL else None
    if row.p_relation == ">":
        return False if row.p_value >= LEVEL else None
    return row.p_value < LEVEL


def _by_words(quote: str) -> bool | None:
    """Whether a quote speaks of a significant difference; None where it says both, or nothing clear."""
    if HEDGES.search(quote):
        return None
    if NO_DIFFERENCE.search(quote):
        return None if DIFFERENCE.search(NO_DIFFERENCE.sub("", quote)) else False
    return True if DIFFERENCE.search(quote) else None
