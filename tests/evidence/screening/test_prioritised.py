"""The queue in the order of a model: learned from what is settled only, and never an exclusion."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from analysis.services.prioritising import estimate_left, is_due, rank_due, rank_records
from evidence.models import Record, Review, ScreeningRanking, ScreeningState
from evidence.permissions import NotAllowed
from evidence.services import screening
from tests.evidence.admin_pages import member_client
from tests.evidence.screening.test_pages import text_of
from tests.factories import make_review
from tests.screening_factories import make_owner, make_policy, make_records, make_team, settle

pytestmark = pytest.mark.django_db

ABSTRACT = "title_abstract"
BACKS = "A randomised trial of exercise for low back pain in adults"
MICE = "Imaging of knee cartilage in a cohort of mice"


def make_half_read(review: Review, readers: list[Any]) -> tuple[list[Record], list[Record]]:
    """Make records of two kinds, by turns, of which four are settled; give those of each kind that wait."""
    rows = [{"title": f"{BACKS if number % 2 else MICE} {number}"} for number in range(20)]
    search_round = make_records(review, 1, title=f"{MICE} 100")[0].search_round
    screening.add_records(by=make_owner(review), search_round=search_round, rows=rows)
    records = list(review.records.order_by("pk"))
    for record in records[:5]:
        settle(record, "include" if BACKS in record.title else "exclude", readers)
    waiting = records[5:]
    return [row for row in waiting if BACKS in row.title], [row for row in waiting if MICE in row.title]


def queue_of(review: Review, person: Any, count: int) -> list[Record]:
    """Give the first records that the person is handed, each excluded in turn."""
    found = []
    for _ in range(count):
        state = screening.next_record(by=person, review=review, stage=ABSTRACT)
        assert state is not None
        found.append(state.record)
        settle(state.record, "exclude", [person])
    return found


def test_the_queue_brings_likely_includes_first_and_all_others_after_them() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    likely, others = make_half_read(review, [anna, ben])
    make_policy(review, order="priority")

    made = rank_records(by=anna, review=review)

    assert (made.learned_from, made.included, made.ranked) == (5, 2, 16)
    ranks = dict(ScreeningState.objects.exclude(priority=None).values_list("record", "priority"))
    assert sorted(ranks.values()) == list(range(1, 17))
    order = queue_of(review, anna, 16)
    assert set(order[: len(likely)]) == set(likely)
    assert set(order[len(likely) :]) == set(others)


def test_nothing_is_learned_from_an_answer_while_another_reader_is_waited_for() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    likely, others = make_half_read(review, [anna, ben])
    make_policy(review, order="priority")
    before = dict(ScreeningState.objects.values_list("record", "place"))
    rank_records(by=anna, review=review)
    places = dict(ScreeningState.objects.values_list("record", "place"))

    for record in likely:
        settle(record, "exclude", [anna])
    for record in others:
        settle(record, "include", [anna])
    rank_records(by=anna, review=review)

    assert places != before
    assert dict(ScreeningState.objects.values_list("record", "place")) == places


def test_an_order_needs_somebody_who_screens_the_choice_and_both_kinds() -> None:
    review = make_review()
    (anna,) = make_team(review, "anna")
    (viewer,) = make_team(review, "vera", role="viewer")
    make_records(review, 3)

    with pytest.raises(ValidationError, match="reads its records in another order"):
        rank_records(by=anna, review=review)
    make_policy(review, order="priority")
    with pytest.raises(ValidationError, match="at least 1 included and 1 excluded"):
        rank_records(by=anna, review=review)
    with pytest.raises(NotAllowed):
        rank_records(by=viewer, review=review)
    assert not ScreeningRanking.objects.exists()


def test_going_back_to_another_order_needs_no_ranks_and_keeps_them() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    make_half_read(review, [anna, ben])
    make_policy(review, order="priority")
    rank_records(by=anna, review=review)

    make_policy(review, order="found")
    assert list(ScreeningState.objects.filter(stage=ABSTRACT).values_list("record", "place")) == [
        (pk, pk) for pk in review.records.order_by("pk").values_list("pk", flat=True)
    ]
    make_policy(review, order="priority")

    ranked = ScreeningState.objects.exclude(priority=None).order_by("priority").values_list("priority", "place")
    assert all(priority == place for priority, place in ranked)


def test_an_order_is_renewed_once_enough_is_settled_in_the_name_of_who_chose_it(capsys: Any) -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    likely, others = make_half_read(review, [anna, ben])
    assert rank_due() == []
    policy = make_policy(review, order="priority")
    chooser = policy.history.first().history_user

    (first,) = rank_due()
    assert (first.ranked_by, is_due(review), rank_due()) == (chooser, False, [])
    for record in [*likely, *others][:9]:
        settle(record, "exclude", [anna, ben])
    assert not is_due(review)
    settle([*likely, *others][9], "exclude", [anna, ben])
    assert is_due(review)
    call_command("refresh", due=True)

    assert ScreeningRanking.objects.count() == 2
    assert f"Queue of “{review}”: 6 records, learned from 15." in capsys.readouterr().out


def test_what_may_be_left_is_told_for_orders_that_allow_it_and_from_their_choice_on() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    likely, others = make_half_read(review, [anna, ben])

    assert estimate_left(review) is None
    make_policy(review, order="priority")
    first = estimate_left(review)
    assert first is not None
    assert (first.screened, first.included, first.total, first.p_value) == (5, 2, 21, 1.0)
    for record in [*likely, *others]:
        settle(record, "exclude", [anna, ben])

    last = estimate_left(review)
    assert last is not None
    assert (last.unread, last.p_value, last.recall_percent) == (0, 0.0, 99)


def test_the_order_holds_since_it_was_last_chosen() -> None:
    review = make_review()
    policy = make_policy(review, order="random")
    make_policy(review, order="priority")
    policy = make_policy(review, order="priority", needs_reason=True)
    now = timezone.now()
    for hours, row in enumerate(policy.history.all(), start=1):
        row.history_date = now - timedelta(hours=hours)
        row.save()

    assert screening.order_since(policy) == now - timedelta(hours=2)


def test_the_page_tells_and_orders() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    make_half_read(review, [anna, ben])
    address = f"/admin/analysis/snapshot/priority/{review.slug}/"
    reviewer, viewer = member_client(review, "reviewer"), member_client(review, "viewer")

    assert "An owner can choose another order" in text_of(reviewer.get(address))
    make_policy(review, order="priority")
    page = text_of(reviewer.post(address, follow=True))

    assert "The queue is in order: 16 records, learned from 5." in page
    assert "5 of 21 records are settled by title and abstract, 2 of them included." in page
    assert "Less than 95 % of all includes may have been found so far: p &gt; 0.999" in page
    assert address in reviewer.get(f"/admin/evidence/record/screening/{review.slug}/").content.decode()
    assert viewer.get(address).status_code == 200
    assert viewer.post(address).status_code == 403
    assert member_client(make_review()).get(address).status_code == 404
