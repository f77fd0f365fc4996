"""Reading review.json: the protocol of a review, its words and its flow of records."""

import json
import json.scanner
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from evidence.importers.csv_files import read_text
from evidence.importers.problems import nearest
from evidence.importers.rows import Folder, make_row, unknown_column
from evidence.importers.tables import REVIEW_FILE, TABLES, Table

FORMAT = "quorum-review"
FORMAT_VERSION = 1

# What the file holds: each name is a list of objects, and an object may hold lists of further objects, which take the
# column on the right from the object around them.
PARTS: Mapping[str, Mapping[str, tuple[str, str]]] = {
    "outcomes": {"windows": ("outcome", "code"), "instruments": ("outcome", "code")},
    "comparator_types": {},
    "component_types": {},
    "characteristic_fields": {},
    "search_rounds": {"counts": ("search_round", "number")},
    "tools": {},
}
TOP_LEVEL = ("format", "format_version", "review", *PARTS)


class Lined(dict[str, Any]):
    """An object of the file that knows the line it begins in and the names that stand in it twice."""

    line: int = 1
    doubled: tuple[str, ...] = ()


class LinedDecoder(json.JSONDecoder):
    """A decoder whose objects are Lined and whose numbers are decimals as written."""

    def __init__(self) -> None:
        super().__init__(parse_float=Decimal, object_pairs_hook=_lined)
        decoder: Any = self
        inner = decoder.parse_object

        def parse_object(place: tuple[str, int], *rest: Any) -> tuple[Any, int]:
            found, end = inner(place, *rest)
            found.line = place[0].count("\n", 0, place[1]) + 1
            return found, end

        decoder.parse_object = parse_object
        decoder.scan_once = json.scanner.py_make_scanner(decoder)  # type: ignore[attr-defined]


def _lined(pairs: list[tuple[str, Any]]) -> Lined:
    found = Lined(pairs)
    names = [name for name, _ in pairs]
    found.doubled = tuple(name for name in found if names.count(name) > 1)
    return found


def read_review_file(folder: Folder) -> None:
    """Read review.json of the folder."""
    content = _parse(folder)
    if content is None:
        folder.unreadable.update(table.name for table in TABLES.values() if table.is_in_json)
        return
    _check_top(folder, content)
    review = content.get("review")
    if isinstance(review, Lined):
        _add(folder, TABLES["review"], review, {}, ())
    else:
        folder.say(REVIEW_FILE, 1, "review", "This name is missing; it holds the review's title, slug and question.")
        folder.unreadable.add("review")
    for name, inner in PARTS.items():
        for item in _items(folder, content, name):
            _add(folder, TABLES[name], item, {}, tuple(inner))
            for part, (column, source) in inner.items():
                for detail in _items(folder, item, part):
                    _add(folder, TABLES[part], detail, {column: _text(item.get(source, ""))}, ())


def _parse(folder: Folder) -> Lined | None:
    """Give the object of the file, None (and a problem) where there is none."""
    if not (folder.path / REVIEW_FILE).is_file():
        folder.say(REVIEW_FILE, None, "", "This file is missing from the folder; every review folder has it.")
        return None
    text = read_text(folder, REVIEW_FILE)
    if text is None:
        return None
    try:
        content = LinedDecoder().decode(text)
    except json.JSONDecodeError as error:
        folder.say(REVIEW_FILE, error.lineno, "", f"The file is not JSON: {error.msg} at character {error.colno}.")
        return None
    except (RecursionError, ValueError):
        folder.say(REVIEW_FILE, None, "", "The file is no review: its brackets are too deep or its numbers too long.")
        return None
    if not isinstance(content, Lined):
        folder.say(REVIEW_FILE, 1, "", "The file must hold one object in braces.")
        return None
    return content


def _check_top(folder: Folder, content: Lined) -> None:
    for name in content:
        if name not in TOP_LEVEL:
            folder.say(REVIEW_FILE, 1, name, f"This name is not known{nearest(name, TOP_LEVEL)}")
    for name in content.doubled:
        folder.say(REVIEW_FILE, 1, name, "This name stands twice in the same object.")
    if content.get("format") != FORMAT or content.get("format_version") != FORMAT_VERSION:
        rule = f"The file must say “format”: “{FORMAT}” and “format_version”: {FORMAT_VERSION}."
        folder.say(REVIEW_FILE, 1, "format", rule)


def _items(folder: Folder, holder: Lined, name: str) -> Iterator[Lined]:
    """Give the objects of a list; a missing list has none."""
    items = holder.get(name, [])
    if not isinstance(items, list) or not all(isinstance(item, Lined) for item in items):
        folder.say(REVIEW_FILE, holder.line, name, "This must be a list of objects: [ { ... }, { ... } ].")
        folder.unreadable.add(name)
        return
    folder.rows.setdefault(name, [])
    yield from items


def _add(folder: Folder, table: Table, item: Lined, outer: Mapping[str, str], inner: tuple[str, ...]) -> None:
    """Keep the row that an object is; `outer` are cells from the object around it, `inner` names of further lists."""
    rules: list[tuple[str, str]] = [(name, "This name stands twice in the same object.") for name in item.doubled]
    cells = dict(outer)
    for name, value in item.items():
        if name in inner:
            continue
        if name not in table.fields or name in outer:
            rules.append((name, unknown_column(table, name)))
        elif isinstance(value, dict) or (isinstance(value, list) and any(isinstance(one, dict) for one in value)):
            rules.append((name, "This must be a text, a number, true, false or a list of texts."))
        else:
            cells[name] = _text(value)
    rules += [(name, "This name is missing.") for name in table.needed_columns if name not in cells]
    row, broken = make_row(table, item.line, cells)
    missing = set(table.key) & set(table.needed_columns) - set(cells)
    if rules:
        row = type(row)(table, row.line, row.values, None if missing else row.key, is_sound=False)
    folder.add(row, [*rules, *broken])


def _text(value: Any) -> str:
    """Give a value of the file as the text of a cell."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return "\n".join(_text(one) for one in value)
    return format(value, "f") if isinstance(value, Decimal) else str(value).strip()
