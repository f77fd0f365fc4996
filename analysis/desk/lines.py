"""The lines of a forest plot, from an answer: studies in the order of the file, or by subgroup, then the summary."""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Any

from analysis.desk.forest import Line
from analysis.engine.distributions import critical_value

Answer = Mapping[str, Any]


def forest_lines(answer: Answer, subgroup: Sequence[str] | None) -> list[Line]:
    """Give the lines; `subgroup` names the subgroup of each study."""
    studies = [
        Line(one["label"], one["estimate"], one["ci_lower"], one["ci_upper"], one["weight"])
        for one in study_rows(answer)
    ]
    lines = studies if subgroup is None else _by_subgroup(answer, studies, subgroup)
    if answer["estimate"] is None:
        return lines
    model = "Common effect" if answer["tau2_method"] == "CE" else "Random effects"
    lines = [*lines, Line(kind="rule"), _summary(model, answer)]
    if answer["pi_lower"] is not None:
        label = f"{100 * answer['level']:.6g}% prediction interval"
        lines.append(Line(label, ci_lower=answer["pi_lower"], ci_upper=answer["pi_upper"], kind="prediction"))
    return lines


def study_rows(answer: Answer) -> list[dict[str, Any]]:
    """Give label, estimate, normal interval and weight of each study, on the scale of yi."""
    reach = float(critical_value(answer["level"]))
    return [
        {
            "label": label,
            "estimate": y,
            "ci_lower": y - reach * sqrt(v),
            "ci_upper": y + reach * sqrt(v),
            "weight": weight,
        }
        for label, y, v, weight in zip(*(answer[name] for name in ("slab", "yi", "vi", "weights")), strict=True)
    ]


def _by_subgroup(answer: Answer, studies: Sequence[Line], subgroup: Sequence[str]) -> list[Line]:
    """Give the studies below the names of their subgroups, each subgroup with its own summary."""
    lines = []
    for group in answer["subgroups"]["groups"]:
        lines.append(Line(group["subgroup"], kind="words"))
        lines += [line for line, name in zip(studies, subgroup, strict=True) if name == group["subgroup"]]
        lines.append(_summary("  Subgroup", group))
    return lines


def _summary(label: str, result: Mapping[str, Any]) -> Line:
    """Give a pooled estimate as a line."""
    return Line(label, result["estimate"], result["ci_lower"], result["ci_upper"], kind="summary")
