"""The study of a record, its reports and its arms."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.importers.building import Building
from evidence.importers.catalogue import Catalogue
from evidence.importers.naming import code_of, folded, short_label
from evidence.importers.registry.answers import Answers
from evidence.importers.registry.source import PROTOCOL, RESULTS, Part, Record, items, part, text
from evidence.importers.sourcing import with_source
from evidence.importers.standing import Standing
from evidence.models import Arm, Study

LONGEST_ARM = 200
BEGIN = "ClinicalTrials.gov"
COMPARATORS = {
    "PLACEBO_COMPARATOR": "Placebo comparator",
    "SHAM_COMPARATOR": "Sham comparator",
    "ACTIVE_COMPARATOR": "Active comparator",
    "NO_INTERVENTION": "No intervention",
}
DESIGNS = {
    ("RANDOMIZED", "PARALLEL"): Study.Design.PARALLEL,
    ("RANDOMIZED", "CROSSOVER"): Study.Design.CROSSOVER,
}


@dataclass(slots=True)
class Trial:
    """A record on its way into the review: its study, the number of each arm by its folded title, and the titles."""

    building: Building
    standing: Standing
    catalogue: Catalogue
    answers: Answers
    record: Record
    code: str = ""
    arms: dict[str, int] = field(default_factory=dict)
    titles: dict[int, str] = field(default_factory=dict)

    def arm_of(self, title: str) -> int | None:
        """Give the arm that a group of results is: the one of its title, or the one that a person names."""
        asked = self.answers.groups.get(folded(title), "")
        if asked.isdigit() and int(asked) in self.arms.values():
            return int(asked)
        return self.arms.get(folded(asked or title))

    def arms_by_id(self, groups: list[Part]) -> dict[str, int]:
        """Give the arms of groups of results by the groups' identifiers; groups that are no arm are left out."""
        found = {text(group, "id"): self.arm_of(text(group, "title")) for group in groups}
        return {name: arm for name, arm in found.items() if name and arm is not None}

    @property
    def arm_list(self) -> str:
        """The arms, for a sentence."""
        return ", ".join(f"{number}: {title}" for number, title in self.titles.items()) or "none"


def add_trial(trial: Trial) -> bool:
    """Add the study of a record with its reports and arms; whether that could be done."""
    identity = trial.record.part(PROTOCOL, "identificationModule")
    number = trial.record.number
    if not number:
        rule = "The record has no number (nctId); it is left out."
        trial.building.refuse(trial.record.line(text(identity, "briefTitle")), "nctId", rule)
        return False
    stored = trial.standing.study_registered(number) or trial.standing.study_named(number)
    trial.code = stored.code if stored else number
    if stored is None:
        _add_study(trial, identity)
    _add_reports(trial, identity, stored)
    _add_arms(trial)
    return True


def _add_study(trial: Trial, identity: Part) -> None:
    line, number = trial.record.line(), trial.record.number
    acronym = text(identity, "acronym")
    titles = {text(identity, name): None for name in ("briefTitle", "officialTitle") if text(identity, name)}
    cells = {
        "code": number,
        "label": short_label(acronym) if acronym else number,
        "design": _design(trial).value,
        "registration": number,
        "note": "\n".join(titles),
    }
    trial.building.row("studies", line, cells, {"code": "nctId", "label": "acronym"})


def _design(trial: Trial) -> Study.Design:
    design = trial.record.part(PROTOCOL, "designModule", "designInfo")
    allocation, model = text(design, "allocation"), text(design, "interventionModel")
    if allocation == "NON_RANDOMIZED":
        return Study.Design.NON_RANDOMISED
    return DESIGNS.get((allocation, model), Study.Design.UNCLEAR)


def _add_reports(trial: Trial, identity: Part, stored: Study | None) -> None:
    """Add the record itself as a report, and the articles that it names as reports of its results."""
    number, line = trial.record.number, trial.record.line()
    title = text(identity, "officialTitle", "briefTitle")
    citation = f"ClinicalTrials.gov {number}. {title}".rstrip(". ") + "."
    known = trial.standing.reports.get(trial.code, [])
    if not any(folded(one.citation) == folded(citation) or one.registration == number for one in known):
        trial.building.row("reports", line, {"study": trial.code, "citation": citation, "registration": number})
    pmids = {one.pmid for one in known if one.pmid}
    for reference in items(trial.record.part(PROTOCOL, "referencesModule"), "references"):
        words, pmid = text(reference, "citation"), text(reference, "pmid")
        if text(reference, "type") != "RESULT" or not words or pmid in pmids:
            continue
        pmids |= {pmid} - {""}
        trial.building.row(
            "reports", trial.record.line(words), {"study": trial.code, "citation": words, "pmid": pmid or None}
        )


