"""Where the columns of a review folder stand in the models, and the cells that their values make."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from evidence.importers.harmless import harmless
from evidence.importers.settlements import COLUMNS as SETTLED
from evidence.importers.tables import TABLES, Table, walk
from evidence.models.fields import trim

QUOTED = frozenset(',"\n\r')


def columns_of(table: Table) -> list[str]:
    """Give the columns of a table in the order of a file: those that it is known by first, decisions last."""
    rest = [name for name in table.fields if name not in table.key]
    return [*table.key, *(name for name in rest if name not in SETTLED), *(name for name in rest if name in SETTLED)]


def paths_of(table: Table) -> dict[str, str]:
    """Give by column the way from a row of the model to its value."""
    found = {one.column: f"{one.field}__{list(TABLES[one.table].key.values())[-1]}" for one in table.references}
    return {name: table.key.get(name) or found.get(name) or name for name in columns_of(table)}


def related(paths: Sequence[str]) -> list[str]:
    """Give the relations that the ways lead through."""
    return sorted({path.rpartition("__")[0] for path in paths if "__" in path})


def value_at(row: Any, column: str, path: str) -> Any:
    """Give the value of a column of a stored row."""
    if column in SETTLED:
        return getattr(getattr(row, "settlement", None), SETTLED[column], None)
    return walk(row, path)


def text_of(value: Any) -> str:
    """Give a value as the text of a cell, as the import reads it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return format(trim(value), "f")
    return str(value)


def csv_line(values: Sequence[Any]) -> str:
    """Give one line of a CSV file, with its end; texts that a spreadsheet could execute are made harmless."""
    cells = (harmless(value) if isinstance(value, str) else text_of(value) for value in values)
    return ",".join(_quoted(cell) for cell in cells) + "\n"


def _quoted(cell: str) -> str:
    if QUOTED.isdisjoint(cell):
        return cell
    return '"' + cell.replace('"', '""') + '"'


def json_value(value: Any) -> Any:
    """Give a value for a JSON file: numbers as numbers, wherever reading them gives the same number again."""
    if isinstance(value, Decimal):
        plain = trim(value)
        if plain == plain.to_integral_value():
            return int(plain)
        return float(plain) if Decimal(repr(float(plain))) == plain else format(plain, "f")
    if value is None or isinstance(value, bool | int):
        return value
    return str(value)
