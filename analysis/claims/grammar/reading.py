"""The claims of a text: results with what stands beside them, and counts with their percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from analysis.claims.claim import Claim, Place, Quantity
from analysis.claims.grammar.belonging import is_loose, owner_of
from analysis.claims.grammar.phrases import SIZED, Found, named_numbers
from analysis.claims.grammar.pooled import Prediction, Result, measure_before, pooled_results, predictions, quantities
from analysis.claims.grammar.shares import shares, with_points
from analysis.claims.grammar.stretches import Stretch, stretches
from analysis.claims.grammar.tables import cells_of, read_row
from analysis.claims.grammar.tokens import uses_decimal_commas
from analysis.claims.grammar.typesetting import as_printed

LONGEST_QUOTE = 300
# Intervals that are symmetric on no scale.
UNEVEN = re.compile(r"\bexact\b|Clopper|profile likelihood|bootstrap", re.IGNORECASE)
OVERALL_TEST = re.compile(r"\s*Test for (?:the )?overall effect", re.IGNORECASE)
OF_THE_EFFECT = re.compile(r"\b(?:effect|difference|reduction|increase|association|result)\b", re.IGNORECASE)
OF_HETEROGENEITY = re.compile(
    r"heterogen|inconsisten|variance|I[²2^]|[τΤ]|\b[Tt]au|\bQ\b|\bPI\b|predicti", re.IGNORECASE
)
ANOTHER_ANALYSIS = re.compile(
    r"\b(?:subgroup|sensitivity|exclu|omit|remov|leave-one|moderat(?!e\b)|regress|egger|begg|funnel|asymmetr|trim|interaction|"
    r"bias|dose|other outcome|secondary)",
    re.IGNORECASE,
)
ASKED_ONCE = frozenset({Quantity.K, Quantity.N})


# What is called significant, with a “no” or “not” before it; clinical significance is another thing.
SIGNIFICANT = re.compile(
    r"(?:\b(?:no|not|nor|neither|without|any|failed)\b[\w\s]{0,20}?)?\b(?<!clinically )(?:statistically )?"
    r"(?:non-?|in)?significan(?:t|tly|ce)\b(?! level)",
    re.IGNORECASE,
)
NOT_BEHIND = re.compile(r"^\s*at\b|\b(?:not|no|neither|only|unless|except|but)\b")
# Words that take back half of what is said behind them.
NEARLY = re.compile(
    r"\b(?:approach\w*|border\w*|margin\w*|near\w*|almost|toward\w*|trend\w*|close|just|lost|lose[sd]?|clinical(?:ly)?|"
    r"suggest\w*|quasi)\b[\w\s-]{0,15}$",
    re.IGNORECASE,
)
OTHER_TESTS = re.compile(r"heterogen|inconsisten|bias|asymmetr|subgroup|interaction|moderat", re.IGNORECASE)


@dataclass(slots=True)
class Reading:
    """A result with the numbers that belong to it and the words about it."""

    result: Result
    stretch: Stretch
    beside: list[Found]
    prediction: Prediction | None
    significance: str = ""
    elsewhere: dict[Quantity, Stretch] = field(default_factory=dict)

    def add(self, found: Sequence[tuple[Found, Stretch]]) -> None:
        """Take numbers of other sentences along; of a quantity that is there already, none."""
        known = {one.quantity for one in self.beside}
        for one, stretch in found:
            if one.quantity not in known:
                self.beside.append(one)
                self.elsewhere.setdefault(one.quantity, stretch)

    def add_prediction(self, found: Prediction | None, stretch: Stretch) -> None:
        """Take the prediction interval of another sentence along, unless there is one."""
        if found is not None and self.prediction is None:
            self.prediction = found
            self.elsewhere |= {Quantity.PI_LOWER: stretch, Quantity.PI_UPPER: stretch}


def read_claims(text: str) -> list[Claim]:
    """Give the claims that a text prints, in its order, each with its line and its sentence.

    Only what the grammar knows is read; a person confirms it. Nothing of a list of references is read.
    """
    text = as_printed(text)
    decimal = "," if uses_decimal_commas(text) else "."
    claims: list[Claim] = []
    for place, reading in enumerate(_results(text, decimal), start=1):
        claims += _claims_of(reading, f"r{place}", decimal)
    for place, stretch in enumerate(stretches(text), start=1):
        if stretch.section != "references":
            for n, share in enumerate(shares(stretch.text, decimal), start=1):
                claims += _share_claims(share, stretch, f"c{place}.{n}")
    return claims


def _results(text: str, decimal: str) -> list[Reading]:
    """Give the results of a text, each with the numbers that belong to it.

    Numbers of a sentence without a result belong to the only result of the sentence before in the paragraph; numbers of
    studies and participants rather to that of the sentence behind.
    """
    readings: list[Reading] = []
    ahead: list[tuple[Found, Stretch]] = []
    only: Reading | None = None
    block, last, is_table = -1, "", False
    for stretch in stretches(text):
        if stretch.section == "references":
            continue
        if stretch.block != block and not OVERALL_TEST.match(stretch.text):
            block, ahead, only = stretch.block, [], None
            last = last if stretch.is_row and is_table else ""
        is_table = stretch.is_row
        found = list(_in_sentence(stretch, decimal, last))
        named, coming = list(named_numbers(stretch.text, decimal)), list(predictions(stretch.text, decimal))
        if stretch.is_row and not found:
            last = measure_before(stretch.text, len(stretch.text)) or last
        if found:
            last = found[-1].result.measure
            only = found[0] if len(found) == 1 else None
            if only is not None:
                only.add(ahead)
            readings += found
            ahead = []
        elif only is not None:
            if not ANOTHER_ANALYSIS.search(stretch.text):
                only.add([(one, stretch) for one in named if _goes_with_the_one_before(one, stretch.text)])
                only.add_prediction(next(iter(coming), None), stretch)
            ahead = [(one, stretch) for one in named if one.quantity in ASKED_ONCE]
        else:
            ahead = [(one, stretch) for one in named if one.quantity in ASKED_ONCE]
    return readings


def _goes_with_the_one_before(found: Found, text: str) -> bool:
    """Whether a number of a sentence without a result is of the result before: heterogeneity is; p where it says so."""
    if found.quantity in (Quantity.P_VALUE, Quantity.Z):
        return OF_THE_EFFECT.search(text) is not None
    return found.quantity not in ASKED_ONCE and OF_HETEROGENEITY.search(text) is not None


def _in_sentence(stretch: Stretch, decimal: str, last: str) -> Iterator[Reading]:
    """Give the results of a sentence, each with the named numbers that stand behind it and before the next.

    What stands before the first result is that one's too, and what stands in one pair of brackets with a result is that
    one's.
    """
    text = stretch.text
    row = read_row(stretch.header, cells_of(text), decimal) if stretch.header is not None else None
    if row is not None:
        yield Reading(row.result, stretch, list(row.beside), row.prediction)
        return
    results = sorted(pooled_results(text, decimal, last=last, is_row=stretch.is_row), key=lambda one: one.start)
    found = [one for one in named_numbers(text, decimal) if not any(result.holds(one.start) for result in results)]
    found = [one for one in found if not is_loose(text, results, found, one)]
    ahead = list(predictions(text, decimal))
    owners = [(owner_of(text, results, one), one) for one in found]
    for index, result in enumerate(results):
        end = results[index + 1].start if index + 1 < len(results) else len(text)
        prediction = next((one for one in ahead if result.end <= one.start < end), None)
        mine = [one for owner, one in owners if owner == index]
        yield Reading(result, stretch, mine, prediction, _significance(text) if len(results) == 1 else "")


def _significance(text: str) -> str:
    """Give the words that call the only result of a sentence significant or not, "" where there are none or many."""
    found = list(SIGNIFICANT.finditer(text))
    if len(found) != 1:
        return ""
    before = text[max(0, found[0].start() - 60) : found[0].start()]
    behind = text[found[0].end() : found[0].end() + 60]
    if OTHER_TESTS.search(before[-40:] + behind) or NOT_BEHIND.search(behind) or NEARLY.search(before):
        return ""
    return re.sub(r"\s+", " ", found[0].group()).strip()


def _claims_of(reading: Reading, statement: str, decimal: str) -> Iterator[Claim]:
    """Give the claims of a result, of each quantity the first."""
    result = reading.result
    measure = result.measure
    if result.is_credible or UNEVEN.search(reading.stretch.text):
        measure = f"{'CrI' if result.is_credible else 'exact'} {measure}".strip()
    texts: dict[Quantity, tuple[str, str]] = {name: (text, "") for name, text in quantities(result)}
    for one in _clear(reading.beside):
        if one.quantity is not Quantity.OTHER:
            texts.setdefault(one.quantity, (one.text, one.unit))
    if reading.prediction is not None:
        texts[Quantity.PI_LOWER] = (reading.prediction.low, "")
        texts[Quantity.PI_UPPER] = (reading.prediction.high, "")
    if reading.significance:
        texts[Quantity.SIGNIFICANCE] = (reading.significance, "")
    for quantity, (text, unit) in texts.items():
        plain = with_points(text, decimal, is_count=quantity in ASKED_ONCE)
        yield Claim(
            f"{statement}.{quantity.value}",
            quantity,
            plain,
            _place(reading.elsewhere.get(quantity, reading.stretch)),
            statement,
            measure=measure,
            unit=unit,
        )


def _clear(found: Sequence[Found]) -> Iterator[Found]:
    """Give numbers without sizes that are in doubt: of several, those that are written as k or n, if they are one."""
    for quantity in ASKED_ONCE:
        sizes = [one for one in found if one.quantity is quantity]
        called = [one for one in sizes if one.unit == SIZED] or sizes
        if len({one.text for one in called}) == 1:
            yield Found(quantity, called[0].text, called[0].start, called[0].end)
    yield from (one for one in found if one.quantity not in ASKED_ONCE)


def _share_claims(found: tuple[str, str, str], stretch: Stretch, statement: str) -> Iterator[Claim]:
    n, whole, share = found
    place, code = _place(stretch), f"{statement}.whole" if whole else ""
    if whole:
        yield Claim(code, Quantity.COUNT, whole, place)
    yield Claim(f"{statement}.count", Quantity.COUNT, n, place, statement, part_of=code)
    yield Claim(
        f"{statement}.percent",
        Quantity.PERCENT,
        share.replace(",", "."),
        place,
        statement,
        unit="%",
        part_of=code,
    )


def _place(stretch: Stretch) -> Place:
    is_figure = stretch.table.lower().startswith("fig")
    return Place(
        section=stretch.section,
        page=stretch.page,
        line=str(stretch.line),
        table="" if is_figure else stretch.table,
        figure=stretch.table if is_figure else "",
        quote=stretch.text.strip()[:LONGEST_QUOTE],
    )
