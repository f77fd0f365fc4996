"""Tables of results: of all main analyses, of sensitivity analyses, and of the studies of one analysis."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from analysis.exports.missing_evidence import why_nothing
from analysis.exports.results_table import ResultRow, result_rows
from analysis.figures.text import number, percent, ratio
from analysis.models import Analysis
from analysis.reading import Reading
from analysis.reporting.document import Align
from analysis.reporting.tables.body import Body, head_of, row_of
from evidence.models import Review

Row = Mapping[str, Any]

HEAD = ("Analysis", "k", "Estimate (95% CI)", "95% prediction interval", "I²", "τ²", "Certainty")
PRINTED = ("Printed: k", "Printed: estimate (95% CI)")
SCENARIOS = ("Scenario", "k", "Estimate (95% CI)", "I²", "τ²", "p")
STUDIES = ("Study", "n", "Estimate (95% CI)", "Weight", "Risk of bias")
NO_RESULT = "nothing to pool"
NO_ANALYSES = "The review has no such analysis that was run."
NO_SCENARIOS = "The analysis has no sensitivity analyses, or nothing to compare."
NOT_RUN = "The analysis has not been run."
ALL_POOLED = "Every result of the analysis is pooled."
AS_PRINTED = (
    "Printed: what the published paper reports, in the measure that it uses ({measures}), to be held beside it."
)
RATIOS_SHOWN = "Ratios are shown as ratios."
SHORT = "k: number of results pooled; CI: confidence interval; I² and τ²: heterogeneity."


def results(review: Review, kinds: Iterable[str]) -> Body:
    """Give the results of analyses of these kinds, beside what a paper prints where that is recorded."""
    rows = [row for row in result_rows(review, list(kinds)) if row.result is not None]
    if not rows:
        return Body(missing=(NO_ANALYSES,))
    is_printed = any(row.printed for row in rows)
    titles = (*HEAD, *PRINTED) if is_printed else HEAD
    aligns: tuple[Align, ...] = ("left", "right", "left", "left", "right", "right", "left")
    if is_printed:
        aligns = (*aligns, "right", "left")
    cells = []
    for row in rows:
        texts = [row.analysis.title, *_numbers(row.result or {}), row.certainty]
        cells.append(row_of([*texts, *_printed(row)] if is_printed else texts, aligns))
    notes = [SHORT, *([RATIOS_SHOWN] if any((row.result or {}).get("is_ratio") for row in rows) else [])]
    if is_printed:
        measures = sorted({measure for row in rows for _, measure in row.printed if measure})
        notes.append(AS_PRINTED.format(measures=", ".join(measures)))
    return Body(head_of(titles, aligns), tuple(cells), tuple(notes), is_wide=is_printed)


def _numbers(row: Row) -> list[str]:
    """Give k, estimate, prediction interval, I² and τ² of a pooled result."""
    if row.get("estimate") is None:
        return [str(row["k"]), NO_RESULT, "", "", ""]
    return [
        str(row["k"]),
        f"{row['measure']} {_estimate(row, bool(row['is_ratio']))}",
        _span(row, "pi", bool(row["is_ratio"])),
        *_heterogeneity(row),
    ]


def _heterogeneity(row: Row) -> list[str]:
    is_one = row["k"] < 2
    i2, tau2 = row.get("i2"), row.get("tau2")
    return [
        "" if i2 is None or is_one else percent(i2),
        "" if tau2 is None or is_one else number(tau2, decimals=2),
    ]


def _estimate(row: Row, is_ratio: bool) -> str:
    """Give “estimate (lower to upper)”."""
    span = _span(row, "ci", is_ratio)
    said = _show(is_ratio)(row["estimate"])
    return f"{said} ({span})" if span else said


def _span(row: Row, kind: str, is_ratio: bool) -> str:
    ends = [row.get(f"{kind}_{end}") for end in ("lower", "upper")]
    known = [end for end in ends if end is not None]
    return " to ".join(map(_show(is_ratio), known)) if len(known) == 2 else ""


def _show(is_ratio: bool) -> Callable[[float], str]:
    return ratio if is_ratio else lambda value: number(value, decimals=2)


def _printed(row: ResultRow) -> list[str]:
    """Give what the paper prints: k, and the estimate with its interval in any measure."""
    k = row.printed.get(("k", ""), "")
    for (quantity, measure), text in row.printed.items():
        ends = [row.printed.get((end, measure)) for end in ("ci_lower", "ci_upper")]
        if quantity == "estimate" and all(ends):
            said = f"{measure} {text} ({ends[0]} to {ends[1]})"
            return [k, said.replace("-", "−")]
    return [k, ""]


def scenarios(reading: Reading | None) -> Body:
    """Give the sensitivity analyses of one analysis: all studies, each scenario, without each group."""
    rows = [] if reading is None else reading.sensitivity.get("table", [])
    if reading is None or not rows:
        return Body(missing=(NOT_RUN if reading is None else NO_SCENARIOS,))
    is_ratio = bool(reading.sensitivity.get("is_ratio"))
    aligns: tuple[Align, ...] = ("left", "right", "left", "right", "right", "right")
    cells = []
    for row in rows:
        said = row.get("message") or NO_RESULT if row["estimate"] is None else _estimate(row, is_ratio)
        p_value = row.get("p_value")
        p_text = "" if p_value is None else "<0.001" if p_value < 0.001 else number(p_value, decimals=3)
        cells.append(row_of([row["label"], str(row["k"]), said, *_heterogeneity(row), p_text], aligns))
    measure = f"Estimates: {reading.measure_name}{f', {reading.unit}' if reading.unit else ''}."
    return Body(head_of(SCENARIOS, aligns), tuple(cells), (measure, SHORT))


def studies(reading: Reading | None) -> Body:
    """Give the results of the studies of one analysis as they were pooled."""
    if reading is None:
        return Body(missing=(NOT_RUN,))
    rows = reading.pooling.get("studies", ())
    if not rows:
        return Body(missing=why_nothing(reading.dataset))
    effects = {effect["id"]: effect for effect in reading.dataset["effects"]}
    aligns: tuple[Align, ...] = ("left", "right", "left", "right", "left")
    cells = []
    for row in rows:
        effect = effects[row["effect"]]
        overall = effect["rob"].get("overall", "").replace("_", " ")
        sizes = [effect["n1"], effect["n2"]]
        size = "" if None in sizes else f"{sum(sizes):g}"
        weight = percent(row["weight"]) if row["weight"] is not None else ""
        cells.append(row_of([row["label"], size, _estimate(row, reading.is_ratio), weight, overall], aligns))
    if reading.pooling.get("estimate") is not None:
        pooled = ["Pooled", "", _estimate(reading.pooling, reading.is_ratio), "100.0%", ""]
        cells.append(row_of(pooled, aligns))
    notes = (f"Estimates: {reading.measure_name}{f', {reading.unit}' if reading.unit else ''}.",)
    return Body(head_of(STUDIES, aligns), tuple(cells), notes)


def not_pooled(reading: Reading | None) -> Body:
    """Give why results of one analysis are not pooled, each reason with its studies, the most frequent first."""
    if reading is None:
        return Body(missing=(NOT_RUN,))
    reasons: dict[str, dict[str, None]] = {}
    for row in reading.dataset["not_pooled"]:
        reasons.setdefault(row["reason"], {})[row["label"]] = None
    if not reasons:
        return Body(missing=(ALL_POOLED,))
    aligns: tuple[Align, ...] = ("left", "right", "left")
    ordered = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    cells = tuple(row_of([reason, str(len(labels)), ", ".join(labels)], aligns) for reason, labels in ordered)
    return Body(head_of(("Why not pooled", "Studies", "Which"), aligns), cells)


MAIN = (Analysis.Kind.MAIN,)
SENSITIVITY = (Analysis.Kind.SENSITIVITY,)
