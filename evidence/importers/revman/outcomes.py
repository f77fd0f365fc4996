"""Which outcome, instrument and time of the review an analysis of RevMan is about."""

import re
from dataclasses import dataclass, replace

from evidence.importers.naming import code_of, short_label
from evidence.importers.pairing import answer_for
from evidence.importers.revman.answers import TIMES
from evidence.importers.revman.content import Analysis, Entry, Kind
from evidence.importers.revman.effects import RATIOS, measure_of
from evidence.importers.revman.filling import Filling
from evidence.importers.timing import weeks_of
from evidence.models import Instrument

LONGEST_TIME = 80
NEW_INSTRUMENTS = {Instrument.Kind.DICHOTOMOUS: "events", Instrument.Kind.CONTINUOUS: "scores"}
CHANGE = re.compile(r"\bchanges? (?:from|since|in|of|score)|\bchange scores?\b|\bmean change\b", re.IGNORECASE)
AFTER_NAME = re.compile(
    r"(?P<change>, change)?(?P<adjusted>, adjusted)?(?:, week (?P<week>[0-9.]+)|, at (?P<time>.+))?", re.DOTALL
)
SAY_DIRECTION = (
    "The review has no outcome “{name}”; say which end of it is better: direction={number}=lower or higher.{graph}"
)
NO_TARGET = "The review has no {noun} “{name}”, which the answer to “outcomes” names; there are {known}."


@dataclass(frozen=True, slots=True)
class Target:
    """Where the numbers of an analysis go."""

    outcome: str
    instrument: str
    week: str = ""
    time_as_printed: str = ""
    value_kind: str = "final"
    is_adjusted: str = "false"

    @property
    def cells(self) -> dict[str, str]:
        """The target as cells of a result."""
        return {name: getattr(self, name) for name in self.__slots__}


def kind_of(analysis: Analysis) -> Instrument.Kind:
    """Give the kind of instrument that an analysis needs."""
    if analysis.kind is Kind.EFFECTS:
        is_counted = measure_of(analysis.measure) in (RATIOS - {"ROM"}) | {"RD"}
        return Instrument.Kind.DICHOTOMOUS if is_counted else Instrument.Kind.CONTINUOUS
    return Instrument.Kind.CONTINUOUS if analysis.kind is Kind.SCORES else Instrument.Kind.DICHOTOMOUS


def target_of(filling: Filling, analysis: Analysis) -> Target | None:
    """Give where an analysis goes, None where it is refused; outcomes and instruments that are new are added."""
    change = answer_for(filling.answers.values, analysis.number)
    is_change = change == "change" or (not change and CHANGE.search(analysis.name) is not None)
    asked = answer_for(filling.answers.outcomes, analysis.number)
    found = _asked(filling, analysis, asked) if asked else _own_export(filling, analysis.name)
    if found is None and not asked:
        found = _by_name(filling, analysis)
    if found is not None and is_change:
        found = replace(found, value_kind="change")
    return found


def timed(filling: Filling, analysis: Analysis, entry: Entry, target: Target) -> Target:
    """Give the target with the time of an entry: what a person says, else a subgroup that is a time point."""
    numbers = (f"{analysis.number}.{entry.subgroup_number}", analysis.number)
    week = answer_for(filling.answers.weeks, *numbers)
    if answer_for(filling.answers.subgroups, analysis.number) == TIMES and entry.subgroup:
        week = filling.answers.weeks.get(numbers[0], "") or weeks_of(entry.subgroup)
        return replace(target, week=week, time_as_printed=short_label(entry.subgroup, LONGEST_TIME))
    return replace(target, week=week) if week else target


def _asked(filling: Filling, analysis: Analysis, asked: str) -> Target | None:
    """Give the target that a person names, as outcome or outcome/instrument."""
    standing, (name, _, wanted) = filling.standing, asked.partition("/")
    outcome = standing.outcome_named(name.strip())
    if outcome is None:
        _refuse(filling, analysis, "outcome", name, list(standing.outcomes))
        return None
    if not wanted:
        return _instrument(filling, analysis, outcome.code)
    known = [code for holder, code in standing.instruments if holder == outcome.code]
    if wanted.strip() not in known:
        _refuse(filling, analysis, "instrument", asked, [f"{outcome.code}/{code}" for code in known])
        return None
    return Target(outcome.code, wanted.strip())


def _refuse(filling: Filling, analysis: Analysis, noun: str, name: str, known: list[str]) -> None:
    rule = NO_TARGET.format(noun=noun, name=name, known=", ".join(known) or "none")
    filling.building.refuse(analysis.line, "NAME", rule)


def _own_export(filling: Filling, name: str) -> Target | None:
    """Give the target of a name that the export of this project wrote, such as “Pain: NRS, week 12, change”."""
    plain = " ".join(name.split())
    matching = [
        (prefix, instrument)
        for instrument in filling.standing.instruments.values()
        if f"{plain}, ".startswith(f"{(prefix := f'{instrument.outcome.name}: {instrument.name}')}, ")
    ]
    if not matching:
        return None
    prefix, instrument = max(matching, key=lambda one: len(one[0]))
    said = AFTER_NAME.fullmatch(plain[len(prefix) :])
    if said is None:
        return None
    return Target(
        *(instrument.outcome.code, instrument.code, said["week"] or "", said["time"] or ""),
        value_kind="change" if said["change"] else "final",
        is_adjusted="true" if said["adjusted"] else "false",
    )


def _by_name(filling: Filling, analysis: Analysis) -> Target | None:
    """Give the target of an analysis by its own name; the outcome is added where the review does not have it."""
    stored = filling.standing.outcome_named(analysis.name)
    if stored is not None:
        return _instrument(filling, analysis, stored.code)
    direction = answer_for(filling.answers.direction, analysis.number)
    if not direction:
        filling.building.refuse(analysis.line, "NAME", say_direction(analysis))
        return None
    code, unit = code_of(analysis.name), short_label(analysis.unit, 60) or None
    cells = {"code": code, "name": short_label(analysis.name), "direction": direction, "unit": unit}
    filling.building.row("outcomes", analysis.line, cells)
    return _instrument(filling, analysis, code)


def say_direction(analysis: Analysis) -> str:
    """Give the sentence that asks which end of an outcome is better."""
    labels = [label for label in analysis.favours if label]
    graph = f" Its graph says {' and '.join(f'“{label}”' for label in labels)}." if labels else ""
    return SAY_DIRECTION.format(name=analysis.name, number=analysis.number, graph=graph)


def _instrument(filling: Filling, analysis: Analysis, outcome: str) -> Target | None:
    """Give the target with the instrument for what RevMan's analyses count or measure; it is added where it is new."""
    kind = kind_of(analysis)
    code = NEW_INSTRUMENTS[kind]
    if (outcome, code) not in filling.standing.instruments:
        direction = answer_for(filling.answers.direction, analysis.number)
        if not direction:
            rule = f"The outcome {outcome} has no instrument “{code}” yet. {say_direction(analysis).partition('; ')[2]}"
            filling.building.refuse(analysis.line, "NAME", rule)
            return None
        cells = {"outcome": outcome, "code": code, "name": short_label(analysis.name, 160)}
        filling.building.row("instruments", analysis.line, {**cells, "kind": kind.value, "direction": direction})
    return Target(outcome, code)
