"""One figure of each kind for any number of studies, with names as long as they come."""

from collections.abc import Callable, Mapping
from itertools import combinations
from math import erfc, sin, sqrt
from typing import Any

from analysis.contract import (
    DraperyFigure,
    Figure,
    FlowFigure,
    HeatFigure,
    JudgementFigure,
    NetworkFigure,
    Panel,
    PanelFigure,
    ScatterFigure,
    SpecificationFigure,
)
from analysis.figures.timeline import TimelineFigure
from analysis.figures.waterfall import WaterfallFigure
from tests.figures import examples

Specimen = tuple[Figure | TimelineFigure | WaterfallFigure, dict[str, Any]]

AUTHORS = (
    "Ito 2001",
    "Kovačević-Papadopoulou, Wijayawardana-Hettiarachchi and the BACK-IN-MOTION Collaborative Group 2019",
    "Li 1999",
    "O’Shaughnessy 2011 (second trial)",
    "研究 2020",
)
TREATMENTS = ("Usual care", "Motor control exercise with cognitive functional therapy, supervised", "Yoga", "Pilates")
CONCLUSIONS = ("below_null", "includes_null", "above_null")


def name_of(place: int) -> str:
    """Give the name of the nth study; every second one is long."""
    return f"{AUTHORS[place % len(AUTHORS)]} [{place + 1}]"


def effect(place: int) -> tuple[float, float]:
    """Give an effect and its standard error, without any chance."""
    return -6.0 + 7.0 * sin(1.7 * place + 0.4), 1.2 + 2.4 * (0.5 + 0.5 * sin(2.9 * place))


def studies(k: int) -> list[dict[str, Any]]:
    """Give k studies."""
    rows = []
    for place in range(k):
        estimate, se = effect(place)
        rows.append(
            {"label": name_of(place), "estimate": estimate, "se": se, "weight": 1.0 / se**2, "is_filled": False}
        )
    return rows


def bubble(k: int) -> Specimen:
    """Give a bubble plot with its line and band."""
    rows = [{**row, "x": 4.0 + 3.0 * (place % 17)} for place, row in enumerate(studies(k))]
    line = [
        {"x": x, "estimate": -9.0 + 0.2 * x, "low": -11.0 + 0.15 * x, "high": -7.5 + 0.27 * x}
        for x in (4.0, 28.0, 52.0)
    ]
    figure = ScatterFigure(
        title="Pain: weeks of treatment",
        rows="studies",
        x="x",
        y="estimate",
        size="weight",
        lines=("line",) if k else (),
        line_labels=("Mean effect",),
        band_label="95% confidence interval",
        band_lower="low",
        band_upper="high",
        x_label="Weeks",
        y_label="Mean difference (points)",
        y_value=0.0,
    )
    return figure, {"studies": rows, "line": line if k else []}


