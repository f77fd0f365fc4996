"""Writing the risk-of-bias assessments of a review folder: answers and judgements of one assessment at a time."""

import copy
from collections.abc import Callable, Iterable
from typing import Any

from django.core.exceptions import ValidationError

from evidence import services
from evidence.importers.catalogue import Key
from evidence.importers.changes import Change, differs
from evidence.importers.problems import listing, rules_by_field
from evidence.importers.rows import Folder, Row
from evidence.importers.tables import ASSESSMENT
from evidence.importers.writing import RowRefused, Writer, resolve, say_all
from evidence.models import Assessment, Judgement, ReviewTool
from evidence.services import GivenAnswer
from evidence.services.judging import Verdict
from evidence.tools import ANSWERS, OVERALL, Tool, UnknownTool, all_tools

VERDICT = ("judgement", "justification", "page", "quote")
GIVEN = tuple(GivenAnswer.__dataclass_fields__)


def write_assessments(writer: Writer) -> None:
    """Write the assessments, each with its answers and its judgements."""
    groups: dict[Key, dict[str, list[Row]]] = {}
    heads = writer.folder.rows_of("assessments")
    # What belongs to an assessment whose own row is left out would be read with another version of the tool.
    waiting = {_assessment_key(row) for row in heads if row.key is not None and not row.is_sound}
    for name in ASSESSMENT:
        for row in writer.folder.rows_of(name):
            if row.is_sound and _assessment_key(row) not in waiting:
                groups.setdefault(_assessment_key(row), {}).setdefault(name, []).append(row)
    for key in sorted(groups, key=lambda key: tuple(map(str, key))):
        _write_assessment(writer, key, groups[key])


def named_assessments(folder: Folder) -> set[Key]:
    """Give the assessments that a folder names, by a row of their own or by an answer or a judgement."""
    rows = [row for name in ASSESSMENT for row in folder.rows_of(name)]
    return {_assessment_key(row) for row in rows if row.key is not None}


def _assessment_key(row: Row) -> Key:
    return row.values["study"], row.get("tool"), row.values.get("outcome")


def _write_assessment(writer: Writer, key: Key, group: dict[str, list[Row]]) -> None:
    """Write one assessment where any of it is new or different."""
    heads = [row for row in group.get("assessments", []) if _is_resolved(writer, row)]
    stored = writer.catalogue.assessments.get(key)
    wanted = _wanted(writer, key, heads[0] if heads else None, stored)
    if wanted is None:
        for row in _others(group) if heads else []:
            _is_resolved(writer, row)
        for row in [] if heads else _others(group):
            if _is_resolved(writer, row):
                say_all(writer, row, [("tool", _unknown_tool(writer, key[1]))])
        return
    tool = wanted.definition
    answers = [row for row in group.get("answers", []) if _is_sound(writer, row, _answer_rules, tool, wanted.effect)]
    judged = [row for row in group.get("judgements", []) if _is_sound(writer, row, _judgement_rules, tool)]
    if not heads and not answers and not judged:
        return
    if not _put_assessment(writer, key, heads, [*heads, *judged, *answers], wanted):
        return
    _put_answers_and_judgements(writer, key, answers, judged)


def _others(group: dict[str, list[Row]]) -> list[Row]:
    return [*group.get("answers", []), *group.get("judgements", [])]


def _is_resolved(writer: Writer, row: Row) -> bool:
    """Whether a row names a study and an outcome that exist; if not, its problems are noted."""
    try:
        _, rules = resolve(writer, row)
    except RowRefused:
        return False
    say_all(writer, row, rules)
    return not rules


def _wanted(writer: Writer, key: Key, head: Row | None, stored: Assessment | None) -> Assessment | None:
    """Give the assessment as the folder wants it, not saved; None (and a problem) where there is no such tool.

    What the folder does not say stays as it is stored; of a new assessment it is the newest version of the tool.
    """
    said = {} if head is None else {name: head.values[name] for name in ("effect",) if name in head.values}
    version = "" if head is None else head.get("tool_version")
    row = Assessment(tool=key[1], is_consensus=True) if stored is None else copy.copy(stored)
    if version and version != row.tool_version:
        row.tool_version, row.review_tool = version, None
    if stored is None or version:
        row.review_tool = _own_tool(writer, key[1], version)
    for name, value in said.items():
        setattr(row, name, value)
    try:
        _ = row.definition
    except UnknownTool as error:
        if head is not None:
            codes = {one.code for one in all_tools()} | {one.code for one in _own_tools(writer)}
            is_version = key[1] in codes
            rule = str(error) if is_version else _unknown_tool(writer, key[1])
            say_all(writer, head, [("tool_version" if is_version else "tool", rule)])
        return None
    return row


def _own_tools(writer: Writer) -> list[ReviewTool]:
    return sorted(writer.catalogue.rows["tools"].values(), key=lambda row: int(row.pk))


def _own_tool(writer: Writer, code: str, version: str) -> ReviewTool | None:
    """Give the review's own tool, in a version or in the newest one; None where it has none."""
    found = [row for row in _own_tools(writer) if row.code == code and version in ("", row.version)]
    return found[-1] if found else None


def _unknown_tool(writer: Writer, code: str) -> str:
    known = [tool.code for tool in all_tools()] + sorted({row.code for row in _own_tools(writer)})
    return f"“{code}” is not an allowed word{listing(known, code)}"


