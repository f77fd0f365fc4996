"""What a snapshot lets a reader conclude, in classes: a change of class is news, a change of digits is not."""

from collections.abc import Mapping
from typing import Any, Literal

from analysis.contract import Frozen

Direction = Literal["favours_experimental", "favours_comparator", "favours_neither"]
Significance = Literal["significant", "not_significant"]
Importance = Literal["important", "trivial", "uncertain"]
Prediction = Literal["excludes_null", "includes_null"]
Certainty = Literal["high", "moderate", "low", "very_low"]

CLASS_NAMES = {
    "direction": "direction of the effect",
    "significance": "statistical significance",
    "importance": "size beside the smallest important difference",
    "prediction": "prediction interval and no effect",
    "prediction_importance": "prediction interval and the smallest important difference",
    "certainty": "certainty of the evidence",
}


class Conclusion(Frozen):
    """The classes of one snapshot; None where a class is undefined.

    direction : the side that the estimate favours
    significance : whether the confidence interval leaves out the null
    importance : the confidence interval lies wholly beyond an important difference, wholly short of it, or neither
    prediction : whether the prediction interval leaves out the null
    prediction_importance : as importance, for the prediction interval
    certainty : of the evidence (GRADE)
    """

    direction: Direction | None = None
    significance: Significance | None = None
    importance: Importance | None = None
    prediction: Prediction | None = None
    prediction_importance: Importance | None = None
    certainty: Certainty | None = None


class ChangedClass(Frozen):
    """A class that differs between two snapshots; None where it is undefined in one."""

    name: str
    title: str
    before: str | None
    after: str | None


def conclusion_of(
    result: Mapping[str, Any],
    *,
    lower_is_better: bool,
    important: tuple[float, float] | None = None,
    certainty: Certainty | None = None,
) -> Conclusion:
    """Give the classes of a pooled result.

    Parameters
    ----------
    result : plain data with estimate, ci_lower, ci_upper, pi_lower, pi_upper; ratios are natural logs
    lower_is_better : whether a negative effect favours the experimental arm
    important : the smallest important difference below and above the null, on the scale of the result; None: not known
    certainty : of the evidence, proposed or rated
    """
    ci, pi = _interval(result, "ci"), _interval(result, "pi")
    return Conclusion(
        direction=_direction(result.get("estimate"), lower_is_better),
        significance=None if ci is None else "not_significant" if ci[0] <= 0.0 <= ci[1] else "significant",
        importance=_importance(ci, important),
        prediction=None if pi is None else "includes_null" if pi[0] <= 0.0 <= pi[1] else "excludes_null",
        prediction_importance=_importance(pi, important),
        certainty=certainty,
    )


def changed_classes(before: Conclusion, after: Conclusion) -> tuple[ChangedClass, ...]:
    """Give the classes that differ."""
    return tuple(
        ChangedClass(name=name, title=title, before=getattr(before, name), after=getattr(after, name))
        for name, title in CLASS_NAMES.items()
        if getattr(before, name) != getattr(after, name)
    )


def _interval(result: Mapping[str, Any], kind: str) -> tuple[float, float] | None:
    """Give an interval, None where an end is undefined."""
    low, high = result.get(f"{kind}_lower"), result.get(f"{kind}_upper")
    return None if low is None or high is None else (float(low), float(high))


def _direction(estimate: float | None, lower_is_better: bool) -> Direction | None:
    """Give the side that an estimate favours."""
    if estimate is None:
        return None
    if estimate == 0.0:
        return "favours_neither"
    return "favours_experimental" if (estimate < 0.0) == lower_is_better else "favours_comparator"


def _importance(interval: tuple[float, float] | None, important: tuple[float, float] | None) -> Importance | None:
    """Give where an interval lies beside the smallest important differences; one that touches them is uncertain."""
    if interval is None or important is None:
        return None
    if interval[1] < important[0] or interval[0] > important[1]:
        return "important"
    return "trivial" if important[0] < interval[0] and interval[1] < important[1] else "uncertain"