def funnel(k: int) -> Specimen:
    """Give a funnel with contours, studies filled in and Egger's line."""
    rows, largest = studies(k), 3.7
    filled = [
        {**row, "label": f"Filled in {place + 1}", "estimate": 12.0 + place, "is_filled": True}
        for place, row in enumerate(rows[: k // 5])
    ]
    contours = [
        {"label": label, "area": f"{label} {side}", "se": se, "left": lower, "right": upper}
        for label, inner, outer in (
            ("0.05 < p < 0.1", 1.645, 1.96),
            ("0.01 < p < 0.05", 1.96, 2.576),
            ("p < 0.01", 2.576, None),
        )
        for side, sign in (("left", -1.0), ("right", 1.0))
        for se in (0.0, 1.1 * largest)
        for ends in [(sign * inner * se, None if outer is None else sign * outer * se)]
        for lower, upper in [ends if sign > 0 else (ends[1], ends[0])]
    ]
    limits = [
        {"estimate": x, "se": se}
        for x, se in ((-6.0 - 1.96 * largest, largest), (-6.0, 0.0), (-6.0 + 1.96 * largest, largest))
    ]
    figure = ScatterFigure(
        title="Pain: funnel plot",
        rows="studies",
        x="estimate",
        y="se",
        lines=("limits", "egger") if k else (),
        line_labels=("Where 95% of studies lie by chance only", "Egger’s line"),
        x_label="Mean difference (points)",
        y_label="Standard error",
        x_value=-6.0,
        is_y_downward=True,
        is_open="is_filled",
        open_label="Filled in by trim and fill",
        areas="contours",
    )
    egger = [{"estimate": -3.0, "se": 0.0}, {"estimate": -9.0, "se": largest}]
    return figure, {"studies": rows + filled, "contours": contours, "limits": limits, "egger": egger}


def probability(k: int) -> Specimen:
    """Give the curve of the probability that the effect is beyond a number."""
    curve = [{"x": x / 4, "p": 0.5 * erfc((x / 4 - 6.0) / 3.0 / sqrt(2.0))} for x in range(-8, 61)] if k else []
    wide = [{"x": row["x"], "p": 0.5 * erfc((row["x"] - 6.0) / 6.0 / sqrt(2.0))} for row in curve]
    marks = [
        {"label": f"{name}: beyond the MCID", "x": 10.0, "p": rows[48]["p"]}
        for name, rows in (("Mean", curve), ("New study", wide))
        if rows
    ]
    figure = ScatterFigure(
        title="Pain: probability that the true effect is larger than a number",
        rows="marks",
        x="x",
        y="p",
        lines=("curve", "wide"),
        line_labels=("Mean effect over all studies", "True effect in a new study"),
        x_lines="values",
        x_label="Benefit (points)",
        y_label="Probability of a larger benefit",
        is_y_share=True,
    )
    values = [{"label": "No effect", "x": 0.0}, {"label": "Smallest important difference", "x": 10.0}] if k else []
    return figure, {"marks": marks, "curve": curve, "wide": wide, "values": values}


def influence(k: int) -> Specimen:
    """Give the panel of influence diagnostics."""
    rows = [
        {
            "label": row["label"],
            "rstudent": row["estimate"] / 3.0,
            "cook_d": abs(row["estimate"]) / 40.0,
            "hat": row["weight"],
            "q_del": 31.5 + row["estimate"] / 10.0,
            "is_flagged": place % 7 == 1,
        }
        for place, row in enumerate(studies(k))
    ]
    panels = (
        Panel(column="rstudent", title="Studentised residual", values=(-1.96, 0.0, 1.96)),
        Panel(column="cook_d", title="Cook’s distance", field="cook_threshold"),
        Panel(column="hat", title="Leverage (hat)"),
        Panel(column="q_del", title="Q without the study"),
    )
    figure = PanelFigure(
        title="Pain: influence",
        rows="influence",
        panels=panels,
        flags=("is_flagged",),
        flag_label="Outliers and influential",
    )
    return figure, {"influence": rows, "cook_threshold": 0.2}


def network(k: int) -> Specimen:
    """Give a network of k treatments."""
    nodes = [
        {"name": f"t{place}", "label": f"{TREATMENTS[place % 4]} {place + 1}", "k": 1 + place * 7 % 11}
        for place in range(k)
    ]
    pairs = [pair for place, pair in enumerate(combinations(range(k), 2)) if place % (1 + k // 12) == 0][: 3 * k]
    edges = [
        {"treatment_1": f"t{one}", "treatment_2": f"t{other}", "k": 1 + (one + other) % 6, "se": 0.5 + one / 10}
        for one, other in pairs
    ]
    figure = NetworkFigure(
        title="Pain: network",
        rows="nodes",
        size="k",
        edges="edges",
        precision="se",
        size_label="studies",
        width_label="studies",
    )
    return figure, {"nodes": nodes, "edges": edges}


def league(k: int) -> Specimen:
    """Give a league table of at most 12 treatments."""
    names = [f"{TREATMENTS[place % 4]} {place + 1}" for place in range(min(k, 12))]
    cells = [
        {
            "row": one,
            "column": other,
            "estimate": (i - j) / 8.0,
            "ci_lower": (i - j) / 8.0 - 0.3,
            "ci_upper": (i - j) / 8.0 + 0.3,
        }
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i != j
    ]
    figure = HeatFigure(
        title="Pain: league table",
        rows="league",
        value="estimate",
        ci_lower="ci_lower",
        ci_upper="ci_upper",
        is_ratio=True,
        x_label="against this treatment",
        y_label="effect of this treatment",
    )
    return figure, {"league": cells}


def heat(k: int) -> Specimen:
    """Give a matrix of numbers with areas."""
    names = [name_of(place) for place in range(min(k, 30))]
    cells = [
        {"row": a, "column": b, "value": sin(i * j + 1.0), "share": abs(sin(i - j))}
        for i, a in enumerate(names)
        for j, b in enumerate(names)
    ]
    return HeatFigure(title="Net heat plot", rows="cells", size="share", x_label="Set free", y_label="Design"), {
        "cells": cells
    }


def specification(k: int) -> Specimen:
    """Give a specification curve of k combinations."""
    options = [
        f"{choice}: {option}"
        for choice in ("Estimator of the variance between studies, by name", "Interval", "Time point")
        for option in ("first", "second, which is the longer one of the two")
    ]
    rows = [
        {
            "rank": place + 1,
            "label": name_of(place),
            "estimate": -8.0 + 10.0 * place / max(k, 1),
            "ci_lower": -12.0 + 10.0 * place / max(k, 1),
            "ci_upper": -4.0 + 10.0 * place / max(k, 1),
            "conclusion": CONCLUSIONS[0 if place < 0.4 * k else 1],
            "options": [options[(place >> bit & 1) + 2 * bit] for bit in range(3)],
        }
        for place in range(k)
    ]
    choices = [
        {"label": option, "choice": option.split(":")[0], "is_own": place % 2 == 0}
        for place, option in enumerate(options)
    ]
    figure = SpecificationFigure(
        title="Pain: specification curve",
        rows="curve",
        choices="options",
        own="estimate",
        x_label="Combinations in the order of their estimates",
        y_label="Mean difference",
    )
    return figure, {"curve": rows, "options": choices, "estimate": -5.0 if k else None}


def drapery(k: int) -> Specimen:
    """Give p-value functions of k studies."""
    summary = (
        [{"x": -6.0 + step / 10.0, "p_value": erfc(abs(step) / 10.0 / 1.1 / sqrt(2.0))} for step in range(-40, 41)]
        if k
        else []
    )
    figure = DraperyFigure(
        title="Pain: p-value functions",
        rows="studies",
        lines=("summary",),
        line_labels=("Random-effects model",),
        x_label="Mean difference (points)",
    )
    return figure, {"studies": studies(k), "summary": summary}


def lights(k: int) -> Specimen:
    """Give traffic lights of k studies."""
    domains = ("Randomisation process", "Deviations from intended interventions", "Missing outcome data", "Overall")
    levels = ("low", "some_concerns", "high")
    rows = [
        {"label": name_of(i), "domain": domain, "level": levels[(i + j) % 3]}
        for i in range(k)
        for j, domain in enumerate(domains)
    ]
    return JudgementFigure(title="Risk of bias", rows="rob", levels=levels), {"rob": rows}


def bars(k: int) -> Specimen:
    """Give weighted bars."""
    levels = ("low", "some_concerns", "high")
    names = ("Randomisation process", "Deviations from intended interventions", "Overall")
    rows = [
        {"label": name, "level": level, "share": share}
        for name in names
        for level, share in zip(levels, (0.5, 0.47, 0.03), strict=True)
    ]
    return JudgementFigure(title="Risk of bias by weight", rows="rob", share="share", levels=levels), {
        "rob": rows if k else []
    }


def flow(k: int) -> Specimen:
    """Give a flow of records with k reasons."""
    words = {"stage": "", "round_name": "1: First"}
    rows = [
        {**words, "name": "reports_excluded", "label": "Reports excluded", "reason": name_of(place), "count": place + 1}
        for place in range(k)
    ]
    totals = [
        ("records_identified", 4522),
        ("records_screened", 3100),
        ("records_excluded", 2800),
        ("reports_assessed", 300),
        ("reports_excluded", 242),
        ("studies_included", 58),
    ]
    rows += [
        {
            "name": name,
            "label": name.replace("_", " ").capitalize(),
            "stage": "",
            "reason": "",
            "round_name": "",
            "count": count,
        }
        for name, count in totals
        if k
    ]
    return FlowFigure(title="Flow of records", rows="flow"), {"flow": rows}


def timeline(k: int) -> Specimen:
    """Give an estimate through k snapshots."""
    rows = [
        {
            "label": f"{place + 1}: 12 Jun {1990 + place}, k = {place + 3}",
            "lines": (f"{place + 1}: 12 Jun {1990 + place}", f"k = {place + 3}"),
            "estimate": effect(place)[0],
            "ci_lower": effect(place)[0] - 2.0,
            "ci_upper": effect(place)[0] + 2.0,
            "state": ("published", "signed off", "draft")[place % 3],
            "searched": f"searched May {1990 + place}" if place % 2 == 0 else "",
        }
        for place in range(k)
    ]
    return TimelineFigure(title="Pain over time", rows="snapshots", y_label="Mean difference"), {"snapshots": rows}


def waterfall(k: int) -> Specimen:
    """Give what moved an estimate, in k changes."""
    rows = [{"label": name_of(place), "change": effect(place)[0] / 10.0} for place in range(k)]
    total = sum(row["change"] for row in rows)
    ends = {"before": -6.0, "after": -6.0 + total} if k else {"before": None, "after": None}
    return WaterfallFigure(title="What moved", rows="changes", x_label="Mean difference"), {"changes": rows, **ends}


def forest(k: int) -> Specimen:
    """Give a forest plot of k studies."""
    return examples.figure(**examples.POOLED), examples.result(examples.many(k), **(examples.SUMMARY if k else {}))


SPECIMENS: Mapping[str, Callable[[int], Specimen]] = {
    "forest": forest,
    "bubble": bubble,
    "funnel": funnel,
    "probability": probability,
    "influence": influence,
    "network": network,
    "league": league,
    "heat": heat,
    "specification": specification,
    "drapery": drapery,
    "lights": lights,
    "bars": bars,
    "flow": flow,
    "timeline": timeline,
    "waterfall": waterfall,
}
