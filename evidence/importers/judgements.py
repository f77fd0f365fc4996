"""Writing the risk-of-bias judgements of a review folder: all domains of one assessment at a time."""

from collections.abc import Iterable
from itertools import groupby

from django.core.exceptions import ValidationError

from evidence import services
from evidence.importers.catalogue import Key
from evidence.importers.changes import Change
from evidence.importers.problems import rules_by_field
from evidence.importers.rows import Row
from evidence.importers.writing import RowRefused, Writer, resolve, say_all
from evidence.models import Assessment, Judgement
from evidence.services.judging import Verdict
from evidence.tools import OVERALL, get_tool

VERDICT = ("judgement", "justification", "page", "quote")


def write_judgements(writer: Writer) -> None:
    """Write the judgements, assessment by assessment."""
    rows = [row for row in writer.folder.rows_of("judgements") if row.is_sound]
    rows.sort(key=lambda row: tuple(map(str, _assessment_key(row))))
    for key, group in groupby(rows, key=_assessment_key):
        sound = [row for row in group if _is_sound(writer, row)]
        if sound:
            _write_assessment(writer, key, sound)


def _assessment_key(row: Row) -> Key:
    return row.values["study"], row.get("tool"), row.values.get("outcome")


def _is_sound(writer: Writer, row: Row) -> bool:
    """Whether a row names a study, a domain and a judgement that exist; if not, its problems are noted."""
    try:
        _, rules = resolve(writer, row)
    except RowRefused:
        return False
    tool = get_tool(row.get("tool"))
    domain, judgement = row.values["domain"], row.values["judgement"]
    if not tool.has_domain(domain):
        rules.append(("domain", f"{tool.name} has no domain “{domain}”; it has {tool.domain_list()}."))
    if not tool.has_level(judgement):
        rules.append(("judgement", f"{tool.name} has no judgement “{judgement}”; it has {tool.level_list()}."))
    say_all(writer, row, rules)
    return not rules


def _write_assessment(writer: Writer, key: Key, rows: list[Row]) -> None:
    """Judge the domains of one assessment where any of them is new or different."""
    stored = {row.key: writer.catalogue.find("judgements", row.key or ()) for row in rows}
    changed = [row for row in rows if _is_different(stored[row.key], row)]
    counts = writer.counts["judgements"]
    if changed and not _judge(writer, key, rows):
        return
    for row in rows:
        writer.count_done(row.table)
    writer.changes += [_change(stored[row.key], row) for row in changed]
    counts.new += sum(stored[row.key] is None for row in changed)
    counts.updated += sum(stored[row.key] is not None for row in changed)
    counts.unchanged += len(rows) - len(changed)


def _is_different(stored: Judgement | None, row: Row) -> bool:
    return stored is None or _verdict(row, stored) != Verdict(**{name: getattr(stored, name) for name in VERDICT})


def _change(stored: Judgement | None, row: Row) -> Change:
    """Give what an import does to a judgement."""
    if stored is None:
        return Change.new(row)
    return Change.updated(row, stored, {name: row.values[name] for name in VERDICT if name in row.values})


def _verdict(row: Row, stored: Judgement | None) -> Verdict:
    """Give what a row says; a file without a column leaves what is stored of it as it is."""
    return Verdict(**{name: row.values.get(name, getattr(stored, name, "")) for name in VERDICT})


def _judge(writer: Writer, key: Key, rows: list[Row]) -> bool:
    """Record all judgements together, since the overall judgement depends on the others; whether that went well."""
    said = {row.values["domain"]: _verdict(row, writer.catalogue.find("judgements", row.key or ())) for row in rows}
    try:
        services.assess(by=writer.by, assessment=_assessment(writer, key), answers={}, verdicts=said)
    except ValidationError as error:
        say_all(writer, _row_at_fault(rows), rules_by_field(error))
        return False
    return True


def _row_at_fault(rows: Iterable[Row]) -> Row:
    """Give the row that a refusal is about: only the overall judgement depends on the tool's rule."""
    rows = list(rows)
    return next((row for row in rows if row.values["domain"] == OVERALL), rows[0])


def _assessment(writer: Writer, key: Key) -> Assessment:
    """Give the consensus assessment of a study with a tool; open it where there is none."""
    if key not in writer.catalogue.assessments:
        code, tool, outcome = key
        writer.catalogue.assessments[key] = services.open_assessment(
            by=writer.by,
            study=writer.catalogue.find("studies", (code,)),
            tool=tool,
            consensus=True,
            outcome=None if outcome is None else writer.catalogue.find("outcomes", (outcome,)),
        )
    return writer.catalogue.assessments[key]
