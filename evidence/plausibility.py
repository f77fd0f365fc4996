"""Contradictions that a report may really print, and that a reviewer must be asked about.

Pure functions on the numbers as entered. Each gives sentences; no sentence means that nothing contradicts itself.
"""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Protocol


class PrintedEstimate(Protocol):
    """An estimate with its interval, as printed."""

    estimate: Decimal | None
    ci_lower: Decimal | None
    ci_upper: Decimal | None


def half_unit(value: Decimal) -> Decimal:
    """Give half a unit of the last printed digit: what rounding can have hidden."""
    exponent = value.normalize().as_tuple().exponent
    places = min(int(exponent), 0)
    return Decimal(5).scaleb(places - 1)


def interval_contradictions(
    estimate: Decimal | None, ci_lower: Decimal | None, ci_upper: Decimal | None, *, name: str
) -> list[str]:
    """Say where an estimate and its confidence interval cannot both be right.

    Parameters
    ----------
    estimate, ci_lower, ci_upper : numbers as printed, on a scale where the interval surrounds the estimate
    name : how the estimate is called in the sentence, such as "The estimate"
    """
    if estimate is None or ci_lower is None or ci_upper is None or ci_lower > ci_upper:
        return []
    interval = f"{plain(ci_lower)} to {plain(ci_upper)}"
    if not ci_lower <= estimate <= ci_upper:
        sentence = f"{name} {plain(estimate)} lies outside its own confidence interval {interval}"
        turned = -estimate
        return [sentence + (f"; {plain(turned)} would lie inside." if ci_lower <= turned <= ci_upper else ".")]
    middle = (ci_lower + ci_upper) / 2
    reach = (half_unit(ci_lower) + half_unit(ci_upper)) / 2
    if estimate * middle < 0 and abs(estimate - middle) > reach + half_unit(estimate):
        return [f"{name} {plain(estimate)} and the middle of its confidence interval {interval} have opposite signs."]
    return []


def order_contradictions(values: Sequence[Decimal | None], names: Sequence[str]) -> list[str]:
    """Say which of the numbers, which must not fall from left to right, do so."""
    present = [(value, name) for value, name in zip(values, names, strict=True) if value is not None]
    return [
        f"The {lower_name} {plain(lower)} is above the {upper_name} {plain(upper)}."
        for (lower, lower_name), (upper, upper_name) in pairwise(present)
        if lower > upper
    ]


def scale_contradictions(value: Decimal | None, low: Decimal | None, high: Decimal | None, *, name: str) -> list[str]:
    """Say that a score lies outside the range of its scale."""
    if value is None or low is None or high is None or low <= value <= high:
        return []
    return [f"{name} {plain(value)} lies outside the scale, which runs from {plain(low)} to {plain(high)}."]


def plain(value: Decimal) -> str:
    """Give the number in ordinary notation, with a proper minus sign and no appended zeros."""
    text = format(value.normalize(), "f")
    return ("0" if text == "-0" else text).replace("-", "−")
