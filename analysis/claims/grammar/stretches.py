"""The sentences of a text and the rows of its tables, each with the place where it begins."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analysis.claims.grammar.phrases import ANALYSIS
from analysis.claims.grammar.sections import headings
from analysis.claims.grammar.tables import Header, cells_of, read_header

TABLE = re.compile(r"^\s*((?:Table|Figure|Fig\.?|Tabelle)\s*\d+)", re.IGNORECASE)
SENTENCE = re.compile(r"(?<=[.!?])[\])]?\s+(?=[A-ZÄÖÜ])")
# A sentence ends behind no short word of these.
SHORTENED = re.compile(r"(?:\b(?:vs|e\.g|i\.e|cf|al|approx|Fig|ca|no|resp|C\.I)\.|\b[A-Z]\.)$")
# A line within a table that is no row, such as “Sensitivity analyses”, is no longer than this.
LONGEST_SUBTITLE = 60


@dataclass(frozen=True, slots=True)
class Stretch:
    """A sentence or row of a table: its text, line, section, table, paragraph and page, and the header above it."""

    text: str
    line: int
    section: str
    table: str
    block: int
    page: str = ""
    is_row: bool = False
    header: Header | None = None


def stretches(text: str) -> Iterator[Stretch]:
    """Give the sentences of a text; lines of a table are sentences of their own."""
    section, table = "", ""
    block: list[tuple[int, str]] = []
    header: Header | None = None
    above: list[str] = []
    lines = [*text.split("\n"), ""]
    pages, begins = _pages(lines), headings([one.replace("\f", "") for one in lines])
    for line, content in enumerate((one.replace("\f", "") for one in lines), start=1):
        named, caption = begins[line - 1], TABLE.match(content)
        cells = cells_of(content)
        is_head = read_header(cells, above)
        is_row = "\t" in content or " | " in content or is_head is not None or ANALYSIS.search(content) is not None
        is_row = is_row or (header is not None and len(cells) == len(header))
        if named or caption or (not is_row and len(content) > LONGEST_SUBTITLE):
            header, above = None, []
        if not content.strip() or named or caption or is_row:
            yield from _sentences(block, section, table, pages)
            block = []
        if named:
            section, table = named, ""
        elif is_row:
            yield Stretch(
                content, line, section, table, line, pages[line - 1], is_row=True, header=None if is_head else header
            )
            header, above = is_head or header, cells
        elif not content.strip():
            table = table if block else ""
        else:
            table = caption.group(1) if caption else table
            block.append((line, content))


def _sentences(block: Sequence[tuple[int, str]], section: str, table: str, pages: Sequence[str]) -> Iterator[Stretch]:
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
        yield _sentence(whole[start : match.start()], _line_at(begins, start), section, table, block[0][0], pages)
        start = match.end()
    if whole[start:].strip():
        yield _sentence(whole[start:].strip(), _line_at(begins, start), section, table, block[0][0], pages)


def _sentence(text: str, line: int, section: str, table: str, block: int, pages: Sequence[str]) -> Stretch:
    return Stretch(text, line, section, table, block, pages[line - 1])


def _pages(lines: Sequence[str]) -> list[str]:
    """Give the page of each line of the text of a PDF, whose pages end with a form feed; "" where there are none."""
    if not any("\f" in line for line in lines):
        return [""] * len(lines)
    pages, page = [], 1
    for line in lines:
        page += line.startswith("\f")
        pages.append(str(page))
        page += line.count("\f") - line.startswith("\f")
    return pages


def _line_at(begins: Sequence[tuple[int, int]], place: int) -> int:
    return next(line for begin, line in reversed(begins) if begin <= place)
