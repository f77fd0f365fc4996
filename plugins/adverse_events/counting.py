"""Who reported adverse events, and how many people had them."""

from collections.abc import Iterable
from typing import Any

from analysis.contract import AdverseEvent, Dataset
from analysis.engine.absolute import wilson_interval, zero_events_limit
from plugins.adverse_events.params import Params
from plugins.adverse_events.result import ArmRate, Reporting, Total

Key = tuple[str, str]


def key_of(event: AdverseEvent | ArmRate) -> Key:
    """Give what makes two events of one kind: the term without capitals and outer spaces, and the seriousness."""
    return " ".join(event.term.split()).casefold(), event.seriousness


def read_reporting(dataset: Dataset) -> tuple[Reporting, ...]:
    """Give what each study says; companions speak for the study whose participants they share."""
    owners = {row.study: row.companion_of or row.study for row in dataset.studies}
    said: dict[str, list[AdverseEvent]] = {}
    for event in dataset.adverse_events:
        said.setdefault(owners.get(event.study, event.study), []).append(event)
    known = {row.study for row in dataset.studies}
    rows = [
        _reporting(row.study, row.label, said.get(row.study, []), has_extraction=row.has_extraction)
        for row in dataset.studies
        if row.companion_of is None or row.companion_of not in known
    ]
    others = {study: events for study, events in said.items() if study not in known}
    rows += [_reporting(study, events[0].label, events, has_extraction=True) for study, events in others.items()]
    return tuple(rows)


def _reporting(study: str, label: str, events: list[AdverseEvent], *, has_extraction: bool) -> Reporting:
    """Give what one study says: events, that there were none, or nothing."""
    counts = [count for event in events for count in (event.participants, event.events) if count is not None]
    if not events:
        status = "not_reported" if has_extraction else "no_extraction"
    elif any(counts):
        status = "some"
    else:
        has_all = all(event.participants == 0 or event.events == 0 for event in events)
        status = "none" if has_all else "unknown_count"
    by_arm = any(event.arm is not None for event in events)
    return Reporting.model_validate({"study": study, "label": label, "status": status, "is_by_arm": by_arm})


def read_rates(dataset: Dataset, params: Params) -> tuple[ArmRate, ...]:
    """Give each count with its risk."""
    sizes = {(row.study, arm.number): arm.n_randomised for row in dataset.studies for arm in row.arms}
    return tuple(_rate(event, sizes, params) for event in dataset.adverse_events)


def _rate(event: AdverseEvent, sizes: dict[tuple[str, int], int | None], params: Params) -> ArmRate:
    """Give one count with its risk, where people with the event and people in all are known."""
    total = event.total
    if total is None and params.missing_total == "randomised" and event.arm is not None:
        total = sizes.get((event.study, event.arm))
    values: dict[str, Any] = event.model_dump(exclude={"comparator_type", "sources", "total"}) | {"total": total}
    if total and event.events is not None:
        values["events_per_person"] = event.events / total
    # Where nothing happened, it happened to nobody.
    participants = 0 if event.participants is None and event.events == 0 else event.participants
    values |= {"participants": participants, **_risk(participants, total, level=params.level)}
    if participants == 0 and total:
        values["zero_events_limit"] = zero_events_limit(total, level=params.level)
    return ArmRate.model_validate(values)


def _risk(participants: int | None, total: int | None, *, level: float) -> dict[str, float]:
    """Give a share of people with its interval, nothing where it is not known or impossible."""
    if participants is None or not total or participants > total:
        return {}
    found = wilson_interval(participants, n=total, level=level)
    return {"risk": found.estimate, "ci_lower": found.ci_lower, "ci_upper": found.ci_upper}


def add_up(rates: tuple[ArmRate, ...], *, level: float) -> tuple[Total, ...]:
    """Give the sums by role and kind of event, and by role and seriousness over all kinds."""
    rows = []
    for (term, seriousness), kind in sorted(_grouped(rates, by_term=True).items()):
        rows += [_total(term, kind[0].term, role, seriousness, group, level) for role, group in _by_role(kind)]
    for (_, seriousness), kind in sorted(_grouped(rates, by_term=False).items()):
        rows += [_total("", "All terms", role, seriousness, group, level) for role, group in _by_role(kind)]
    return tuple(rows)


def _grouped(rates: Iterable[ArmRate], *, by_term: bool) -> dict[Key, list[ArmRate]]:
    groups: dict[Key, list[ArmRate]] = {}
    for rate in rates:
        term, seriousness = key_of(rate)
        groups.setdefault((term if by_term else "", seriousness), []).append(rate)
    return groups


def _by_role(rates: list[ArmRate]) -> list[tuple[str, list[ArmRate]]]:
    groups: dict[str, list[ArmRate]] = {}
    for rate in rates:
        groups.setdefault("whole_study" if rate.arm is None else rate.role or "unassigned", []).append(rate)
    return sorted(groups.items())


def _total(name: str, label: str, role: str, seriousness: str, rates: list[ArmRate], level: float) -> Total:
    """Give the sums of a group of arms; the risk only where each arm stands in it once, with both numbers."""
    arms = {(rate.study, rate.arm): rate.total for rate in rates}
    is_once = len(arms) == len(rates)
    participants = _sum(rate.participants for rate in rates)
    people = _sum(arms.values())
    is_complete = is_once and all(rate.risk is not None for rate in rates)
    return Total.model_validate(
        {
            "name": name,
            "label": label,
            "role": role,
            "seriousness": seriousness,
            "k": len({rate.study for rate in rates}),
            "participants": participants if is_once else None,
            "events": _sum(rate.events for rate in rates),
            "total": people,
            **(_risk(participants, people, level=level) if is_complete else {}),
        }
    )


def _sum(numbers: Iterable[int | None]) -> int | None:
    """Give the sum, None where a number is not known."""
    listed = list(numbers)
    known = [number for number in listed if number is not None]
    return sum(known) if len(known) == len(listed) else None
