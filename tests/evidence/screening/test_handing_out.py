"""A record is in no more hands than it needs readers, and nobody is given what they have answered."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from evidence.models import ScreeningState, ScreeningTicket
from evidence.permissions import NotAllowed
from evidence.services import screening
from tests.factories import make_review
from tests.screening_factories import make_policy, make_record, make_records, make_team, settle

pytestmark = pytest.mark.django_db

ABSTRACT, FULL_TEXT = "title_abstract", "full_text"


def given_to(person, review, stage=ABSTRACT):
    state = screening.next_record(by=person, review=review, stage=stage)
    return None if state is None else state.record


def let_time_pass():
    ScreeningTicket.objects.filter(is_skipped=False).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_a_record_is_in_two_hands_and_a_third_reader_gets_another():
    review = make_review()
    first, second = make_records(review, 2)
    anna, ben, carl = make_team(review, "anna", "ben", "carl")

    assert [given_to(person, review) for person in (anna, ben, carl)] == [first, first, second]
    assert given_to(anna, review) == first
    with pytest.raises(ValidationError, match="in the hands of as many readers as it needs"):
        screening.decide(by=carl, record=first, stage=ABSTRACT, answer="include")


def test_a_record_for_one_reader_is_in_one_hand():
    review = make_review()
    first, second = make_records(review, 2)
    make_policy(review, title_abstract_readers="single")
    anna, ben, carl = make_team(review, "anna", "ben", "carl")

    assert [given_to(person, review) for person in (anna, ben, carl)] == [first, second, None]


def test_what_is_left_lying_is_free_again_and_whom_it_belonged_to_gets_it_only_if_nobody_took_it():
    review = make_review()
    make_policy(review, title_abstract_readers="single")
    (record,) = make_records(review, 1)
    anna, ben = make_team(review, "anna", "ben")
    assert given_to(anna, review) == record
    assert given_to(ben, review) is None

    let_time_pass()
    assert given_to(anna, review) == record
    let_time_pass()
    assert given_to(ben, review) == record
    assert given_to(anna, review) is None
    with pytest.raises(ValidationError, match="in the hands of as many readers"):
        screening.decide(by=anna, record=record, stage=ABSTRACT, answer="include")
    settle(record, "include", [ben])

    assert not ScreeningTicket.objects.filter(reader=ben).exists()


def test_an_answer_that_comes_late_counts_where_nobody_else_has_the_record():
    review = make_review()
    record = make_record(review)
    (anna,) = make_team(review, "anna")
    given_to(anna, review)
    let_time_pass()

    settle(record, "include", [anna])

    assert ScreeningState.objects.get(record=record).answered == 1


def test_nobody_is_given_what_they_have_answered():
    review = make_review()
    records = make_records(review, 3)
    anna, ben = make_team(review, "anna", "ben")

    for record in records:
        assert given_to(anna, review) == record
        settle(record, "include", [anna])

    assert given_to(anna, review) is None
    assert given_to(ben, review) == records[0]


def test_records_that_another_has_answered_come_in_the_order_of_the_queue_with_those_that_nobody_has():
    review = make_review()
    records = make_records(review, 4)
    anna, ben, carl = make_team(review, "anna", "ben", "carl")
    settle(records[1], "include", [anna])
    settle(records[2], "include", [carl])
    order = []

    while (record := given_to(ben, review)) is not None:
        order.append(record)
        settle(record, "exclude", [ben])

    assert order == records


def test_what_is_put_off_comes_again_after_all_else_and_is_free_for_others():
    review = make_review()
    make_policy(review, title_abstract_readers="single")
    first, second, third = make_records(review, 3)
    anna, ben = make_team(review, "anna", "ben")
    assert given_to(anna, review) == first

    screening.skip(by=anna, state=ScreeningState.objects.get(record=first))
    assert given_to(anna, review) == second
    assert given_to(ben, review) == first
    settle(second, "include", [anna])
    assert given_to(anna, review) == third
    settle(third, "include", [anna])
    assert given_to(anna, review) is None
    screening.skip(by=ben, state=ScreeningState.objects.get(record=first))

    assert given_to(anna, review) == first


def test_a_duplicate_and_a_record_of_the_other_stage_or_another_review_are_not_given():
    review = make_review()
    first, second = make_records(review, 2)
    make_record()
    anna, ben = make_team(review, "anna", "ben")
    screening.mark_duplicate(by=anna, record=second, of=first)
    settle(first, "include", [anna, ben])

    assert given_to(anna, review) is None
    assert given_to(anna, review, FULL_TEXT) == first


def test_the_random_order_follows_from_the_seed_and_differs_between_seeds():
    review = make_review()
    records = make_records(review, 30)

    def order(seed):
        make_policy(review, order="random", seed=seed)
        return list(ScreeningState.objects.order_by("place").values_list("record", flat=True))

    first, second = order(1), order(2)
    assert sorted(first) == sorted(second) == [record.pk for record in records]
    assert first != second
    assert first not in ([record.pk for record in records], [record.pk for record in reversed(records)])
    assert order(1) == first


def test_the_share_that_two_read_is_drawn_by_the_seed_and_is_about_what_was_asked_for():
    review = make_review()
    make_records(review, 400)

    def drawn(share, seed=1):
        make_policy(review, title_abstract_readers="sample", title_abstract_share=share, seed=seed)
        return set(ScreeningState.objects.filter(needed=2).values_list("record", flat=True))

    assert (len(drawn(0)), len(drawn(100))) == (0, 400)
    share = drawn(30)
    # Four standard errors of a share of 0.3 among 400.
    assert abs(len(share) / 400 - 0.3) < 4 * (0.3 * 0.7 / 400) ** 0.5
    assert share == drawn(30) != drawn(30, seed=2)
    assert share < drawn(60)


def test_new_rules_hold_for_what_waits_and_leave_what_is_settled():
    review = make_review()
    half, none, settled, conflict = make_records(review, 4)
    anna, ben = make_team(review, "anna", "ben")
    settle(half, "include", [anna])
    settle(settled, "exclude", [anna, ben])
    settle(conflict, "include", [anna])
    settle(conflict, "exclude", [ben])

    def standing(record):
        state = ScreeningState.objects.get(record=record, stage=ABSTRACT)
        return state.status, state.needed, state.answered

    make_policy(review, title_abstract_readers="single")
    assert standing(half) == ("included", 1, 1)
    assert ScreeningState.objects.filter(record=half, stage=FULL_TEXT, needed=2).exists()
    assert standing(none) == ("waiting", 1, 0)
    assert (standing(settled), standing(conflict)) == (("excluded", 2, 2), ("conflict", 2, 2))
    settle(none, "exclude", [ben])
    make_policy(review, title_abstract_readers="dual", full_text_readers="single")

    assert (standing(half), standing(none)) == (("included", 1, 1), ("excluded", 1, 1))
    assert ScreeningState.objects.get(record=half, stage=FULL_TEXT).needed == 1
    late = make_record(review)
    assert standing(late) == ("waiting", 2, 0)


def test_only_who_manages_the_review_sets_its_rules():
    review = make_review()
    (anna,) = make_team(review, "anna", role="adjudicator")

    with pytest.raises(NotAllowed, match="may not manage the review"):
        screening.set_policy(by=anna, review=review, title_abstract_readers="single")
    with pytest.raises(ValidationError):
        make_policy(review, title_abstract_share=101)

    assert screening.policy_of(review).pk is None
