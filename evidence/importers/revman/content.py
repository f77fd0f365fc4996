"""What a file of RevMan holds, whichever of its formats it is in: studies, judgements, and analyses with their data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Kind(StrEnum):
    """What an analysis has of each study."""

    EVENTS = "events and totals"
    SCORES = "means and SDs"
    EFFECTS = "estimates and standard errors"
    O_MINUS_E = "O-E and variance"


class Section(StrEnum):
    """Where a study stands in the review."""

    INCLUDED = "included"
    EXCLUDED = "excluded"
    AWAITING = "awaiting classification"
    ONGOING = "ongoing"


@dataclass(frozen=True, slots=True)
class Reference:
    """A document about a study. `kinds` are the identifiers that it has, by type in capital letters."""

    line: int
    citation: str
    year: str = ""
    is_primary: bool = False
    identifiers: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class SourceStudy:
    """A study of the file: its references, and what is said of it by heading (Methods, Participants ...)."""

    line: int
    name: str
    year: str = ""
    section: Section = Section.INCLUDED
    references: list[Reference] = field(default_factory=list)
    identifiers: dict[str, str] = field(default_factory=dict)
    described: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Opinion:
    """A judgement of risk of bias: `group` are the outcomes that it holds for, "" for all of them."""

    line: int
    study: str
    item: str
    result: str
    text: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """The data of one study in an analysis, as text by RevMan's names for them (EVENTS_1, MEAN_2, SE ...)."""

    line: int
    study: str
    values: Mapping[str, str]
    subgroup: str = ""
    subgroup_number: str = ""
    footnote: str = ""


@dataclass(slots=True)
class Analysis:
    """An outcome of a comparison. `first` and `second` are its labels of the two groups.

    `is_log` says whether estimates are logarithms, None where the file does not say it.
    """

    line: int
    number: str
    comparison: str
    name: str
    kind: Kind
    measure: str = ""
    first: str = ""
    second: str = ""
    favours: tuple[str, str] = ("", "")
    unit: str = ""
    level: str = ""
    is_log: bool | None = None
    is_swapped: bool = False
    entries: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Content:
    """All that was read. `studies` are by RevMan's identifier, and `notes` name what was not read.

    `faults` are what is wrong with single lines, as line, column ("" for the whole line) and rule.
    """

    studies: dict[str, SourceStudy] = field(default_factory=dict)
    opinions: list[Opinion] = field(default_factory=list)
    analyses: list[Analysis] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    faults: list[tuple[int, str, str]] = field(default_factory=list)
