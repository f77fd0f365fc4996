"""Importing a review folder, or whatever else was read into the rows of one: everything or nothing."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from django.contrib.auth.models import User
from django.db import transaction

from evidence import services
from evidence.importers.catalogue import catalogue_of
from evidence.importers.changes import Change, Fate
from evidence.importers.doubting import doubts_in_words
from evidence.importers.extractions import complete_extractions, open_extractions
from evidence.importers.folder import read_folder
from evidence.importers.judgements import named_assessments, write_assessments
from evidence.importers.problems import ImportProblem
from evidence.importers.rows import Folder, describe
from evidence.importers.tables import ASSESSMENT, TABLES
from evidence.importers.writing import Counts, Progress, Writer, write_review, write_table
from evidence.models import ChangeBatch, Review
from evidence.models.doors import Door, through
from evidence.permissions import Act, require


@dataclass(frozen=True, slots=True)
class ImportResult:
    """What an import did, or would do.

    `rows` counts by table what became of its rows, `changes` tells it row by row (of unchanged rows there is nothing to
    tell), and `notes` are sentences about what was left out or has to be asked. Where there are `errors` and rows with
    errors are not left out, nothing is saved; `is_refused` says so, of a dry run too. `review` is None where the folder
    does not say which one it holds; `act` is what can be undone, None where nothing was changed.
    """

    review: Review | None
    is_saved: bool
    rows: dict[str, Counts] = field(default_factory=dict)
    errors: list[ImportProblem] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    act: ChangeBatch | None = None
    is_refused: bool = False


@dataclass(slots=True)
class Written:
    """What one pass over the rows wrote."""

    counts: dict[str, Counts]
    changes: list[Change] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    act: ChangeBatch | None = None


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
    what = f"Import of the folder {content.path.name}"
    return import_rows(by=by, folder=content, what=what, dry_run=dry_run, progress=progress)


def import_rows(
    *,
    by: User,
    folder: Folder,
    what: str,
    review: Review | None = None,
    leaves_out: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> ImportResult:
    """Import what was read, as one act that can be undone; a dry run saves nothing.

    Parameters
    ----------
    by : who imports
    folder : the rows; with `review`, those of the review itself are not looked at
    what : how the act is called
    review : the review that the rows belong to; without one, the folder says it
    leaves_out : rows that break a rule, and rows that need these, are left out; without it, one keeps everything out

    Raises
    ------
    NotAllowed : the person's role in an existing review does not cover the change
    """
    folder = replace(folder, leaves_out=leaves_out)
    begins_without = leaves_out and not folder.is_broken
    errors, refused = (list(folder.problems), _refusals(folder)) if begins_without else ([], [])
    folder = folder.without_refused() if begins_without else folder
    while True:
        with transaction.atomic():
            with through(Door.IMPORT):
                found, written = _write(by, folder, what, review, progress)
            is_saved = not folder.problems and not dry_run
            if not is_saved:
                transaction.set_rollback(True)
        errors += folder.problems
        refused += _refusals(folder)
        if not leaves_out or folder.is_broken or not folder.problems:
            break
        folder = folder.without_refused()
    return ImportResult(
        review=found,
        is_saved=is_saved,
        rows={TABLES[name].label: one for name, one in written.counts.items()},
        errors=_in_order(errors),
        changes=written.changes + refused,
        notes=[*folder.notes, *written.notes],
        act=written.act if is_saved else None,
        is_refused=bool(folder.problems),
    )


def _in_order(errors: list[ImportProblem]) -> list[ImportProblem]:
    """Give problems in the order of the tables and their lines."""
    order = {table.file: place for place, table in enumerate(TABLES.values())}
    return sorted(errors, key=lambda one: (order.get(one.file, len(order)), one.line or 0))


def _refusals(folder: Folder) -> list[Change]:
    """Give what is told of the rows that break a rule."""
    reasons: dict[tuple[str, int | None], list[str]] = {}
    for one in folder.problems:
        reasons.setdefault((one.file, one.line), []).append(one.sentence)
    return [
        Change(
            *(Fate.REFUSED, row.table.name, row.file, row.line, describe(row)),
            reason=" ".join(reasons[row.file, row.line]),
        )
        for row in {id(row): row for row in folder.refused}.values()
    ]


def _write(
    by: User, folder: Folder, what: str, review: Review | None, progress: Progress | None
) -> tuple[Review | None, Written]:
    """Write all rows that can be written, and note what is wrong with the others."""
    written = Written({name: Counts() for name in TABLES})
    if review is None:
        protocol = folder.rows_of("review")
        if not protocol or not protocol[0].is_sound:
            return None, written
        stored = Review.objects.select_for_update().filter(slug=protocol[0].values["slug"]).first()
        if stored is not None:
            require(by, Act.ADJUDICATE, stored)
        review = write_review(by=by, folder=folder, stored=stored, counts=written.counts["review"])
        if review is None:
            return stored, written
    else:
        require(by, Act.ADJUDICATE, review)
    _write_rows(by, folder, what, review, progress, written)
    return review, written


def _write_rows(
    by: User, folder: Folder, what: str, review: Review, progress: Progress | None, written: Written
) -> None:
    """Write the rows of all tables, as one act."""
    catalogue = catalogue_of(review)
    before = {name: len(rows) for name, rows in catalogue.rows.items()}
    unnamed = len(catalogue.rows["assessments"].keys() - named_assessments(folder))
    named = {name: {row.key for row in folder.rows_of(name) if row.key is not None} for name in TABLES}
    for name in TABLES:
        if any(row.key is None for row in folder.rows_of(name)) and not folder.leaves_out:
            folder.unreadable.add(name)
    counts = written.counts
    writer = Writer(by, folder, catalogue, counts, named, progress, done=1, changes=written.changes)
    with services.one_act(by=by, review=review, what=what, door=Door.IMPORT) as act:
        _write_tables(writer)
    if not folder.problems:
        written.notes = doubts_in_words(review, writer.touched)
    if any(one.new or one.updated for one in counts.values()):
        written.act = act
    else:
        act.delete()
    for name in set(TABLES) - {"review"}:
        stands = counts[name].updated + counts[name].unchanged
        counts[name].only_in_database = before[name] - stands
        if folder.leaves_out:
            counts[name].left_out = len(folder.rows_of(name)) - counts[name].new - stands
    counts["assessments"].only_in_database = unnamed


def _write_tables(writer: Writer) -> None:
    """Write table by table, each after the ones it refers to; complete the extractions that the import opened."""
    for name, table in TABLES.items():
        if name not in ("review", *ASSESSMENT):
            write_table(writer, table)
    write_assessments(writer)
    open_extractions(writer)
    if not writer.folder.problems:
        complete_extractions(writer)