def _add_arms(trial: Trial) -> None:
    """Add the groups that participants were assigned to: those of the flow of participants, else of the protocol."""
    flow = trial.record.part(RESULTS, "participantFlowModule")
    planned = items(trial.record.part(PROTOCOL, "armsInterventionsModule"), "armGroups")
    kinds = {folded(text(one, "label")): text(one, "type") for one in planned}
    started = _started(flow)
    groups = [(text(one, "title"), started.get(text(one, "id"), "")) for one in items(flow, "groups")]
    groups = groups or [(text(one, "label"), "") for one in planned]
    stored = trial.standing.arms.get(trial.code, [])
    trial.arms = {folded(arm.label): arm.number for arm in stored}
    trial.titles = {arm.number: arm.label for arm in stored}
    if stored:
        return
    for title, count in groups:
        if title and folded(title) not in trial.arms:
            _add_arm(trial, title, count, kinds.get(folded(title), ""))


def _add_arm(trial: Trial, title: str, count: str, kind: str) -> None:
    number = len(trial.arms) + 1
    trial.arms[folded(title)], trial.titles[number] = number, title
    line = trial.record.line(title)
    role, comparator = Arm.Role.UNASSIGNED, None
    if kind == "EXPERIMENTAL":
        role = Arm.Role.EXPERIMENTAL
    elif kind in COMPARATORS:
        role, comparator = Arm.Role.COMPARATOR, _comparator(trial, kind, line)
    cells = {
        "study": trial.code,
        "number": str(number),
        "label": short_label(title, LONGEST_ARM),
        "role": role.value,
        "comparator_type": comparator,
        "n_randomised": count if count not in ("", "0") else None,
    }
    trial.building.row("arms", line, cells, {"label": "title", "n_randomised": "numSubjects"})


def _comparator(trial: Trial, kind: str, line: int) -> str:
    """Give the code of the comparator type of an arm: the one that a person names, or the register's own word."""
    asked = trial.answers.comparators.get(kind, "")
    name = asked or COMPARATORS[kind]
    stored = trial.standing.comparator_named(name)
    if stored is not None or asked:
        return stored.code if stored else asked
    code = code_of(name)
    trial.building.row("comparator_types", line, {"code": code, "name": name})
    return code


def _started(flow: Part) -> dict[str, str]:
    """Give how many were assigned to each group: who started the first period."""
    period = next(iter(items(flow, "periods")), {})
    milestone = next((one for one in items(period, "milestones") if text(one, "type") == "STARTED"), {})
    return {text(one, "groupId"): text(one, "numSubjects") for one in items(milestone, "achievements")}


def total_group(groups: list[Part], counts: Mapping[str, str]) -> str:
    """Give the identifier of the group of all participants, "" where there is none.

    It is called total, or its name begins so and it has as many participants as all others together.
    """
    titles = {text(one, "id"): folded(text(one, "title")) for one in groups}
    sizes = {name: int(count) for name, count in counts.items() if name in titles and count.isdecimal()}
    for name, title in titles.items():
        others = sum(size for other, size in sizes.items() if other != name)
        if title == "total" or (title.split()[:1] == ["total"] and 0 < others == sizes.get(name)):
            return name
    return ""


def denominators(*holders: Part) -> dict[str, str]:
    """Give the number of participants by group, from the first of these that has it."""
    for holder in holders:
        for one in items(holder, "denoms"):
            if folded(text(one, "units")) in ("participants", "participant"):
                return {text(count, "groupId"): text(count, "value") for count in items(one, "counts")}
    return {}


def add_result(
    trial: Trial,
    table: str,
    line: int,
    cells: Mapping[str, str | None],
    source: Mapping[str, str],
    columns: Mapping[str, str],
) -> None:
    """Add a row with the place of the record that it comes from."""
    full = with_source(trial.catalogue, table, cells, source, begin=BEGIN)
    trial.building.row(table, line, full, columns)


def results(trial: Trial, module: str) -> Part:
    """Give a module of the results of a trial."""
    return part(trial.record.content, RESULTS, module)
