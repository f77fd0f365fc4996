"""From the text of a cell to the value of a field."""

import re
from datetime import date
from decimal import Decimal
from typing import Any, TypeAlias

from django.db import models

from evidence.importers.problems import CellProblem, listing

NUMBER = re.compile(r"[+-]?([0-9]{1,30}(\.[0-9]{0,30})?|\.[0-9]{1,30})")
DECIMAL_COMMA = re.compile(r"[+-]?[0-9]*,[0-9]+")
WHOLE = re.compile(r"[+-]?[0-9]{1,30}")
UNSTORABLE = re.compile("[\0\ud800-\udfff]")
YES, NO = frozenset({"true", "yes"}), frozenset({"false", "no"})
Field: TypeAlias = "models.Field[Any, Any]"


def is_required(field: Field) -> bool:
    """Whether a cell of this field may not be empty: it knows no default and allows no blank."""
    return not (field.blank or field.null or field.has_default())


def empty_value(field: Field) -> Any:
    """Give what an empty cell of this field means: its default, nothing, or an empty text.

    Raises
    ------
    CellProblem : the field needs a value
    """
    if is_required(field):
        raise CellProblem("This cell may not be empty.")
    return field.to_python(field.get_default())


def read_cell(field: Field, text: str) -> Any:
    """Give the value of a cell, typed as its field.

    Raises
    ------
    CellProblem : the text is not what the field holds
    """
    if text == "":
        return empty_value(field)
    if UNSTORABLE.search(text):
        raise CellProblem("This cell holds a character that no text can hold (such as a zero byte); delete it.")
    if field.choices:
        return read_word(text, [str(code) for code, _ in field.flatchoices])
    if isinstance(field, models.BooleanField):
        return read_flag(text)
    if isinstance(field, models.DecimalField):
        return read_number(text)
    if isinstance(field, models.IntegerField):
        return read_whole(text)
    if isinstance(field, models.DateField):
        return read_date(text)
    return text


def read_number(text: str) -> Decimal:
    """Give the number that a cell holds, written with a decimal point."""
    plain = text.replace("−", "-")
    if NUMBER.fullmatch(plain):
        return Decimal(plain)
    if DECIMAL_COMMA.fullmatch(plain):
        raise CellProblem(f"“{text}” has a decimal comma; write {plain.replace(',', '.')}.")
    raise CellProblem(f"“{text}” is not a number; write digits with a decimal point, such as 2.5.")


def read_whole(text: str) -> int:
    """Give the whole number that a cell holds."""
    plain = text.replace("−", "-")
    if WHOLE.fullmatch(plain):
        return int(plain)
    raise CellProblem(f"“{text}” is not a whole number; write digits only, such as 12.")


def read_flag(text: str) -> bool:
    """Give the truth value that a cell holds."""
    word = text.lower()
    if word not in YES | NO:
        raise CellProblem(f"“{text}” is neither true nor false; write one of the two.")
    return word in YES


def read_date(text: str) -> date:
    """Give the day that a cell holds."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise CellProblem(f"“{text}” is not a date; write year, month and day, such as 2022-02-11.") from error


def read_word(text: str, known: list[str]) -> str:
    """Give the cell's word, one of the known."""
    if text in known:
        return text
    raise CellProblem(f"“{text}” is not an allowed word{listing(known, text)}")
