"""Numbers on which both readers agree and that are unlikely all the same: two people can make the same mistake."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from math import sqrt
from statistics import median

from evidence.comparing.faults import likely_n
from evidence.comparing.items import Comparison, Item
from evidence.comparing.readings import Kind, Row, is_number
from evidence.doubts.limits import widest_sd
from evidence.doubts.spreads import FEWEST, is_like_standard_error
from evidence.plausibility import plain

Elsewhere = Mapping[tuple[str, str], Sequence[Decimal]]
FAR = 6.0
"""How many times smaller or larger than usual an SD is that is asked about in any case."""


def doubts(comparison: Comparison, elsewhere: Elsewhere) -> dict[str, str]:
    """Give a question about each SD on which both agree and that does not look like one, by the item's path.

    Parameters
    ----------
    elsewhere : SDs of other studies of the review, by instrument and kind of value
    """
    found = {}
    for entry in comparison.of(Kind.RESULT):
        for item in entry.items:
            if item.field is not None and item.field.name == "sd" and not item.differs and is_number(item.first):
                sentence = next(_about(item, comparison, elsewhere), None)
                if sentence is not None:
                    found[item.path] = sentence
    return found


def _about(item: Item, comparison: Comparison, elsewhere: Elsewhere) -> Iterator[str]:
    """Say what speaks against an SD: its scale, or other SDs of the same instrument."""
    row, sd = item.pair.rows[0], Decimal(str(item.first))
    yield from _too_wide(row, sd, comparison)
    others = [other for one in comparison.first.of(Kind.RESULT) if one is not row for other in _spread(one, row)]
    others += elsewhere.get((str(row.get("instrument")), str(row.get("value_kind"))), ())
    if len(others) < FEWEST or sd <= 0:
        return
    usual = median(others)
    seen = f"Both have {plain(sd)}; {len(others)} other SDs of the instrument are around {plain(_rounded(usual))}"
    for n in likely_n(item.pair.rows, (one.get("arm_n") for one in item.pair.rows)):
        if is_like_standard_error(float(sd), n, float(usual)):
            times = plain(_rounded(Decimal(str(float(sd) * sqrt(n)))))
            yield f"{seen}, and {plain(sd)} times the root of n = {n} is {times}: it looks like a standard error."
    ratio = float(usual) / float(sd)
    if not 1 / FAR < ratio < FAR:
        yield f"{seen}. Is it an SD, of this instrument?"


def _too_wide(row: Row, sd: Decimal, comparison: Comparison) -> Iterator[str]:
    """Say where an SD is larger than scores between the ends of the scale can have."""
    scale = comparison.words.scales.get(str(row.get("instrument")))
    if scale is None or scale.low is None or scale.high is None or row.get("value_kind") != "final":
        return
    n = next(iter(likely_n([row])), 0)
    low, high = float(scale.low), float(scale.high)
    widest = widest_sd(low=low, high=high, n=n) if n > 1 else (high - low) / 2
    if float(sd) > widest * 1.005:  # rounding
        ends = f"{plain(scale.low)} to {plain(scale.high)}"
        yield f"Both have {plain(sd)}; scores on {scale.name} ({ends}) cannot have an SD above {widest:.3g}."


def _spread(one: Row, row: Row) -> Iterator[Decimal]:
    """Give the SD of another result, where it is of the same instrument and kind."""
    if all(one.get(name) == row.get(name) for name in ("instrument", "value_kind")) and is_number(one.get("sd")):
        yield Decimal(str(one.get("sd")))


def _rounded(value: Decimal) -> Decimal:
    """Give three digits of a number."""
    return Decimal(f"{value:.3g}")
