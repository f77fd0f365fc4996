"""Answers are events; where a record stands follows from them; nobody answers what is not theirs."""

import pytest
from django.core.exceptions import ValidationError

from evidence.models import ScreeningDecision, ScreeningState
from evidence.permissions import NotAllowed
from evidence.services import screening
from tests.factories import make_review, make_user
from tests.screening_factories import make_owner, make_policy, make_reason, make_record, make_records, make_team, settle

pytestmark = pytest.mark.django_db

ABSTRACT, FULL_TEXT = "title_abstract", "full_text"


def state_of(record, stage=ABSTRACT):
    return ScreeningState.objects.get(record=record, stage=stage)


def answers(record, stage=ABSTRACT):
    return list(ScreeningDecision.objects.filter(record=record, stage=stage).values_list("answer", flat=True))


def test_a_record_waits_for_two_readers_and_then_goes_on():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")

    screening.decide(by=anna, record=record, stage=ABSTRACT, answer="include")
    half = state_of(record)
    screening.decide(by=ben, record=record, stage=ABSTRACT, answer="unsure")

    assert (half.status, half.answered, half.first_reader) == ("waiting", 1, anna)
    assert (state_of(record).status, state_of(record).is_disclosed) == ("included", True)
    assert state_of(record, FULL_TEXT).status == "waiting"


def test_an_excluded_record_does_not_come_to_the_full_texts():
    review = make_review()
    record = make_record(review)

    settle(record, "exclude", make_team(review, "anna", "ben"))

    assert state_of(record).status == "excluded"
    assert record.states.count() == 1


def test_a_change_of_mind_is_a_new_event_and_the_first_answer_is_what_agreement_reads():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")

    settle(record, "include", [anna])
    settle(record, "exclude", [anna, ben])

    assert answers(record) == ["include", "exclude", "exclude"]
    assert state_of(record).status == "excluded"
    first = {answer.reader: answer.answer for answer in screening.first_answers(review=review, stage=ABSTRACT)}
    assert first == {anna.pk: "include", ben.pk: "exclude"}


def test_first_answers_are_not_told_of_a_record_that_waits_for_a_reader():
    review = make_review()
    anna, _ = make_team(review, "anna", "ben")

    settle(make_record(review), "include", [anna])

    assert screening.first_answers(review=review, stage=ABSTRACT) == []


def test_the_same_answer_twice_is_one_event():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")

    settle(record, "include", [anna, anna, ben, ben])

    assert answers(record) == ["include", "include"]


def test_a_settled_record_is_not_answered_any_more():
    review = make_review()
    record = make_record(review)
    anna, ben, carl = make_team(review, "anna", "ben", "carl")
    settle(record, "include", [anna, ben])

    for person in (anna, carl):
        with pytest.raises(ValidationError, match="has been answered by all who have to read it"):
            screening.decide(by=person, record=record, stage=ABSTRACT, answer="exclude")

    assert answers(record) == ["include", "include"]


@pytest.mark.parametrize("role", ["statistician", "viewer"])
def test_only_who_records_evidence_screens(role):
    review = make_review()
    record = make_record(review)
    (person,) = make_team(review, "anna", role=role)

    with pytest.raises(NotAllowed):
        screening.decide(by=person, record=record, stage=ABSTRACT, answer="include")
    with pytest.raises(NotAllowed):
        screening.next_record(by=person, review=review, stage=ABSTRACT)
    with pytest.raises(NotAllowed):
        screening.undo(by=make_user(), review=review, stage=ABSTRACT)
    assert answers(record) == []


def test_excluding_a_full_text_needs_a_reason_of_the_review_for_this_stage():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    settle(record, "include", [anna, ben])
    for reason, sentence in (
        (None, "needs a reason"),
        (make_reason(), "is not a reason of this review that can be chosen"),
        (make_reason(review, stage=ABSTRACT), "is not a reason of this review that can be chosen"),
        (make_reason(review, is_retired=True), "is not a reason of this review that can be chosen"),
    ):
        with pytest.raises(ValidationError, match=sentence):
            screening.decide(by=anna, record=record, stage=FULL_TEXT, answer="exclude", reason=reason)
    reason = make_reason(review, stage=FULL_TEXT)
    with pytest.raises(ValidationError, match="for excluding only"):
        screening.decide(by=anna, record=record, stage=FULL_TEXT, answer="include", reason=reason)

    settle(record, "exclude", [anna, ben], FULL_TEXT, reason=reason)

    assert (state_of(record, FULL_TEXT).status, state_of(record, FULL_TEXT).reason) == ("excluded", reason)


def test_a_reason_at_titles_and_abstracts_is_needed_where_the_review_says_so():
    review = make_review()
    record = make_record(review)
    (anna,) = make_team(review, "anna")
    make_policy(review, needs_reason=True)

    with pytest.raises(ValidationError, match="needs a reason"):
        screening.decide(by=anna, record=record, stage=ABSTRACT, answer="exclude")
    screening.decide(by=anna, record=record, stage=ABSTRACT, answer="exclude", reason=make_reason(review))

    assert answers(record) == ["exclude"]


