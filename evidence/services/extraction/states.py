"""How far the extraction of each study is: names and states, never content."""

from collections.abc import Iterable
from dataclasses import dataclass
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
        submitted = [reader for reader in self.readers if reader.is_submitted]
        if self.consensus is not None and self.consensus.status == COMPLETE:
            is_behind = len(submitted) < len(self.readers) or any(self._is_newer(reader) for reader in submitted)
            return State.REOPENED if is_behind else State.CONSENSUS
        if len(submitted) >= self.needed:
            return State.TO_ADJUDICATE
        return State.READING if self.readers or self.consensus is not None else State.NOT_STARTED

    def _is_newer(self, reader: ReaderState) -> bool:
        """Whether a reading was completed after the consensus was."""
        done = reader.extraction.completed_at
        built = self.consensus.completed_at if self.consensus else None
        return bool(done and built and done > built)

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
