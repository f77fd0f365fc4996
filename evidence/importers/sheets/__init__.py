"""Tables as somebody sends them: CSV, TSV and XLSX, read into rows of text that know their line."""

from evidence.importers.sheets.numbers import is_missing, plain_number
from evidence.importers.sheets.reading import open_book, read_sheets, read_table, text_table
from evidence.importers.sheets.sheet import Line, Sheet

__all__ = ["Line", "Sheet", "is_missing", "open_book", "plain_number", "read_sheets", "read_table", "text_table"]
