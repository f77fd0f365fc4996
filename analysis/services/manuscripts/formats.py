"""How a bound number is written: decimals, percent, ratio, interval or p value."""

import re
from collections.abc import Mapping
from math import exp
from typing import Any

from analysis.figures.text import number, percent, ratio

NOT_ESTIMABLE = "not estimable"
SMALLEST_P, LARGEST_P = 0.001, 0.999
# What is on the scale of the measure, so that a ratio is stored as its logarithm.
ON_THE_SCALE = frozenset({"estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"})
# Numbers that are whole by chance only; all others that are stored without decimals are counts.
MEASURED = ON_THE_SCALE | {"tau2", "tau", "tau2_se", "tau2_ci_lower", "tau2_ci_upper", "se", "statistic", "q", "h2"}
FRACTIONS = ("i2", "level", "weight", "share", "_share")
DECIMALS = re.compile(r"[0-6]")
PERCENT = re.compile(r"([0-3]?)%")
FORMATS = "0 to 6 (decimals), % or 1% (percentage), exp (ratio of a logarithm), log (as stored), ci, pi, full, p"

UNKNOWN_FORMAT = "There is no format “{format}”; there are {known}."
NO_NUMBER = "“{name}” is no number, so that it cannot be written as “{format}”."
NO_INTERVAL = "“{name}” has no {kind} beside it."
KINDS = {"ci": "confidence interval", "pi": "prediction interval"}


class BadFormat(ValueError):
    """A number cannot be written in this way; the message is a sentence."""


def write(name: str, value: Any, around: Mapping[str, Any], *, is_ratio: bool, form: str = "") -> str:
    """Give a value in words.

    Parameters
    ----------
    name : what the value is called in its row
    around : the row that it stands in, with its interval
    is_ratio : whether numbers on the scale of the measure are logs of ratios
    form : {"", "0" to "6", "%", "1%", "exp", "log", "ci", "pi", "full", "p"}

    Raises
    ------
    BadFormat : the value cannot be written so
    """
    is_ratio = is_ratio and name in ON_THE_SCALE
    if form in KINDS:
        return _interval(name, around, form, is_ratio=is_ratio)
    if form == "full":
        return _full(name, value, around, is_ratio=is_ratio)
    if value is None:
        _require_known(form)
        return NOT_ESTIMABLE
    if isinstance(value, bool) or not isinstance(value, int | float):
        if form:
            _require_known(form)
            raise BadFormat(NO_NUMBER.format(name=name, format=form))
        return _words(value)
    return _number(name, float(value), isinstance(value, int), is_ratio=is_ratio, form=form)


def _number(name: str, value: float, is_whole: bool, *, is_ratio: bool, form: str) -> str:
    """Give a number in its format, or in the usual one of its name."""
    share = PERCENT.fullmatch(form)
    if share:
        return f"{number(100 * value, decimals=int(share[1] or 0))}%"
    if DECIMALS.fullmatch(form):
        return number(exp(value) if is_ratio else value, decimals=int(form))
    if form in ("exp", "log"):
        return ratio(value) if form == "exp" else number(value, decimals=2)
    if form == "p" or (not form and name.endswith("p_value")):
        return _p_value(value)
    _require_known(form)
    if name.endswith(FRACTIONS) and 0 <= value <= 1:
        return percent(value) if name != "level" else f"{100 * value:.6g}%"
    if is_ratio:
        return ratio(value)
    return number(value, decimals=0 if is_whole and name not in MEASURED else 2)


def _require_known(form: str) -> None:
    is_known = form in ("", "exp", "log", "p") or DECIMALS.fullmatch(form) or PERCENT.fullmatch(form)
    if not is_known:
        raise BadFormat(UNKNOWN_FORMAT.format(format=form, known=FORMATS))


def _p_value(value: float) -> str:
    """Give “= 0.012”, “< 0.001” or “> 0.999”, to be written behind a p."""
    if value < SMALLEST_P:
        return f"< {SMALLEST_P}"
    return f"> {LARGEST_P}" if value > LARGEST_P else f"= {number(value, decimals=3)}"


def _interval(name: str, around: Mapping[str, Any], form: str, *, is_ratio: bool) -> str:
    """Give “lower to upper”."""
    ends = [f"{form}_lower", f"{form}_upper"]
    if not all(end in around for end in ends):
        raise BadFormat(NO_INTERVAL.format(name=name, kind=KINDS[form]))
    if any(around[end] is None for end in ends):
        return NOT_ESTIMABLE
    return " to ".join(_number(end, float(around[end]), False, is_ratio=is_ratio, form="") for end in ends)


def _full(name: str, value: Any, around: Mapping[str, Any], *, is_ratio: bool) -> str:
    """Give the estimate with its interval: “−0.49 (95% CI −0.71 to −0.26)”."""
    said = _interval(name, around, "ci", is_ratio=is_ratio)
    if value is None:
        return NOT_ESTIMABLE
    level = around.get("level") or 0.95
    return f"{_number(name, float(value), False, is_ratio=is_ratio, form='')} ({100 * level:.6g}% CI {said})"


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value).replace("_", " ")
