"""Writing the rows of a review folder through the services, and counting what became of them."""

import copy
from collections.abc import Callable
from dataclasses import astuple, dataclass, field
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import IntegrityError

from evidence import services
from evidence.importers.catalogue import Catalogue, Key
from evidence.importers.cells import read_flag, read_number
from evidence.importers.changes import Change, differs
from evidence.importers.problems import CellProblem, listing, rules_by_field, with_value
from evidence.importers.rows import Folder, Row
from evidence.importers.settlements import put_settlement, settlement_news
from evidence.importers.tables import TABLES, Reference, Table
from evidence.models import Extraction, Review

Progress = Callable[[int, int, str], None]


class RowRefused(Exception):
    """A row cannot be written: the rules it breaks by column; none where it waits for a row that is broken itself."""

    def __init__(self, rules: list[tuple[str, str]]) -> None:
        self.rules = rules
        super().__init__("; ".join(rule for _, rule in rules))


@dataclass(slots=True)
class Counts:
    """What became of the rows of one table; `left_out` are refused themselves, or need a row that is."""

    new: int = 0
    updated: int = 0
    unchanged: int = 0
    only_in_database: int = 0
    left_out: int = 0
    duplicates: int = 0

    def as_tuple(self) -> tuple[int, ...]:
        """Give the numbers in the order of the fields."""
        return astuple(self)


class Pending(NamedTuple):
    """A new row that is not saved yet: it is saved together with others of its table."""

    row: Row
    made: Any


@dataclass(slots=True)
class Writer:
    """One import on its way into the database. `touched` are the rows that are new or changed, as they are stored."""

    by: User
    folder: Folder
    catalogue: Catalogue
    counts: dict[str, Counts]
    named: dict[str, set[Key]]
    progress: Progress | None = None
    done: int = 0
    opened: list[Extraction] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    touched: list[tuple[Row, Any]] = field(default_factory=list)
    pending: list[Pending] = field(default_factory=list)

    def count_done(self, table: Table) -> None:
        """Report one more row as done."""
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, sum(map(len, self.folder.rows.values())), table.label)

    def note_update(self, row: Row, change: Change) -> None:
        """Count a row as updated that was unchanged by itself; one that is new or updated stays so."""
        if any(one.line == row.line and one.table == row.table.name for one in self.changes):
            return
        self.counts[row.table.name].unchanged -= 1
        self.counts[row.table.name].updated += 1
        self.changes.append(change)


def write_table(writer: Writer, table: Table) -> None:
    """Write the rows of a table; rows that need a later row of the same table are tried again after it."""
    waiting = [row for row in writer.folder.rows_of(table.name) if row.is_sound]
    while waiting:
        refused: list[tuple[Row, list[tuple[str, str]]]] = []
        for row in waiting:
            try:
                _write_row(writer, row)
                writer.count_done(table)
            except RowRefused as refusal:
                refused.append((row, refusal.rules))
        save_pending(writer)
        if len(refused) == len(waiting):
            for row, rules in refused:
                say_all(writer, row, rules)
            return
        waiting = [row for row, _ in refused]


def say_all(writer: Writer, row: Row, rules: list[tuple[str, str]]) -> None:
    """Note the rules that a row breaks."""
    writer.folder.refuse(row, [(column, with_value(rule, row.values.get(column))) for column, rule in rules])


def _write_row(writer: Writer, row: Row) -> None:
    """Write one row where it is new or different."""
    fields = _fields_of(writer, row)
    key = row.key or ()
    found = _stored(writer, row)
    settled = settlement_news(row, found)
    counts = writer.counts[row.table.name]
    if found is None:
        found = row.table.model(**fields, **_owner_of(writer, row))
        counts.new += 1
        change = Change.new(row)
        if not row.table.is_in_json:
            writer.catalogue.rows[row.table.name][key] = found
            writer.pending.append(Pending(row, found))
            return
    elif not differs(found, fields) and not settled:
        counts.unchanged += 1
        return
    else:
        change = Change.updated(row, found, fields, settled)
        found = copy.copy(found)
        for name, value in fields.items():
            setattr(found, name, value)
        counts.updated += 1
    is_new = found.pk is None
    try:
        result = services.record(by=writer.by, row=found)
    except ValidationError as error:
        if is_new:
            counts.new -= 1
        else:
            counts.updated -= 1
        raise RowRefused(rules_by_column(row.table, error)) from error
    writer.catalogue.rows[row.table.name][key] = result
    writer.changes.append(change)
    writer.touched.append((row, result))
    if settled:
        say_all(writer, row, put_settlement(by=writer.by, row=row, result=result))


def save_pending(writer: Writer) -> None:
    """Save the new rows that wait; the rules that one of them breaks are noted, and it is taken out again."""
    pending, writer.pending = writer.pending, []
    saved = _save_together(writer, pending)
    for row, made in (one for one in pending if id(one) in saved):
        writer.changes.append(Change.new(row))
        writer.touched.append((row, made))
        if settlement_news(row, None):
            say_all(writer, row, put_settlement(by=writer.by, row=row, result=made))


def _save_together(writer: Writer, pending: list[Pending]) -> set[int]:
    """Save rows at once, or where a rule keeps that from being done, in halves; give which ones are saved."""
    if not pending:
        return set()
    if len(pending) == 1:
        return {id(one) for one in pending if _save_alone(writer, one)}
    try:
        services.record_many(by=writer.by, rows=[one.made for one in pending])
    except (ValidationError, IntegrityError):
        for one in pending:
            one.made.pk, one.made._state.adding = None, True
        half = len(pending) // 2
        return _save_together(writer, pending[:half]) | _save_together(writer, pending[half:])
    return {id(one) for one in pending}


