"""Risk of bias of each study, domain by domain, from the frozen evidence."""

from collections.abc import Mapping
from typing import Any

from analysis.reporting.document import Align
from analysis.reporting.tables.body import Body, head_of, row_of
from evidence.tools import OVERALL, Tool, get_tool

Row = Mapping[str, Any]

NOT_ASSESSED = "No study has an assessment of its risk of bias in the frozen evidence."
UNASSESSED = "Without an assessment: {studies}."
WITH_TOOL = "Assessed with {tool}, version {version}."


def risk_of_bias(content: Row) -> Body:
    """Give the judgements of the tool that most studies were assessed with, the study's own first."""
    studies = sorted(content["studies"].values(), key=lambda study: (study["label"].casefold(), study["label"]))
    counts: dict[tuple[str, str], int] = {}
    for study in studies:
        for pair in {(row["tool"], row["tool_version"]) for row in study["assessments"]}:
            counts[pair] = counts.get(pair, 0) + 1
    if not counts:
        return Body(missing=(NOT_ASSESSED,))
    code, version = max(sorted(counts), key=lambda pair: counts[pair])
    tool = get_tool(code, version)
    domains = [*_titles(tool).items()]
    aligns: list[Align] = ["left"] * (len(domains) + 1)
    rows, unassessed = [], []
    for study in studies:
        judgements = _judgements(study, code, version)
        if judgements is None:
            unassessed.append(study["label"])
            continue
        levels = [judgements.get(domain, {}).get("judgement", "") for domain, _ in domains]
        said = [tool.level_name(level) if level else "" for level in levels]
        rows.append(row_of([study["label"], *said], aligns))
    notes = [WITH_TOOL.format(tool=tool.name, version=version)]
    notes += [UNASSESSED.format(studies=", ".join(unassessed))] if unassessed else []
    return Body(
        head=head_of(["Study", *(title for _, title in domains)], aligns),
        rows=tuple(rows),
        notes=tuple(notes),
        is_wide=len(domains) > 6,
    )


def _titles(tool: Tool) -> dict[str, str]:
    return {**{code: title for code, title in tool.domains.items() if code != OVERALL}, OVERALL: "Overall"}


def _judgements(study: Row, code: str, version: str) -> Row | None:
    found = [row for row in study["assessments"] if (row["tool"], row["tool_version"]) == (code, version)]
    found.sort(key=lambda row: row["outcome"] is not None)
    return found[0]["judgements"] if found else None
