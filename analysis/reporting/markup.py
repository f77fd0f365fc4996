"""The small part of Markdown that texts of manuscripts may use, read into paragraphs and lists.

Bold (`**x**`), italic (`*x*`), links (`[x](https://y)`), lists (`- x`, `1. x`), bound numbers (`{{x}}`) and citations
(`[@study]`). Everything else is text as it stands.
"""

import re
from collections.abc import Callable
from dataclasses import replace

from analysis.reporting.document import Listing, Paragraph, Run, Runs

INLINE = re.compile(
    r"\{\{(?P<bound>.*?)\}\}"
    r"|\[@(?P<cited>[^\]\n]+)\]"
    r"|\*\*(?P<bold>(?=\S).+?(?<=\S))\*\*"
    r"|\*(?P<italic>(?=\S)[^*]+?(?<=\S))\*"
    r"|\[(?P<words>[^\]\n]+)\]\((?P<href>https?://[^\s)]+)\)"
)
BULLET = re.compile(r"\s*[-•]\s+(.*)")
NUMBERED = re.compile(r"\s*\d{1,3}[.)]\s+(.*)")

Reader = Callable[[str], Run]


class Markup:
    """Reads texts; `bind` gives the run of a bound number, `cite` that of a citation."""

    def __init__(self, bind: Reader, cite: Reader) -> None:
        self.bind = bind
        self.cite = cite

    def read(self, text: str) -> tuple[Paragraph | Listing, ...]:
        """Give the paragraphs and lists of a text; an empty line ends a paragraph."""
        parts: list[Paragraph | Listing] = []
        for group in re.split(r"\n\s*\n", text.strip()):
            parts += self._group([line for line in group.splitlines() if line.strip()])
        return tuple(parts)

    def _group(self, lines: list[str]) -> list[Paragraph | Listing]:
        """Give the parts of lines without an empty one between them."""
        parts: list[Paragraph | Listing] = []
        for kind, texts in _runs_of_lines(lines):
            if kind is None:
                parts.append(Paragraph(self.inline(" ".join(text.strip() for text in texts))))
            else:
                items = tuple(self.inline(text) for text in texts)
                parts.append(Listing(items, is_numbered=kind is NUMBERED))
        return parts

    def inline(self, text: str) -> Runs:
        """Give the runs of a text on one line."""
        return tuple(self._inline(text))

    def _inline(self, text: str) -> list[Run]:
        runs, done = [], 0
        for found in INLINE.finditer(text):
            if found.start() > done:
                runs.append(Run(text[done : found.start()]))
            runs += self._special(found)
            done = found.end()
        if done < len(text):
            runs.append(Run(text[done:]))
        return runs

    def _special(self, found: re.Match[str]) -> list[Run]:
        """Give the runs of what is more than text."""
        if found["bound"] is not None:
            return [self.bind(found["bound"])]
        if found["cited"] is not None:
            return [self.cite(found["cited"])]
        if found["bold"] is not None:
            return [replace(run, is_bold=True) for run in self._inline(found["bold"])]
        if found["italic"] is not None:
            return [replace(run, is_italic=True) for run in self._inline(found["italic"])]
        return [replace(run, href=found["href"]) for run in self._inline(found["words"])]


def _runs_of_lines(lines: list[str]) -> list[tuple[re.Pattern[str] | None, list[str]]]:
    """Give lines that belong together: items of one list, or a paragraph."""
    found: list[tuple[re.Pattern[str] | None, list[str]]] = []
    for line in lines:
        kind, text = _kind(line)
        if found and found[-1][0] is kind:
            found[-1][1].append(text)
        else:
            found.append((kind, [text]))
    return found


def _kind(line: str) -> tuple[re.Pattern[str] | None, str]:
    for kind in (BULLET, NUMBERED):
        item = kind.fullmatch(line)
        if item:
            return kind, item[1]
    return None, line
