"""Conditions on rows of a table, as text: "weeks >= 4 and type_1,type_2 in active|passive"."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PART = re.compile(r"\s*([\w.,]+)\s*(>=|<=|!=|=|>|<|\bin\b)\s*(.+?)\s*")


class BadCondition(ValueError):
    """A condition cannot be read; says why in a sentence."""


@dataclass(frozen=True, slots=True)
class Term:
    """One comparison: true where any of the columns meets it."""

    columns: tuple[str, ...]
    sign: str
    wanted: tuple[str, ...]

    def holds(self, row: Mapping[str, str]) -> bool | None:
        """Whether a row meets it; None where the columns are empty."""
        cells = [row.get(column, "").strip() for column in self.columns]
        filled = [cell for cell in cells if cell]
        if not filled:
            return None
        return any(self._meets(one.strip()) for cell in filled for one in cell.split("|"))

    def __str__(self) -> str:
        """The comparison in words: “comparators passive, true control or medication”."""
        columns, wanted = _listed(self.columns), _listed(self.wanted)
        sign = {"in": "", "=": "", "!=": "not "}.get(self.sign, f"{self.sign} ")
        return f"{columns} {sign}{wanted}"

    def _meets(self, cell: str) -> bool:
        if self.sign in ("=", "in"):
            return cell.casefold() in self.wanted
        if self.sign == "!=":
            return cell.casefold() not in self.wanted
        try:
            number, limit = float(cell), float(self.wanted[0])
        except ValueError:
            return False
        return {">=": number >= limit, "<=": number <= limit, ">": number > limit, "<": number < limit}[self.sign]


@dataclass(frozen=True, slots=True)
class Condition:
    """Comparisons that must all hold."""

    terms: tuple[Term, ...]

    def __str__(self) -> str:
        """The comparisons in words; “any value” where there are none."""
        return " and ".join(map(str, self.terms)) or "any value"

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it looks at."""
        return tuple(column for term in self.terms for column in term.columns)

    def holds(self, row: Mapping[str, str]) -> bool | None:
        """Whether a row meets all; None where that is not known, and nothing speaks against it."""
        found = [term.holds(row) for term in self.terms]
        if False in found:
            return False
        return None if None in found else True


def read_condition(text: str) -> Condition:
    """Read a condition; an empty one holds for every row.

    Raises
    ------
    BadCondition : a part is no comparison
    """
    terms = []
    for part in filter(str.strip, re.split(r"\band\b", text)):
        found = PART.fullmatch(part)
        if found is None:
            raise BadCondition(f"“{part.strip()}” is no comparison such as weeks >= 4 or type in active|passive.")
        wanted = tuple(one.strip().casefold() for one in found.group(3).split("|"))
        if found.group(2) in (">=", "<=", ">", "<") and not _is_number(wanted[0]):
            raise BadCondition(f"“{part.strip()}” compares with no number.")
        terms.append(Term(tuple(found.group(1).split(",")), found.group(2), wanted))
    return Condition(tuple(terms))


def split_rows(rows: str) -> tuple[str, str]:
    """Give the table and the condition of a claim's `rows`, such as "studies: weeks >= 4"."""
    table, _, condition = rows.partition(":")
    return table.strip(), condition.strip()


def _listed(codes: Sequence[str]) -> str:
    """Give codes as words, with “or” before the last."""
    words = [code.replace("_", " ") for code in codes]
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
