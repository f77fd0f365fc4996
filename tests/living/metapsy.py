"""A release of the living database as a review in Quorum: put in as a whole, then brought to the next release."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone
from simple_history.utils import bulk_create_with_history

from analysis.models import Analysis
from analysis.services import save_analysis
from evidence import tools
from evidence.models import (
    Arm,
    ArmResult,
    Assessment,
    ComparatorType,
    EvidenceRow,
    Extraction,
    Instrument,
    Judgement,
    Membership,
    Outcome,
    Review,
    Study,
)
from tests import factories
from tests.living.releases import CLINICIAN, COMPARATORS, Group, Release, Score, Trial

OUTCOME, WINDOW, TOOL = "depression", "post-test", "rob1"
# Post-test is a place in the course of a trial: the first release gives no weeks, and the second not all.
POST_WEEK = 1
AS_PRINTED = "post"
# The database's own order: HAM-D, BDI, other clinician-rated, PHQ-9 first among other self-reports, and so on.
FIRST = ("hdrs", "bdi-2", "bdi-1", "bdi-")
PREFERRED = ("phq-9", "ces-d", "hads", "gds", "epds", "mmpi")
ANALYSES = {
    "all": ("Psychotherapy v control, all", ("cau", "wl", "other-ctr")),
    "cau": ("Psychotherapy v care as usual", ("cau",)),
    "wl": ("Psychotherapy v waiting list", ("wl",)),
    "other": ("Psychotherapy v other control", ("other-ctr",)),
}


@dataclass
class Living:
    """The review, who keeps it, and the rows that studies refer to, by code."""

    review: Review
    keeper: User
    outcome: Outcome
    comparators: dict[str, ComparatorType]
    instruments: dict[str, Instrument]


def make_living() -> Living:
    """Make the review without studies."""
    review = factories.make_review(slug="psychotherapy", title="Psychotherapy for depression")
    keeper = factories.make_membership(review, factories.make_user("keeper"), role=Membership.Role.OWNER).user
    outcome = factories.make_outcome(
        review, code=OUTCOME, name="Depression", scale_min=None, scale_max=None, unit="", mcid_between=None
    )
    week = {"target_week": POST_WEEK, "from_week": POST_WEEK, "to_week": POST_WEEK + 1}
    factories.make_window(outcome, code=WINDOW, name="after treatment", **week)
    words = {
        code.replace(" ", "-"): factories.make_comparator_type(review, code=code.replace(" ", "-"), name=name)
        for code, name in COMPARATORS.items()
    }
    return Living(review, keeper, outcome, words, {})


def save_analyses(living: Living) -> list[Analysis]:
    """Save the analysis of all comparisons, and one for each kind of control."""
    order = sorted(living.instruments, key=instrument_rank)
    found = []
    for slug, (title, comparators) in ANALYSES.items():
        rules = {"measure": "SMD", "outcome": OUTCOME, "window": WINDOW, "comparators": comparators}
        rules |= {"instrument_order": order, "rob_tool": TOOL}
        row = Analysis(review=living.review, slug=slug, title=title, rules=rules)
        found.append(save_analysis(by=living.keeper, analysis=row, steps={"pooling": {}}))
    return found


def instrument_rank(code: str) -> tuple[int, int, int, str]:
    """Give the place of an instrument in the database's own order of outcomes."""
    first = next((place for place, start in enumerate(FIRST) if code.startswith(start)), len(FIRST))
    preferred = next((place for place, start in enumerate(PREFERRED) if code.startswith(start)), len(PREFERRED))
    return first, not code.endswith(CLINICIAN), preferred, code


def load(living: Living, release: Release, reason: str = "") -> None:
    """Put in the instruments and trials of a release that the review does not have yet, all with their history."""
    add_instruments(living, release)
    have = set(living.review.studies.values_list("code", flat=True))
    add_trials(living, [trial for code, trial in sorted(release.trials.items()) if code not in have], reason)


def update(living: Living, before: Release, after: Release) -> None:
    """Bring the review from one release to the next: trials that are gone, changed and new, row by row."""
    reason = "Release of January 2024"
    add_instruments(living, after)
    studies = {study.code: study for study in living.review.studies.all()}
    for code in sorted(before.trials.keys() - after.trials.keys()):
        _remove(living, studies[code], reason)
    for code in sorted(before.trials.keys() & after.trials.keys()):
        _change(living, studies[code], after.trials[code], reason)
    load(living, after, reason)


def add_instruments(living: Living, release: Release) -> None:
    """Put in the instruments of a release that are new; scores run as the scale, lower is better."""
    new = {code: words for code, words in sorted(release.instruments.items()) if code not in living.instruments}
    rows = [
        Instrument(outcome=living.outcome, code=code, name=f"{name} ({rating})", direction="lower")
        for code, (name, rating) in new.items()
    ]
    living.instruments |= {row.code: row for row in _bulk(living, "", Instrument, rows)}


