"""What a dataset holds beside its effects: comparisons of a network, all studies, the flow, adverse events."""

from typing import Any

from analysis.contract import AdverseEvent, CharacteristicFacts, FlowCount, Need
from analysis.derivation.candidates import Window
from analysis.derivation.comparisons import find_comparisons
from analysis.derivation.rules import Rules
from analysis.derivation.study_rows import read_study

Row = dict[str, Any]
ADVERSE_COUNTS = ("events", "participants", "total", "related_events")


def derive_extras(content: Row, rules: Rules, extras: frozenset[Need], *, window: Window) -> dict[str, Any]:
    """Give the fields of a dataset that the needs ask for; `holds` names them."""
    fields: dict[str, Any] = {"holds": tuple(sorted(extras))}
    if Need.STUDIES in extras:
        fields |= {
            "studies": tuple(read_study(code, content, rules) for code in sorted(content["studies"])),
            "characteristics": _characteristics(content),
            "flow": tuple(FlowCount.model_validate(row) for row in content["flow"]),
        }
    if Need.ADVERSE_EVENTS in extras:
        fields["adverse_events"] = tuple(
            event for code in sorted(content["studies"]) for event in _adverse_events(code, content["studies"][code])
        )
    if Need.COMPARISONS in extras:
        fields["comparisons"] = tuple(
            row for code in sorted(content["studies"]) for row in find_comparisons(code, content, rules, window=window)
        )
    return fields


def _characteristics(content: Row) -> tuple[CharacteristicFacts, ...]:
    """Give the questions that the review asks of every study, by code."""
    rows = sorted(content["characteristics"].items())
    return tuple(
        CharacteristicFacts(code=code, name=row["name"], kind=row["kind"], unit=row["unit"]) for code, row in rows
    )


def _adverse_events(code: str, study: Row) -> list[AdverseEvent]:
    """Give the adverse events of one study's consensus extraction."""
    extraction = study["extraction"]
    if extraction is None:
        return []
    arms = {arm["number"]: arm for arm in extraction["arms"]}
    return [_adverse_event(code, study["label"], row, arms.get(row["arm"])) for row in extraction["adverse_events"]]


def _adverse_event(code: str, label: str, row: Row, arm: Row | None) -> AdverseEvent:
    place = "whole study" if arm is None else f"arm {arm['number']}"
    known = {} if arm is None else {"arm": arm["number"], "arm_label": arm["label"]}
    known |= {} if arm is None else {name: arm[name] for name in ("role", "comparator_type")}
    return AdverseEvent(
        study=code,
        label=label,
        term=row["term"],
        seriousness=row["seriousness"],
        **{name: row[name] for name in ADVERSE_COUNTS},
        **known,
        sources=(f"{code}: {place}, adverse event {row['term']}",),
    )
