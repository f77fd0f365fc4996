"""A manuscript block by block, as the page that writes it shows it."""

from dataclasses import dataclass, field
from typing import Any

from django.utils.safestring import SafeString

from analysis.models import Block, Manuscript
from analysis.reporting.building import Builder
from analysis.reporting.document import Document, Figure, Heading, Listing, Paragraph, Part, Run, Table
from analysis.reporting.writers.html import runs_html


@dataclass(slots=True)
class Entry:
    """A block: how it is called, how it reads, and what is not up to date or not there."""

    block: Block
    label: str = ""
    lines: list[SafeString] = field(default_factory=list)
    facts: list[str] = field(default_factory=list)
    stale: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Outline:
    """All blocks of a manuscript, and the document that they make."""

    entries: list[Entry]
    document: Document

    @property
    def stale(self) -> list[str]:
        """What is not up to date."""
        return self.document.stale()

    @property
    def open_items(self) -> int:
        """How many items of the checklist are nowhere."""
        return self.document.checklist.missing


def outline_of(manuscript: Manuscript) -> Outline:
    """Give the blocks of a manuscript as they read now."""
    builder = Builder(manuscript)
    document = builder.build()
    entries = [_entry(block, builder.made[block.pk]) for block in builder.blocks]
    return Outline(entries, document)


def _entry(block: Block, parts: list[Part]) -> Entry:
    entry = Entry(block)
    for part in parts:
        _read(entry, part)
    if block.items:
        entry.facts.append(f"PRISMA {block.items}")
    return entry


def _read(entry: Entry, part: Part) -> None:
    """Add what a part says to its block."""
    if isinstance(part, Heading):
        entry.label = part.label
    elif isinstance(part, Paragraph):
        _add(entry, part.runs)
    elif isinstance(part, Listing):
        for item in part.items:
            _add(entry, (Run("• "), *item))
    elif isinstance(part, Figure | Table):
        entry.label = f"{'Figure' if isinstance(part, Figure) else 'Table'} {part.number}"
        entry.missing = part.missing
        entry.stale += [part.stale] if part.stale else []
        entry.facts += _facts(entry.block, part)
        for note in (part.caption, *part.notes):
            _mark(entry, note)


def _facts(block: Block, part: Figure | Table) -> list[str]:
    """Give what a figure or a table shows, in a word or two."""
    found = []
    if isinstance(part, Table):
        found.append(block.get_shows_label() if part.rows else "no rows")
        found += [f"{len(part.rows)} rows"] if part.rows else []
    if block.analysis is not None:
        which = f"snapshot {block.snapshot.number}, fixed" if block.snapshot else "newest snapshot"
        found.append(f"{block.analysis.title}, {which}")
    return found


def _add(entry: Entry, runs: Any) -> None:
    entry.lines.append(runs_html(runs))
    _mark(entry, runs)


def _mark(entry: Entry, runs: Any) -> None:
    for run in runs:
        target = entry.wrong if run.is_wrong else entry.stale
        if run.stale and run.stale not in target:
            target.append(run.stale)