def add_trials(living: Living, trials: list[Trial], reason: str = "") -> None:
    """Put in trials, each with a complete consensus extraction and a consensus assessment."""
    fields = [{"code": trial.code, "label": trial.label, "year": trial.year} for trial in trials]
    studies = _bulk(living, reason, Study, [Study(review=living.review, **each) for each in fields])
    stamp = {"status": "complete", "completed_at": timezone.now(), "completed_by": living.keeper}
    extractions = _bulk(
        living, reason, Extraction, [Extraction(study=one, is_consensus=True, **stamp) for one in studies]
    )
    groups = [
        (trial, _arm(living, extraction, number, group))
        for trial, extraction in zip(trials, extractions, strict=True)
        for number, group in enumerate(trial.groups, start=1)
    ]
    _bulk(living, reason, Arm, [arm for _, arm in groups])
    scores = [
        _result(living, arm, code, score)
        for trial, arm in groups
        for (label, code), score in trial.scores.items()
        if label == arm.label
    ]
    _bulk(living, reason, ArmResult, scores)
    judged = [(trial, study) for trial, study in zip(trials, studies, strict=True) if trial.judgements]
    version = tools.get_tool(TOOL).version
    plain = {"tool": TOOL, "tool_version": version, "is_consensus": True}
    assessments = _bulk(living, reason, Assessment, [Assessment(study=study, **plain) for _, study in judged])
    judgements = [
        Judgement(assessment=assessment, domain=domain, judgement=judgement)
        for (trial, _), assessment in zip(judged, assessments, strict=True)
        for domain, judgement in trial.judgements.items()
    ]
    _bulk(living, reason, Judgement, judgements)


def _bulk(living: Living, reason: str, model: Any, rows: list[Any]) -> list[Any]:
    """Store rows with one entry each in the history, in the name of who keeps the review; the database checks them."""
    if rows:
        bulk_create_with_history(rows, model, batch_size=500, default_user=living.keeper, default_change_reason=reason)
    return rows


def _arm(living: Living, extraction: Extraction, number: int, group: Group) -> Arm:
    role = Arm.Role.COMPARATOR if group.comparator else Arm.Role.EXPERIMENTAL
    kind = living.comparators.get(group.comparator)
    return Arm(extraction=extraction, number=number, label=group.label, role=role, comparator_type=kind)


def _result(living: Living, arm: Arm, code: str, score: Score) -> ArmResult:
    values = {"week": POST_WEEK, "time_as_printed": AS_PRINTED, **score._asdict()}
    return ArmResult(arm=arm, instrument=living.instruments[code], **values)


def _save(living: Living, row: EvidenceRow, reason: str) -> None:
    row.stamp(living.keeper, reason)
    row.save()


def _delete(living: Living, rows: Iterable[EvidenceRow], reason: str) -> None:
    for row in rows:
        row.stamp(living.keeper, reason)
        row.delete()


def _remove(living: Living, study: Study, reason: str) -> None:
    """Take a trial out: what was extracted and judged, then the trial itself."""
    _delete(living, Extraction.objects.filter(study=study), reason)
    _delete(living, Assessment.objects.filter(study=study), reason)
    _delete(living, [study], reason)


def _change(living: Living, study: Study, trial: Trial, reason: str) -> None:
    """Change the rows of a trial that differ; a row that stays the same is not saved."""
    if study.year != trial.year:
        study.year = trial.year
        _save(living, study, reason)
    extraction = study.extractions.get(is_consensus=True)
    arms = {arm.label: arm for arm in extraction.arms.all()}
    wanted = {group.label: group for group in trial.groups}
    _delete(living, [arm for label, arm in arms.items() if label not in wanted], reason)
    number = max((arm.number for arm in arms.values()), default=0)
    for label, group in wanted.items():
        if label not in arms:
            number += 1
            arms[label] = _arm(living, extraction, number, group)
            _save(living, arms[label], reason)
        scores = {code: score for (name, code), score in trial.scores.items() if name == label}
        _change_scores(living, arms[label], scores, reason)
    _change_judgements(living, study, trial, reason)


def _change_scores(living: Living, arm: Arm, scores: dict[str, Score], reason: str) -> None:
    """Change the scores of an arm; a score that only has another instrument stays the row that it is."""
    rows = {row.instrument.code: row for row in arm.results.select_related("instrument")}
    gone = {code: row for code, row in rows.items() if code not in scores}
    for code, score in scores.items():
        row = rows.get(code)
        if row is None:
            old = next((name for name, other in gone.items() if _score(other) == score), None)
            row = _result(living, arm, code, score) if old is None else gone.pop(old)
            row.instrument = living.instruments[code]
        elif _score(row) == score:
            continue
        row.n, row.mean, row.sd = score
        _save(living, row, reason)
    _delete(living, gone.values(), reason)


def _score(row: ArmResult) -> Score:
    """Give what a row has; a row without a number of participants is like no score."""
    return Score(row.n or 0, row.mean, row.sd)


def _change_judgements(living: Living, study: Study, trial: Trial, reason: str) -> None:
    assessment = study.assessments.filter(is_consensus=True).first()
    if assessment is None:
        if not trial.judgements:
            return
        version = tools.get_tool(TOOL).version
        assessment = Assessment(study=study, tool=TOOL, tool_version=version, is_consensus=True)
        _save(living, assessment, reason)
    rows = {row.domain: row for row in assessment.judgements.all()}
    _delete(living, [row for domain, row in rows.items() if domain not in trial.judgements], reason)
    for domain, judgement in trial.judgements.items():
        row = rows.get(domain) or Judgement(assessment=assessment, domain=domain)
        if row.judgement != judgement:
            row.judgement = judgement
            _save(living, row, reason)
