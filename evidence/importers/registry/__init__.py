"""Registers of trials: results of ClinicalTrials.gov as JSON, version 2."""

from evidence.importers.asking import Format, Request
from evidence.importers.building import Building
from evidence.importers.catalogue import catalogue_of
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.opening import Unreadable
from evidence.importers.registry.answers import QUESTIONS, read_answers
from evidence.importers.registry.baseline import add_baseline
from evidence.importers.registry.harms import add_harms
from evidence.importers.registry.measures import add_measures
from evidence.importers.registry.source import RESULTS, read_records
from evidence.importers.registry.trials import Trial, add_trial
from evidence.importers.standing import standing_of


def load_records(request: Request) -> ImportResult:
    """Load records of ClinicalTrials.gov, with their results, into a review."""
    building = Building(request.path, source=request.name)
    seen: set[str] = set()
    try:
        answers = read_answers(request.answers)
        standing, catalogue = standing_of(request.review), catalogue_of(request.review)
        for record in read_records(request.path):
            building.source = f"{request.name}/{record.file.name}" if record.file.name else request.name
            if record.number in seen:
                building.note(f"{record.number} stands in the file twice; the first one is read.")
                continue
            seen.add(record.number)
            add_record(Trial(building, standing, catalogue, answers, record))
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


def add_record(trial: Trial) -> None:
    """Add the study of a record and, where it has results, what they say."""
    if not add_trial(trial):
        return
    if not trial.record.part(RESULTS):
        trial.building.note(f"{trial.record.number} has no results yet: the study and its arms are read.")
        return
    add_baseline(trial)
    add_measures(trial)
    add_harms(trial)


FORMATS = (
    Format(
        code="ctgov",
        title="ClinicalTrials.gov results (JSON)",
        help="Records of ClinicalTrials.gov as JSON (version 2): one study, a list of them, or a zip of such files.",
        endings=(".json", ".zip"),
        load=load_records,
        questions=QUESTIONS,
    ),
)
