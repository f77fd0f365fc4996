"""The trials of a database: their studies, reports and arms."""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from evidence.importers.metapsy import columns
from evidence.importers.metapsy.comparisons import Comparison
from evidence.importers.metapsy.known import bare
from evidence.importers.metapsy.source import Source
from evidence.importers.naming import Names
from evidence.models import Report

YEAR = re.compile(r"\b(19|20)[0-9]{2}(?=[a-z]?\s*\)?$)")
DOI = re.compile(r"\b10\.[0-9]{4,9}/[^\s\"<>;]+")
SEVERAL_YEARS = "The trial has several years: {}; none was taken."
NO_YEAR = "“{}” is no year."
SEVERAL_SIZES = "The arm “{}” has several numbers of participants randomised: {}; none was taken."


@dataclass(slots=True)
class Trial:
    """A trial: its rows, and the number of each arm by its label."""

    code: str
    label: str
    rows: list[Comparison]
    numbers: dict[str, int] = field(default_factory=dict)


def read_trials(source: Source) -> list[Trial]:
    """Give the trials of a file, in its order."""
    names = Names(source.known.studies, longest=80, keeps_case=True)
    codes = names.codes(row.get("study") for row in source.database.comparisons)
    for told in names.told:
        source.building.note(told)
    grouped: dict[str, list[Comparison]] = defaultdict(list)
    for row in source.database.comparisons:
        grouped[codes[row.get("study")]].append(row)
    stored = source.known.studies
    return [Trial(code, stored.get(code, rows[0].get("study")), rows) for code, rows in grouped.items()]


def add_trial(source: Source, trial: Trial) -> None:
    """Add the study, its reports and its arms."""
    cells = {"code": trial.code, "label": trial.label[:120], **_year(source, trial)}
    source.building.row("studies", trial.rows[0].line, cells, {"label": source.column("study")})
    _add_reports(source, trial)
    _add_arms(source, trial)


def _year(source: Source, trial: Trial) -> dict[str, str]:
    """Give the year of the trial: from its column, or from the end of its name."""
    first = trial.rows[0]
    years = sorted({row.get("year") for row in trial.rows} - {""})
    named = YEAR.search(first.get("study"))
    if not years:
        return {"year": named.group()} if named else {}
    if len(years) == 1 and re.fullmatch("[0-9]{4}", years[0]):
        return {"year": years[0]}
    rule = NO_YEAR.format(years[0]) if len(years) == 1 else SEVERAL_YEARS.format(", ".join(years))
    source.building.refuse(first.line, source.column("year"), rule)
    return {}


def _add_reports(source: Source, trial: Trial) -> None:
    """Add the documents that the rows cite, each once; one that the review has keeps the citation it has there."""
    stored = source.known.reports.get(trial.code, [])
    has_primary = any(report.is_primary for report in stored)
    seen: set[str] = set()
    for row in trial.rows:
        citation = _text(row, "reference")
        doi = _doi(_text(row, "doi") or citation)
        if not (citation or doi) or bare(citation or doi) in seen:
            continue
        seen.add(bare(citation or doi))
        found = _stored_report(stored, citation, doi)
        cells = {"study": trial.code, "citation": found.citation if found else citation or f"doi:{doi}"}
        if found is None:
            cells |= {"doi": doi, "is_primary": "false" if has_primary else "true"}
            has_primary = True
        source.building.row("reports", row.line, cells)


def _text(row: Comparison, what: str) -> str:
    return next((row.get(name) for name in columns.TEXTS[what] if row.get(name)), "")


def _stored_report(stored: list[Report], citation: str, doi: str) -> Report | None:
    same = [one for one in stored if citation and bare(one.citation) == bare(citation)]
    same += [one for one in stored if doi and one.doi.casefold() == doi.casefold()]
    return same[0] if same else None


def _doi(text: str) -> str:
    found = DOI.search(text)
    return found.group().rstrip(".,)]")[:200] if found else ""


def _add_arms(source: Source, trial: Trial) -> None:
    """Add the arms; one that is on the first side of any row is experimental, and an arm keeps the number it has."""
    stored = source.known.arms.get(trial.code, {})
    first = dict.fromkeys(row.label(1) for row in trial.rows)
    labels = [*first, *(label for label in dict.fromkeys(row.label(2) for row in trial.rows) if label not in first)]
    number = max((arm.number for arm in stored.values()), default=0)
    for label in labels:
        number += label not in stored
        trial.numbers[label] = stored[label].number if label in stored else number
        _add_arm(source, trial, label, is_experimental=label in first)


def _add_arm(source: Source, trial: Trial, label: str, *, is_experimental: bool) -> None:
    places = [(row, arm) for row in trial.rows for arm in columns.ARMS if row.label(arm) == label]
    row, arm = next((one for one in places if one[1] == 1), places[0])
    condition = row.get(f"condition_arm{arm}")
    stored = source.known.arms.get(trial.code, {}).get(label)
    cells = {"study": trial.code, "number": str(trial.numbers[label]), "label": label}
    if stored is not None:
        kind = stored.comparator_type
        cells |= {"role": stored.role, "comparator_type": kind.code if kind else ""}
        if kind is not None and kind.code == source.conditions[condition]:
            source.comparator(row.line, condition)
    elif is_experimental:
        cells |= {"role": "experimental", "comparator_type": ""}
    else:
        cells |= {"role": "comparator", "comparator_type": source.comparator(row.line, condition)}
    size = _randomised(source, label, places)
    if size:
        cells["n_randomised"] = size
    notes = sorted({one.get(columns.DESCRIPTION.format(side)) for one, side in places} - {""})
    if notes:
        cells["note"] = "; ".join(notes)
    names = {"label": f"condition_arm{arm}", "n_randomised": source.column(columns.RANDOMISED.format(arm))}
    source.building.row("arms", row.line, cells, names)
    if cells["role"] == "experimental":
        where = {"study": trial.code, "arm": cells["number"]}
        source.building.row("components", row.line, {**where, "type": source.component(row.line, condition)})


def _randomised(source: Source, label: str, places: list[tuple[Comparison, int]]) -> str:
    found = {source.number(row, columns.RANDOMISED.format(arm)) or "" for row, arm in places} - {""}
    if len(found) > 1:
        row, arm = places[0]
        rule = SEVERAL_SIZES.format(label, ", ".join(sorted(found)))
        source.building.refuse(row.line, source.column(columns.RANDOMISED.format(arm)), rule)
    return found.pop() if len(found) == 1 else ""
