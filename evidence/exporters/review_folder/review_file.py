"""review.json of a review folder: the protocol, the words and the flow of records."""

import json
from typing import Any

from evidence.exporters.review_folder.cells import columns_of, json_value, paths_of, value_at
from evidence.importers.review_file import FORMAT, FORMAT_VERSION, PARTS
from evidence.importers.tables import TABLES, Table
from evidence.models import Review

# Texts of one thing per line, which are lists in the file.
LISTS = frozenset({"databases", "choices"})


def write_review_file(review: Review) -> str:
    """Give the text of review.json."""
    content: dict[str, Any] = {"format": FORMAT, "format_version": FORMAT_VERSION}
    content["review"] = _object(TABLES["review"], review, ())
    for name, inner in PARTS.items():
        items = []
        for row in _rows(TABLES[name], review):
            item = _object(TABLES[name], row, ())
            for part, (column, source) in inner.items():
                mine = [one for one in _rows(TABLES[part], review) if _value(TABLES[part], one, column) == item[source]]
                item[part] = [_object(TABLES[part], one, (column,)) for one in mine]
            items.append(item)
        content[name] = items
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _rows(table: Table, review: Review) -> list[Any]:
    rows = table.model._default_manager.all().of_review(review)  # type: ignore[attr-defined]
    return sorted(rows, key=lambda row: [(value is not None, value) for value in table.key_of_row(row)])


def _object(table: Table, row: Any, outer: tuple[str, ...]) -> dict[str, Any]:
    return {name: _value(table, row, name) for name in columns_of(table) if name not in outer}


def _value(table: Table, row: Any, name: str) -> Any:
    value = json_value(value_at(row, name, paths_of(table)[name]))
    return value.split("\n") if name in LISTS and value and "\r" not in value else value
