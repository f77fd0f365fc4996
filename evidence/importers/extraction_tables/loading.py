"""Loading an extraction table: which kind it is, and what is read of it."""

from collections.abc import Callable
from pathlib import Path

from evidence.importers.asking import Request
from evidence.importers.building import Building
from evidence.importers.extraction_tables.instruments import instruments_of
from evidence.importers.extraction_tables.layouts import LISTS, READ_ME, Layout, layouts_of
from evidence.importers.extraction_tables.naming import names_of
from evidence.importers.extraction_tables.tables import read_table
from evidence.importers.extraction_tables.template import Reader, layout_named
from evidence.importers.extraction_tables.words import tokens_of
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable
from evidence.importers.sheets import Sheet, open_book

Book = dict[str, Callable[[], Sheet]]
AGAIN = "A cell that is emptied in the file is emptied in the review; a row that is deleted there stays stored."


def load(request: Request) -> ImportResult:
    """Import an extraction table."""
    building = Building(request.path, source=request.name)
    try:
        _read(request, building)
    except Unreadable as problem:
        building.stop(problem.line, "", problem.sentence)
    return import_rows(
        by=request.by,
        folder=building.folder,
        what=f"Import of the extraction table {request.name}",
        review=request.review,
        leaves_out=True,
        dry_run=request.dry_run,
        progress=request.progress,
    )


def _read(request: Request, building: Building) -> None:
    book = open_book(request.path)
    if list(book) == [""]:
        book = {Path(request.name).stem: book[""]}
    layouts = layouts_of(request.review)
    known = {name: layout for name in book if (layout := layout_named(layouts, name)) is not None}
    kind = request.answers.get("layout") or ("template" if _is_template(book, known) else "table")
    if kind == "template":
        _read_template(request, building, layouts, book, known)
    else:
        name = request.answers.get("sheet") or next(iter(book))
        if name not in book:
            raise Unreadable(f"The workbook has no sheet “{name}”; it has {', '.join(book)}.")
        if len(book) > 1:
            building.source = f"{request.name}, sheet {name},"
            building.note(f"The sheet “{name}” was read, of {', '.join(book)}.")
        read_table(building, book[name](), request.review, request.answers)


def _is_template(book: Book, known: dict[str, Layout]) -> bool:
    """Whether a file is what Quorum made: it has its first sheet, or a sheet with all columns that are needed."""
    if any(tokens_of(name) == tokens_of(READ_ME) for name in book):
        return bool(known)
    for name, layout in known.items():
        columns = {layout.column_of(header) for header in book[name]().columns}
        if all(column in columns for column in layout.columns if column.is_needed):
            return True
    return False


def _read_template(
    request: Request, building: Building, layouts: tuple[Layout, ...], book: Book, known: dict[str, Layout]
) -> None:
    """Read the sheets of a template, in the order in which they refer to one another."""
    if not known:
        sheets = ", ".join(one.sheet for one in layouts)
        raise Unreadable(f"The file has none of the sheets of an extraction workbook: {sheets}.")
    reader = Reader(
        building, names_of(request.review), instruments_of(request.review), request.answers.get("decimal", "")
    )
    own = {tokens_of(READ_ME), tokens_of(LISTS)}
    others = [name for name in book if name not in known and tokens_of(name) not in own]
    if others:
        building.note(f"Not read, since an extraction workbook has no such sheets: {', '.join(others)}.")
    order = {one.sheet: place for place, one in enumerate(layouts)}
    for name, layout in sorted(known.items(), key=lambda pair: order[pair[1].sheet]):
        building.source = f"{request.name}, sheet {name}," if len(book) > 1 else request.name
        try:
            reader.read(layout, book[name]())
        except Unreadable as problem:
            building.stop(problem.line, "", problem.sentence)
    if any(building.folder.rows.values()):
        building.note(AGAIN)