def _is_sound(writer: Writer, row: Row, rules_of: Callable[..., list[tuple[str, str]]], *about: Any) -> bool:
    """Whether a row names what exists and says what the tool knows; if not, its problems are noted."""
    if not _is_resolved(writer, row):
        return False
    rules = rules_of(row, *about)
    say_all(writer, row, rules)
    return not rules


def _judgement_rules(row: Row, tool: Tool) -> list[tuple[str, str]]:
    domain, judgement = row.values["domain"], row.values["judgement"]
    rules = []
    if not tool.has_domain(domain):
        rules.append(("domain", f"{tool.name} has no domain “{domain}”; it has {tool.domain_list()}."))
    if not tool.has_level(judgement):
        rules.append(("judgement", f"{tool.name} has no judgement “{judgement}”; it has {tool.level_list()}."))
    return rules


def _answer_rules(row: Row, tool: Tool, effect: str) -> list[tuple[str, str]]:
    code, answer = row.values["question"], row.get("answer")
    question = tool.find_question(code, effect)
    if question is None:
        known = [one.code for _, one in tool.all_questions(effect)]
        return [("question", f"{tool.name} has no question “{code}”{listing(known, code)}")]
    if answer not in ("", "NA", *question.answers):
        allowed = ", ".join(f"{one} ({ANSWERS[one]})" for one in question.answers)
        return [("answer", f"Question {question.number} has the answers {allowed}.")]
    return []


def _put_assessment(writer: Writer, key: Key, heads: list[Row], rows: list[Row], wanted: Assessment) -> bool:
    """Open or change the assessment itself; whether that went well."""
    stored = writer.catalogue.assessments.get(key)
    names = ("tool_version", "review_tool_id", "effect")
    is_same = stored is not None and not differs(stored, {name: getattr(wanted, name) for name in names})
    counts = writer.counts["assessments"]
    if not is_same:
        if stored is None:
            wanted.study = writer.catalogue.find("studies", (key[0],))
            wanted.outcome = None if key[2] is None else writer.catalogue.find("outcomes", (key[2],))
        try:
            writer.catalogue.assessments[key] = services.record(by=writer.by, row=wanted)
        except ValidationError as error:
            say_all(writer, rows[0], rules_by_field(error))
            return False
    for row in heads:
        writer.count_done(row.table)
        counts.unchanged += is_same
        counts.new += stored is None
        counts.updated += not is_same and stored is not None
        if not is_same:
            writer.changes.append(Change.new(row) if stored is None else Change.told(row, ()))
    return True


def _put_answers_and_judgements(writer: Writer, key: Key, answers: list[Row], judged: list[Row]) -> None:
    rows = [*answers, *judged]
    stored = {id(row): writer.catalogue.find(row.table.name, row.key or ()) for row in rows}
    changed = [row for row in rows if _is_different(stored[id(row)], row)]
    if changed and not _assess(writer, key, answers, judged):
        return
    for row in rows:
        writer.count_done(row.table)
        counts, before = writer.counts[row.table.name], stored[id(row)]
        is_changed = any(row is other for other in changed)
        counts.unchanged += not is_changed
        counts.new += is_changed and before is None
        counts.updated += is_changed and before is not None
    writer.changes += [_change(stored[id(row)], row) for row in changed]


def _is_different(stored: Any | None, row: Row) -> bool:
    return stored is None or differs(stored, _said(row))


def _said(row: Row) -> dict[str, Any]:
    names = VERDICT if row.table.name == "judgements" else GIVEN
    return {name: row.values[name] for name in names if name in row.values}


def _change(stored: Any | None, row: Row) -> Change:
    """Give what an import does to a judgement or an answer."""
    return Change.new(row) if stored is None else Change.updated(row, stored, _said(row))


def _verdict(row: Row, stored: Judgement | None) -> Verdict:
    """Give what a row says; a file without a column leaves what is stored of it as it is."""
    return Verdict(**{name: row.values.get(name, getattr(stored, name, "")) for name in VERDICT})


def _given(row: Row, stored: Any | None) -> GivenAnswer:
    """Give what a row answers; a file without a column leaves what is stored of it as it is."""
    return GivenAnswer(**{name: row.values.get(name, getattr(stored, name, "")) for name in GIVEN})


def _assess(writer: Writer, key: Key, answers: list[Row], judged: list[Row]) -> bool:
    """Record all of an assessment together, since judgements depend on answers; whether that went well."""
    given = {row.values["question"]: _given(row, writer.catalogue.find("answers", row.key or ())) for row in answers}
    said = {row.values["domain"]: _verdict(row, writer.catalogue.find("judgements", row.key or ())) for row in judged}
    assessment = writer.catalogue.assessments[key]
    try:
        services.assess(by=writer.by, assessment=assessment, answers=given, verdicts=said)
    except ValidationError as error:
        say_all(writer, _row_at_fault(judged or answers), rules_by_field(error))
        return False
    return True


def _row_at_fault(rows: Iterable[Row]) -> Row:
    """Give the row that a refusal is about: only the overall judgement depends on the tool's rule."""
    rows = list(rows)
    return next((row for row in rows if row.values.get("domain") == OVERALL), rows[0])
