"""Studies of a RevMan file: their rows, their reports, and what is said of them."""

import re
from collections.abc import Mapping

from evidence.importers.naming import folded, short_label, study_code
from evidence.importers.revman.content import Reference, Section, SourceStudy
from evidence.importers.revman.filling import Filling
from evidence.models import CharacteristicField, Study

MARK = "In RevMan:"
LONGEST_CHARACTERISTIC = 300
LONGEST_REASON = 160
REGISTERS = re.compile(
    r"NCT\s?[0-9]{8}|ISRCTN\s?[0-9]{8}|ACTRN\s?[0-9]{14}|EUCTR\s?[0-9]{4}-[0-9]{6}-[0-9]{2}|DRKS\s?[0-9]{8}"
    r"|ChiCTR[-A-Za-z0-9]+|CTRI/[0-9/]+|UMIN\s?[0-9]{9}|IRCT[A-Z0-9]+|NTR\s?[0-9]{2,5}|JPRN-[A-Za-z0-9]+"
)
PMID = re.compile(r"(?:PMID\W*)?([0-9]{1,9})", re.IGNORECASE)
DOI = re.compile(r"10\.[0-9]{4,9}/\S+")
# The export of this project names the arms of a study with more than two of them.
WITH_ARMS = re.compile(r"(?P<study>.+) \[arms: (?P<first>.+) versus (?P<second>.+)\]")


def add_studies(filling: Filling) -> None:
    """Add the included studies and their reports; name the others."""
    left: dict[Section, list[str]] = {}
    lines: dict[str, tuple[str, int]] = {}
    for key, study in filling.content.studies.items():
        if study.section is not Section.INCLUDED:
            reason = " ".join(study.described.get("Reason for exclusion", "").split())
            left.setdefault(study.section, []).append(f"{study.name} ({_cut(reason)})" if reason else study.name)
            continue
        named = WITH_ARMS.fullmatch(study.name)
        name = named["study"] if named else study.name
        if folded(study.name) in lines and lines[folded(study.name)][0] != key:
            rule = f"Two studies are called {study.name}; the first stands in line {lines[folded(study.name)][1]}."
            filling.building.refuse(study.line, "NAME", rule)
            continue
        lines[folded(study.name)] = key, study.line
        filling.codes[key] = _add_study(filling, study, name)
    for section, names in left.items():
        count = f"{len(names)} {section} {'study is' if len(names) == 1 else 'studies are'}"
        filling.building.note(f"{count} left out, since they are no evidence of the review: {'; '.join(names)}.")


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 2]} …"


def _add_study(filling: Filling, study: SourceStudy, name: str) -> str:
    """Add one study, and give its code; of a study that the review has, only what is empty is filled in."""
    stored = filling.standing.study_named(name)
    code = stored.code if stored else study_code(name)
    fitting, told = _described(filling, study)
    note = "\n".join([MARK, *(f"{heading}: {text}" for heading, text in told.items())]) if told else None
    found = {"year": study.year or None, "registration": _registration(study) or None, "note": note}
    if stored is None:
        found |= {"design": filling.answers.design or Study.Design.UNCLEAR.value}
    else:
        found = {column: text for column, text in found.items() if _may_fill(stored, column)}
    label = stored.label if stored else short_label(name)
    filling.building.row("studies", study.line, {"code": code, "label": label, **found})
    for field, text in fitting.items():
        filling.building.row("characteristics", study.line, {"study": code, "field": field, "value": text})
    _add_reports(filling, study, code)
    return code


def _may_fill(stored: Study, column: str) -> bool:
    """Whether an import may write a column of a study that a person may have written before."""
    value = getattr(stored, column)
    return value in (None, "") or (column == "note" and value.startswith(MARK))


def _described(filling: Filling, study: SourceStudy) -> tuple[dict[str, str], dict[str, str]]:
    """Give what is said of a study: what fits a characteristic that the review asks for, by its code, and the rest."""
    fitting, rest = {}, {}
    for heading, text in study.described.items():
        field = filling.standing.field_named(heading)
        is_text = field is not None and field.kind == CharacteristicField.Kind.TEXT
        if field is not None and is_text and len(text) <= LONGEST_CHARACTERISTIC:
            fitting[field.code] = text
        else:
            rest[heading] = text
    return fitting, rest


def _registration(study: SourceStudy) -> str:
    """Give the number in a trial register, where the identifiers of the study have exactly one."""
    values = list(study.identifiers.values())
    numbers = {number for one in values if (number := register_number(one))}
    return numbers.pop() if len(numbers) == 1 else ""


def register_number(text: str) -> str:
    """Give the number of a trial register that a text holds, "" where it holds none."""
    found = REGISTERS.search(text)
    return found[0].replace(" ", "") if found else ""


def _add_reports(filling: Filling, study: SourceStudy, code: str) -> None:
    stored = filling.standing.reports.get(code, [])
    dois = {one.doi.casefold(): one.citation for one in stored if one.doi}
    pmids = {one.pmid: one.citation for one in stored if one.pmid}
    has_main = any(one.is_primary for one in stored)
    for reference in study.references:
        cells = _report(reference)
        if cells is None:
            continue
        known = dois.get((cells["doi"] or "").casefold()) or pmids.get(cells["pmid"] or "")
        if known is not None and known != cells["citation"]:
            continue
        is_main = reference.is_primary and not has_main
        has_main |= is_main
        filling.building.row(
            "reports", reference.line, {"study": code, **cells, "is_primary": "true" if is_main else None}
        )


def _report(reference: Reference) -> dict[str, str | None] | None:
    """Give the cells of a report, None where the reference says nothing."""
    identifiers = reference.identifiers
    citation = reference.citation or "; ".join(f"{name} {value}" for name, value in identifiers.items())
    if not citation:
        return None
    return {
        "citation": citation,
        "year": reference.year or None,
        "doi": _first(identifiers, DOI, "DOI").rstrip(".") or None,
        "pmid": _digits(identifiers) or None,
        "registration": next((found for one in identifiers.values() if (found := register_number(one))), None),
    }


def _first(identifiers: Mapping[str, str], pattern: re.Pattern[str], name: str) -> str:
    found = pattern.search(identifiers.get(name, ""))
    return found[0] if found else ""


def _digits(identifiers: Mapping[str, str]) -> str:
    found = PMID.fullmatch(identifiers.get("PUBMED", "") or identifiers.get("PMID", ""))
    return found[1] if found else ""
