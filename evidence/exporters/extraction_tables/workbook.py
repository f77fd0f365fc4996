"""Writing an extraction workbook: sheets with lists to choose from, notes at the headers, and a first sheet to read."""

import re
import tempfile
import zipfile
from collections.abc import Iterator
from copy import copy
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.comments import Comment
from openpyxl.styles import Alignment, Font, PatternFill, Protection
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from evidence.exporters.extraction_tables.instructions import examples_of, instructions
from evidence.exporters.extraction_tables.rows import Cells, rows_of
from evidence.importers.extraction_tables.layouts import LISTS, READ_ME, Column, Layout, layouts_of
from evidence.importers.extraction_tables.words import Word
from evidence.importers.harmless import harmless
from evidence.models import Review

PART = 1 << 16
LAST_ROW = 100_000
LONGEST_CELL = 32_767
LONGEST_NOTE = 1_500
SAVED = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*")
DAY = datetime(2000, 1, 1)
TOO_LONG = "A cell of a workbook holds {:,} characters; {} of {} has {:,}. Shorten it, or export the review folder."
OUTSIDE = "Choose a word of the list, or leave the cell empty."


class Sheets:
    """A workbook in the making."""

    def __init__(self, review: Review) -> None:
        self.review = review
        self.layouts = layouts_of(review)
        self.book = Workbook(write_only=True)
        self.book.properties.creator = "Quorum"
        self.book.properties.title = review.title
        self.book.properties.created = DAY
        self.lists: dict[tuple[Word, ...], str] = {}

    def write(self, *, is_filled: bool) -> Workbook:
        """Write all sheets; those of a template have examples, and of the evidence only which studies there are."""
        self._read_me()
        for layout in self.layouts:
            self._sheet(layout, is_filled=is_filled)
        self._lists()
        return self.book

    def _read_me(self) -> None:
        sheet = self.book.create_sheet(READ_ME)
        sheet.column_dimensions["A"].width = 120
        for place, line in enumerate(instructions(self.review, self.layouts, is_workbook=True)):
            cell = WriteOnlyCell(sheet, harmless(line))
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if place == 0 or len(line.split()) <= 3:
                cell.font = Font(bold=True, size=14 if place == 0 else 12)
            sheet.append([cell])
        sheet.protection.enable()

    def _sheet(self, layout: Layout, *, is_filled: bool) -> None:
        sheet: Any = self.book.create_sheet(layout.sheet)
        sheet.freeze_panes = "B2"
        for place, column in enumerate(layout.columns, start=1):
            letter = get_column_letter(place)
            sheet.column_dimensions[letter].width = max(column.width, min(len(column.title) + 2, 28))
            sheet.column_dimensions[letter].protection = Protection(locked=False)
            self._offer(sheet, column, letter)
        _lock(sheet)
        entry, example = _style(sheet, Font()), _style(sheet, Font(italic=True, color="808080"))
        sheet.append([_header(sheet, column) for column in layout.columns])
        if not is_filled:
            for cells in examples_of(layout):
                sheet.append(_cells(sheet, layout, cells, example))
        if is_filled or layout.table == "studies":
            for cells in rows_of(self.review, layout):
                sheet.append(_cells(sheet, layout, cells, entry))

    def _offer(self, sheet: Any, column: Column, letter: str) -> None:
        """Offer the words of a column as a list to choose from; studies are those of the first sheet with any."""
        if column.kind == "study":
            if sheet.title == "studies":
                return
            rule = DataValidation("list", formula1="studies!$A$2:$A$5000", showErrorMessage=False)
        elif column.words:
            place = self.lists.setdefault(column.words, get_column_letter(len(self.lists) + 1))
            rule = DataValidation("list", formula1=f"{LISTS}!${place}$2:${place}${len(column.words) + 1}")
            rule.errorStyle, rule.error, rule.errorTitle = "warning", OUTSIDE, column.header[:32]
            rule.showErrorMessage = True
        else:
            return
        rule.allow_blank = True
        rule.add(f"{letter}2:{letter}{LAST_ROW}")
        sheet.data_validations.append(rule)

    def _lists(self) -> None:
        """Write the words of the lists, side by side, on a sheet that is hidden."""
        sheet = self.book.create_sheet(LISTS)
        sheet.sheet_state = "hidden"
        columns = list(self.lists)
        sheet.append([f"list {place}" for place in range(1, len(columns) + 1)])
        for row in range(max(map(len, columns), default=0)):
            sheet.append([harmless(words[row].label) if row < len(words) else None for words in columns])


def _lock(sheet: Any) -> None:
    """Lock what is not to be changed, without a password, and let people arrange everything else."""
    sheet.protection.enable()
    for name in ("formatCells", "formatColumns", "formatRows", "insertRows", "deleteRows", "sort", "autoFilter"):
        setattr(sheet.protection, name, False)


def _style(sheet: Any, font: Font) -> Any:
    """Give the style of cells that people may change."""
    cell: Any = WriteOnlyCell(sheet)
    cell.protection = Protection(locked=False)
    cell.alignment = Alignment(vertical="top")
    cell.font = font
    return cell._style


def _header(sheet: Any, column: Column) -> Any:
    cell = WriteOnlyCell(sheet, harmless(column.title))
    cell.font = Font(bold=True)
    cell.fill = PatternFill("solid", fgColor="DDE6EF")
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    if column.note:
        note = column.note if len(column.note) <= LONGEST_NOTE else column.note[:LONGEST_NOTE] + " …"
        lines = sum(1 + len(line) // 45 for line in note.split("\n"))
        cell.comment = Comment(note, "Quorum", height=min(24 + 16 * lines, 600), width=320)
    return cell


def _cells(sheet: Any, layout: Layout, cells: Cells, style: Any) -> list[Any]:
    """Give the cells of a row; empty ones are not written."""
    row: list[Any] = []
    for column in layout.columns:
        value = cells.get(column.name)
        if value is None:
            row.append(None)
            continue
        if isinstance(value, str) and len(value) > LONGEST_CELL:
            what = str(cells.get("study") or cells.get("code"))
            raise ValidationError(TOO_LONG.format(LONGEST_CELL, column.header.lower(), what, len(value)))
        cell: Any = WriteOnlyCell(sheet, float(value) if isinstance(value, Decimal) else value)
        cell._style = copy(style)
        row.append(cell)
    return row


def workbook_of(review: Review, *, is_filled: bool) -> Iterator[bytes]:
    """Give the bytes of the workbook part by part; equal evidence gives equal bytes.

    Raises
    ------
    ValidationError : a text is longer than a cell can hold
    """
    book = Sheets(review).write(is_filled=is_filled)
    file = tempfile.TemporaryFile()  # noqa: SIM115 (closed by whoever reads it to its end)
    with tempfile.TemporaryDirectory() as folder:
        half = Path(folder) / "half.xlsx"
        book.save(half)
        _steady(half, file)
    file.seek(0)
    return _parts(file)


def _steady(half: Path, file: Any) -> None:
    """Pack the parts of a workbook again, without the time at which it was made."""
    with zipfile.ZipFile(half) as made, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in made.namelist():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if name == "docProps/core.xml":
                archive.writestr(entry, SAVED.sub(rb"\g<1>2000-01-01T00:00:00Z", made.read(name)))
                continue
            with made.open(name) as source, archive.open(entry, "w") as target:
                while part := source.read(PART):
                    target.write(part)


def _parts(file: Any) -> Iterator[bytes]:
    with file:
        while part := file.read(PART):
            yield part
