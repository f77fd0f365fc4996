"""Whatever people do in whatever order: the stored states are those that the decisions amount to."""

from typing import Any

import hypothesis.strategies as st
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import HealthCheck, settings
from hypothesis.extra.django import TestCase
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from evidence.models import Record, ScreeningDecision, ScreeningState
from evidence.services import screening
from evidence.verdicts import Event, Stage, Status, reach
from tests.factories import make_review
from tests.screening_factories import make_owner, make_reason, make_records, make_team

STAGES = st.sampled_from([str(stage) for stage in Stage])
ANSWERS = st.sampled_from(["include", "exclude", "unsure"])
READERS = st.sampled_from(["single", "dual", "sample"])
PEOPLE = st.integers(0, 4)
RECORDS = st.integers(0, 2)


def expected(record: Record, stage: str, states: dict[str, ScreeningState]) -> tuple[Any, ...]:
    """Where the record stands by the pure rule, computed from nothing but decisions and readers needed."""
    rows = ScreeningDecision.objects.filter(record=record, stage=stage).order_by("pk")
    said = [Event(row.decided_by_id, row.answer, row.reason_id, row.is_adjudication) for row in rows]
    verdict = reach(said, needed=states[stage].needed, stage=stage)
    is_gone = record.duplicate_of_id is not None
    is_gone = is_gone or (stage == Stage.FULL_TEXT and states[Stage.TITLE_ABSTRACT].status != Status.INCLUDED)
    status, reason = (Status.REMOVED, None) if is_gone else (verdict.status, verdict.reason)
    return status, verdict.answered, verdict.first_reader, reason, verdict.is_disclosed


def readers_of(record: Record, stage: str) -> int:
    """Count the people whose answer about the record stands."""
    rows = ScreeningDecision.objects.filter(record=record, stage=stage, is_adjudication=False)
    last = {row.decided_by_id: row.answer for row in rows.order_by("pk")}
    return sum(answer != "withdrawn" for answer in last.values())


class Screening(RuleBasedStateMachine):
    """Three records, five people: three reviewers, an adjudicator and the owner, who all may do anything."""

    @initialize()
    def start(self) -> None:
        self.review = make_review()
        self.owner = make_owner(self.review)
        adjudicators = make_team(self.review, "adele", role="adjudicator")
        self.people = [*make_team(self.review, "anna", "ben", "carl"), *adjudicators, self.owner]
        self.reasons = [None, make_reason(self.review), make_reason(self.review)]
        self.records = make_records(self.review, 3, by=self.owner)
        self.refused = 0

    def attempt(self, service: Any, **asked: Any) -> Any:
        """Ask for something that the rules may refuse."""
        try:
            return service(**asked)
        except (ValidationError, PermissionDenied):
            self.refused += 1
            return None

    @rule(person=PEOPLE, record=RECORDS, stage=STAGES, answer=ANSWERS, reason=RECORDS)
    def decide(self, person: int, record: int, stage: str, answer: str, reason: int) -> None:
        given = {"answer": answer, "reason": self.reasons[reason] if answer == "exclude" else None}
        self.attempt(screening.decide, by=self.people[person], record=self.records[record], stage=stage, **given)

    @rule(person=PEOPLE, stage=STAGES, answer=ANSWERS)
    def take_and_answer(self, person: int, stage: str, answer: str) -> None:
        state = screening.next_record(by=self.people[person], review=self.review, stage=stage)
        if state is not None:
            reason = self.reasons[1] if answer == "exclude" else None
            given = {"record": state.record, "stage": stage, "answer": answer, "reason": reason}
            screening.decide(by=self.people[person], **given)

    @rule(person=PEOPLE, stage=STAGES)
    def undo(self, person: int, stage: str) -> None:
        self.attempt(screening.undo, by=self.people[person], review=self.review, stage=stage)

    @rule(person=PEOPLE, record=RECORDS, stage=STAGES, answer=ANSWERS, reason=RECORDS, overrule=st.booleans())
    def adjudicate(self, person: int, record: int, stage: str, answer: str, reason: int, overrule: bool) -> None:
        given = {"answer": answer, "reason": self.reasons[reason] if answer == "exclude" else None}
        given |= {"record": self.records[record], "stage": stage, "overrule": overrule, "note": "because"}
        self.attempt(screening.adjudicate, by=self.people[person], **given)

    @rule(readers=READERS, full_text=READERS, share=st.integers(0, 100))
    def change_the_rules(self, readers: str, full_text: str, share: int) -> None:
        fields = {"title_abstract_readers": readers, "full_text_readers": full_text, "title_abstract_share": share}
        screening.set_policy(by=self.owner, review=self.review, **fields)

    @rule(record=RECORDS, of=RECORDS | st.none())
    def mark_duplicate(self, record: int, of: int | None) -> None:
        other = None if of is None else Record.objects.get(pk=self.records[of].pk)
        row = Record.objects.get(pk=self.records[record].pk)
        self.attempt(screening.mark_duplicate, by=self.owner, record=row, of=other)

    @rule(record=RECORDS)
    def include(self, record: int) -> None:
        row = Record.objects.get(pk=self.records[record].pk)
        self.attempt(screening.make_study, by=self.owner, record=row)

    @invariant()
    def states_are_what_decisions_amount_to(self) -> None:
        for record in Record.objects.filter(review=self.review):
            states = {state.stage: state for state in record.states.all()}
            for stage, state in states.items():
                stored = (state.status, state.answered, state.first_reader_id, state.reason_id, state.is_disclosed)
                assert stored == expected(record, stage, states), (record, stage)
            is_open = Stage.TITLE_ABSTRACT in states and states[Stage.TITLE_ABSTRACT].status == Status.INCLUDED
            assert not is_open or Stage.FULL_TEXT in states
            assert record.report is None or states[Stage.FULL_TEXT].status == Status.INCLUDED

    @invariant()
    def nobody_is_a_reader_too_many(self) -> None:
        for state in ScreeningState.objects.filter(review=self.review):
            assert readers_of(state.record, state.stage) <= 2


class ScreeningTest(TestCase, Screening.TestCase):  # type: ignore[misc,name-defined]
    """The machine, each run in a transaction that is taken back."""

    settings = settings(max_examples=20, stateful_step_count=20, suppress_health_check=list(HealthCheck))
