"""What a comparison gives: pairs of rows with their items, each with the sentences about it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from evidence.comparing.faults import Fault, Finding, Names
from evidence.comparing.matching import Matching, Pair
from evidence.comparing.readings import Field, Kind, Reading, Value, Words, as_text

WHOLE = ""
"""The field of an item that is a row as a whole."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that both readers could say something about: a field of a row, or a row as a whole.

    Parameters
    ----------
    path : what names the item, whichever reading comes first
    first, second : the values; of a row as a whole whether it is there
    findings : why they differ, the likeliest first; none where they agree
    """

    path: str
    pair: Pair
    field: Field | None
    first: Value
    second: Value
    findings: tuple[Finding, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether somebody has to decide."""
        return bool(self.findings)

    @property
    def is_wording(self) -> bool:
        """Whether only the writing differs, so that either may be taken."""
        return bool(self.findings) and all(finding.fault == Fault.WORDING for finding in self.findings)

    @property
    def is_whole(self) -> bool:
        """Whether the item is a row as a whole."""
        return self.field is None

    @property
    def seen(self) -> tuple[str, str]:
        """The two values as text: a decision holds only while they are the same."""
        if self.field is None:
            return _row_text(self.pair, 0), _row_text(self.pair, 1)
        return as_text(self.first), as_text(self.second)


def _row_text(pair: Pair, side: int) -> str:
    row = (pair.first, pair.second)[side]
    return row.content if row is not None else ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A pair of rows with its title and its items.

    Parameters
    ----------
    title : what the pair is about, in words
    follows : path of the item of an arm, where the row is kept if the arm is
    """

    pair: Pair
    title: str
    items: tuple[Item, ...]
    follows: str = ""

    @property
    def differences(self) -> tuple[Item, ...]:
        """The items that differ."""
        return tuple(item for item in self.items if item.differs)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two readings of one study, side by side."""

    first: Reading
    second: Reading
    names: Names
    words: Words
    matching: Matching
    entries: tuple[Entry, ...]
    titles: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: Kind) -> list[Entry]:
        """Give the entries of a kind of row."""
        return [entry for entry in self.entries if entry.pair.kind == kind]

    def items(self) -> Iterator[tuple[Entry, Item]]:
        """Give every item with its entry."""
        for entry in self.entries:
            for item in entry.items:
                yield entry, item

    @property
    def differences(self) -> list[Item]:
        """The items that differ."""
        return [item for _, item in self.items() if item.differs]

    def find(self, path: str) -> Item | None:
        """Give the item with this path."""
        return next((item for _, item in self.items() if item.path == path), None)
