"""The numbers of RevMan's analyses: results of arms and contrasts, each once, with the analyses that they stand in."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from evidence.importers.naming import short_label
from evidence.importers.pairing import answer_for
from evidence.importers.problems import CellProblem
from evidence.importers.revman.answers import ARMS
from evidence.importers.revman.arms import Arms
from evidence.importers.revman.content import Analysis, Entry, Kind
from evidence.importers.revman.effects import (
    OTHER,
    Effect,
    difference,
    is_ratio,
    measure_of,
    number_of,
    peto,
    ratio,
    rounded,
)
from evidence.importers.revman.filling import Filling
from evidence.importers.revman.outcomes import Target, target_of, timed
from evidence.importers.sheets import plain_number
from evidence.importers.sourcing import with_source

LONGEST_PLACE, LONGEST_MEASURE = 80, 160
BEGIN = "RevMan"
CONTRADICTION = (
    "Analysis {number} has {new} here, and analysis {other} has {old} in line {line}, for the same {noun} of {study} "
    "at the same time. Say with “outcomes”, “weeks” or “subgroups” what tells them apart."
)
NOUNS = {"arm_results": "arm", "contrast_results": "two arms"}


@dataclass(slots=True)
class Gathered:
    """A result and where it was found: the analyses, and what is remarked."""

    line: int
    number: str
    values: dict[str, str | None]
    numbers: list[str]
    remarks: list[str]


@dataclass(slots=True)
class Results:
    """The results of a file by table and key, before they become rows."""

    filling: Filling
    arms: Arms
    found: dict[tuple[str, tuple[str, ...]], Gathered] = field(default_factory=dict)
    empty: int = 0
    without_sd: int = 0
    untimed: list[str] = field(default_factory=list)
    changes: list[str] = field(default_factory=list)
    finals: list[str] = field(default_factory=list)


def add_results(filling: Filling) -> None:
    """Add the results of all analyses, with the arms, outcomes and instruments that they need."""
    results = Results(filling, Arms(filling))
    for analysis in filling.content.analyses:
        entries = [entry for entry in analysis.entries if _is_included(results, analysis, entry)]
        target = target_of(filling, analysis) if entries else None
        if target is None:
            continue
        _remember(results, analysis, target)
        for entry in entries:
            try:
                _add_entry(results, analysis, entry, timed(filling, analysis, entry, target))
            except CellProblem as problem:
                filling.building.refuse(entry.line, "", str(problem))
    for (table, _), gathered in results.found.items():
        _add_row(filling, table, gathered)
    _tell(results)


def _is_included(results: Results, analysis: Analysis, entry: Entry) -> bool:
    """Whether an entry is about an included study; if not, it is refused, or told of with the other studies."""
    filling = results.filling
    if entry.study not in filling.content.studies:
        rule = f"Analysis {analysis.number} has numbers of a study “{entry.study}” that the file does not list."
        filling.building.refuse(entry.line, "STUDY_ID", rule)
    elif entry.study not in filling.codes:
        source = filling.content.studies[entry.study]
        rule = f"Analysis {analysis.number} has numbers of {source.name}, which is not among the included studies."
        filling.building.refuse(entry.line, "STUDY_ID", rule)
    return entry.study in filling.codes


def _remember(results: Results, analysis: Analysis, target: Target) -> None:
    """Remember what is to be told of an analysis."""
    number = analysis.number
    if target.value_kind == "change":
        results.changes.append(number)
    elif analysis.kind is Kind.SCORES and not answer_for(results.filling.answers.values, number):
        results.finals.append(number)
    if analysis.is_swapped:
        sentence = "Analysis {} counts those without the event in RevMan; its numbers are read as they were entered."
        results.filling.building.note(sentence.format(number))


def _add_entry(results: Results, analysis: Analysis, entry: Entry, target: Target) -> None:
    """Add what an entry says of the arms, and of the two against each other."""
    values = {name: _plain(text) for name, text in entry.values.items()}
    level = _level(analysis)
    effect = _effect(results, analysis, values, level)
    groups = [_group(results, analysis, values, group) for group in ("1", "2")]
    if effect is None and not any(groups):
        results.empty += 1
        return
    if not target.week and not target.time_as_printed and analysis.number not in results.untimed:
        results.untimed.append(analysis.number)
    is_apart = answer_for(results.filling.answers.subgroups, analysis.number) == ARMS
    pair = results.arms.pair(analysis, entry, is_apart=is_apart)
    study = results.filling.codes[entry.study]
    for number, group in zip(pair, groups, strict=True):
        if group:
            key = {"study": study, "arm": str(number), **target.cells}
            _gather(results, "arm_results", key, group, analysis, entry)
    if effect is not None:
        measure = _measure(results, analysis)
        key = {
            "study": study,
            "first_arm": str(pair[0]),
            "second_arm": str(pair[1]),
            **target.cells,
            "measure": measure,
        }
        cells = _contrast(analysis, values, effect, level)
        _gather(results, "contrast_results", key, cells, analysis, entry, effect.remark)


def _plain(text: str) -> str:
    try:
        return plain_number(text)
    except CellProblem:
        return text


def _level(analysis: Analysis) -> float:
    try:
        level = float(analysis.level) / 100
    except ValueError:
        return 0.95
    return level if 0.5 <= level < 1 else 0.95


def _measure(results: Results, analysis: Analysis) -> str:
    return answer_for(results.filling.answers.measures, analysis.number) or measure_of(analysis.measure)


def _effect(results: Results, analysis: Analysis, values: Mapping[str, str], level: float) -> Effect | None:
    """Give the effect of an entry where the analysis is made of effects."""
    if analysis.kind is Kind.O_MINUS_E:
        return peto(values, level=level)
    if analysis.kind is not Kind.EFFECTS:
        return None
    measure = _measure(results, analysis)
    if not is_ratio(measure, analysis.measure) and not analysis.is_log:
        return difference(values)
    said = answer_for(results.filling.answers.scale, analysis.number)
    return ratio(values, analysis.number, is_log=analysis.is_log, said=said == "log" if said else None, level=level)


def _group(results: Results, analysis: Analysis, values: Mapping[str, str], group: str) -> dict[str, str | None]:
    """Give what an entry says of one of the two groups; nothing where nothing was entered."""
    total = _whole(values.get(f"TOTAL_{group}", ""))
    if analysis.kind is Kind.EFFECTS:
        return {}
    if analysis.kind is not Kind.SCORES:
        events = _whole(values.get(f"EVENTS_{group}", ""))
        is_entered = total not in ("", "0") and (analysis.kind is Kind.EVENTS or bool(events))
        return {"events": events or "0", "total": total} if is_entered else {}
    mean, sd = values.get(f"MEAN_{group}", ""), values.get(f"SD_{group}", "")
    has_sd = number_of(values, f"SD_{group}") not in (None, 0.0)
    if not mean or (total in ("", "0") and not has_sd and number_of(values, f"MEAN_{group}") == 0):
        return {}
    results.without_sd += bool(sd) and not has_sd
    n = None if total in ("", "0") else total
    return {"n": n, "mean": rounded(mean), "sd": rounded(sd) if has_sd else None}


def _whole(text: str) -> str:
    head, point, tail = text.partition(".")
    return head if point and not tail.strip("0") else text


def _contrast(analysis: Analysis, values: Mapping[str, str], effect: Effect, level: float) -> dict[str, str | None]:
    """Give the cells of a contrast; what RevMan does not have is left as it is."""
    totals = (_whole(values.get(f"TOTAL_{group}", "")) for group in ("1", "2"))
    first, second = (None if total in ("", "0") else total for total in totals)
    has_own_name = measure_of(analysis.measure) == OTHER and analysis.measure
    return {
        "measure_as_printed": short_label(analysis.measure, LONGEST_MEASURE) if has_own_name else None,
        "estimate": effect.estimate,
        "standard_error": effect.standard_error or None,
        "ci_lower": effect.lower or None,
        "ci_upper": effect.upper or None,
        "ci_level": rounded(level) if effect.lower else None,
        "n_first": first,
        "n_second": second,
    }


def _gather(
    results: Results,
    table: str,
    key: dict[str, str],
    cells: dict[str, str | None],
    analysis: Analysis,
    entry: Entry,
    remark: str = "",
) -> None:
    """Keep a result, or join it with the same one of another analysis; another number for the same is refused."""
    place = (table, tuple(key.values()))
    where = f"{analysis.number}: {analysis.comparison} – {analysis.name}"
    where += f" – {entry.subgroup}" if entry.subgroup else ""
    remarks = [" ".join(filter(None, (f"{BEGIN} {where}.", remark, entry.footnote)))]
    first = results.found.setdefault(
        place, Gathered(entry.line, analysis.number, {**key, **cells}, [analysis.number], remarks)
    )
    if first.line == entry.line and first.number == analysis.number:
        return
    new, old = (_numbers(values, cells) for values in (cells, first.values))
    if new != old:
        study = results.filling.content.studies[entry.study].name
        rule = CONTRADICTION.format(
            number=analysis.number,
            new=_words(new),
            other=first.number,
            old=_words(old),
            line=first.line,
            noun=NOUNS[table],
            study=study,
        )
        results.filling.building.refuse(entry.line, "", rule)
        return
    first.numbers += [] if analysis.number in first.numbers else [analysis.number]
    first.remarks += remarks


def _numbers(values: Mapping[str, str | None], columns: Mapping[str, str | None]) -> dict[str, str]:
    return {column: values.get(column) or "" for column in columns if column != "measure_as_printed"}


def _words(values: Mapping[str, str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in values.items() if value)


def _add_row(filling: Filling, table: str, gathered: Gathered) -> None:
    word = "Analysis" if len(gathered.numbers) == 1 else "Analyses"
    place = short_label(f"{BEGIN}, {word} {', '.join(gathered.numbers)}", LONGEST_PLACE)
    source = {"table": place, "note": "\n".join(gathered.remarks)}
    cells = with_source(filling.catalogue, table, gathered.values, source, begin=BEGIN)
    filling.building.row(table, gathered.line, cells)


def _tell(results: Results) -> None:
    """Note what RevMan does not know, and what was left out."""
    note = results.filling.building.note
    if results.untimed:
        note(
            f"RevMan does not say when outcomes were measured: the week is empty in {_listed(results.untimed)}. "
            "The question “weeks” takes it."
        )
    if results.finals:
        note(
            f"RevMan does not say whether means are final values or changes; those of {_listed(results.finals)} are "
            "taken as final values. The question “values” says otherwise."
        )
    if results.changes:
        note(f"The means of {_listed(results.changes)} are changes from baseline.")
    if results.empty:
        note(f"{results.empty} entries have no numbers and are left out.")
    if results.without_sd:
        note(f"{results.without_sd} SDs of 0 are left out: RevMan has 0 where no SD was entered.")
    for label, role in sorted(results.arms.turned.items()):
        note(f"“{label}” is experimental in one comparison and comparator in another; it is kept as {role}.")


def _listed(numbers: list[str]) -> str:
    return f"{'analysis' if len(numbers) == 1 else 'analyses'} {', '.join(numbers)}"
