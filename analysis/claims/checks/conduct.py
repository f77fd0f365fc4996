"""Whether a review reports what it promises, keeps its own rules, and counts and names each study once."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from difflib import SequenceMatcher
from itertools import combinations, pairwise

from analysis.claims.checks.tables import numbers
from analysis.claims.claim import Claim, Quantity
from analysis.claims.condition import read_condition
from analysis.claims.document import Document, Row
from analysis.claims.finding import Check, Severity, Told

# What counts as reporting a method, beside a claim that says so.
SHOWN_BY = {
    "prediction interval": frozenset({Quantity.PI_LOWER, Quantity.PI_UPPER}),
    "egger": frozenset({Quantity.EGGER_STATISTIC, Quantity.EGGER_P_VALUE}),
    "heterogeneity": frozenset({Quantity.I2, Quantity.TAU2, Quantity.Q}),
    "certainty": frozenset({Quantity.CERTAINTY}),
}
ALIKE = 0.84
LONG_WORD = 6
# So many columns with the same number tell one trial from two.
SAME_COLUMNS = 3
DATED = re.compile(r"(\d{4})-(\d{2})(?:-(\d{2}))?")


def promises(document: Document) -> Iterator[Told]:
    """Whether what the methods announce is reported."""
    quantities = {claim.quantity for claim in document.claims}
    reported = {claim.text.lower(): claim for claim in document.of(Quantity.REPORTED)}
    for promised in document.of(Quantity.PROMISED):
        method = promised.text.lower()
        shown = next((q for name, q in SHOWN_BY.items() if name in method), frozenset())
        found = reported.get(method)
        if found is not None:
            yield Told((promised, found), f"“{promised.text}” is announced, and reported at {found.place}.", True)
        elif shown & quantities:
            words = ", ".join(sorted(one.value.replace("_", " ") for one in shown & quantities))
            yield Told((promised,), f"“{promised.text}” is announced, and {words} are reported.", True)
        else:
            yield Told((promised,), f"“{promised.text}” is announced; no claim of the document reports it.")


def rules(document: Document) -> Iterator[Told]:
    """Whether every study meets the rules of eligibility."""
    for rule in document.rules:
        condition = read_condition(rule.condition)
        met, unknown = 0, []
        for row in document.tables.get(rule.table, ()):
            holds, study = condition.holds(row), row.get("study", "")
            if holds:
                met += 1
            elif holds is None:
                unknown.append(study)
            else:
                found = ", ".join(f"{column.replace('_', ' ')} {row.get(column, '')}" for column in condition.columns)
                says = f"{rule.title}: {condition}; {study} has {found}."
                yield Told((), says, about=f"{rule.table}: {study} ({rule.code})")
        if met:
            tail = f"; of {len(unknown)} it is not known" if unknown else ""
            says = f"{rule.title}: {met} studies meet {condition}{tail}."
            yield Told((), says, True, f"{rule.table}: {rule.code}")


def dates(document: Document) -> Iterator[Told]:
    """Whether dates of one statement stand in the order in which they are listed."""
    groups: dict[str, list[Claim]] = defaultdict(list)
    for claim in document.of(Quantity.DATE):
        groups[claim.statement].append(claim)
    for claims in groups.values():
        for first, second in pairwise(claims):
            one, two = _days(first.text), _days(second.text)
            if one is None or two is None:
                continue
            holds = one[0] <= two[1]
            names = first.subject or first.code, second.subject or second.code
            says = f"{names[0]} ({first.text}) comes {'before' if holds else 'after'} {names[1]} ({second.text})."
            yield Told((second, first), says, holds)


def _days(text: str) -> tuple[date, date] | None:
    """Give the first and the last day that a date as year-month-day or year-month can mean."""
    found = DATED.search(text)
    if found is None:
        return None
    year, month, day = int(found.group(1)), int(found.group(2)), found.group(3)
    try:
        if day:
            return date(year, month, int(day)), date(year, month, int(day))
        after = date(year + month // 12, month % 12 + 1, 1)
        return date(year, month, 1), date.fromordinal(after.toordinal() - 1)
    except ValueError:
        return None


def names(document: Document) -> Iterator[Told]:
    """Whether each study and person is spelt one way."""
    written: dict[str, dict[str, str]] = defaultdict(dict)
    for study, where, name in document.labels:
        written[study].setdefault(name.strip(), where)
    for claim in document.of(Quantity.NAME):
        written[claim.subject].setdefault(claim.text.strip(), str(claim.place))
    for study, found in written.items():
        if study and len({_plain(name) for name in found}) > 1:
            shown = "; ".join(f"{name} ({where})" for name, where in found.items())
            yield Told((), f"One study is written in more than one way: {shown}.", about=f"names: {study}")
    for one, two in combinations(sorted(written), 2):
        if _are_variants(one, two):
            yield Told((), f"{one} and {two} may be one study, spelt in two ways.", about=f"names: {one}, {two}")
    if written:
        yield Told((), f"{len(written)} names of studies were compared.", True, "names")


def _plain(name: str) -> str:
    return re.sub(r"[\s_,.]+", " ", unicodedata.normalize("NFC", name)).strip()


def _are_variants(one: str, two: str) -> bool:
    """Whether two names of the same year differ in one long word, by a letter or two."""
    first, second = _plain(one).lower(), _plain(two).lower()
    years = re.findall(r"\d{4}", first), re.findall(r"\d{4}", second)
    words = re.findall(r"[^\W\d_]+", first), re.findall(r"[^\W\d_]+", second)
    if not years[0] or years[0] != years[1] or len(words[0]) != len(words[1]):
        return False
    different = [pair for pair in zip(*words, strict=True) if pair[0] != pair[1]]
    if len(different) != 1 or min(map(len, different[0])) < LONG_WORD or different[0][0][0] != different[0][1][0]:
        return False
    return SequenceMatcher(None, *different[0]).ratio() > ALIKE


def trials(document: Document) -> Iterator[Told]:
    """Whether two studies of a table have the same groups and the same means.

    The sizes of groups depend on each other: together they count as one number that agrees.
    """
    sizes = {name for _, whole, parts, _ in document.sums for name in (whole, *parts)}
    for table, rows in document.tables.items():
        telling = _telling_columns(rows)
        for first, second in combinations(rows, 2):
            if first.get("study") == second.get("study"):
                continue
            there = [name for name in telling if first.get(name) and second.get(name)]
            same = [name for name in there if first[name] == second[name]]
            counted = len(set(same) - sizes) + bool(set(same) & sizes)
            if counted >= SAME_COLUMNS and len(same) == len(there):
                shown = ", ".join(f"{name} {first[name]}" for name in same)
                says = f"{first.get('study')} and {second.get('study')} have the same {shown}: they may be one trial."
                yield Told((), says, about=f"{table}: {first.get('study')}, {second.get('study')}")


def _telling_columns(rows: Sequence[Row]) -> list[str]:
    """Give the columns that tell studies apart: filled in for most, with many different numbers."""
    columns = {name for row in rows for name in row if name not in ("study", "year")}
    telling = []
    for name in sorted(columns):
        found = numbers(rows, name)
        if len(found) > len(rows) / 2 and len(set(found)) > 0.6 * len(found):
            telling.append(name)
    return telling


CHECKS = (
    Check(
        "promised_methods",
        "Methods that are announced",
        "What the methods or the protocol announce is reported, or it is said why not.",
        Severity.NOT_REPORTED,
        promises,
    ),
    Check(
        "eligibility",
        "Rules of eligibility",
        "Every study of the tables meets the review's own rules.",
        Severity.RULE_BROKEN,
        rules,
    ),
    Check("date_order", "Order of dates", "What comes first has the earlier date.", Severity.IMPOSSIBLE, dates),
    Check("names", "Names", "A study is spelt one way in all places.", Severity.SUSPICIOUS, names),
    Check(
        "same_trial",
        "Trials that are counted twice",
        "Two studies with the same numbers of participants, groups and means may be one trial.",
        Severity.SUSPICIOUS,
        trials,
    ),
)
