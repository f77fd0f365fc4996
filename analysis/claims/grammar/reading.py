"""The claims of a text: results with what stands beside them, and counts with their percentages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.claims.claim import Claim, Place, Quantity
from analysis.claims.grammar.phrases import Found, named_numbers
from analysis.claims.grammar.pooled import Prediction, Result, measure_before, pooled_results, predictions, quantities
from analysis.claims.grammar.tokens import SPACE, count, number, uses_decimal_commas

SECTIONS = {
    "abstract": "abstract",
    "summary": "abstract",
    "introduction": "introduction",
    "background": "introduction",
    "methods": "methods",
    "materials and methods": "methods",
    "results": "results",
    "findings": "results",
    "discussion": "discussion",
    "conclusion": "discussion",
    "conclusions": "discussion",
    "references": "references",
}
HEADING = re.compile(r"^\s*(?:\d+(?:\.\d+)*\.?\s+)?([A-Za-z][A-Za-z ]{3,30})\s*:?\s*$")
TABLE = re.compile(r"^\s*((?:Table|Figure|Fig\.?|Tabelle)\s*\d+)", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?])[\])]?\s+(?=[A-ZÄÖÜ])")
# A sentence ends behind no short word of these.
SHORTENED = re.compile(r"(?:\b(?:vs|e\.g|i\.e|cf|al|approx|Fig|ca|no|resp|C\.I)\.|\b[A-Z]\.)$")
LONGEST_QUOTE = 300
ASKED_ONCE = frozenset({Quantity.K, Quantity.N})


# What is called significant, with a “no” or “not” before it; clinical significance is another thing.
SIGNIFICANT = re.compile(
    r"(?:\b(?:no|not|nor|neither|without|any|failed)\b[\w\s]{0,20}?)?\b(?<!clinically )(?:statistically )?"
    r"(?:non-?|in)?significan(?:t|tly|ce)\b(?! level)",
    re.IGNORECASE,
)
NOT_BEHIND = re.compile(r"\b(?:not|no|neither|only|unless|except|but)\b")
OTHER_TESTS = re.compile(r"heterogen|inconsisten|bias|asymmetr|subgroup|interaction|moderat", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sentence or the row of a table: its text, the line it begins in, its section and table, and its paragraph."""

    text: str
    line: int
    section: str
    table: str
    block: int
    is_row: bool = False


@dataclass(slots=True)
class Reading:
    """A result with the numbers that belong to it and the words about it."""

    result: Result
    stretch: Stretch
    beside: list[Found]
    prediction: Prediction | None
    significance: str = ""

    def add(self, found: Sequence[Found]) -> None:
        """Take numbers of other sentences along; of a quantity that is there already, none."""
        known = {one.quantity for one in self.beside}
        self.beside += [one for one in found if one.quantity not in known]


def read_claims(text: str) -> list[Claim]:
    """Give the claims that a text prints, in its order, each with its line and its sentence.

    Only what the grammar knows is read; a person confirms it. Nothing of a list of references is read.
    """
    decimal = "," if uses_decimal_commas(text) else "."
    claims: list[Claim] = []
    for place, reading in enumerate(_results(text, decimal), start=1):
        claims += _claims_of(reading, f"r{place}", decimal)
    for place, stretch in enumerate(stretches(text), start=1):
        if stretch.section != "references":
            for n, share in enumerate(_shares(stretch.text, decimal), start=1):
                claims += _share_claims(share, stretch, f"c{place}.{n}")
    return claims


def _results(text: str, decimal: str) -> list[Reading]:
    """Give the results of a text, each with the numbers that belong to it.

    Numbers of a sentence without a result belong to the only result of the sentence before in the paragraph; numbers of
    studies and participants rather to that of the sentence behind.
    """
    readings: list[Reading] = []
    ahead: list[Found] = []
    only: Reading | None = None
    block, last, is_table = -1, "", False
    for stretch in stretches(text):
        if stretch.section == "references":
            continue
        if stretch.block != block:
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
            only.add([one for one in named if one.quantity not in ASKED_ONCE])
            only.prediction = only.prediction or next(iter(coming), None)
            ahead = [one for one in named if one.quantity in ASKED_ONCE]
        else:
            ahead = [one for one in named if one.quantity in ASKED_ONCE]
    return readings


def stretches(text: str) -> Iterator[Stretch]:
    """Give the sentences of a text; lines of a table are sentences of their own."""
    section, table = "", ""
    block: list[tuple[int, str]] = []
    for line, content in enumerate([*text.split("\n"), ""], start=1):
        heading, caption = HEADING.match(content), TABLE.match(content)
        named = SECTIONS.get(heading.group(1).strip().lower()) if heading else None
        is_row = "\t" in content or " | " in content
        if not content.strip() or named or caption or is_row:
            yield from _sentences(block, section, table)
            block = []
        if named:
            section, table = named, ""
        elif is_row:
            yield Stretch(content, line, section, table, line, is_row=True)
        elif not content.strip():
            table = table if block else ""
        else:
            table = caption.group(1) if caption else table
            block.append((line, content))


