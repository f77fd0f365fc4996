"""How far the extraction of each study is: names and states, never content."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from evidence.models import Extraction, Review, Study
from evidence.permissions import readers_needed

COMPLETE = Extraction.Status.COMPLETE


class State(StrEnum):
    """Where a study stands."""

    NOT_STARTED = "not started"
    READING = "being read"
    TO_ADJUDICATE = "to be adjudicated"
    REOPENED = "reopened after the consensus"
    CONSENSUS = "consensus"


@dataclass(frozen=True, slots=True)
class Reading:
    """An extraction without its content: whose it is (nobody's for the consensus), and since when it is complete."""

    reviewer: int | None
    is_complete: bool
    completed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a study stands, and the people who read it."""

    study: int
    state: State
    readers: tuple[Reading, ...]

    def reading_of(self, person: int | None) -> Reading | None:
        """Give a person's reading."""
        return next((one for one in self.readers if one.reviewer == person), None)


def stand(readings: Iterable[Reading], consensus: Reading | None, *, needed: int) -> State:
    """Give where a study stands by the readings of it."""
    rows = list(readings)
    submitted = [row for row in rows if row.is_complete]
    if consensus is not None and consensus.is_complete:
        built = consensus.completed_at
        is_newer = any(built and row.completed_at and row.completed_at > built for row in submitted)
        return State.REOPENED if is_newer or len(submitted) < len(rows) else State.CONSENSUS
    if len(submitted) >= needed:
        return State.TO_ADJUDICATE
    return State.READING if rows or consensus is not None else State.NOT_STARTED


def _reading_of(extraction: Extraction) -> Reading:
    return Reading(extraction.reviewer_id, extraction.status == COMPLETE, extraction.completed_at)


@dataclass(frozen=True, slots=True)
class ReaderState:
    """One reader and how far they are."""

    extraction: Extraction

    @property
    def name(self) -> str:
        """The reader."""
        return str(self.extraction.reviewer)

    @property
    def is_submitted(self) -> bool:
        """Whether their answers are final."""
        return self.extraction.status == COMPLETE

    @property
    def says(self) -> str:
        """The state in words."""
        return "submitted" if self.is_submitted else "in progress"


@dataclass(frozen=True, slots=True)
class StudyState:
    """How far one study is."""

    study: Study
    readers: tuple[ReaderState, ...]
    consensus: Extraction | None
    needed: int

    @property
    def state(self) -> State:
        """Where the study stands."""
        readings = [_reading_of(reader.extraction) for reader in self.readers]
        return stand(readings, None if self.consensus is None else _reading_of(self.consensus), needed=self.needed)

    @property
    def says(self) -> str:
        """Who is how far, in words."""
        return ", ".join(f"{reader.name}: {reader.says}" for reader in self.readers)


def state_of(study: Study) -> StudyState:
    """Give how far one study is."""
    extractions = Extraction.objects.filter(study=study).select_related("reviewer", "completed_by")
    return _state(study, extractions, readers_needed(study.review))


def states_of(review: Review) -> list[StudyState]:
    """Give how far each study of a review is."""
    needed = readers_needed(review)
    by_study: dict[int, list[Extraction]] = {}
    rows = Extraction.objects.filter(study__review=review).select_related("reviewer", "completed_by")
    for row in rows:
        by_study.setdefault(row.study_id, []).append(row)
    studies = Study.objects.filter(review=review).order_by("label", "pk")
    return [_state(study, by_study.get(study.pk, []), needed) for study in studies]


def _state(study: Study, extractions: Iterable[Extraction], needed: int) -> StudyState:
    rows = list(extractions)
    readers = sorted((ReaderState(row) for row in rows if not row.is_consensus), key=lambda one: one.name)
    consensus = next((row for row in rows if row.is_consensus), None)
    return StudyState(study, tuple(readers), consensus, needed)


def places_of(review: Review, *, needed: int) -> list[Place]:
    """Give where each study of a review stands, without reading the studies themselves."""
    readings: dict[int, list[Reading]] = {}
    consensus: dict[int, Reading] = {}
    names = ("study_id", "is_consensus", "reviewer_id", "status", "completed_at")
    for study, is_consensus, *facts in Extraction.objects.filter(study__review=review).order_by().values_list(*names):
        row = Reading(facts[0], facts[1] == COMPLETE, facts[2])
        if is_consensus:
            consensus[study] = row
        else:
            readings.setdefault(study, []).append(row)
    keys = Study.objects.filter(review=review).order_by().values_list("pk", flat=True)
    return [
        Place(key, stand(readings.get(key, []), consensus.get(key), needed=needed), tuple(readings.get(key, [])))
        for key in keys
    ]
