"""Records held for deciding: their states locked, their decisions read, both written back together."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

from evidence.models import Record, Review, ScreeningDecision, ScreeningState
from evidence.services.screening.queueing import new_state, policy_of
from evidence.verdicts import Event, Stage, Status, Verdict, reach

AT_ONCE = 500
COMPUTED = ("status", "answered", "first_reader_id", "reason_id", "is_disclosed")


def in_parts(rows: Iterable[Any], size: int = AT_ONCE) -> Iterator[list[Any]]:
    """Give the rows in lists that fit into one query."""
    rows = iter(rows)
    while part := list(islice(rows, size)):
        yield part


class Docket:
    """Some records of one review, held until the transaction ends.

    The states are locked first, and the rules of the review are read after that: a change of the rules locks all states
    before it looks for those that it changes, so that none is made by rules of before.
    """

    def __init__(self, review: Review, record_ids: Iterable[int]) -> None:
        self.review = review
        self.states: dict[tuple[int, str], ScreeningState] = {}
        self.events: dict[tuple[int, str], list[Event]] = defaultdict(list)
        self.duplicates: set[int] = set()
        self.reported: set[int] = set()
        self.record_ids = sorted(set(record_ids))
        for part in in_parts(self.record_ids):
            self._read(part)
        self.policy = policy_of(review)
        self._before = {key: _computed(state) for key, state in self.states.items()}

    def _read(self, record_ids: Sequence[int]) -> None:
        for state in held_states(self.review, record_ids):
            self.states[state.record_id, state.stage] = state
        decisions = ScreeningDecision.objects.filter(record__in=record_ids).order_by("pk")
        for decision in decisions:
            self.events[decision.record_id, decision.stage].append(event_of(decision))
        records = Record.objects.filter(pk__in=record_ids).values_list("pk", "duplicate_of", "report")
        for pk, duplicate_of, report in records:
            if duplicate_of is not None:
                self.duplicates.add(pk)
            if report is not None:
                self.reported.add(pk)

    def verdict(self, record_id: int, stage: str) -> Verdict:
        """Give where the record stands at the stage by its decisions."""
        state = self.states[record_id, stage]
        verdict = reach(self.events[record_id, stage], needed=state.needed, stage=stage)
        is_at_stage = record_id not in self.duplicates
        if stage == Stage.FULL_TEXT and is_at_stage:
            first = self.states.get((record_id, Stage.TITLE_ABSTRACT))
            is_at_stage = first is not None and first.status == Status.INCLUDED
        if is_at_stage:
            return verdict
        return Verdict(Status.REMOVED, verdict.answered, verdict.first_reader, None, verdict.is_disclosed)

    def write(self, decisions: Sequence[ScreeningDecision] = ()) -> None:
        """Store new decisions, and where the records stand with them."""
        ScreeningDecision.objects.bulk_create(decisions, batch_size=AT_ONCE)
        for decision in decisions:
            self.events[decision.record_id, decision.stage].append(event_of(decision))
        self._settle(Stage.TITLE_ABSTRACT)
        self._open_full_texts()
        self._settle(Stage.FULL_TEXT)
        store([state for key, state in self.states.items() if self._before.get(key) != _computed(state)])

    def _settle(self, stage: Stage) -> None:
        for (record_id, at), state in self.states.items():
            if at == stage:
                verdict = self.verdict(record_id, stage)
                state.status, state.answered = verdict.status, verdict.answered
                state.first_reader_id, state.reason_id = verdict.first_reader, verdict.reason
                state.is_disclosed = verdict.is_disclosed

    def _open_full_texts(self) -> None:
        for record_id in self.record_ids:
            first = self.states.get((record_id, Stage.TITLE_ABSTRACT))
            key = (record_id, Stage.FULL_TEXT)
            if first is not None and first.status == Status.INCLUDED and key not in self.states:
                self.states[key] = new_state(self.policy, Stage.FULL_TEXT, record_id)


@contextmanager
def settled_again(review: Review, record_ids: Sequence[int]) -> Iterator[None]:
    """Hold the states of records while the block changes what they duplicate, and settle them by that afterwards."""
    docket = Docket(review, record_ids)
    yield
    docket.duplicates = set()
    for part in in_parts(docket.record_ids):
        marked = Record.objects.filter(pk__in=part, duplicate_of__isnull=False)
        docket.duplicates |= set(marked.values_list("pk", flat=True))
    for record_id in docket.record_ids:
        key = (record_id, Stage.TITLE_ABSTRACT)
        if record_id not in docket.duplicates and key not in docket.states:
            docket.states[key] = new_state(docket.policy, Stage.TITLE_ABSTRACT, record_id)
    docket.write()


def held_states(review: Review, record_ids: Iterable[int] | None = None) -> list[ScreeningState]:
    """Lock the states of some records of a review, or of all, and give them.

    Those at titles and abstracts come first, in the order of their keys, as in every transaction. Full-text states are
    made by whoever holds the first, so that the second query, which sees what was committed meanwhile, misses none.
    """
    rows = ScreeningState.objects.select_for_update().filter(review=review)
    if record_ids is not None:
        rows = rows.filter(record__in=record_ids)
    return [state for stage in Stage for state in rows.filter(stage=stage).order_by("pk")]


def event_of(decision: ScreeningDecision) -> Event:
    """Give a decision as the rules read it."""
    return Event(decision.decided_by_id, decision.answer, decision.reason_id, decision.is_adjudication, decision.note)


def _computed(state: ScreeningState) -> tuple[Any, ...]:
    return tuple(getattr(state, name) for name in (*COMPUTED, "needed"))


def store(states: Sequence[ScreeningState], *, also: Sequence[str] = ()) -> None:
    """Save states, new ones and changed ones; `also` names fields beside those that decisions compute.

    Changed ones are sent as rows that are there already: that takes a twentieth of the time of an update by cases.
    """
    ScreeningState.objects.bulk_create([state for state in states if state.pk is None], batch_size=AT_ONCE)
    ScreeningState.objects.bulk_create(
        [state for state in states if state.pk is not None],
        batch_size=AT_ONCE,
        update_conflicts=True,
        unique_fields=["id"],
        update_fields=[*(name.removesuffix("_id") for name in COMPUTED), "needed", *also],
    )
