"""RevMan: the .rm5 files of RevMan 5, and the CSV files of RevMan 5 and RevMan Web."""

from collections.abc import Callable
from pathlib import Path

from evidence.importers.asking import Format, Request
from evidence.importers.building import Building
from evidence.importers.catalogue import catalogue_of
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable, read_file, refuse_other_kinds
from evidence.importers.revman.answers import QUESTIONS, read_answers
from evidence.importers.revman.content import Content
from evidence.importers.revman.csv_files import read_csv
from evidence.importers.revman.filling import Filling
from evidence.importers.revman.judging import add_judgements
from evidence.importers.revman.results import add_results
from evidence.importers.revman.rm5 import read_rm5
from evidence.importers.revman.studies import add_studies
from evidence.importers.standing import standing_of


def load_rm5(request: Request) -> ImportResult:
    """Load a RevMan 5 file into a review."""
    return _load(request, _read_rm5)


def load_csv(request: Request) -> ImportResult:
    """Load analysis data that RevMan has written as CSV into a review."""
    return _load(request, read_csv)


def _read_rm5(path: Path) -> Content:
    content = read_file(path)
    refuse_other_kinds(content)
    return read_rm5(content)


def _load(request: Request, read: Callable[[Path], Content]) -> ImportResult:
    """Read a file and import what it holds; what is wrong with the file is in the result."""
    building = Building(request.path, source=request.name)
    try:
        answers = read_answers(request.answers)
        content = read(request.path)
        filling = Filling(building, standing_of(request.review), catalogue_of(request.review), content, answers)
        for line, column, rule in content.faults:
            building.refuse(line, column, rule)
        for note in content.notes:
            building.note(note)
        add_studies(filling)
        add_judgements(filling)
        add_results(filling)
    except Unreadable as error:
        building.stop(error.line, "", error.sentence)
    return import_rows(
        by=request.by,
        folder=building.folder,
        review=request.review,
        what=f"Import of {request.name}",
        leaves_out=True,
        dry_run=request.dry_run,
        progress=request.progress,
    )


FORMATS = (
    Format(
        code="rm5",
        title="RevMan 5 file",
        help="Studies, references, characteristics, risk of bias and analyses of a review written with RevMan 5.",
        endings=(".rm5", ".xml"),
        load=load_rm5,
        questions=QUESTIONS,
    ),
    Format(
        code="revman-csv",
        title="RevMan CSV",
        help="Analysis data as RevMan 5 exports them, data rows of RevMan Web, or its data package.",
        endings=(".csv", ".zip"),
        load=load_csv,
        questions=QUESTIONS,
    ),
)
