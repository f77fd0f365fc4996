"""Studies that may be one trial: proposed from the consensus, joined or held apart by a person."""

import re
from collections import defaultdict
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.likeness import CompanionProposal, StudyFacts, propose_companions
from evidence.models import Arm, ChangeBatch, Characteristic, Record, Report, Review, Study, StudyPair
from evidence.models.doors import current_door
from evidence.permissions import Act, require
from evidence.services.acting import one_act
from evidence.services.recording import erase, keep

# How reviews call these characteristics, by code or name.
PARTICIPANTS = re.compile(r"^(n|n[_ ]total|total[_ ]n|n[_ ]randomi[sz]ed|sample[_ ]size|participants( in all)?)$", re.I)
AGE = re.compile(r"(^|[_ ])(mean[_ ]age|age[_ ]mean|average[_ ]age|age)($|[_ ])", re.I)
WOMEN = re.compile(r"(female|women)", re.I)
SETTING = re.compile(r"(^|[_ ])(country|setting|region|centre|center)($|[_ ])", re.I)
AUTHORS_BEFORE = re.compile(r"^(.*?)[\s.,]*\(?\b(?:19|20)\d\d\b")
ANSWERED = "{by} has answered already whether they are one trial: {answer}."
TAKEN_BACK = "The answer about the studies was taken back."
NOTHING = "You have answered no pair that could be taken back."
CHANGED_SINCE = "{study} was changed since; nothing is taken back."


def read_facts(review: Review) -> list[StudyFacts]:
    """Give what tells the trials of a review apart: from studies and reports, and from the consensus only."""
    studies = {study.pk: study for study in Study.objects.filter(review=review)}
    words: dict[int, dict[str, Any]] = {
        pk: {
            "texts": [study.registration, study.note],
            "identifiers": set(),
            "authors": AUTHORS_BEFORE.sub(r"\1", study.label).strip() if study.label else "",
        }
        for pk, study in studies.items()
    }
    for report in Report.objects.filter(study__review=review).order_by("-is_primary", "pk"):
        found = words[report.study_id]
        found["texts"] += [report.registration, report.citation]
        found["identifiers"] |= {f"DOI {report.doi.lower()}"} if report.doi else set()
        found["identifiers"] |= {f"PMID {report.pmid}"} if report.pmid else set()
    records = Record.objects.filter(review=review, report__isnull=False).order_by("-pk")
    for study_id, authors, abstract in records.values_list("report__study", "authors", "abstract"):
        words[study_id]["authors"] = authors or words[study_id]["authors"]
        words[study_id]["texts"].append(abstract)
    numbers, arms = _characteristics(review), _arms(review)
    return [
        StudyFacts(
            key=pk,
            label=study.label,
            year=study.year,
            authors=words[pk]["authors"],
            texts=tuple(filter(None, words[pk]["texts"])),
            identifiers=frozenset(words[pk]["identifiers"]),
            arms=tuple(arms[pk]),
            **numbers[pk],
        )
        for pk, study in studies.items()
    ]


def _arms(review: Review) -> defaultdict[int, list[int | None]]:
    found: defaultdict[int, list[int | None]] = defaultdict(list)
    rows = Arm.objects.filter(extraction__study__review=review, extraction__is_consensus=True).order_by("number")
    for study_id, size in rows.values_list("extraction__study", "n_randomised"):
        found[study_id].append(size)
    return found


def _characteristics(review: Review) -> defaultdict[int, dict[str, Any]]:
    """Give participants, age, women, setting and the other numbers of each study."""
    found: defaultdict[int, dict[str, Any]] = defaultdict(lambda: {"numbers": {}})
    rows = Characteristic.objects.filter(extraction__study__review=review, extraction__is_consensus=True)
    names = ("extraction__study", "field__code", "field__name", "number", "text")
    for study_id, code, name, number, text in rows.order_by("field__position", "pk").values_list(*names):
        of_study = found[study_id]
        if number is None:
            if text and (SETTING.search(code) or SETTING.search(name)):
                of_study.setdefault("setting", text)
        elif PARTICIPANTS.match(code) or PARTICIPANTS.match(name):
            of_study.setdefault("participants", int(number))
        elif AGE.search(code) or AGE.search(name):
            of_study.setdefault("age", float(number))
        elif WOMEN.search(code) or WOMEN.search(name):
            of_study.setdefault("women", float(number))
        else:
            of_study["numbers"][name] = float(number)
    return found


