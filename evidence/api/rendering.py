"""How answers are written: JSON, problems, a page for the browser, and tables as CSV, Arrow or Parquet."""

import io
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.ipc
import pyarrow.parquet
from rest_framework import renderers

from evidence.api.problems import MEDIA_TYPE
from evidence.exporters.tables import csv_parts

KINDS: dict[str, pa.DataType] = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "truth": pa.bool_(),
    "texts": pa.list_(pa.string()),
}


class Json(renderers.JSONRenderer):
    """JSON, without NaN and infinity."""

    charset = None


class Problems(renderers.JSONRenderer):
    """Problem details."""

    media_type = MEDIA_TYPE
    format = "problem"


class Page(renderers.BrowsableAPIRenderer):
    """An answer as a page to look at: without scripts and forms, since writing needs versions and keys."""

    template = "api/answer.html"

    def show_form_for_method(self, view: Any, method: str, request: Any, obj: Any) -> bool:
        """None."""
        return False

    def get_filter_form(self, data: Any, view: Any, request: Any) -> None:
        """None: filters are said in the address."""


class Table(renderers.BaseRenderer):
    """A list as a table; its columns are those that the view declares, so that they are there without a row too."""

    charset: Any = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        """Give the bytes of the table."""
        view = (renderer_context or {})["view"]
        only = view.only
        columns = {name: kind for name, kind in view.columns.items() if not only or name in only}
        return self.write(columns, data["results"])

    def write(self, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> bytes:
        """Give the bytes of rows with these columns."""
        raise NotImplementedError


class Csv(Table):
    """CSV in UTF-8 with a line of names; no cell of it is executed by a spreadsheet."""

    media_type = "text/csv"
    format = "csv"
    charset = "utf-8"

    def write(self, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> bytes:
        """Give the table."""
        lines = ([_cell(row.get(name)) for name in columns] for row in rows)
        return b"".join(csv_parts([list(columns), *lines]))


class Arrow(Table):
    """The stream format of Apache Arrow."""

    media_type = "application/vnd.apache.arrow.stream"
    format = "arrow"

    def write(self, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> bytes:
        """Give the table."""
        table = typed(columns, rows)
        sink = io.BytesIO()
        with pyarrow.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table)
        return sink.getvalue()


class Parquet(Table):
    """Apache Parquet."""

    media_type = "application/vnd.apache.parquet"
    format = "parquet"

    def write(self, columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> bytes:
        """Give the table."""
        sink = io.BytesIO()
        pyarrow.parquet.write_table(typed(columns, rows), sink)
        return sink.getvalue()


TABLES: tuple[type[Table], ...] = (Csv, Arrow, Parquet)


def typed(columns: dict[str, str], rows: Sequence[dict[str, Any]]) -> pa.Table:
    """Give rows as a table whose columns have the declared kinds, also where all of a column is empty."""
    schema = pa.schema([(name, KINDS[kind]) for name, kind in columns.items()])
    arrays = [pa.array([_fit(row.get(name), kind) for row in rows], KINDS[kind]) for name, kind in columns.items()]
    return pa.Table.from_arrays(arrays, schema=schema)


def _fit(value: Any, kind: str) -> Any:
    if value is None or kind in ("texts", "truth"):
        return value
    return {"text": str, "whole": int, "number": float}[kind](value)


def _cell(value: Any) -> str:
    """Give a value as the text of a cell; an empty one where there is none."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return "; ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