def _sentences(block: Sequence[tuple[int, str]], section: str, table: str) -> Iterator[Stretch]:
    """Give the sentences of some lines that belong together, each with the line where it begins."""
    whole, begins = "", []
    for line, content in block:
        begins.append((len(whole), line))
        joined = whole.endswith("-") and content[:1].islower()
        whole = (whole[:-1] if joined else whole) + content.strip() + " "
    start = 0
    for match in SENTENCE.finditer(whole):
        if SHORTENED.search(whole[max(0, match.start() - 12) : match.start()].rstrip(")]")):
            continue
        yield Stretch(whole[start : match.start()], _line_at(begins, start), section, table, block[0][0])
        start = match.end()
    if whole[start:].strip():
        yield Stretch(whole[start:].strip(), _line_at(begins, start), section, table, block[0][0])


def _line_at(begins: Sequence[tuple[int, int]], place: int) -> int:
    return next(line for begin, line in reversed(begins) if begin <= place)


def _in_sentence(stretch: Stretch, decimal: str, last: str) -> Iterator[Reading]:
    """Give the results of a sentence, each with the named numbers that stand behind it and before the next.

    What stands before the first result is that one's too.
    """
    text = stretch.text
    results = sorted(pooled_results(text, decimal, last=last, is_row=stretch.is_row), key=lambda one: one.start)
    found = [one for one in named_numbers(text, decimal) if not any(result.holds(one.start) for result in results)]
    ahead = list(predictions(text, decimal))
    for index, result in enumerate(results):
        end = results[index + 1].start if index + 1 < len(results) else len(text)
        mine = [one for one in found if result.start <= one.start < end]
        if index == 0:
            mine += [one for one in found if one.start < result.start]
        prediction = next((one for one in ahead if result.end <= one.start < end), None)
        yield Reading(result, stretch, mine, prediction, _significance(text) if len(results) == 1 else "")


def _significance(text: str) -> str:
    """Give the words that call the only result of a sentence significant or not, "" where there are none or many."""
    found = list(SIGNIFICANT.finditer(text))
    if len(found) != 1:
        return ""
    behind = text[found[0].end() : found[0].end() + 60]
    if OTHER_TESTS.search(behind) or NOT_BEHIND.search(behind):
        return ""
    return re.sub(r"\s+", " ", found[0].group()).strip()


def _claims_of(reading: Reading, statement: str, decimal: str) -> Iterator[Claim]:
    """Give the claims of a result, of each quantity the first."""
    result = reading.result
    measure = f"CrI {result.measure}".strip() if result.is_credible else result.measure
    texts: dict[Quantity, tuple[str, str]] = {name: (text, "") for name, text in quantities(result)}
    for one in reading.beside:
        if one.quantity is not Quantity.OTHER:
            texts.setdefault(one.quantity, (one.text, one.unit))
    if reading.prediction is not None:
        texts[Quantity.PI_LOWER] = (reading.prediction.low, "")
        texts[Quantity.PI_UPPER] = (reading.prediction.high, "")
    if reading.significance:
        texts[Quantity.SIGNIFICANCE] = (reading.significance, "")
    for quantity, (text, unit) in texts.items():
        plain = text.replace(",", ".") if decimal == "," and quantity not in ASKED_ONCE else text
        yield Claim(
            f"{statement}.{quantity.value}",
            quantity,
            plain,
            _place(reading.stretch),
            statement,
            measure=measure,
            unit=unit,
        )


def _shares(text: str, decimal: str) -> Iterator[tuple[str, str, str]]:
    """Give counts with percentages, as (count, whole or "", percentage): “26 (44.3 %)”, “26 of 58 (44.8%)”."""
    pattern = re.compile(
        rf"(?<![\w.,·/−–-])(?P<n>{count()})(?:{SPACE}(?:of|out of|von){SPACE}(?:the{SPACE})?(?P<whole>{count()})|"
        rf"/(?P<over>{count()}))?(?:{SPACE}[a-z]+){{0,3}}{SPACE}?[(\[]{SPACE}?(?P<share>{number(decimal)}){SPACE}?%"
        rf"{SPACE}?[)\];,]"
    )
    for match in pattern.finditer(text):
        yield match.group("n"), match.group("whole") or match.group("over") or "", match.group("share")


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
        line=str(stretch.line),
        table="" if is_figure else stretch.table,
        figure=stretch.table if is_figure else "",
        quote=stretch.text.strip()[:LONGEST_QUOTE],
    )
