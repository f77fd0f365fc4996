"""Effects as tables for readers print them: ratios, differences, participants, and absolute effects."""

from collections.abc import Iterator, Mapping
from typing import Any

from analysis.figures.text import number, ratio

PER = 1000


def ratio_text(pooling: Mapping[str, Any]) -> str:
    """Give a ratio with its interval: “RR 0.75 (0.60 to 0.93)”."""
    return f"{pooling['measure']} {ratio(pooling['estimate'])}{_interval(pooling, is_ratio=True)}"


def difference_text(pooling: Mapping[str, Any], dataset: Mapping[str, Any]) -> str:
    """Give a difference with its interval: “MD −1.07 points (−1.55 to −0.59)”; a risk difference per 1000."""
    if pooling["measure"] == "RD":
        ends = [pooling.get(name) for name in ("ci_lower", "ci_upper")]
        return _fewer_or_more(pooling["estimate"], *ends)
    unit = f" {dataset['outcome']['unit']}" if pooling["measure"] == "MD" and dataset["outcome"]["unit"] else ""
    return f"{pooling['measure']} {number(pooling['estimate'], decimals=2)}{unit}{_interval(pooling)}"


def _interval(row: Mapping[str, Any], *, is_ratio: bool = False) -> str:
    """Give the interval of a row in brackets, "" where there is none."""
    ends = [end for end in (row.get("ci_lower"), row.get("ci_upper")) if end is not None]
    if len(ends) < 2:
        return ""
    shown = [ratio(end) if is_ratio else number(end, decimals=2) for end in ends]
    return f" ({shown[0]} to {shown[1]})"


def _fewer_or_more(difference: float, ci_lower: float | None, ci_upper: float | None) -> str:
    """Give a difference of risks per 1000 people: “16 fewer per 1000 (from 32 fewer to 4 more)”."""
    said = f"{_events(difference)} per {PER}"
    if ci_lower is None or ci_upper is None:
        return said
    return f"{said} (from {_events(ci_lower)} to {_events(ci_upper)})"


def _events(difference: float) -> str:
    """Give a difference of risks as whole people of 1000."""
    people = round(abs(difference) * PER)
    return f"{people} {'fewer' if difference < 0 else 'more'}"


def participants_of(dataset: Mapping[str, Any]) -> str:
    """Give the participants of all effects; “at least” where a group size is not known."""
    sizes = [effect.get(name) for effect in dataset["effects"] for name in ("n1", "n2")]
    known = sum(size for size in sizes if size is not None)
    if not known:
        return "not known" if sizes else "0"
    return f"{known:.0f}" if None not in sizes else f"at least {known:.0f}"


def absolute_lines(results: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Give one line for each absolute effect that the snapshot's runs hold.

    Of `absolute_effects`: the difference of risks at each baseline risk. Of `clinical_relevance`: the effect in points
    of a named scale, where it is standardised.
    """
    for row in results.get("absolute_effects", {}).get("absolute_effects", ()):
        difference = _fewer_or_more(row["risk_difference"], row["ci_lower"], row["ci_upper"])
        yield f"{difference}, of {round(row['risk_comparator'] * PER)} per {PER}"
    relevance = results.get("clinical_relevance", {})
    translations = relevance.get("translations", ()) if relevance.get("measure") == "SMD" else ()
    for row in (row for row in translations if row["name"] == "points"):
        yield f"{row['label']}: {number(row['estimate'], decimals=2)} {row['unit'] or 'points'}{_interval(row)}"
