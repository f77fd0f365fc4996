"""Estimates with their intervals: the heart of a printed result."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

from analysis.claims.claim import Quantity
from analysis.claims.grammar.tokens import BETWEEN, CI, MEASURE, SHORT, SPACE, THIN, limits, measure_of, number

# Between the name of a measure and its number, and between the number and its interval.
LINK = rf"(?:{SPACE}|[=:,]|\b(?:was|were|of|is|at|for)\b)*"
UNIT = rf"(?:{SPACE}*[a-zA-Zµμ/%][a-zA-Zµμ/²³%-]{{0,14}}){{0,3}}"
PER = rf"(?:{SPACE}per{SPACE}\d[\d,{THIN} ]*)?"
# On which scale it is: “on a 0–100 VAS”, “on the scale from 0 to 10”.
SCALE = (
    rf"(?:{SPACE}+on{SPACE}(?:(?:an?|the){SPACE})?(?:[A-Za-z]+{SPACE}){{0,3}}\d+{SPACE}?(?:[-–—]|to){SPACE}?\d+"
    rf"(?:[ -][A-Za-z]+){{0,4}})?"
)
GAP = rf"{SPACE}?%?(?:{UNIT}{PER})?{UNIT}{SCALE}{SPACE}*[,;:]?{SPACE}*[\[(\{{]?{SPACE}*"
# What an interval in brackets may be followed by, before the bracket ends.
BEHIND = rf"{SPACE}?%?{SPACE}*(?:[\])]|[,;]{SPACE}*(?:[pP](?:{SPACE}?values?)?{SPACE}?[=<>≤]|I{SPACE}?[²2^]))"
RANGE = rf"{SPACE}*(?:\bto\b|[–—‐-]){SPACE}*"
TIME = re.compile(r"year|month|week|day|hour|min")
# Counts are no estimates, and the number behind these names is not that of an effect.
COUNTED = re.compile(rf"\d+{SPACE}(?:studies|trials|RCTs|participants|patients|comparisons|effect sizes)\b")
NO_EFFECT = re.compile(
    rf"(?<!\w)(?:I{SPACE}?(?:²|\^?2)|[τΤ]|[Tt]au|H|Q|[χΧ]|[Ii]ntercept){SPACE}?(?:²|\^?2)?{SPACE}*"
    rf"(?:was|of|is|[=:])*{SPACE}*$"
)
# Numbers that may stand between an estimate and its interval.
BETWEEN_BOTH = (
    rf"(?:[,;]?{SPACE}*[(\[]?(?:SE|s\.e\.|standard error|k|n|z|Z|t|p|P){SPACE}*[=<>]{SPACE}*[-−]?[\d.,·]*\d)*"
)
# The last group of a large number, such as the “000” of “per 100 000 people”, is no estimate.
GROUPED = re.compile(rf"\d[ {THIN}]\|\d{{3}}$")
FARTHEST = 160


@dataclass(frozen=True, slots=True)
class Result:
    """An estimate with its limits, as they stand in a text.

    Attributes
    ----------
    estimate, low, high : texts of the numbers
    level : of the interval, "" where none is printed
    measure : "" where none is named
    start, end, named_from : where it stands, and where its interval begins
    is_credible : whether the interval is a credible one
    """

    estimate: str
    low: str
    high: str
    level: str
    measure: str
    start: int
    end: int
    named_from: int = 0
    is_credible: bool = False

    def holds(self, place: int) -> bool:
        """Whether a place lies in the estimate or in the interval, not between them."""
        return self.start <= place < self.start + len(self.estimate) or self.named_from <= place < self.end


@dataclass(frozen=True, slots=True)
class Prediction:
    """Limits of a prediction interval, and where they stand."""

    low: str
    high: str
    start: int
    end: int


def pooled_results(text: str, decimal: str, *, last: str = "", is_row: bool = False) -> Iterator[Result]:
    """Give the results of a stretch of text: with a named interval, or in brackets behind a named measure.

    Parameters
    ----------
    last : the measure of the result before, which square brackets without a name go on with
    is_row : whether it is the row of a table, whose header names the measure
    """
    taken: list[tuple[int, int]] = []
    kinds = (
        _with_named_interval(text, decimal),
        _behind_a_comma(text, decimal),
        _in_brackets(text, decimal, last, is_row),
    )
    for result in chain(*kinds):
        if all(result.end <= start or end <= result.start for start, end in taken):
            taken.append((result.start, result.end))
            yield result


def _with_named_interval(text: str, decimal: str) -> Iterator[Result]:
    """Give results whose interval is called one: “-0.28 (95% CI -0.42 to -0.14)”."""
    one, two = number(decimal), limits(decimal)
    ahead = re.compile(rf"(?<![\w.,·])(?P<e>{one})(?P<share>{SPACE}?%)?{BETWEEN_BOTH}{GAP}$")
    for match in CI.finditer(text):
        if is_prediction(match.group("what")):
            continue
        found = two.match(text, _skip(text, match.end()))
        if found is None:
            yield from _estimate_behind(text, match, one, two)
            continue
        before = ahead.search(text, max(0, match.start() - FARTHEST), match.start())
        if before is not None and GROUPED.search(text[: before.start("e")] + "|" + before.group("e")):
            continue
        if before is None or COUNTED.match(text, before.start("e")) or NO_EFFECT.search(text[: before.start("e")]):
            continue
        estimate = _without_dash(text, before, "e")
        yield Result(
            estimate,
            found.group("low"),
            found.group("high"),
            match.group("level") or match.group("behind") or "",
            measure_before(text, before.start("e")) or ("PROP" if before.group("share") else ""),
            before.start("e"),
            found.end(),
            match.start(),
            match.group("what").lower().startswith("cr"),
        )


def _estimate_behind(text: str, match: re.Match[str], one: str, two: re.Pattern[str]) -> Iterator[Result]:
    """Give a result whose number follows the name of the interval: “OR (95% CI): 1.20 (1.05–1.38)”."""
    rest = re.compile(rf"[)\]]?{LINK}(?P<e>{one}){SPACE}*[\[(]{SPACE}*")
    found = rest.match(text, match.end())
    interval = two.match(text, found.end()) if found else None
    if found is not None and interval is not None:
        yield Result(
            found.group("e"),
            interval.group("low"),
            interval.group("high"),
            match.group("level") or match.group("behind") or "",
            measure_before(text, match.start()),
            match.start(),
            interval.end(),
            match.start(),
        )


def _in_brackets(text: str, decimal: str, last: str, is_row: bool) -> Iterator[Result]:
    """Give results in brackets alone: “SMD −0.17 [-0.31 to -0.02]”, and the ones that follow such a result."""
    one = number(decimal)
    # In brackets behind the estimate, or in one pair of brackets with it, at once or behind a semicolon: “(−1.4 mm Hg,
    # −2.3 to −0.5)”, “(10 trials; −1.4, −2.3 to −0.5)”.
    pattern = re.compile(
        rf"(?<![\w.,·])(?P<e>{one}){SPACE}?%?{SPACE}*[;,]?{SPACE}*[\[(]{SPACE}*|"
        rf"(?:(?<=[(\[])|(?<=;{SPACE}))(?P<f>{one}){UNIT}[,;]{SPACE}*"
    )
    two = limits(decimal)
    for match in pattern.finditer(text):
        interval = two.match(text, match.end())
        behind = re.compile(BEHIND).match(text, interval.end()) if interval else None
        name = "f" if match.group("f") else "e"
        if name == "f" and TIME.search(match.group()):
            continue
        if interval is None or behind is None or NO_EFFECT.search(text[: match.start(name)]):
            continue
        has_p = not behind.group().rstrip().endswith((")", "]"))
        goes_on = is_row or name == "f" or has_p or match.group().rstrip().endswith("[")
        measure = measure_before(text, match.start(name)) or (last if goes_on else "")
        if not measure or not _is_result(match.group(name), interval.group("low"), interval.group("high")):
            continue
        yield Result(
            _without_dash(text, match, name),
            interval.group("low"),
            interval.group("high"),
            "",
            measure,
            match.start(name),
            interval.end(),
            match.end(name),
        )


def _behind_a_comma(text: str, decimal: str) -> Iterator[Result]:
    """Give results without a bracket of their own, at once behind their measure: “relative risk 1.08, 0.87 to 1.34”."""
    one = number(decimal)
    rest = re.compile(
        rf"{LINK}(?P<e>{one}){UNIT}[,;]{SPACE}*(?P<low>{one}){SPACE}?%?{RANGE}(?P<high>{one})(?![\w.,·]*\d)"
    )
    for name in MEASURE.finditer(text):
        found = rest.match(text, name.end())
        if found is None or TIME.search(found.group()) or not _is_result(*found.group("e", "low", "high")):
            continue
        estimate, low, high = found.group("e", "low", "high")
        yield Result(estimate, low, high, "", measure_of(name), found.start("e"), found.end(), found.start("low"))


def _is_result(*numbers: str) -> bool:
    """Whether numbers in brackets can be a result: decimals in one at least, so that a range of years is none."""
    return any(re.search(r"[.,·]\d", one) for one in numbers)


def _skip(text: str, start: int) -> int:
    """Give where the first limit begins behind the name of an interval."""
    abbreviated = rf"(?:{SPACE}*[(\[](?:CI|CrI|PI|KI)[)\]])?"
    found = re.compile(rf"{abbreviated}[)\]]?{BETWEEN}").match(text, start)
    return found.end() if found else start


def _without_dash(text: str, match: re.Match[str], group: str) -> str:
    """Give a number without a dash before it that belongs to the sentence, as in “pain – 0.5”."""
    found = match.group(group)
    before = text[: match.start(group)]
    is_dash = found[0] in "–—‐" and before.endswith(" ") and found[1:2] == " "
    return found[1:].strip() if is_dash else found


def measure_before(text: str, place: int) -> str:
    """Give the measure that is named last before a place, in its sentence or in the one before; "" where none is."""
    start = max(0, place - FARTHEST)
    found = ""
    for match in MEASURE.finditer(text, start, place):
        if match.group() in SHORT and not re.match(rf"{LINK}$", text[match.end() : place]):
            continue
        found = measure_of(match)
    return found


def is_prediction(name: str) -> bool:
    """Whether the name of an interval is that of a prediction interval."""
    return name.lower().replace(".", "").startswith(("p", "pi"))


def predictions(text: str, decimal: str) -> Iterator[Prediction]:
    """Give the prediction intervals of a stretch of text."""
    two = limits(decimal)
    for match in CI.finditer(text):
        if is_prediction(match.group("what")):
            found = two.match(text, _skip(text, match.end()))
            if found is not None:
                yield Prediction(found.group("low"), found.group("high"), match.start(), found.end())


def quantities(result: Result) -> Iterator[tuple[Quantity, str]]:
    """Give the numbers of a result by what they state."""
    yield Quantity.ESTIMATE, result.estimate
    yield Quantity.CI_LOWER, result.low
    yield Quantity.CI_UPPER, result.high
    if result.level:
        yield Quantity.LEVEL, result.level
