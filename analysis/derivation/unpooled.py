"""What of a study is not pooled although no candidate was tried with it, and why."""

from collections.abc import Iterator
from typing import Any

from analysis.contract import NotPooled
from analysis.derivation.candidates import Sides, Window, ref_of
from analysis.derivation.readings import refuse_unsettled
from analysis.derivation.rules import Rules
from analysis.derivation.wording import Unusable, listed

Row = dict[str, Any]


def explain_absence(
    study: str, label: str, rows: list[tuple[str, Row]], *, window: Window, was_tried: bool
) -> Iterator[NotPooled]:
    """Say why a study has no effect: no result, no stated time, none in the window, or none of a kind that is tried.

    Parameters
    ----------
    rows : all results of the outcome that belong to the comparison, with their names
    was_tried : whether results in the window were tried and are listed already
    """
    if not rows:
        yield NotPooled(study=study, label=label, code="no_result", reason="No result for the outcome is public.")
    untimed = tuple(ref for ref, row in rows if row["week"] is None)
    if untimed:
        reason = "The report does not state the week of the result."
        yield NotPooled(study=study, label=label, code="time_not_stated", reason=reason, sources=untimed)
    if was_tried:
        return
    inside = tuple(ref for ref, row in rows if window.holds(row["week"]))
    outside = [(ref, row) for ref, row in rows if row["week"] is not None and ref not in inside]
    if inside:
        reason = "The rules of the analysis do not try results of this source or kind of value."
        yield NotPooled(study=study, label=label, code="not_tried", reason=reason, sources=inside)
    elif outside:
        weeks = listed(sorted({row["week"] for _, row in outside}, key=float))
        reason = f"Results at week {weeks} only; none in the window {window}."
        refs = tuple(ref for ref, _ in outside)
        yield NotPooled(study=study, label=label, code="outside_window", reason=reason, sources=refs)


def list_unassigned(
    study: str, label: str, extraction: Row, sides: Sides, *, window: Window, rules: Rules
) -> Iterator[NotPooled]:
    """List results, in the window or at an unknown time, of arms whose role the reports do not state."""
    rows = [(ref_of(study, row, number), row) for number, arm in sides.unassigned.items() for row in arm["results"]]
    rows += [
        (ref_of(study, row, row["first_arm"], row["second_arm"]), row)
        for row in extraction["contrasts"]
        if {row["first_arm"], row["second_arm"]} & set(sides.unassigned)
    ]
    wanted = [(ref, row) for ref, row in rows if row["outcome"] == rules.outcome]
    refs = sorted(ref for ref, row in wanted if row["week"] is None or window.holds(row["week"]))
    if refs:
        reason = "The reports do not say which arm is the experimental one and which comparator it is."
        yield NotPooled(study=study, label=label, code="role_not_stated", reason=reason, sources=tuple(refs))


def list_unsettled(
    study: str, label: str, rows: list[tuple[str, Row]], *, window: Window, listed_already: list[NotPooled]
) -> Iterator[NotPooled]:
    """List printed contradictions in the window that are not yet listed as such."""
    known = {ref for row in listed_already if row.code == "contradiction" for ref in row.sources}
    for ref, row in rows:
        if not window.holds(row["week"]) or ref in known:
            continue
        try:
            refuse_unsettled(row)
        except Unusable as reason:
            yield NotPooled(study=study, label=label, code=reason.code, reason=str(reason), sources=(ref,))
