"""What the answers of several readers amount to, as a table of rules."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evidence.verdicts import Answer, Event, Stage, Status, reach

ANNA, BEN, CARL = 1, 2, 3


def events(*said: tuple[int, str] | tuple[int, str, int]) -> list[Event]:
    return [Event(*one) for one in said]


def ruled(answer: str, reason: int | None = None) -> Event:
    return Event(CARL, answer, reason, is_adjudication=True)


@pytest.mark.parametrize(
    ("first", "second", "at_abstract", "at_full_text"),
    [
        ("include", "include", "included", "included"),
        ("include", "unsure", "included", "conflict"),
        ("unsure", "unsure", "included", "conflict"),
        ("include", "exclude", "conflict", "conflict"),
        ("unsure", "exclude", "conflict", "conflict"),
        ("exclude", "exclude", "excluded", "excluded"),
    ],
)
def test_two_answers_amount_to_the_same_in_either_order(
    first: str, second: str, at_abstract: str, at_full_text: str
) -> None:
    for one, other in ((first, second), (second, first)):
        for stage, status in ((Stage.TITLE_ABSTRACT, at_abstract), (Stage.FULL_TEXT, at_full_text)):
            reason = {answer: 7 if answer == "exclude" else None for answer in (one, other)}
            said = [Event(ANNA, one, reason[one]), Event(BEN, other, reason[other])]
            assert reach(said, needed=2, stage=stage).status == status


@pytest.mark.parametrize(
    ("answer", "at_abstract", "at_full_text"),
    [("include", "included", "included"), ("unsure", "included", "conflict"), ("exclude", "excluded", "excluded")],
)
def test_one_answer_is_enough_where_one_reader_is_needed(answer: str, at_abstract: str, at_full_text: str) -> None:
    said = events((ANNA, answer))

    assert reach(said, needed=1, stage=Stage.TITLE_ABSTRACT).status == at_abstract
    assert reach(said, needed=1, stage=Stage.FULL_TEXT).status == at_full_text


def test_two_reasons_for_excluding_a_full_text_are_a_conflict_and_none_for_an_abstract() -> None:
    said = events((ANNA, "exclude", 1), (BEN, "exclude", 2))

    assert reach(said, needed=2, stage=Stage.FULL_TEXT).status == Status.CONFLICT
    at_abstract = reach(said, needed=2, stage=Stage.TITLE_ABSTRACT)
    assert (at_abstract.status, at_abstract.reason) == (Status.EXCLUDED, None)
    agreed = events((ANNA, "exclude", 2), (BEN, "exclude", 2))
    assert reach(agreed, needed=2, stage=Stage.FULL_TEXT).reason == 2


def test_one_of_two_answers_is_waiting_and_tells_nobody_what_it_was() -> None:
    verdict = reach(events((ANNA, "include")), needed=2, stage=Stage.TITLE_ABSTRACT)

    assert (verdict.status, verdict.answered, verdict.first_reader) == (Status.WAITING, 1, ANNA)
    assert not verdict.is_disclosed


def test_a_change_of_mind_counts_while_the_other_is_waited_for_and_not_after() -> None:
    changed = events((ANNA, "include"), (ANNA, "exclude"), (BEN, "exclude"))
    too_late = events((ANNA, "include"), (BEN, "exclude"), (ANNA, "exclude"))

    assert reach(changed, needed=2, stage=Stage.TITLE_ABSTRACT).status == Status.EXCLUDED
    assert reach(too_late, needed=2, stage=Stage.TITLE_ABSTRACT).status == Status.CONFLICT


def test_an_answer_taken_back_in_time_is_as_if_it_had_not_been_given() -> None:
    said = events((ANNA, "include"), (ANNA, "withdrawn"))

    assert reach(said, needed=2, stage=Stage.TITLE_ABSTRACT) == reach([], needed=2, stage=Stage.TITLE_ABSTRACT)


def test_an_answer_taken_back_after_both_have_answered_calls_the_adjudicator() -> None:
    said = events((ANNA, "exclude"), (BEN, "exclude"), (BEN, "withdrawn"))

    verdict = reach(said, needed=2, stage=Stage.TITLE_ABSTRACT)
    assert (verdict.status, verdict.is_disclosed, verdict.answered) == (Status.CONFLICT, True, 2)
    settled = reach([*said, ruled("include")], needed=2, stage=Stage.TITLE_ABSTRACT)
    assert settled.status == Status.INCLUDED


def test_the_only_reader_may_take_an_answer_back() -> None:
    said = events((ANNA, "exclude"), (ANNA, "withdrawn"))

    assert reach(said, needed=1, stage=Stage.TITLE_ABSTRACT).status == Status.WAITING


def test_the_last_ruling_counts_with_its_reason() -> None:
    said = [*events((ANNA, "include"), (BEN, "exclude", 1)), ruled("include"), ruled("exclude", 4)]

    verdict = reach(said, needed=2, stage=Stage.FULL_TEXT)
    assert (verdict.status, verdict.reason) == (Status.EXCLUDED, 4)


HEARD = st.lists(
    st.builds(
        Event,
        reader=st.sampled_from([ANNA, BEN, CARL]),
        answer=st.sampled_from([str(answer) for answer in Answer]),
        reason=st.none() | st.integers(1, 3),
    ),
    max_size=12,
)


@given(said=HEARD, needed=st.sampled_from([1, 2]), stage=st.sampled_from(list(Stage)))
def test_nobody_is_shown_answers_before_enough_were_given(said: list[Event], needed: int, stage: Stage) -> None:
    verdict = reach(said, needed=needed, stage=stage)

    assert verdict.answered <= needed
    assert verdict.is_disclosed == (verdict.status != Status.WAITING)
    assert verdict.is_disclosed == (verdict.answered == needed)
    assert (verdict.first_reader is not None) == (verdict.status == Status.WAITING and verdict.answered == 1)


@given(said=HEARD, more=HEARD, stage=st.sampled_from(list(Stage)))
def test_after_two_have_answered_no_reader_changes_what_they_amount_to_but_by_calling_an_adjudicator(
    said: list[Event], more: list[Event], stage: Stage
) -> None:
    before = reach(said, needed=2, stage=stage)
    after = reach([*said, *more], needed=2, stage=stage)

    if before.is_disclosed:
        assert after.status in (before.status, Status.CONFLICT)
        assert after.is_disclosed