def test_many_answers_are_taken_all_or_none_by_the_same_rules():
    review = make_review()
    records = make_records(review, 4)
    anna, ben, carl = make_team(review, "anna", "ben", "carl")
    settle(records[2], "include", [anna, ben])
    given = [screening.Given(record, "exclude") for record in records]

    with pytest.raises(ValidationError, match=f"“{records[2]}” has been answered by all"):
        screening.decide_many(by=carl, review=review, stage=ABSTRACT, given=given)
    assert not ScreeningDecision.objects.filter(decided_by=carl).exists()
    with pytest.raises(ValidationError, match="named twice"):
        screening.decide_many(by=carl, review=review, stage=ABSTRACT, given=[given[0], given[0]])
    screening.decide_many(by=carl, review=review, stage=ABSTRACT, given=given[:2])

    made = ScreeningDecision.objects.filter(decided_by=carl)
    assert {(row.record, row.door) for row in made} == {(records[0], "bulk"), (records[1], "bulk")}
    assert len({row.batch for row in made}) == 1


def test_many_answers_are_taken_back_as_a_whole():
    review = make_review()
    records = make_records(review, 3)
    anna, ben = make_team(review, "anna", "ben")
    given = [screening.Given(record, "exclude") for record in records]
    screening.decide_many(by=anna, review=review, stage=ABSTRACT, given=given)
    settle(records[0], "exclude", [ben])
    batch = ScreeningDecision.objects.filter(decided_by=anna).first().batch

    assert screening.undo_batch(by=ben, review=review, batch=batch) == 0
    assert screening.undo_batch(by=anna, review=review, batch=batch) == 3
    assert screening.undo_batch(by=anna, review=review, batch=batch) == 0

    assert [state_of(record).status for record in records] == ["conflict", "waiting", "waiting"]
    assert answers(records[1]) == ["exclude", "withdrawn"]


def test_undo_goes_back_one_answer_after_the_other_and_hands_the_record_out_again():
    review = make_review()
    first, second = make_records(review, 2)
    (anna,) = make_team(review, "anna")
    settle(first, "include", [anna])
    settle(second, "exclude", [anna])

    assert screening.undo(by=anna, review=review, stage=ABSTRACT).record == second
    assert screening.next_record(by=anna, review=review, stage=ABSTRACT).record == second
    assert screening.undo(by=anna, review=review, stage=ABSTRACT).record == first
    with pytest.raises(ValidationError, match="no answer of yours"):
        screening.undo(by=anna, review=review, stage=ABSTRACT)

    assert answers(second) == ["exclude", "withdrawn"]
    assert [state_of(record).answered for record in (first, second)] == [0, 0]


def test_undo_by_the_second_reader_sends_the_record_to_an_adjudicator():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    settle(record, "include", [anna, ben])

    state = screening.undo(by=ben, review=review, stage=ABSTRACT)

    assert state.status == "conflict"
    assert state_of(record, FULL_TEXT).status == "removed"
    with pytest.raises(ValidationError, match="answered by all"):
        screening.decide(by=ben, record=record, stage=ABSTRACT, answer="exclude")
    first = {answer.answer for answer in screening.first_answers(review=review, stage=ABSTRACT)}
    assert first == {"include"}


def test_undo_is_refused_where_something_was_built_upon_the_answer():
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    settle(record, "include", [anna, ben])
    settle(record, "include", [anna], FULL_TEXT)

    with pytest.raises(ValidationError, match="has been answered at the full-text stage"):
        screening.undo(by=ben, review=review, stage=ABSTRACT)
    settle(record, "include", [ben], FULL_TEXT)
    screening.make_study(by=anna, record=record)
    with pytest.raises(ValidationError, match="is a report of a study"):
        screening.undo(by=ben, review=review, stage=FULL_TEXT)


def test_one_reader_is_enough_where_the_review_says_so_and_may_take_the_answer_back():
    review = make_review()
    record = make_record(review)
    make_policy(review, title_abstract_readers="single")
    anna, _ = make_team(review, "anna", "ben")

    settle(record, "exclude", [anna])
    assert state_of(record).status == "excluded"
    screening.undo(by=anna, review=review, stage=ABSTRACT)

    assert (state_of(record).status, state_of(record).is_disclosed) == ("waiting", False)


def test_a_record_of_another_review_is_not_answered_along():
    review, other = make_review(), make_record()
    (anna,) = make_team(review, "anna")

    with pytest.raises(ValidationError, match="is not at this stage"):
        screening.decide_many(by=anna, review=review, stage=ABSTRACT, given=[screening.Given(other, "exclude")])
    assert answers(other) == []


def test_who_made_an_answer_cannot_be_deleted_and_the_answer_cannot_be_changed():
    review = make_review()
    settle(make_record(review), "include", [make_owner(review)])
    decision = ScreeningDecision.objects.get()

    decision.answer = "exclude"
    with pytest.raises(TypeError, match="cannot be changed or deleted"):
        decision.save()
    with pytest.raises(TypeError, match="cannot be changed or deleted"):
        ScreeningDecision.objects.filter(pk=decision.pk).update(answer="exclude")
    with pytest.raises(TypeError, match="cannot be changed or deleted"):
        decision.delete()
