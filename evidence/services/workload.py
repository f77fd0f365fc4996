"""How far a review is as a whole, and what waits for one person: numbers and states, never what anybody answered."""

from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.contrib.auth.models import User

from evidence.models import Assessment, Review, Upload
from evidence.permissions import Act, acts_of, readers_needed
from evidence.services.assigning import duties_of
from evidence.services.doubt_count import count_open
from evidence.services.extraction import Place, places_of
from evidence.services.extraction import State as ExtractionState
from evidence.services.screening import StageStanding, conflicts, count_stages, waiting_pairs
from evidence.verdicts import Stage

SUBMITTED = Assessment.Status.SUBMITTED
DECIDED = (ExtractionState.TO_ADJUDICATE, ExtractionState.REOPENED)
READERS_OF_RISK = 2


class Kind(StrEnum):
    """What may wait for a person."""

    SCREEN = "screen"
    SETTLE_RECORDS = "settle_records"
    ANSWER_PAIRS = "answer_pairs"
    CONFIRM_IMPORTS = "confirm_imports"
    CONTINUE_READING = "continue_reading"
    READ = "read"
    ADJUDICATE = "adjudicate"
    CONTINUE_ASSESSING = "continue_assessing"
    SETTLE_ASSESSMENTS = "settle_assessments"
    ANSWER_DOUBTS = "answer_doubts"
    LATE = "late"


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a person, and how much of it; `stage` for records, `study` where it is one only."""

    kind: Kind
    count: int
    stage: str = ""
    study: int | None = None


@dataclass(slots=True)
class Workload:
    """How far a review is, and what waits for the person who asks."""

    stages: dict[Stage, StageStanding]
    studies: Counter[ExtractionState] = field(default_factory=Counter)
    assessed: int = 0
    doubts: int = 0
    waiting: list[Waiting] = field(default_factory=list)

    @property
    def study_count(self) -> int:
        """Number of studies."""
        return self.studies.total()

    @property
    def record_count(self) -> int:
        """Number of records that are screened by title and abstract."""
        return self.stages[Stage.TITLE_ABSTRACT].total


def read_workload(*, by: User, review: Review) -> Workload:
    """Give how far a review is and what waits for a person, in a number of queries that does not depend on either.

    The person learns what the boards of screening, extraction and progress tell every member: names and states. What
    is to be settled is counted only for who may settle it, so without those who read it themselves.
    """
    acts, needed = acts_of(by, review), readers_needed(review)
    stages, half_read = count_stages(review)
    places = places_of(review, needed=needed)
    found = Workload(stages, Counter(place.state for place in places))
    assessments = _assessments(review)
    found.assessed = len({study for (study, *_), rows in assessments.items() if any(_is_settled(row) for row in rows)})
    if Act.RECORD in acts:
        found.waiting += [
            Waiting(Kind.SCREEN, standing.waiting - half_read[stage][by.pk], stage)
            for stage, standing in stages.items()
        ]
    if Act.ADJUDICATE in acts:
        found.waiting += [
            Waiting(Kind.SETTLE_RECORDS, conflicts(by=by, review=review, stage=stage).order_by().count(), stage)
            for stage, standing in stages.items()
            if standing.conflict
        ]
    if Act.RECORD in acts:
        found.waiting.append(Waiting(Kind.ANSWER_PAIRS, waiting_pairs(review).order_by().count()))
    previewed = Upload.objects.filter(review=review, made_by=by, status=Upload.Status.PREVIEWED)
    found.waiting.append(Waiting(Kind.CONFIRM_IMPORTS, previewed.count()))
    found.waiting += _extractions(by, places, acts, needed) + _to_assess(by, assessments, acts)
    found.doubts = count_open(review)
    if Act.RECORD in acts:
        found.waiting.append(Waiting(Kind.ANSWER_DOUBTS, found.doubts))
    late = [duty for duty in duties_of(reviews=[review], person=by) if duty.is_late]
    found.waiting.append(Waiting(Kind.LATE, len(late)))
    found.waiting = [one for one in found.waiting if one.count > 0]
    return found


def _extractions(by: User, places: list[Place], acts: frozenset[Act], needed: int) -> list[Waiting]:
    """Give what a person has in work, may read, and may settle as one who did not read it."""
    own = {place.study: place.reading_of(by.pk) for place in places}
    begun = [study for study, reading in own.items() if reading is not None and not reading.is_complete]
    found = [_waiting(Kind.CONTINUE_READING, begun)]
    if Act.ADJUDICATE in acts:
        decided = [place.study for place in places if place.state in DECIDED and own[place.study] is None]
        found.append(_waiting(Kind.ADJUDICATE, decided))
    if Act.RECORD in acts:
        open_ = (ExtractionState.NOT_STARTED, ExtractionState.READING)
        free = [
            place.study
            for place in places
            if place.state in open_ and own[place.study] is None and len(place.readers) < needed
        ]
        found.append(_waiting(Kind.READ, free))
    return found


def _to_assess(by: User, assessments: dict[Any, list[Any]], acts: frozenset[Act]) -> list[Waiting]:
    """Give the assessments that a person has in work, and the results that they may settle."""
    begun, open_ = [], []
    for (study, *_), rows in assessments.items():
        readings = [row for row in rows if not row["is_consensus"]]
        begun += [study for row in readings if row["reviewer_id"] == by.pk and row["status"] != SUBMITTED]
        others = [row for row in readings if row["status"] == SUBMITTED and row["reviewer_id"] != by.pk]
        if len(others) >= READERS_OF_RISK and not any(_is_settled(row) for row in rows):
            open_.append(study)
    found = [_waiting(Kind.CONTINUE_ASSESSING, begun)]
    return [*found, _waiting(Kind.SETTLE_ASSESSMENTS, open_)] if Act.ADJUDICATE in acts else found


def _waiting(kind: Kind, studies: list[int]) -> Waiting:
    return Waiting(kind, len(studies), study=studies[0] if len(studies) == 1 else None)


def _assessments(review: Review) -> dict[Any, list[Any]]:
    """Give the assessments of each result with each tool, without their answers."""
    found: dict[Any, list[Any]] = {}
    names = ("study_id", "tool", "outcome_id", "is_consensus", "reviewer_id", "status", "first_id")
    for row in Assessment.objects.filter(study__review=review).order_by("study_id").values(*names):
        found.setdefault((row["study_id"], row["tool"], row["outcome_id"]), []).append(row)
    return found


def _is_settled(row: Any) -> bool:
    """Whether a row is the consensus, and not one that is still settled from two readers' assessments."""
    return bool(row["is_consensus"] and (row["status"] == SUBMITTED or row["first_id"] is None))
