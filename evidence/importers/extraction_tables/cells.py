"""Cells of an extraction table as people fill them, made into those of a review folder."""

import re
from collections.abc import Iterable, Iterator

from evidence.importers.extraction_tables.layouts import Column
from evidence.importers.extraction_tables.words import NO, YES, code_of, tokens_of
from evidence.importers.harmless import as_written
from evidence.importers.problems import CellProblem
from evidence.importers.sheets import Sheet, is_missing, plain_number

NUMBER = re.compile(r"[+\-−–]?\d[\d.,\u00a0\u2009\u202f ]*")
# Cells that hold nothing but numbers, signs and what stands between them; a date has two points and tells nothing.
NUMBERS_ONLY = re.compile(r"[\d\s.,;/()\[\]%<>=±+\-−–]*\d[\d\s.,;/()\[\]%<>=±+\-−–]*|\d.* to .*\d\)?")
# A comma before one, two or more than three digits can only be a decimal comma.
ONE_COMMA = re.compile(r"[+\-−–]?\d*,(?:\d{1,2}|\d{4,})")
WITH_COMMA = re.compile(r"(?<![\d.,])\d*,(?:\d{1,2}|\d{4,})(?![\d.,])")
WITH_POINT = re.compile(r"(?<![\d.,])\d*\.\d+(?![\d.,])")
TWO_NUMBERS = (
    "“{text}” holds more than one number; give each a column of its own, or say in the header what they are, such as "
    "mean (SD)."
)
UNIT = "“{text}” holds more than a number; write the number alone, in the unit that the header names."


def decimal_of(cells: Iterable[str]) -> str:
    """Give what separates decimals in a file: a comma where numbers have commas and none has a point."""
    has_comma = False
    for cell in cells:
        if not NUMBERS_ONLY.fullmatch(cell):
            continue
        if WITH_POINT.search(cell):
            return "."
        has_comma = has_comma or bool(WITH_COMMA.search(cell))
    return "," if has_comma else "."


def cells_of(sheet: Sheet) -> Iterator[str]:
    """Give the texts of a table, cell by cell."""
    for line in sheet.lines:
        yield from line.cells.values()


def number_text(text: str, *, decimal: str, unit: str = "") -> str:
    """Give a number with a decimal point, "" where the cell says that there is none.

    A unit behind the number is taken away where it is the one that the column has.

    Raises
    ------
    CellProblem : it holds several numbers, another unit, or a number that can be read in two ways
    """
    if is_missing(text):
        return ""
    text = as_written(text)
    if ONE_COMMA.fullmatch(text):
        decimal = ","
    plain = plain_number(text, decimal=decimal)
    if plain != text or not (found := NUMBER.match(text)):
        return plain
    rest = text[found.end() :].strip()
    if not rest:
        return plain
    if re.search(r"\d", rest):
        raise CellProblem(TWO_NUMBERS.format(text=text))
    if not unit or tokens_of(rest) != tokens_of(unit):
        raise CellProblem(UNIT.format(text=text))
    return plain_number(found.group().strip(), decimal=decimal)


def cell_text(text: str, column: Column, *, decimal: str) -> str:
    """Give the cell of a review folder that a cell of the template stands for.

    Raises
    ------
    CellProblem : as `number_text`
    """
    if column.kind == "number":
        return number_text(text, decimal=decimal, unit=column.unit or ("%" if column.name == "percent" else ""))
    if column.kind == "whole":
        plain = number_text(text, decimal=decimal)
        return plain.removesuffix(".0") if re.fullmatch(r"\d+\.0", plain) else plain
    text = as_written(text)
    if column.kind == "flag":
        return _flag(text)
    if column.kind in ("word", "instrument"):
        known = code_of(column.words, text)
        return known if known is not None else text
    return text


def _flag(text: str) -> str:
    word = text.strip().casefold()
    if word in YES:
        return "true"
    if word in NO:
        return "false"
    return text
