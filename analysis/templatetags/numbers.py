"""Numbers as a reader sees them: here, and only here, they are rounded, and ratios leave the log scale."""

from collections.abc import Iterable, Mapping
from decimal import Decimal, InvalidOperation
from math import exp
from typing import Any

from django import template
from django.utils.text import capfirst

from analysis.figures.text import MINUS, number, percent, ratio

register = template.Library()

NONE = "–"
SMALLEST_P = 0.001
LARGEST_P = 0.999
ABBREVIATIONS = {
    "ci": "CI",
    "pi": "PI",
    "i2": "I²",
    "tau2": "τ²",
    "tau": "τ",
    "h2": "H²",
    "q": "Q",
    "k": "k",
    "p": "p",
    "se": "SE",
    "sd": "SD",
    "df": "df",
    "rob": "RoB",
    "mcid": "MCID",
    "rr": "RR",
    "or": "OR",
    "sds": "SDs",
}


def is_number(value: Any) -> bool:
    """Whether a value is a number; truth values are not."""
    return isinstance(value, int | float) and not isinstance(value, bool)


@register.filter
def fixed(value: Any, decimals: int = 2) -> str:
    """Give a number with fixed decimals and a typographic minus; a dash where there is none."""
    return number(float(value), decimals=decimals) if is_number(value) else NONE


@register.filter
def shown(value: Any, is_ratio: bool = False) -> str:
    """Give a number on the scale of its measure for readers: ratios leave the log scale, two decimals."""
    if not is_number(value):
        return NONE
    return ratio(float(value)) if is_ratio else number(float(value), decimals=2)


@register.filter
def interval(row: Any, is_ratio: bool = False) -> str:
    """Give the confidence interval of a row as “lower to upper”."""
    return _span(row, "ci", is_ratio)


@register.filter
def prediction(row: Any, is_ratio: bool = False) -> str:
    """Give the prediction interval of a row as “lower to upper”."""
    return _span(row, "pi", is_ratio)


def _span(row: Any, kind: str, is_ratio: bool) -> str:
    ends = [row.get(f"{kind}_{end}") for end in ("lower", "upper")] if isinstance(row, Mapping) else [None]
    return " to ".join(shown(end, is_ratio) for end in ends) if all(is_number(end) for end in ends) else NONE


@register.filter
def estimate(row: Any, is_ratio: bool = False) -> str:
    """Give the estimate of a row with its interval: “−1.07 [−1.55, −0.59]”."""
    if not isinstance(row, Mapping) or not is_number(row.get("estimate")):
        return NONE
    said = shown(row["estimate"], is_ratio)
    ends = [row.get("ci_lower"), row.get("ci_upper")]
    return f"{said} [{', '.join(shown(end, is_ratio) for end in ends)}]" if all(map(is_number, ends)) else said


@register.filter
def p_value(value: Any) -> str:
    """Give a p value with three decimals, “<0.001” below and “>0.999” above."""
    if not is_number(value):
        return NONE
    if value < SMALLEST_P:
        return f"<{SMALLEST_P}"
    return f">{LARGEST_P}" if value > LARGEST_P else number(float(value), decimals=3)


@register.filter
def p_equals(value: Any) -> str:
    """Give a p value with its relation: “p = 0.060”, “p < 0.001”."""
    said = p_value(value)
    return f"p {said[0]} {said[1:]}" if said[0] in "<>" else f"p = {said}"


@register.filter
def as_percent(value: Any) -> str:
    """Give a fraction as a percentage with one decimal."""
    return percent(float(value)) if is_number(value) else NONE


@register.filter
def level_percent(value: Any) -> str:
    """Give a confidence level as a percentage without needless decimals: 0.95 as “95%”."""
    return f"{100 * value:.6g}%" if is_number(value) else "95%"


@register.filter
def plain(value: Any) -> str:
    """Give any plain value for a table: up to four significant digits, yes and no, lists with commas."""
    if value is None or value == "":
        return NONE
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}".replace("-", MINUS)
    if isinstance(value, int):
        return str(value).replace("-", MINUS)
    if isinstance(value, Mapping):
        return "; ".join(f"{words(name)}: {plain(item)}" for name, item in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(plain(item) for item in value) or NONE
    return str(value)


@register.filter
def words(name: Any) -> str:
    """Give the words of a name with underscores: “ci_lower” as “CI lower”."""
    return " ".join(ABBREVIATIONS.get(word, word) for word in str(name).split("_"))


@register.filter
def heading(name: Any) -> str:
    """Give the words of a name with underscores as a heading; letters that are symbols stay as they are."""
    return words(name) if str(name).split("_")[0] in ABBREVIATIONS else capfirst(words(name))


@register.filter
def grade_name(name: str) -> str:
    """Give the words of a number that GRADE looked at, without what its name says about its scale."""
    is_obvious = name.endswith("_count") or "i2_" in name
    return words(name.removesuffix("_count").removesuffix("_share") if is_obvious else name)


@register.simple_tag
def grade_number(name: str, value: Any, is_ratio: bool = False) -> str:
    """Give a number that GRADE looked at, on the scale that its name tells (plugins.grade.proposal.Domain)."""
    if not is_number(value):
        return words(plain(value))
    if name.endswith("_share"):
        return as_percent(value)
    if name == "k" or name.endswith("_count"):
        return number(float(value), decimals=0)
    if name.endswith("p_value"):
        return p_value(value)
    return fixed(value) if name.endswith(("_ratio", "slope")) else shown(value, is_ratio)


@register.simple_tag
def agreement(as_printed: str, value: Any, is_ratio: bool = False) -> str:
    """Say whether a printed number is the computed one, rounded as printed: "same", "differs", or "" where untold."""
    text = as_printed.strip().replace(MINUS, "-").replace(",", ".")
    is_share = text.endswith("%")
    try:
        printed = Decimal(text.removesuffix("%").strip())
    except InvalidOperation:
        return _same_words(as_printed, value)
    if not is_number(value) or not printed.is_finite():
        return ""
    computed = Decimal(repr(exp(value) if is_ratio else 100 * value if is_share else value))
    step = Decimal(1).scaleb(min(int(printed.as_tuple().exponent), 0))
    return "same" if abs(computed - printed) <= step / 2 else "differs"


def _same_words(as_printed: str, value: Any) -> str:
    if not isinstance(value, str) or not value:
        return ""
    first, second = (" ".join(text.lower().replace("_", " ").split()) for text in (as_printed, value))
    return "same" if first == second else "differs"
