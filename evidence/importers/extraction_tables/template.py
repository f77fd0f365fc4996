"""Reading a filled extraction workbook: each sheet into the rows of its table."""

from collections.abc import Mapping
from dataclasses import dataclass

from evidence.importers.building import Building
from evidence.importers.extraction_tables.cells import cell_text, cells_of, decimal_of
from evidence.importers.extraction_tables.instruments import Instruments
from evidence.importers.extraction_tables.layouts import FIELD, Column, Layout
from evidence.importers.extraction_tables.naming import NUMBER, Names
from evidence.importers.extraction_tables.words import tokens_of
from evidence.importers.problems import CellProblem, listing, nearest
from evidence.importers.sheets import Line, Sheet

EXAMPLE = "example:"


@dataclass(slots=True)
class Reader:
    """One workbook on its way into rows."""

    building: Building
    names: Names
    instruments: Instruments
    decimal: str = ""

    def read(self, layout: Layout, sheet: Sheet) -> None:
        """Add the rows of a sheet."""
        columns = self._columns(layout, sheet)
        if columns is None:
            return
        for number, column, rule in sheet.faults:
            self.building.refuse(number, column, rule)
        decimal = self.decimal or decimal_of(cells_of(sheet))
        study = next(header for header, column in columns.items() if column.name in ("study", "code"))
        for line in sheet.lines:
            if not line.get(study).casefold().startswith(EXAMPLE):
                self._row(layout, columns, line, decimal)

    def _columns(self, layout: Layout, sheet: Sheet) -> dict[str, Column] | None:
        """Give the columns of the sheet by header; None, with a sentence, where one is unknown, twice or missing."""
        found: dict[str, Column] = {}
        for header in sheet.columns:
            column = layout.column_of(header)
            if column is None:
                known = (one.header for one in layout.columns)
                self.building.note(
                    f"{self.building.source}, column {header}: it was not read, since the form of the review has no "
                    f"such column{nearest(header, known)}"
                )
            elif column in found.values():
                other = next(name for name, one in found.items() if one is column)
                self.building.stop(1, header, f"The columns {other} and {header} mean the same; delete one of them.")
                return None
            else:
                found[header] = column
        missing = [one.header for one in layout.columns if one.is_needed and one not in found.values()]
        if missing:
            word = "column is" if len(missing) == 1 else "columns are"
            self.building.stop(1, "", f"The {word} missing from the header: {', '.join(missing)}.")
            return None
        return found

    def _row(self, layout: Layout, columns: Mapping[str, Column], line: Line, decimal: str) -> None:
        """Add the row, or the rows, of a line; what cannot be read is refused."""
        cells: dict[str, str] = {}
        is_sound = True
        for header, column in columns.items():
            try:
                cells[column.name] = cell_text(line.get(header), column, decimal=decimal)
            except CellProblem as problem:
                self.building.refuse(line.number, header, str(problem))
                is_sound = False
        headers = {column.name: header for header, column in columns.items()}
        is_sound = self._refer(columns, line, cells) and is_sound
        if layout.table == "characteristics":
            self._characteristics(cells, headers, line)
        elif is_sound:
            self.building.row(layout.table, line.number, cells, headers)
            self._know(layout, cells)

    def _know(self, layout: Layout, cells: Mapping[str, str]) -> None:
        """Know the names that the file itself brings."""
        if layout.table == "studies":
            self.names.add_study(cells["code"], cells["label"])
        elif layout.table == "arms" and NUMBER.fullmatch(cells["number"]):
            self.names.add_arm(cells["study"], int(cells["number"]), cells["label"], cells["role"])

    def _refer(self, columns: Mapping[str, Column], line: Line, cells: dict[str, str]) -> bool:
        """Put the codes of studies, arms and instruments in the place of what people call them."""
        for header, column in columns.items():
            text = cells.get(column.name, "")
            if column.kind == "study" and text:
                cells[column.name] = self.names.study(text) or text
            elif column.kind == "arm" and text:
                number = self.names.arm(cells.get("study", ""), text)
                cells[column.name] = text if number is None else str(number)
            elif column.kind == "instrument":
                text = cells.pop("instrument")
                outcome, instrument = self._instrument(column, text)
                if not instrument:
                    known = listing([word.label for word in column.words], text)
                    rule = f"There is no instrument “{text}”{known}" if text else "This cell may not be empty."
                    self.building.refuse(line.number, header, rule)
                    return False
                cells |= {"outcome": outcome, "instrument": instrument}
        return True

    def _instrument(self, column: Column, text: str) -> tuple[str, str]:
        """Give the codes of the outcome and the instrument that a cell names, empty ones where it names none."""
        if any(word.code == text for word in column.words):
            outcome, _, instrument = text.partition("/")
            return outcome, instrument
        return self.instruments.find(text) or ("", "")

    def _characteristics(self, cells: Mapping[str, str], headers: Mapping[str, str], line: Line) -> None:
        """Add a row for each answer of a line."""
        place = {name: text for name, text in cells.items() if not name.startswith(FIELD)}
        for name, value in cells.items():
            if name.startswith(FIELD) and value:
                row = {**place, "field": name.removeprefix(FIELD), "value": value}
                self.building.row("characteristics", line.number, row, {**headers, "value": headers[name]})


def layout_named(layouts: tuple[Layout, ...], name: str) -> Layout | None:
    """Give the layout of a sheet or a file of this name."""
    sought = tokens_of(name)
    return next((one for one in layouts if sought in (tokens_of(one.sheet), tokens_of(one.table))), None)
