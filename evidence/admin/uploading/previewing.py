"""The rows of a preview as a page shows them: by fate, narrowed to words, a file or a column, and in pages."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator

from evidence.importers.changes import Change, Fate
from evidence.importers.problems import ImportProblem
from evidence.uploading import Told, words_for

PER_PAGE = 200
MOST_LISTED = 200
FATES = (
    (Fate.UPDATED, "changed", "Rows that change"),
    (Fate.REFUSED, "refused", "Rows that are refused"),
    (Fate.NEW, "new", "New rows"),
    (Fate.DUPLICATE, "duplicates", "Duplicates"),
)
CODES = frozenset(code for _, code, _ in FATES)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows of a preview somebody asks for; "" means all."""

    show: str = ""
    text: str = ""
    file: str = ""
    column: str = ""
    page: str = ""

    @classmethod
    def of(cls, asked: Mapping[str, str]) -> "Wanted":
        """Give what an address asks for."""
        show = asked.get("show", "")
        text = " ".join(asked.get("text", "").split())
        return cls(
            show if show in CODES else "", text, asked.get("file", ""), asked.get("column", ""), asked.get("page", "")
        )

    @property
    def is_narrow(self) -> bool:
        """Whether only some of the rows of a fate are asked for."""
        return bool(self.text or self.file or self.column)

    def link(self, show: str) -> str:
        """Give the address of the rows of a fate that fit."""
        said = {"show": show, "text": self.text, "file": self.file, "column": self.column}
        return urlencode({name: value for name, value in said.items() if value})

    def has_change(self, one: Change) -> bool:
        """Whether a change fits; a column with a problem is none of a change's."""
        if self.column or (self.file and one.file != self.file):
            return False
        if not self.text:
            return True
        told = (
            one.what,
            one.reason,
            *(text for two in one.differences for text in (two.column, two.before, two.after)),
        )
        return self._is_in(*told)

    def has_problem(self, one: ImportProblem) -> bool:
        """Whether a problem fits."""
        if (self.file and one.file != self.file) or (self.column and one.column != self.column):
            return False
        return not self.text or self._is_in(one.column, one.rule)

    def _is_in(self, *texts: str) -> bool:
        sought = self.text.casefold()
        return any(sought in text.casefold() for text in texts)


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one fate: how many there are in all, how many fit, and those of the page that is asked for."""

    code: str
    title: str
    link: str
    count: int
    page: Page[Any]
    rows: list[Any]
    is_shown: bool

    @property
    def fitting(self) -> int:
        """How many fit what is asked for."""
        return self.page.paginator.count


def sections_of(told: Told, wanted: Wanted) -> list[Section]:
    """Give what happens to the rows, by fate; a page of each, of which only that of one fate can be turned."""
    found = []
    for fate, code, title in FATES:
        rows: list[Any]
        if fate is Fate.REFUSED:
            count, rows = told.refused_lines, [one for one in told.problems if wanted.has_problem(one)]
        else:
            changes = told.of_fate(fate)
            count, rows = len(changes), [one for one in changes if wanted.has_change(one)]
        page = Paginator(rows, PER_PAGE).get_page(wanted.page if wanted.show == code else 1)
        shown = list(page.object_list)
        if fate is not Fate.REFUSED:
            shown = [(words_for(one.table, 1), one) for one in shown]
        if count:
            is_shown = wanted.show in ("", code)
            found.append(Section(code, title, wanted.link(code), count, page, shown if is_shown else [], is_shown))
    return found


def choices_of(told: Told) -> dict[str, list[tuple[str, int]]]:
    """Give the files, and the columns with a problem, that rows can be narrowed to, with the number of rows."""
    files = Counter(one.file for one in told.changes if one.fate is not Fate.REFUSED)
    files.update(one.file for one in told.problems)
    columns = Counter(one.column for one in told.problems if one.column)
    return {
        "files": sorted(files.items())[:MOST_LISTED] if len(files) > 1 else [],
        "columns": columns.most_common(MOST_LISTED),
    }
