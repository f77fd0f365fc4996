"""What stands beside the rows of a forest plot: columns of text, judgements of risk of bias, rows without an effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Column:
    """A column of text at the left; `cells` are by the key of the row.

    `over` is a heading that neighbouring columns share. Numbers stand at the right of their column; where there are
    `sums`, a summary shows the sum over its rows.
    """

    heading: str
    cells: Mapping[str, str]
    over: str = ""
    is_number: bool = False
    sums: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lights:
    """Judgements as small circles at the right.

    `levels` are from best to worst, with their words; `domains` are pairs of a mark above the column and the words for
    the legend; `judgements` gives, by the key of the row, the level in each domain, None where it is not judged.
    """

    levels: Mapping[str, str]
    domains: tuple[tuple[str, str], ...]
    judgements: Mapping[str, tuple[str | None, ...]]


@dataclass(frozen=True, slots=True)
class Unpooled:
    """A study without an effect: a short message, and the whole reason for those who point at it."""

    key: str
    label: str
    message: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Beside:
    """All that stands beside and below the rows; `addresses` leads from the key of a row to where more is told."""

    columns: tuple[Column, ...] = ()
    lights: Lights | None = None
    unpooled: tuple[Unpooled, ...] = ()
    addresses: Mapping[str, str] = field(default_factory=dict)
    has_estimates: bool = True
    has_weights: bool = True
    notes: tuple[str, ...] = ()
