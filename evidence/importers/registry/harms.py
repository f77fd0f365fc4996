"""Adverse events of a record: how many participants of each group had them."""

from collections.abc import Mapping

from evidence.importers.naming import short_label
from evidence.importers.registry.answers import ALL, NONE
from evidence.importers.registry.source import Part, items, text
from evidence.importers.registry.trials import BEGIN, Trial, add_result, results
from evidence.models import AdverseEvent

SERIOUS, NOT_SERIOUS = AdverseEvent.Seriousness.SERIOUS, AdverseEvent.Seriousness.NOT_SERIOUS
UNCLEAR = AdverseEvent.Seriousness.UNCLEAR
TOTALS = (
    ("Serious adverse events, any", SERIOUS, "serious"),
    ("Other adverse events, any", NOT_SERIOUS, "other"),
    ("Deaths, any cause", UNCLEAR, "deaths"),
)
KINDS = (("seriousEvents", SERIOUS, " (serious)"), ("otherEvents", NOT_SERIOUS, ""))


def add_harms(trial: Trial) -> None:
    """Add totals and single terms of adverse events by arm; groups that are no arm are named."""
    module = results(trial, "adverseEventsModule")
    groups = items(module, "eventGroups")
    if trial.answers.adverse_events == NONE or not groups:
        return
    arms = trial.arms_by_id(groups)
    for group in groups:
        arm = arms.get(text(group, "id"))
        if arm is None:
            title = text(group, "title")
            rule = f"The group “{title}” of the adverse events is not called like an arm; there are {trial.arm_list}."
            trial.building.refuse(trial.record.line(title), "adverse events", rule)
            continue
        for term, seriousness, begin in TOTALS:
            counts = {"participants": text(group, f"{begin}NumAffected"), "total": text(group, f"{begin}NumAtRisk")}
            _add(trial, arm, term, seriousness, counts, _frame(module))
    if trial.answers.adverse_events == ALL:
        _add_terms(trial, module, arms)


def _frame(module: Part) -> str:
    frame, threshold = text(module, "timeFrame"), text(module, "frequencyThreshold")
    told = [f"Time frame: {frame}." if frame else ""]
    told.append(f"Other events are listed from {threshold}% on." if threshold not in ("", "0") else "")
    return " ".join(filter(None, told))


def _add_terms(trial: Trial, module: Part, arms: Mapping[str, int]) -> None:
    for name, seriousness, ending in KINDS:
        for event in items(module, name):
            term, system = text(event, "term"), text(event, "organSystem")
            for one in items(event, "stats") if term else ():
                arm = arms.get(text(one, "groupId"))
                counts = {
                    "participants": text(one, "numAffected"),
                    "events": text(one, "numEvents"),
                    "total": text(one, "numAtRisk"),
                }
                if arm is not None:
                    _add(
                        trial, arm, f"{term}{ending}", seriousness, counts, f"Organ system: {system}." if system else ""
                    )


def _add(trial: Trial, arm: int, term: str, seriousness: str, counts: Mapping[str, str], note: str) -> None:
    """Add how many of an arm had an event, where the record says it."""
    if counts.get("total") in ("", "0") or not (counts.get("participants") or counts.get("events")):
        return
    key = {"study": trial.code, "arm": str(arm), "term": short_label(term, _longest()), "seriousness": str(seriousness)}
    line = trial.record.line(term.removesuffix(" (serious)"))
    source = {"table": f"{BEGIN}, adverse events", "note": f"{BEGIN}. {note}".strip()}
    columns = {"participants": "numAffected", "total": "numAtRisk", "events": "numEvents"}
    add_result(trial, "adverse_events", line, {**key, **counts}, source, columns)


def _longest() -> int:
    return AdverseEvent._meta.get_field("term").max_length or 200