def _save_alone(writer: Writer, one: Pending) -> bool:
    try:
        services.record(by=writer.by, row=one.made)
    except ValidationError as error:
        writer.counts[one.row.table.name].new -= 1
        del writer.catalogue.rows[one.row.table.name][one.row.key or ()]
        say_all(writer, one.row, rules_by_column(one.row.table, error))
        return False
    return True


def _stored(writer: Writer, row: Row) -> Any:
    """Give what the review has of a row: under its key, or under the key that it had before."""
    rows = writer.catalogue.rows.setdefault(row.table.name, {})
    found = rows.get(row.key or ())
    return rows.pop(row.formerly, None) if found is None and row.formerly is not None else found


def rules_by_column(table: Table, error: ValidationError) -> list[tuple[str, str]]:
    """Give the broken rules by the columns of the file."""
    columns = set(table.fields)
    found = [(table.replaced.get(name, name), rule) for name, rule in rules_by_field(error)]
    return [(name if name in columns else "", rule) for name, rule in found]


def _owner_of(writer: Writer, row: Row) -> dict[str, Any]:
    """Give what a new row belongs to: the consensus extraction of its study, or the review."""
    if row.table.is_in_extraction:
        return {"extraction": consensus_extraction(writer, row.values["study"])}
    owns = {one.name for one in row.table.model._meta.concrete_fields}
    return {"review": writer.catalogue.review} if "review" in owns else {}


def consensus_extraction(writer: Writer, code: str) -> Extraction:
    """Give the consensus extraction of a study; open it where there is none."""
    if code not in writer.catalogue.extractions:
        study = writer.catalogue.find("studies", (code,))
        try:
            opened = services.open_extraction(by=writer.by, study=study, consensus=True)
        except ValidationError as error:
            raise RowRefused([("study", " ".join(error.messages))]) from error
        writer.catalogue.extractions[code] = opened
        writer.opened.append(opened)
    return writer.catalogue.extractions[code]


def _fields_of(writer: Writer, row: Row) -> dict[str, Any]:
    """Give the model's fields that a row sets."""
    resolved, rules = resolve(writer, row)
    if rules:
        raise RowRefused(rules)
    if any(getattr(one, "pk", 0) is None for one in resolved.values()):
        save_pending(writer)
        resolved, _ = resolve(writer, row)
    by_field = {one.field: resolved[one.column] for one in row.table.references if one.field and one.column in resolved}
    names = {one.name for one in row.table.model._meta.concrete_fields if not one.is_relation}
    plain = {name: value for name, value in row.values.items() if name in names and name not in by_field}
    if "value" in row.values:
        plain |= _typed_value(resolved["field"], row.values["value"])
    return plain | by_field


def resolve(writer: Writer, row: Row) -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """Give the rows that a row's references name by column, and what is wrong with them.

    Raises
    ------
    RowRefused : a reference names a row of the folder that is itself broken; without a rule, since that row has one
    """
    found: dict[str, Any] = {}
    rules: list[tuple[str, str]] = []
    waits = False
    for one in row.table.references:
        value = row.values.get(one.column)
        if value is None:
            if one.column in row.values:
                found[one.column] = None
            continue
        if any(column not in found for column in one.through):
            continue
        key = (*(row.values[column] for column in one.through), value)
        found_row = writer.catalogue.find(one.table, key)
        if found_row is not None:
            found[one.column] = found_row
        elif key in writer.named[one.table] or one.table in writer.folder.unreadable:
            waits = True
        else:
            rules.append((one.column, _unknown(writer, row, one, key)))
    if waits and not rules:
        raise RowRefused([])
    return found, rules


def _unknown(writer: Writer, row: Row, one: Reference, key: Key) -> str:
    """Say that a reference names nothing, and what it could name."""
    noun = TABLES[one.table].noun
    of = "".join(f" of {through.replace('_', ' ')} {row.values[through]}" for through in one.through)
    known = [*writer.catalogue.known(one.table, key)]
    known += [other[-1] for other in writer.named[one.table] if other[:-1] == key[:-1] and other[-1] not in known]
    return f"There is no {noun} “{key[-1]}”{of}{listing(sorted(known, key=str), str(key[-1]))}"


def _typed_value(asked: Any, text: str) -> dict[str, Any]:
    """Give the value of a characteristic in the field that its kind has."""
    try:
        if asked.kind == "number":
            return {"number": read_number(text), "text": "", "flag": None}
        if asked.kind == "flag":
            return {"number": None, "text": "", "flag": read_flag(text)}
    except CellProblem as problem:
        raise RowRefused([("value", str(problem))]) from problem
    return {"number": None, "text": text, "flag": None}


def write_review(*, by: User, folder: Folder, stored: Review | None, counts: Counts) -> Review | None:
    """Make or change the review itself; None (and a problem) where it breaks a rule."""
    row = folder.rows_of("review")[0]
    try:
        if stored is None:
            review = services.create_review(by=by, **row.values)
            counts.new += 1
        elif differs(stored, row.values):
            review = copy.copy(stored)
            for name, value in row.values.items():
                setattr(review, name, value)
            review = services.record(by=by, row=review)
            counts.updated += 1
        else:
            review = stored
            counts.unchanged += 1
    except ValidationError as error:
        folder.refuse(row, rules_by_column(row.table, error))
        folder.is_broken = True
        return None
    return review
