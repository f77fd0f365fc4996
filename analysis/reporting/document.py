"""A manuscript as it is to be written out: headings, texts, figures and tables as plain values, whatever the format."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

Align = Literal["left", "right", "center"]


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text that looks the same all along.

    `bound` is what a bound number asked for, `stale` the sentence why it is not what would come out now.
    """

    text: str
    is_bold: bool = False
    is_italic: bool = False
    is_raised: bool = False
    href: str = ""
    bound: str = ""
    stale: str = ""
    is_wrong: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; `label` stands before it (“Appendix A”)."""

    text: str
    level: int = 1
    label: str = ""

    @property
    def words(self) -> str:
        """The heading with its label."""
        return f"{self.label}. {self.text}" if self.label else self.text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of text."""

    runs: Runs


@dataclass(frozen=True, slots=True)
class Listing:
    """A list with bullets or numbers."""

    items: tuple[Runs, ...]
    is_numbered: bool = False


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure with its number and caption; without a drawing, `missing` says why there is none."""

    number: int
    caption: Runs
    svg: str = ""
    alt: str = ""
    notes: tuple[Runs, ...] = ()
    missing: tuple[str, ...] = ()
    stale: str = ""


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell; `span` is how many columns it takes."""

    text: str = ""
    align: Align = "left"
    is_header: bool = False
    span: int = 1


Cells = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its number and caption; `widths` are shares of the columns, `is_wide` asks for a page on its side.

    Without rows, `missing` says why there are none. `marks` are explanations with letters, below the table.
    """

    number: int
    caption: Runs
    head: tuple[Cells, ...] = ()
    rows: tuple[Cells, ...] = ()
    notes: tuple[Runs, ...] = ()
    marks: tuple[tuple[str, str], ...] = ()
    widths: tuple[float, ...] = ()
    is_wide: bool = False
    missing: tuple[str, ...] = ()
    stale: str = ""


@dataclass(frozen=True, slots=True)
class ChecklistRow:
    """An item of a checklist; `place` is where it is, "" where it is missing."""

    number: str
    section: str
    topic: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Checklist:
    """A checklist, filled with where each item is."""

    title: str
    rows: tuple[ChecklistRow, ...]
    source: str = ""

    @property
    def missing(self) -> int:
        """How many items are nowhere."""
        return sum(not row.place for row in self.rows)


@dataclass(frozen=True, slots=True)
class References:
    """The list of references, each as it is to be printed; `label` is the number, "" in styles without one."""

    title: str
    items: tuple[tuple[str, Runs], ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class PageBreak:
    """A new page."""


Part = Heading | Paragraph | Listing | Figure | Table | Checklist | References | PageBreak


@dataclass(frozen=True, slots=True)
class Sheet:
    """Parts that stand on pages of one orientation."""

    is_wide: bool
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A whole manuscript. `changed_at` is when it was changed last: files bear this time and no other.

    `checklist` is filled whether or not it is one of the parts, since it is a file of its own too.
    """

    title: str
    name: str
    review: str
    changed_at: datetime
    changed_by: str
    checklist: Checklist
    authors: str = ""
    affiliations: tuple[str, ...] = ()
    abstract: tuple[Paragraph | Listing, ...] = ()
    parts: tuple[Part, ...] = ()
    sources: tuple[str, ...] = field(default=())

    @property
    def figures(self) -> list[Figure]:
        """All figures in their order."""
        return [part for part in self.parts if isinstance(part, Figure)]

    @property
    def tables(self) -> list[Table]:
        """All tables in their order."""
        return [part for part in self.parts if isinstance(part, Table)]

    def sheets(self) -> list[Sheet]:
        """Give the parts by the orientation of their pages; headings go with the wide table that they are above."""
        found: list[tuple[bool, list[Part]]] = []
        waiting: list[Part] = []
        for part in self.parts:
            if isinstance(part, Heading):
                waiting.append(part)
                continue
            is_wide = isinstance(part, Table) and part.is_wide and bool(part.rows)
            if not found or found[-1][0] != is_wide:
                found.append((is_wide, []))
            found[-1][1].extend([*waiting, part])
            waiting = []
        if waiting:
            found.append((False, waiting))
        return [Sheet(is_wide, tuple(parts)) for is_wide, parts in found]

    def stale(self) -> list[str]:
        """Give every different sentence that tells of something stale, in the order of the text."""
        found = [run.stale for run in self._runs()]
        found += [part.stale for part in self.parts if isinstance(part, Figure | Table)]
        return list(dict.fromkeys(filter(None, found)))

    def wrong(self) -> list[str]:
        """Give what is wrong with bound numbers that are no longer there."""
        return list(dict.fromkeys(run.stale or run.text for run in self._runs() if run.is_wrong))

    def _runs(self) -> Iterator[Run]:
        for part in (*self.abstract, *self.parts):
            if isinstance(part, Paragraph):
                yield from part.runs
            elif isinstance(part, Listing):
                for item in part.items:
                    yield from item
            elif isinstance(part, Figure | Table):
                yield from part.caption
                for note in part.notes:
                    yield from note


def plain(runs: Runs) -> str:
    """Give the text of runs without how they look."""
    return "".join(run.text for run in runs)
