"""Loading a database in the Metapsy data standard into a review."""

from collections import Counter

from evidence.importers.asking import Request
from evidence.importers.building import Building
from evidence.importers.importing import ImportResult, import_rows
from evidence.importers.metapsy.bias import add_bias, bias_columns
from evidence.importers.metapsy.comparisons import read_database
from evidence.importers.metapsy.known import known_of
from evidence.importers.metapsy.moderators import add_moderators
from evidence.importers.metapsy.results import Results
from evidence.importers.metapsy.signs import sign_of
from evidence.importers.metapsy.source import Source, make_source
from evidence.importers.metapsy.trials import Trial, add_trial, read_trials
from evidence.importers.metapsy.vocabulary import Vocabulary
from evidence.importers.naming import alike
from evidence.tools import get_tool

GONE = "{count} stud{ies} of the review {are} only in the database, not in the file: {names}."
ROUNDED = "{count} numbers were rounded to six decimals ({columns})."
NO_WEEK = "{count} results give no week and are in no follow-up window; the answer post_week would give them one."
WHAT = "{rows} rows, {trials} trials; read as {kinds}."
BAD_PAIR = "“{text}” is no pair of a name and a word; write name={words}."


def load(request: Request) -> ImportResult:
    """Read a database, and write what it has."""
    building = Building(request.path, source=request.name)
    database = read_database(request.path, building)
    if database is not None:
        source = make_source(database, known_of(request.review), building)
        _read(request, source)
    what = f"Import of {request.name} (Metapsy data standard)"
    return import_rows(
        by=request.by,
        folder=building.folder,
        review=request.review,
        what=what,
        leaves_out=True,
        dry_run=request.dry_run,
        progress=request.progress,
    )


def _read(request: Request, source: Source) -> None:
    answers, building = request.answers, source.building
    directions = pairs(building, str(answers.get("directions") or ""), ("lower", "higher"))
    numbers = pairs(building, str(answers.get("rob2_numbers") or ""), tuple(get_tool("rob2").levels))
    outcome = str(answers.get("outcome") or "").strip() or source.known.only_outcome() or "Symptoms"
    direction = str(answers.get("direction") or "lower")
    vocabulary = Vocabulary(building, source.known, outcome, direction, directions)
    vocabulary.prepare(source.database.comparisons)
    sign = str(answers.get("sign") or "") or sign_of(source)
    results = Results(source, vocabulary, sign, post_week=str(answers.get("post_week") or "").strip())
    trials = read_trials(source)
    tools = bias_columns(source)
    for trial in trials:
        add_trial(source, trial)
        for row in trial.rows:
            results.take(trial, row)
        add_bias(source, trial, tools, numbers)
    results.finish()
    judged = {name for one in tools for name in one.domains.values()}
    add_moderators(source, trials, judged)
    vocabulary.tell()
    _tell(source, trials, results)


def pairs(building: Building, text: str, words: tuple[str, ...]) -> dict[str, str]:
    """Read an answer such as “Quality of life=higher; relapse=lower”; what is no pair keeps the file out."""
    found = {}
    for part in filter(None, (one.strip() for one in text.split(";"))):
        name, sign, word = (one.strip() for one in part.rpartition("="))
        if not sign or word not in words:
            building.stop(None, "", BAD_PAIR.format(text=part, words=" or ".join(words)))
        found[alike(name)] = word
    return found


def _tell(source: Source, trials: list[Trial], results: Results) -> None:
    """Note what was read, rounded and missed, and which studies of the review the file does not have."""
    kinds = ", ".join(f"{kind} {count}" for kind, count in sorted(results.kinds.items())) or "nothing"
    rows = len(source.database.comparisons)
    source.building.note(WHAT.format(rows=rows, trials=len(trials), kinds=kinds))
    rounded: Counter[str] = source.database.rounded
    if rounded:
        names = ", ".join(sorted(map(source.column, rounded)))
        source.building.note(ROUNDED.format(count=sum(rounded.values()), columns=names))
    if results.unknown_weeks:
        source.building.note(NO_WEEK.format(count=results.unknown_weeks))
    gone = sorted(label for code, label in source.known.studies.items() if code not in {one.code for one in trials})
    if gone:
        one = len(gone) == 1
        words = {"ies": "y" if one else "ies", "are": "is" if one else "are"}
        source.building.note(GONE.format(count=len(gone), names="; ".join(gone), **words))
