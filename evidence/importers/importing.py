"""Importing a review folder: everything or nothing."""

from dataclasses import dataclass, field
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from evidence import services
from evidence.importers.catalogue import catalogue_of
from evidence.importers.folder import read_folder
from evidence.importers.judgements import write_judgements
from evidence.importers.problems import ImportProblem
from evidence.importers.rows import Folder
from evidence.importers.tables import TABLES
from evidence.importers.writing import Counts, Progress, Writer, write_review, write_table
from evidence.models import Review
from evidence.models.doors import Door, through
from evidence.permissions import Act, require


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or would do.

    `rows` counts by table what became of its rows; where there are `errors`, nothing is saved. `review` is None where
    the folder does not say which one it holds.
    """

    review: Review | None
    is_saved: bool
    rows: dict[str, Counts] = field(default_factory=dict)
    errors: list[ImportProblem] = field(default_factory=list)


def import_review(
    *, by: User, folder: str | Path, dry_run: bool = False, progress: Progress | None = None
) -> ImportResult:
    """Import a review folder, or say everything that is wrong with it; a dry run saves nothing.

    Parameters
    ----------
    by : who imports; a review that does not exist yet is made in their name
    folder : path of the folder
    progress : called with rows done, rows in all and the table's name; changes no result

    Raises
    ------
    NotAllowed : the person's role in an existing review does not cover the change
    """
    content = read_folder(folder)
    with transaction.atomic():
        with through(Door.IMPORT):
            review, counts = _write(by, content, progress)
        is_saved = not content.problems and not dry_run
        if not is_saved:
            transaction.set_rollback(True)
    order = {table.file: place for place, table in enumerate(TABLES.values())}
    errors = sorted(content.problems, key=lambda one: (order.get(one.file, len(order)), one.line or 0))
    rows = {TABLES[name].label: one for name, one in counts.items()}
    return ImportResult(review=review, is_saved=is_saved, rows=rows, errors=errors)


def _write(by: User, folder: Folder, progress: Progress | None) -> tuple[Review | None, dict[str, Counts]]:
    """Write all rows that can be written, and note what is wrong with the others."""
    counts = {name: Counts() for name in TABLES}
    protocol = folder.rows_of("review")
    if not protocol or not protocol[0].is_sound:
        return None, counts
    stored = Review.objects.select_for_update().filter(slug=protocol[0].values["slug"]).first()
    if stored is not None:
        require(by, Act.ADJUDICATE, stored)
    review = write_review(by=by, folder=folder, stored=stored, counts=counts["review"])
    if review is None:
        return stored, counts
    catalogue = catalogue_of(review)
    before = {name: len(rows) for name, rows in catalogue.rows.items()}
    named = {name: {row.key for row in folder.rows_of(name) if row.key is not None} for name in TABLES}
    for name in TABLES:
        if any(row.key is None for row in folder.rows_of(name)):
            folder.unreadable.add(name)
    writer = Writer(by, folder, catalogue, counts, named, progress, done=1)
    what = f"Import of the folder {folder.path.name}"
    with services.one_act(by=by, review=review, what=what, door=Door.IMPORT) as act:
        _write_tables(writer)
    if not any(one.new or one.updated for one in counts.values()):
        act.delete()
    for name in set(TABLES) - {"review"}:
        counts[name].only_in_database = before[name] - counts[name].updated - counts[name].unchanged
    return review, counts


def _write_tables(writer: Writer) -> None:
    """Write table by table, each after the ones it refers to; complete the extractions that the import opened."""
    for name, table in TABLES.items():
        if name == "judgements":
            write_judgements(writer)
        elif name != "review":
            write_table(writer, table)
    if not writer.folder.problems:
        for extraction in writer.opened:
            services.complete_extraction(by=writer.by, extraction=extraction)