def proposed_companions(*, by: User, review: Review) -> tuple[CompanionProposal, ...]:
    """Propose pairs of studies that may be one trial: neither one already, nor answered.

    Raises
    ------
    NotAllowed : the person is not of the review
    """
    require(by, Act.VIEW, review)
    trial_of = dict(Study.objects.filter(review=review).values_list("pk", "companion_of"))
    roots = {pk: main or pk for pk, main in trial_of.items()}
    answered = set(StudyPair.objects.filter(review=review).values_list("first", "second"))
    found = propose_companions(read_facts(review), apart=frozenset(answered))
    return tuple(one for one in found if roots[one.first] != roots[one.later])


@transaction.atomic
def answer_studies(*, by: User, first: Study, second: Study, answer: str, reasons: str = "") -> StudyPair:
    """Say of two studies whether they are one trial: then the later one becomes a companion of the earlier.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : it was answered already, or the studies are of two reviews
    """
    review = first.review
    require(by, Act.RECORD, review)
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    one, other = sorted((first, second), key=lambda study: study.pk)
    known = StudyPair.objects.filter(first=one, second=other).select_related("answered_by").first()
    if known is not None:
        raise ValidationError(ANSWERED.format(by=known.answered_by, answer=known.get_answer_display().lower()))
    if answer not in StudyPair.Answer.values:
        raise ValidationError("Say whether they are one trial or two.")
    pair = StudyPair(review=review, first=one, second=other, reasons=reasons, answer=answer)
    pair.answered_at, pair.answered_by = timezone.now(), by
    if answer == StudyPair.Answer.DISTINCT:
        return keep(by=by, row=pair)
    main, later = sorted((_trial(one), _trial(other)), key=lambda study: (study.year or 9999, study.pk))
    what = f"{later} made a companion of {main}"
    with one_act(by=by, review=review, what=what, door=current_door() or "command") as act:
        if main != later:
            for study in [*later.companions.order_by("pk"), later]:
                _point(by, study, main, reason=f"one trial with {main}"[:80])
        pair.act = act
        return keep(by=by, row=pair)


def _trial(study: Study) -> Study:
    return study.companion_of or study


def _point(by: User, study: Study, main: Study | None, *, reason: str) -> None:
    study.companion_of = main
    keep(by=by, row=study, reason=reason)


def last_answer_about_studies(*, by: User, review: Review) -> StudyPair | None:
    """Give what the person answered last about two studies."""
    rows = StudyPair.objects.filter(review=review, answered_by=by).select_related("first", "second", "act")
    return rows.order_by("-answered_at", "-pk").first()


@transaction.atomic
def take_back_about_studies(*, by: User, review: Review) -> StudyPair:
    """Take back what the person said last about two studies: they are proposed again.

    Raises
    ------
    NotAllowed : the person does not record in the review
    ValidationError : they have answered none, or a study was changed since
    """
    require(by, Act.RECORD, review)
    pair = last_answer_about_studies(by=by, review=review)
    if pair is None:
        raise ValidationError(NOTHING)
    act = pair.act
    if act is not None and act.undone_at is None:
        _take_back_act(by, act)
    erase(by=by, row=pair, reason="answer taken back")
    return pair


def _take_back_act(by: User, act: ChangeBatch) -> None:
    """Let the studies of an act be companions again of what they were before it."""
    for entry in Study.history.filter(history_batch=act.pk).order_by("-history_id"):
        study = Study.objects.get(pk=entry.id)
        if study.companion_of_id != entry.companion_of_id:
            raise ValidationError(CHANGED_SINCE.format(study=study))
        former = entry.prev_record.companion_of_id
        _point(by, study, Study.objects.get(pk=former) if former else None, reason="answer taken back")
    act.undone_at, act.undone_by, act.undone_because = timezone.now(), by, TAKEN_BACK
    keep(by=by, row=act, reason="answer taken back")
