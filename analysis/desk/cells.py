"""Numbers taken out of the texts of a table; what is no number is refused by line, column and rule."""

import re
from collections.abc import Iterable, Sequence
from math import isfinite

from analysis.desk.refusal import Refusal, listed
from analysis.desk.table import Table

MISSING = frozenset({"", ".", "na", "n/a", "nan", "null", "none"})
DECIMALS = ("point", "comma")
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?")
MOST_LINES = 8


def is_missing(text: str) -> bool:
    """Whether a text says that there is no value."""
    return text.casefold() in MISSING


def missing_lines(table: Table, columns: Iterable[str]) -> dict[str, list[int]]:
    """Give the lines on which each column has no value, columns without such lines left out."""
    found = {
        name: [line for line, text in zip(table.lines, table.column(name), strict=True) if is_missing(text)]
        for name in columns
    }
    return {name: lines for name, lines in found.items() if lines}


def keep_complete(table: Table, columns: Sequence[str], *, drop: bool) -> tuple[Table, str]:
    """Give the rows that have a value in each of the columns, and a note on those that have not.

    Raises
    ------
    Refusal : a value is missing and rows are not to be dropped, or no row is left
    """
    gaps = missing_lines(table, columns)
    if not gaps:
        return table, ""
    if not drop:
        said = "; ".join(f"column {name!r} on {on_lines(lines)}" for name, lines in gaps.items())
        raise Refusal(f"Values are missing: {said}. Fill them in, or leave such rows out with --missing drop.")
    out = {line for lines in gaps.values() for line in lines}
    kept = table.keep([i for i, line in enumerate(table.lines) if line not in out])
    if not kept.rows:
        raise Refusal(f"No row is left: each of the {len(table.rows)} rows misses a value in {listed(gaps)}.")
    count = f"{len(out)} {'row' if len(out) == 1 else 'rows'}"
    return kept, f"{count} left out for missing values ({listed(gaps)}): {on_lines(sorted(out))}."


def on_lines(lines: list[int]) -> str:
    """Give lines in words, the first eight of many."""
    shown = listed(str(line) for line in lines[:MOST_LINES])
    more = f" and {len(lines) - MOST_LINES} more" if len(lines) > MOST_LINES else ""
    return f"{'line' if len(lines) == 1 else 'lines'} {shown}{more}"


def numbers(table: Table, column: str, *, decimal: str = "point") -> list[float]:
    """Give the numbers of a column.

    Raises
    ------
    Refusal : a text that is no finite number, or whose decimals are marked otherwise than said
    """
    return [
        _number(text, line=line, column=column, decimal=decimal)
        for line, text in zip(table.lines, table.column(column), strict=True)
    ]


def is_numeric(table: Table, column: str, *, decimal: str = "point") -> bool:
    """Whether every text of a column could be a number, with decimals marked either way."""
    return all(NUMBER.fullmatch(_plain(text).replace(",", ".")) for text in table.column(column))


def _number(text: str, *, line: int, column: str, decimal: str) -> float:
    """Give one number."""
    where, plain = f"Line {line}, column {column!r}: {text!r}", _plain(text)
    if "," in plain and decimal == "point":
        if NUMBER.fullmatch(plain.replace(",", ".")):
            raise Refusal(
                f"{where} has a decimal comma. Write {plain.replace(',', '.')}, or read all decimals so with "
                "--decimal comma. Thousands are written without a separator."
            )
        raise Refusal(f"{where} is not a number. Decimals have a point, thousands no separator.")
    if decimal == "comma":
        if "." in plain and NUMBER.fullmatch(plain.replace(",", "")):
            raise Refusal(f"{where} has a point, but the decimals are marked by a comma (--decimal comma).")
        plain = plain.replace(",", ".", 1)
    if plain.endswith("%"):
        raise Refusal(f"{where} is a percentage. Write it as a number without the sign.")
    if not NUMBER.fullmatch(plain):
        raise Refusal(f"{where} is not a {'finite number' if _is_infinite(plain) else 'number'}.")
    value = float(plain)
    if not isfinite(value):
        raise Refusal(f"{where} is beyond the largest number that can be computed with.")
    return value


def _plain(text: str) -> str:
    """Give a text with a plain minus."""
    return text.replace("−", "-").strip()


def _is_infinite(text: str) -> bool:
    """Whether a text says infinity."""
    return text.lstrip("+-").casefold() in {"inf", "infinity"}
