"""The difference between two snapshots in one paragraph, for clinicians."""

from collections.abc import Mapping
from datetime import date
from math import exp
from typing import Any

from analysis.contract import MEASURE_NAMES
from analysis.explain.records import Contribution, Explanation, SnapshotFacts, StudyChange
from analysis.figures.text import number, ratio

# A change that caused at least so much of a movement is called most of it.
MOST = 0.5
# So many causes are named; what moved less than this share of the movement is not.
MOST_CAUSES, LEAST_SHARE = 3, 0.05
NOTHING_CHANGED = "Nothing that this analysis reads has changed, and every number is the same."
SAME_NUMBERS = "What has changed does not move the pooled estimate."
SAME_CLASS = "The conclusion is in the same class as before."
CLASS_WORDS = {
    "favours_experimental": "favouring the experimental arm",
    "favours_comparator": "favouring the comparator",
    "favours_neither": "favouring neither arm",
    "not_significant": "not significant",
    "excludes_null": "leaves out no effect",
    "includes_null": "includes no effect",
    "very_low": "very low",
}
FIELD_WORDS = {"sd": "SD", "se": "SE", "n": "n", "ci_lower": "CI lower limit", "ci_upper": "CI upper limit"}


def write_paragraph(explanation: Explanation, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Give the paragraph.

    Parameters
    ----------
    explanation : everything else about the difference
    before, after : results of pooling as plain data, empty where there is none
    """
    is_same = not (explanation.studies or explanation.settings or explanation.changed_classes)
    if is_same and not any(row.change for row in explanation.movements):
        return f"Between {_dates(explanation)} nothing moved. {NOTHING_CHANGED}"
    parts = [_movement(explanation, before, after), _cause(explanation), _spread(explanation), _size(before, after)]
    return " ".join(part for part in (*parts, _classes(explanation), _certainty(explanation)) if part)


def _dates(explanation: Explanation) -> str:
    """Name both snapshots with their days, a common one once."""
    before, after = explanation.before, explanation.after
    if before.made_on == after.made_on:
        return f"snapshots {before.number} and {after.number} (both {_day(after)})"
    return f"{_snapshot(before)} and {_snapshot(after)}"


def _snapshot(facts: SnapshotFacts) -> str:
    """Name a snapshot: “3 May 2026 (snapshot 4)”."""
    return f"{_day(facts)} (snapshot {facts.number})"


def _day(facts: SnapshotFacts) -> str:
    """Give the day on which a snapshot was made."""
    day = date.fromisoformat(facts.made_on)
    return f"{day.day} {day:%B %Y}"


def _movement(explanation: Explanation, before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say from where to where the estimate moved."""
    name = MEASURE_NAMES[explanation.measure].lower()
    unit = f", in {explanation.unit}" if explanation.unit else ""
    old, new = (_estimate(row) for row in (before, after))
    if not old and not new:
        return f"Between {_dates(explanation)} there was nothing to pool."
    first, second = _snapshot(explanation.before), _snapshot(explanation.after)
    if not old:
        return f"On {first} nothing could be pooled; on {second} the pooled {name} is {new}{unit}."
    if not new:
        return f"On {first} the pooled {name} was {old}{unit}; on {second} nothing can be pooled."
    if old == new:
        return f"Between {_dates(explanation)} the pooled {name} stayed at {new}{unit}."
    return f"Between {_dates(explanation)} the pooled {name} moved from {old} to {new}{unit}."


def _estimate(result: Mapping[str, Any]) -> str:
    """Give an estimate with its interval: “−0.90 (95% CI −1.20 to −0.60)”, "" where there is none."""
    if result.get("estimate") is None:
        return ""
    is_ratio = bool(result.get("is_ratio"))
    said = _shown(result["estimate"], is_ratio)
    if result.get("ci_lower") is None or result.get("ci_upper") is None:
        return said
    ends = [_shown(result[name], is_ratio) for name in ("ci_lower", "ci_upper")]
    return f"{said} ({100 * result.get('level', 0.95):.6g}% CI {' to '.join(ends)})"


def _shown(value: float, is_ratio: bool) -> str:
    return ratio(value) if is_ratio else number(value, decimals=2)


def _cause(explanation: Explanation) -> str:
    """Say what caused most of the movement of the estimate."""
    change = explanation.movement("estimate").change
    if change is None:
        return ""
    ranked = explanation.ranked()
    largest = max((abs(row.estimate or 0.0) for row in ranked), default=0.0)
    named = [row for row in ranked if abs(row.estimate or 0.0) >= LEAST_SHARE * largest > 0.0][:MOST_CAUSES]
    if not named or abs(named[0].estimate or 0.0) < 1e-9:
        return SAME_NUMBERS
    first = named[0].estimate or 0.0
    if len(named) == 1:
        return f"This is due to {_named(explanation, named[0])}."
    if change and first / change >= MOST:
        others = ", ".join(_with_share(explanation, row) for row in named[1:])
        return f"Most of this is due to {_with_share(explanation, named[0])}, and less to {others}."
    listed = ", ".join(_with_share(explanation, row) for row in named)
    return f"The largest parts are those of {listed}."


def _with_share(explanation: Explanation, row: Contribution) -> str:
    """Name a change with what it moved: points, or for ratios the factor."""
    moved = row.estimate or 0.0
    if explanation.is_ratio:
        return f"{_named(explanation, row)} (times {exp(moved):.3g})"
    return f"{_named(explanation, row)} ({'+' if moved > 0 else ''}{number(moved, decimals=3)})"


def _named(explanation: Explanation, row: Contribution) -> str:
    """Name a change as the cause of something."""
    if row.kind != "study":
        return f"“{row.label}”"
    study = next((one for one in explanation.studies if one.label == row.label), None)
    if study is None or study.status == "noted":
        return f"changes in {row.label}"
    if study.status == "added":
        return f"the addition of {row.label}"
    return f"the removal of {row.label}" if study.status == "removed" else f"{_correction(study)} of {row.label}"


def _correction(study: StudyChange) -> str:
    """Name the one number that was changed, or the numbers."""
    numbers = [one for one in study.fields if one.kind in ("arm_result", "contrast") and one.action == "changed"]
    if len(numbers) != 1:
        return "the changed numbers"
    one = numbers[0]
    field = FIELD_WORDS.get(one.field, one.field.replace("_", " "))
    return f"the changed {field} ({one.before or 'empty'} became {one.after or 'empty'})"


def _spread(explanation: Explanation) -> str:
    """Say how the variance between studies moved, where a reader would see it."""
    row = explanation.movement("tau2")
    if row.before is None or row.after is None:
        return ""
    old, new = (number(value, decimals=3) for value in (row.before, row.after))
    return "" if old == new else f"The variance between studies (tau²) went from {old} to {new}."


def _size(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """Say how many effects are pooled, where that changed."""
    old, new = before.get("k"), after.get("k")
    if old is None or new is None or old == new:
        return ""
    return f"The result rests on {new} {'effect' if new == 1 else 'effects'} instead of {old}."


def _classes(explanation: Explanation) -> str:
    """Say which classes of conclusion changed, and which are defined in one snapshot only."""
    rows = explanation.changed_classes
    if not rows:
        return SAME_CLASS
    moved = "; ".join(
        f"{row.title}: {_class(row.before)} before, {_class(row.after)} now" for row in rows if row.before and row.after
    )
    lost, new = (", ".join(row.title for row in rows if getattr(row, end) is None) for end in ("after", "before"))
    said = [f"The conclusion is in another class ({moved})."] if moved else []
    said += [f"No longer defined: {lost}."] if lost else []
    said += [f"Not defined before: {new}."] if new else []
    return " ".join(said)


def _class(value: str | None) -> str:
    return CLASS_WORDS.get(str(value)) or str(value).replace("_", " ")


def _certainty(explanation: Explanation) -> str:
    """Say which domains moved the proposed certainty."""
    rating = explanation.rating
    if rating is None or not rating.domains or rating.levels_before is None or rating.levels_after is None:
        return ""
    listed = ", ".join(
        f"{row.name.replace('_', ' ')} (from {abs(row.before or 0)} to {abs(row.after or 0)})" for row in rating.domains
    )
    if rating.certainty_before == rating.certainty_after:
        return f"The proposed certainty is still {_class(rating.certainty_after)}, though levels changed in {listed}."
    old, new = _class(rating.certainty_before), _class(rating.certainty_after)
    return f"The proposed certainty went from {old} to {new}, by levels in {listed}."
