"""A file is loaded into a review as the command and the pages do it; tables of text for the tests of formats."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from django.contrib.auth.models import User

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import Review


def ask(code: str, path: Path, review: Review, by: User, *, dry_run: bool = False, **answers: str) -> ImportResult:
    """Load a file with these answers."""
    request = Request(by=by, review=review, path=path, name=path.name, answers=answers, dry_run=dry_run)
    return FORMATS[code].load(request)


def export(code: str, review: Review, by: User, **choices: str) -> bytes:
    """Give the whole file of an export."""
    return b"".join(EXPORTS[code].write(Order(by=by, review=review, choices=choices)))


def table(rows: Iterable[Mapping[str, object]], *, separator: str = ",", decimal: str = ".", absent: str = "NA") -> str:
    """Give rows as text; what a row does not have is absent, and numbers have this decimal mark."""
    rows = list(rows)
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [separator.join(columns)]
    for row in rows:
        cells = (row.get(column, absent) for column in columns)
        lines.append(separator.join(_text(cell, decimal) for cell in cells))
    return "\n".join(lines) + "\n"


def _text(cell: object, decimal: str) -> str:
    return str(cell).replace(".", decimal) if isinstance(cell, float) else f'"{cell}"'


def sentences(result: ImportResult) -> list[str]:
    """Give what was wrong."""
    return [one.sentence for one in result.errors]


def changed(result: ImportResult) -> dict[str, tuple[int, int]]:
    """Give how many rows are new and updated, by table, where there are any."""
    return {name: (one.new, one.updated) for name, one in result.rows.items() if one.new or one.updated}
