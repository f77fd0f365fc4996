"""Numbers as people and programs write them, made into those of a review folder; what is ambiguous stays as it is."""

import re
from decimal import Decimal

from evidence.importers.problems import CellProblem

# What stands in a cell of numbers where there is no number. None and nil are no part of it: they may mean 0.
MISSING = frozenset(
    {"", "na", "n/a", "n.a.", "nr", "n.r.", "not reported", "not available", "not stated", "nd", "null", "nan"}
    | {"missing", "-", "–", "—", "−", ".", "?", "unclear"}
)
SPACES = re.compile("[\u00a0\u2000-\u200b\u202f\u205f\u3000\ufeff ]")
MINUS = re.compile("^[\u2010-\u2015\u2212\ufe63\uff0d]")
GROUPED = {
    ".": re.compile(r"[+-]?[0-9]{1,3}(,[0-9]{3})+(\.[0-9]+)?"),
    ",": re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{3})+(,[0-9]+)?"),
}
AMBIGUOUS = "“{text}” may mean {whole} or {part}; write one of the two."
SCIENTIFIC = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{1,30})?[eE][+-]?[0-9]{1,2}")


def is_missing(text: str) -> bool:
    """Whether a cell of numbers or dates says, in one of the usual ways, that there is none.

    In a cell of words any of these may be what the review calls something: unclear is a judgement.
    """
    return " ".join(text.split()).casefold() in MISSING


def plain_number(text: str, *, decimal: str = ".") -> str:
    """Give a number with a decimal point and nothing else; text that is none is given as it is, to be refused later.

    Spaces of all kinds between digits, dashes as minus signs, marks of thousands and powers of ten are understood.

    Parameters
    ----------
    decimal : {".", ","}  what separates the decimals in this file

    Raises
    ------
    CellProblem : the number can be read in two ways, such as 1,234 in a file with decimal points
    """
    plain = MINUS.sub("-", SPACES.sub("", text.strip()))
    thousands = "," if decimal == "." else "."
    if GROUPED[decimal].fullmatch(plain):
        if plain.count(thousands) == 1 and decimal not in plain:
            whole, part = plain.replace(thousands, ""), plain.replace(thousands, ".")
            raise CellProblem(AMBIGUOUS.format(text=text, whole=whole, part=part))
        plain = plain.replace(thousands, "")
    if decimal == "," and plain.count(",") == 1 and "." not in plain:
        plain = plain.replace(",", ".")
    if SCIENTIFIC.fullmatch(plain):
        return format(Decimal(plain), "f")
    return plain if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)", plain) else text
