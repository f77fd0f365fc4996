"""A number as it is printed, and every number that it can have been before it was rounded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from math import inf

from analysis.claims.interval import Interval

MINUSES = dict.fromkeys(map(ord, "−–‐‑‒—﹣－"), "-")
# Powers that are raised: “10⁻⁶”.
POWER_OF_TEN = re.compile(r"(?<=[×x ])10(⁻?[⁰¹²³⁴-⁹]+)")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
SPACES = dict.fromkeys(map(ord, "\u00a0\u2009\u202f\u2007\u2002\u2003"), " ")
BELOW, ABOVE = frozenset({"<", "≤", "<=", "less than", "below", "under"}), frozenset({">", "≥", ">=", "more than"})
ABOUT = ("almost", "nearly", "about", "approximately", "approx.", "circa", "ca.", "some", "~", "≈", "around")
NUMBER = re.compile(r"([+-]?)\s*(\d[\d ,']*(?:[.·]\d+)?|[.·]\d+)(?:\s*[×x]\s*10\s*\^?\s*\(?(-?\d+)|[eE](-?\d+))?")
POINTED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?![\d.,])")
GROUPED = re.compile(r"[1-9]\d{0,2}(?:[ ,']\d{3})+")


@dataclass(frozen=True, slots=True)
class Printed:
    """A printed number.

    Attributes
    ----------
    text : as printed
    number : its value
    unit : one step of its last digit: 0.01 for -0.42, 1 for 73
    bound : {"", "<", ">"}  printed as a bound, such as p < .001
    is_about : printed with a word such as "almost"
    """

    text: str
    number: float
    unit: float
    bound: str = ""
    is_about: bool = False

    @property
    def interval(self) -> Interval:
        """Every number that is rounded to this one; half a last digit to each side, a whole one where it is “about”."""
        if self.bound == "<":
            return Interval(-inf, self.number)
        if self.bound == ">":
            return Interval(self.number, inf)
        half = self.unit if self.is_about else self.unit / 2.0
        return Interval(self.number - half, self.number + half)

    @property
    def is_whole(self) -> bool:
        """Whether it is printed without decimals."""
        return self.unit >= 1.0


def read_printed(text: str, *, decimal: str = ".") -> Printed | None:
    """Give the first number of a text, None where it has none.

    Parameters
    ----------
    decimal : {".", ","}  what stands before decimals; with ".", a comma before other than three digits counts too
    """
    plain = POWER_OF_TEN.sub(lambda match: f"10^{match.group(1).translate(RAISED)}", text)
    plain = plain.translate(MINUSES).translate(SPACES).strip()
    found = NUMBER.search(plain)
    if found is None:
        return None
    before = plain[: found.start()].strip().lower()
    dotted = POINTED.match(plain, found.start(2)) if decimal == "," else None
    if dotted is not None:
        digits = dotted.group().replace(".", "")
    elif decimal == "," or _has_decimal_comma(found.group(2)):
        whole = re.match(r"[\d ']*(?:,\d+)?", found.group(2).strip())
        digits = whole.group().replace(" ", "").replace("'", "").replace(",", ".") if whole else ""
    else:
        digits = _ungrouped(found.group(2).replace("·", "."))
    power = int(found.group(3) or found.group(4) or 0)
    decimals = len(digits.partition(".")[2])
    sign = -1.0 if found.group(1) == "-" else 1.0
    bound = "<" if _ends(before, BELOW) else ">" if _ends(before, ABOVE) else ""
    number = sign * float(f"{digits}e{power}")
    return Printed(text.strip(), number, 10.0 ** (power - decimals), bound, _ends(before, frozenset(ABOUT)))


def _ends(before: str, words: frozenset[str]) -> bool:
    return any(before.endswith(word) for word in words)


def _has_decimal_comma(digits: str) -> bool:
    """Whether a comma stands before decimals: alone, and not before a group of three behind a digit that is not 0."""
    if digits.count(",") != 1 or "." in digits or "·" in digits:
        return False
    whole, _, rest = digits.strip().partition(",")
    return rest.isdigit() and (len(rest) != 3 or whole in ("", "0"))


def _ungrouped(digits: str) -> str:
    """Give digits without what groups thousands; what follows a space that groups nothing is another number."""
    whole, point, rest = digits.strip().partition(".")
    grouped = GROUPED.match(whole)
    if grouped and grouped.end() == len(whole):
        return re.sub(r"[ ,']", "", whole) + point + rest
    first = re.match(r"\d*", whole)
    kept = first.group() if first else ""
    return kept + point + rest if kept == whole else kept


def exact(text: str, number: float) -> Printed:
    """Give a number that is not rounded, such as a count that is computed."""
    return Printed(text, number, 0.0)
