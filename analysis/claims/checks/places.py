"""Whether what is printed twice is printed alike, and what is printed alike is the same."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import combinations

from analysis.claims.checks.pooled import HIGH, LOW, E, K, number_of, value
from analysis.claims.claim import WORDS, Claim, Quantity, Statement
from analysis.claims.document import Document
from analysis.claims.finding import Check, Severity, Told
from analysis.claims.interval import Interval

NOT_COMPARED = WORDS | {Quantity.OTHER}
# Sections that say again what stands in others.
SUMMARIES = ("abstract", "discussion")
# Two numbers with as many digits seldom agree by chance.
FEWEST_DIGITS = 3
SAID_AGAIN = (Quantity.P_VALUE, Quantity.I2, Quantity.TAU2)
LEVELS = {"very low": 0, "low": 1, "moderate": 2, "high": 3}


def repeated(document: Document) -> Iterator[Told]:
    """Whether one quantity has one value wherever it is printed."""
    for (_subject, quantity, _measure), claims in document.by_subject.items():
        found = [claim for claim in claims if claim.interval is not None]
        if quantity in NOT_COMPARED or len(found) < 2:
            continue
        first = found[0]
        for other in found[1:]:
            holds = _agree(first, other)
            words = "agree" if holds else "do not agree"
            says = f"{first.place}: {first.shown}; {other.place}: {other.shown}. They {words}, as rounded."
            yield Told((other, first), says, holds)


def _agree(first: Claim, other: Claim) -> bool:
    """Whether two printed numbers can be one, in any reading of a share; with as many digits they are alike."""
    if first.quantity is Quantity.I2:
        return any(a.meets(b) for a in first.shares() for b in other.shares())
    one, two = first.printed, other.printed
    if one is None or two is None:
        return value(first).meets(value(other))
    if one.unit == two.unit and not (one.bound or two.bound or one.is_about or two.is_about):
        return one.number == two.number
    return value(first).meets(value(other))


def summarised(document: Document) -> Iterator[Told]:
    """Whether a result of the abstract or of the discussion stands in the text as well, with the same numbers.

    For claims of which nobody said what they are about. A result that agrees with none of the text in all three
    numbers, and with one in two of them, is asked about.
    """
    rows = [row for row in document.with_all(E, LOW, HIGH) if not row[E].subject and not row[E].main]
    body = [row for row in rows if row[E].place.section not in SUMMARIES]
    for row in rows:
        alike = [(_alike(row, other), other) for other in body if _is_of_one_measure(row, other)]
        best, other = max(alike, key=lambda one: one[0], default=(0, row))
        if row[E].place.section in SUMMARIES and best >= 2 and _digits_of_alike(row, other) >= FEWEST_DIGITS:
            apart = [
                name for name in SAID_AGAIN if name in row and name in other and not _agree(row[name], other[name])
            ]
            holds = best == 3 and not apart
            words = "They agree." if holds else "If it is one result, one of them is wrong."
            shown = "; ".join(f"{one[E].place}: {_with_numbers(one, apart)}" for one in (row, other))
            yield Told((row[E], other[E]), f"{shown}. {words}", holds)


def _with_numbers(row: Statement, others: Sequence[Quantity]) -> str:
    """Give an estimate with its limits, and with some of the other numbers."""
    behind = "".join(f", {name.words} {row[name].shown}" for name in others)
    return f"{row[E].text} ({row[LOW].text} to {row[HIGH].text}){behind}"


def _alike(row: Statement, other: Statement) -> int:
    """Give in how many of estimate and limits two results agree, as rounded."""
    return sum(_agree(row[name], other[name]) for name in (E, LOW, HIGH))


def _digits_of_alike(row: Statement, other: Statement) -> int:
    """Give how many digits those of estimate and limits have in which two results agree."""
    return sum(_digits(row[name]) for name in (E, LOW, HIGH) if _agree(row[name], other[name]))


def _digits(claim: Claim) -> int:
    return len(claim.text.strip("+-−–0.,").replace(".", ""))


def _is_of_one_measure(row: Statement, other: Statement) -> bool:
    one, two = row[E].measure.upper(), other[E].measure.upper()
    return not one or not two or one == two


def level_of(claim: Claim) -> int | None:
    """Give the level of certainty that a claim names, None where it names none."""
    text = claim.text.lower().replace("_", " ").replace("-", " ")
    return next((level for word, level in LEVELS.items() if text.startswith(word)), None)


def certainty(document: Document) -> Iterator[Told]:
    """Whether the certainty of one result is the same wherever it is named."""
    for (_subject, quantity, _measure), claims in document.by_subject.items():
        found = [claim for claim in claims if level_of(claim) is not None]
        if quantity is not Quantity.CERTAINTY or len(found) < 2:
            continue
        for other in found[1:]:
            first = found[0]
            holds = level_of(first) == level_of(other)
            says = f"{first.place}: {first.text} certainty; {other.place}: {other.text} certainty."
            yield Told((other, first), says, holds)


def monotonic(document: Document) -> Iterator[Told]:
    """Whether a sensitivity result is rated no better than its main result, or says why."""
    mains = {
        claim.subject: claim
        for claim in document.of(Quantity.CERTAINTY)
        if not claim.main and level_of(claim) is not None and claim.place.section.lower() != "abstract"
    }
    for claim in document.of(Quantity.CERTAINTY):
        main = mains.get(claim.main) if claim.main else None
        level, of_main = level_of(claim), None if main is None else level_of(main)
        if main is None or level is None or of_main is None:
            continue
        reason = document.statements.get(claim.statement, {}).get(Quantity.REASON)
        holds = level <= of_main or reason is not None
        says = (
            f"The main result is rated {main.text.lower()}, this selection of its studies {claim.text.lower()}"
            f"{'; a reason is given' if reason else '' if holds else '; no reason for the better rating is noted'}."
        )
        yield Told((claim, main), says, holds)


def duplicates(document: Document) -> Iterator[Told]:
    """Whether results that are alike to the last digit are one."""
    alike: dict[tuple[Interval, ...], list[Statement]] = defaultdict(list)
    for row in document.with_all(E, LOW, HIGH):
        if _is_telling(row):
            alike[tuple(value(row[name]) for name in (E, LOW, HIGH))].append(row)
    for rows in alike.values():
        subjects, ks = {row[E].subject for row in rows}, {number_of(row, K) for row in rows} - {None}
        if len(rows) < 2 or (len(subjects) == 1 and len(ks) < 2):
            continue
        first = rows[0]
        with_k = {id(row): f" with k = {row[K].text}" if K in row else "" for row in rows}
        places = "; ".join(f"{row[E].place}{with_k[id(row)]}" for row in rows)
        says = (
            f"{first[E].text} ({first[LOW].text} to {first[HIGH].text}) stands at {places}: different results seldom "
            "agree in all three numbers."
        )
        yield Told(tuple(row[E] for row in reversed(rows)), says)


def _is_telling(statement: Statement) -> bool:
    """Whether estimate and limits have digits enough that they seldom agree by chance."""
    return all(_digits(statement[name]) >= 2 for name in (E, LOW, HIGH))


def differences_twice(document: Document) -> Iterator[Told]:
    """Whether one mean difference is printed for two comparisons that it cannot both belong to."""
    rows = [
        row for row in document.with_all(E, Quantity.MEAN_DIFFERENCE) if row[E].measure.upper() in ("SMD", "G", "D")
    ]
    for first, other in combinations(rows, 2):
        one, two = first[Quantity.MEAN_DIFFERENCE], other[Quantity.MEAN_DIFFERENCE]
        sizes = value(one).size(), value(two).size()
        if one.subject == two.subject or sizes[0] != sizes[1] or len(one.text.strip("+-−–0.,")) < 2:
            continue
        spreads = _spread(first), _spread(other)
        turned = (value(one).high < 0) != (value(two).high < 0)
        if turned or not spreads[0].meets(spreads[1]):
            says = (
                f"A mean difference of {one.text} ({one.place}) and of {two.text} ({two.place}) is printed for SMDs of "
                f"{first[E].text} and {other[E].text}{', with another sign' if turned else ''}."
            )
            yield Told((two, one), says)


def _spread(statement: Statement) -> Interval:
    """Give the standard deviation that a mean difference and an SMD imply."""
    return value(statement[Quantity.MEAN_DIFFERENCE]).size() / value(statement[E]).size()


CHECKS = (
    Check(
        "two_places",
        "The same quantity in two places",
        "A number that is printed twice is the same, as far as it is rounded.",
        Severity.CONTRADICTION,
        repeated,
    ),
    Check(
        "summary_text",
        "Abstract and text",
        "A result of the abstract or the discussion has the same numbers where it stands in the text.",
        Severity.CONTRADICTION,
        summarised,
    ),
    Check(
        "certainty_places",
        "Certainty in two places",
        "The certainty of a result is the same in abstract, results, discussion and tables.",
        Severity.CONTRADICTION,
        certainty,
    ),
    Check(
        "certainty_order",
        "Certainty of sensitivity results",
        "A selection of the studies is not rated better than all of them, unless a reason is given.",
        Severity.SUSPICIOUS,
        monotonic,
    ),
    Check(
        "duplicate_result",
        "Results that are alike",
        "An estimate with its limits, all to the last digit, under another question or another k, may be copied.",
        Severity.SUSPICIOUS,
        duplicates,
    ),
    Check(
        "difference_twice",
        "Mean differences that are alike",
        "One mean difference for two comparisons needs standard deviations to match; one of them may be copied.",
        Severity.SUSPICIOUS,
        differences_twice,
    ),
)
