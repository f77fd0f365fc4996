"""The results of a review's analyses, one after another, beside what its paper prints."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from math import exp
from typing import Any

from analysis import canonical
from analysis.models import Analysis, Snapshot
from analysis.services import current_certainty, is_stale
from evidence.models import Review

RATIOS = {"RR", "OR"}
MINUS = "−"


@dataclass(frozen=True, slots=True)
class ResultRow:
    """An analysis with its current snapshot.

    `result` is pooling's result as stored, None where there is no snapshot or nothing in it pools; `printed` maps
    (quantity, measure) to what the paper prints; `with_results` of `eligible` studies have any public result for the
    outcome.
    """

    analysis: Analysis
    snapshot: Snapshot | None
    result: dict[str, Any] | None
    certainty: str
    printed: dict[tuple[str, str], str]
    with_results: int
    eligible: int


def result_rows(review: Review, kinds: Collection[str] = Analysis.Kind.values) -> Iterator[ResultRow]:
    """Give a row for each analysis of the review of these kinds, in their order."""
    for analysis in Analysis.objects.filter(review=review, kind__in=kinds).prefetch_related("claims"):
        latest = Snapshot.objects.filter(analysis=analysis).select_related("dataset").order_by("-number").first()
        results = {} if latest is None else {run.plugin: canonical.from_text(run.result) for run in latest.runs.all()}
        with_results, eligible = (
            (0, 0) if latest is None else count_studies(canonical.from_text(latest.dataset.content))
        )
        yield ResultRow(
            analysis=analysis,
            snapshot=latest,
            result=results.get("pooling"),
            certainty=_certainty(analysis, latest, results.get("grade")),
            printed={(claim.quantity, claim.measure): claim.as_printed for claim in analysis.claims.all()},
            with_results=with_results,
            eligible=eligible,
        )


def count_studies(dataset: dict[str, Any]) -> tuple[int, int]:
    """Give how many studies of a dataset have any result for the outcome, and how many are eligible."""
    pooled = {effect["study"] for effect in dataset["effects"]}
    listed = {row["study"]: row["code"] for row in dataset["not_pooled"]}
    found = pooled | {study for study, code in listed.items() if code not in ("no_result", "no_consensus")}
    return len(found), len(pooled | set(listed))


def _certainty(analysis: Analysis, snapshot: Snapshot | None, grade: dict[str, Any] | None) -> str:
    """Give the rating of a person, or what the GRADE plugin proposes, in words."""
    rated = current_certainty(analysis)
    if rated is not None and snapshot is not None:
        stale = ", stale" if is_stale(rated, snapshot) else ""
        return f"{rated.get_level_display().lower()} (rated{stale})"
    proposed = (grade or {}).get("certainty")
    return f"{proposed.replace('_', ' ')} (proposed)" if proposed else ""


def text_table(rows: list[ResultRow]) -> list[str]:
    """Give the lines of a table for a terminal, at most 118 characters wide: a line for Quorum, one for the paper."""
    head = ("Analysis", "k", "Estimate (95% CI)", "Prediction int.", "tau²", "I²", "Certainty", "Snapshot")
    lines = [_line(*head), "─" * 118]
    for row in rows:
        lines += _block(row)
    return lines


def _line(*cells: str) -> str:
    """Give the cells in their columns: title, k, estimate, prediction interval, tau2, I2, certainty, snapshot."""
    widths = (26, -2, 25, 15, -5, -4, 19, 0)
    padded = [cell.rjust(-width) if width < 0 else cell.ljust(width) for cell, width in zip(cells, widths, strict=True)]
    return " ".join(padded).rstrip()


def _block(row: ResultRow) -> list[str]:
    """Give the lines of one analysis: its title, what Quorum computes, what the paper prints."""
    lines = [row.analysis.title]
    if row.snapshot is None:
        return [*lines, "  no snapshot yet", ""]
    if row.result is None:
        return [*lines, _line("  Quorum", "", "tables, see the snapshot", "", "", "", "", _name(row.snapshot)), ""]
    return [*lines, _quorum_line(row.result, row.certainty, row.snapshot), _paper_line(row), ""]


def _quorum_line(result: dict[str, Any], certainty: str, snapshot: Snapshot) -> str:
    name = _name(snapshot)
    title = f"  Quorum, {result['measure']}"
    if result["k"] == 0:
        return _line(title, "0", "nothing to pool", "", "", "", "", name)
    pooled = result["k"] > 1
    return _line(
        title,
        str(result["k"]),
        interval_text(result, "estimate", "ci"),
        interval_text(result, "", "pi"),
        number_text(result["tau2"]) if pooled else "",
        percent_text(result["i2"]) if pooled else "",
        certainty,
        name,
    )


def _name(snapshot: Snapshot) -> str:
    return f"{snapshot.number}  {snapshot.digest[:10]}"


def _paper_line(row: ResultRow) -> str:
    printed = {name: text.replace("-", MINUS) for name, text in row.printed.items()}
    smd, lower, upper = (printed.get((name, "SMD"), "") for name in ("estimate", "ci_lower", "ci_upper"))
    md = printed.get(("estimate", "MD"), "")
    return _line(
        "  paper prints, SMD",
        printed.get(("k", ""), ""),
        f"{smd} ({lower} to {upper})" if smd else "",
        f"MD {md}" if md else "",
        printed.get(("tau2", "SMD"), ""),
        printed.get(("i2", "SMD"), ""),
        printed.get(("certainty", ""), ""),
        f"public: {row.with_results} of {row.eligible}",
    )


def interval_text(result: dict[str, Any], estimate: str, prefix: str) -> str:
    """Give "estimate (lower to upper)", or "lower to upper", with ratios shown as ratios; "" where undefined."""
    lower, upper = result[f"{prefix}_lower"], result[f"{prefix}_upper"]
    if lower is None or upper is None:
        return ""
    shown = exp if result["measure"] in RATIOS else float
    limits = f"{number_text(shown(lower))} to {number_text(shown(upper))}"
    return f"{number_text(shown(result[estimate]))} ({limits})" if estimate else limits


def number_text(value: float | None) -> str:
    """Give a number with two decimals and a proper minus sign; "" for None."""
    if value is None:
        return ""
    text = f"{value:.2f}"
    return ("0.00" if text == "-0.00" else text).replace("-", MINUS)


def percent_text(value: float | None) -> str:
    """Give a fraction as a whole percentage; "" for None."""
    return "" if value is None else f"{value * 100:.0f}%"
