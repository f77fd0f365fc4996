"""Reviews for the tests of extraction tables, and short ways to export from them and to load into them."""

import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from openpyxl import Workbook, load_workbook

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.importers import import_review
from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import Review

DEMONSTRATION = Path(settings.BASE_DIR) / "evidence" / "demonstration" / "lbp_review"


def review_of(by: User, folder: Path) -> Review:
    """Import a folder that must be sound, and give its review."""
    result = import_review(by=by, folder=folder)
    assert not result.errors, [one.sentence for one in result.errors]
    assert result.review is not None
    return result.review


def empty_copy(by: User, folder: Path, target: Path, *, slug: str) -> Review:
    """Import the protocol, the words and the flow of a review folder under another slug, without any study."""
    protocol = json.loads((folder / "review.json").read_text(encoding="utf-8"))
    protocol["review"]["slug"] = slug
    target.mkdir()
    (target / "review.json").write_text(json.dumps(protocol), encoding="utf-8")
    (target / "studies.csv").write_text("code,label\n", encoding="utf-8")
    return review_of(by, target)


def export(by: User, review: Review, code: str) -> bytes:
    """Give the file that an export writes."""
    return b"".join(EXPORTS[code].write(Order(by=by, review=review)))


def load(by: User, review: Review, path: Path, *, dry_run: bool = False, **answers: Any) -> ImportResult:
    """Load an extraction table."""
    request = Request(by=by, review=review, path=path, name=path.name, answers=answers, dry_run=dry_run)
    return FORMATS["extraction-table"].load(request)


def sentences(result: ImportResult) -> list[str]:
    """Give what is wrong, as a person reads it."""
    return [str(one) for one in result.errors]


def written(result: ImportResult) -> dict[str, tuple[int, int]]:
    """Give how many rows of each table are new, and how many are changed."""
    return {name: (one.new, one.updated) for name, one in result.rows.items() if one.new or one.updated}


def table(path: Path, rows: list[list[Any]], *, sheet: str = "table") -> Path:
    """Write rows as a workbook with one sheet."""
    book = Workbook()
    page = book.active
    assert page is not None
    page.title = sheet
    for row in rows:
        page.append(row)
    book.save(path)
    return path


def fill(path: Path, sheet: str, row: int, cells: dict[str, Any]) -> None:
    """Write cells into a row of a sheet of a workbook, by the header of their columns."""
    book = load_workbook(path)
    page = book[sheet]
    headers = {str(cell.value).removesuffix(" *"): cell.column for cell in page[1]}
    for header, value in cells.items():
        page.cell(row=row, column=headers[header], value=value)
    book.save(path)
