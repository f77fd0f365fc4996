"""The releases of a living database of psychotherapy for depression, read as published; nothing is guessed.

Metapsy project (metapsy.org), database of psychotherapy for depression against control conditions, ODC-By 1.0.
"""

import csv
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple

Row = dict[str, str]

NAME = "depression-psyctr_{year}.csv"
YEARS = (2022, 2024)
COMPARATORS = {"cau": "care as usual", "wl": "waiting list", "other ctr": "other control"}
CLINICIAN, SELF_REPORT = "clinician", "self-report"
# The database has 1 for low and 0 for high; "sr" (rated by the participants themselves) is no judgement.
DOMAINS = {
    "sg": "sequence_generation",
    "ac": "allocation_concealment",
    "ba": "blinding_assessors",
    "itt": "incomplete_data",
}
JUDGEMENTS = {"1": "low", "0": "high"}
# As many decimals as a number of the evidence holds.
PLACES = Decimal("0.000001")


class Group(NamedTuple):
    """An arm: what it is called, and the code of its comparator type ("" for psychotherapy)."""

    label: str
    comparator: str


class Score(NamedTuple):
    """What is given for an arm after treatment."""

    n: int
    mean: Decimal
    sd: Decimal


@dataclass(slots=True)
class Trial:
    """A trial of a release; `effects` are the published g and its standard error, by instrument, where scores are."""

    code: str
    label: str
    year: int | None
    groups: list[Group] = field(default_factory=list)
    scores: dict[tuple[str, str], Score] = field(default_factory=dict)
    judgements: dict[str, str] = field(default_factory=dict)
    comparators: set[str] = field(default_factory=set)
    effects: dict[str, list[tuple[float, float, str]]] = field(default_factory=lambda: defaultdict(list))


class Release(NamedTuple):
    """A release: its trials by code, its instruments by code (name and who rates), and what could not be read."""

    trials: dict[str, Trial]
    instruments: dict[str, tuple[str, str]]
    left_out: Counter[str]


def metapsy_folder() -> Path | None:
    """Return the folder with the releases, or None."""
    named = os.environ.get("QUORUM_METAPSY")
    default = Path(__file__).resolve().parents[3] / "shared" / "data" / "test_only" / "metapsy"
    folder = Path(named) if named else default
    return folder if all((folder / NAME.format(year=year)).is_file() for year in YEARS) else None


def read_release(folder: Path, year: int) -> Release:
    """Give what a release has of each trial."""
    path = folder / NAME.format(year=year)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter=";"))
    by_study: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        by_study[row["study"]].append(row)
    left_out: Counter[str] = Counter()
    trials = [_trial(study, group, left_out) for study, group in by_study.items()]
    instruments = {_instrument(row): (row["instrument"], row["rating"]) for row in rows}
    found = {trial.code: trial for trial in trials}
    assert len(found) == len(trials), "two trials have one code"
    return Release(found, instruments, left_out)


def _trial(study: str, rows: list[Row], left_out: Counter[str]) -> Trial:
    years = {row["year"] for row in rows}
    year = years.pop() if len(years) == 1 else ""
    trial = Trial(_code(study), study, int(year) if re.fullmatch(r"[12]\d{3}", year) else None)
    if trial.year is None:
        left_out["year of a trial"] += 1
    experimental = {_label(row, 1) for row in rows}
    comparators = {_label(row, 2): row["condition_arm2"] for row in rows if row["condition_arm2"] in COMPARATORS}
    trial.groups = [Group(label, "") for label in sorted(experimental)]
    trial.groups += [Group(label, _code(word)) for label, word in sorted(comparators.items())]
    trial.comparators = {group.comparator for group in trial.groups if group.comparator}
    trial.judgements = _judgements(rows, left_out)
    usable = [(row, scores) for row in rows if (scores := _scores(row, left_out)) is not None]
    trial.scores = _agreed(usable, left_out)
    for row, _ in usable:
        if all((_label(row, arm), _instrument(row)) in trial.scores for arm in (1, 2)):
            effect = (float(_decimal(row[".g"])), float(_decimal(row[".g_se"])), _code(row["condition_arm2"]))
            trial.effects[_instrument(row)].append(effect)
    return trial


def _agreed(usable: list[tuple[Row, list[Score]]], left_out: Counter[str]) -> dict[tuple[str, str], Score]:
    """Give the scores by arm and instrument; where one arm has two different ones, neither is taken."""
    found: dict[tuple[str, str], set[Score]] = defaultdict(set)
    for row, scores in usable:
        for arm, score in zip((1, 2), scores, strict=True):
            found[_label(row, arm), _instrument(row)].add(score)
    for each in found.values():
        if len(each) > 1:
            left_out["score of an arm that is given twice, differently"] += 1
    return {key: each.pop() for key, each in found.items() if len(each) == 1}


def _scores(row: Row, left_out: Counter[str]) -> list[Score] | None:
    """Give the scores of both arms of a comparison; None where they are not, or cannot be, means, SDs and numbers."""
    if row["time"] != "post":
        left_out["comparison at another time than after treatment"] += 1
        return None
    if row["outcome_type"] != "msd":
        left_out["comparison of something else than means and SDs"] += 1
        return None
    try:
        numbers = [[_decimal(row[f"{name}_arm{arm}"]) for name in ("n", "mean", "sd")] for arm in (1, 2)]
    except InvalidOperation:
        left_out["comparison with a number that cannot be read"] += 1
        return None
    if any(n != int(n) or n < 1 or sd <= 0 for n, _, sd in numbers):
        left_out["comparison with an impossible number of participants or SD"] += 1
        return None
    if any(value != value.quantize(PLACES) for each in numbers for value in each):
        left_out["(taken) comparison rounded to six decimals"] += 1
    return [Score(int(n), mean.quantize(PLACES), sd.quantize(PLACES)) for n, mean, sd in numbers]


def _judgements(rows: Iterable[Row], left_out: Counter[str]) -> dict[str, str]:
    """Give the judgements on which all rows of a trial agree."""
    found = {}
    for column, domain in DOMAINS.items():
        values = {row[column] for row in rows}
        value = values.pop() if len(values) == 1 else "several"
        if value in JUDGEMENTS:
            found[domain] = JUDGEMENTS[value]
        elif value != "sr":
            left_out["judgement of risk of bias that differs within a trial or has no meaning"] += 1
    return found


def _decimal(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def _label(row: Row, arm: int) -> str:
    """Name an arm by its treatment, and by what tells arms with the same treatment apart."""
    kind, detail = row[f"condition_arm{arm}"], row[f"multi_arm{arm}"]
    return kind if detail in ("NA", kind) else f"{kind}: {detail}"


def _instrument(row: Row) -> str:
    return f"{_code(row['instrument'])}-{'clinician' if row['rating'] == CLINICIAN else 'self'}".lower()


def _code(text: str) -> str:
    return re.sub(r"\W+", "-", text).strip("-")
