"""A small import beside many records looks up only what it needs, and knows a hit whatever was corrected since."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.models import Record, RecordText, SearchRound
from evidence.services import screening
from tests.factories import make_review, make_search_round
from tests.screening_factories import make_owner, make_source

pytestmark = pytest.mark.django_db


def rows_of(count: int, begin: int = 0) -> list[dict[str, Any]]:
    """Give hits that differ."""
    return [
        {"title": f"Tea {number}", "year": 2001, "doi": f"10.1000/{number}"} for number in range(begin, begin + count)
    ]


def queries_of(search_round: SearchRound, rows: list[dict[str, Any]], **options: Any) -> list[str]:
    """Give the queries that adding these hits takes."""
    owner = make_owner(search_round.review)
    with CaptureQueriesContext(connection) as caught:
        screening.add_records(by=owner, search_round=search_round, rows=rows, **options)
    return [query["sql"] for query in caught.captured_queries]


def test_paste_takes_as_many_queries_beside_few_records_as_beside_many() -> None:
    few, many = make_search_round(make_review()), make_search_round(make_review())
    queries_of(few, rows_of(2))
    queries_of(many, rows_of(400))

    first = [queries_of(one, rows_of(3, begin=begin)) for one, begin in ((few, 1000), (many, 2000))]
    again = [queries_of(one, rows_of(3, begin=begin)) for one, begin in ((few, 1000), (many, 2000))]
    for one, other in (first, again):
        assert [sql.split(" ")[0] for sql in one] == [sql.split(" ")[0] for sql in other]
    assert Record.objects.filter(search_round=many).count() == 403


def test_hits_are_looked_up_by_their_index() -> None:
    search_round = make_search_round(make_review())
    queries_of(search_round, rows_of(2))

    (asked,) = [sql for sql in queries_of(search_round, rows_of(2)) if '"arrived_as" IN' in sql]

    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"EXPLAIN QUERY PLAN {asked}")
            assert "recordtext_by_arrival" in str(cursor.fetchall())
    assert "words" not in asked


def test_hits_of_an_earlier_release_are_known_as_they_came_in() -> None:
    search_round = make_search_round(make_review())
    owner = make_owner(search_round.review)
    queries_of(search_round, rows_of(3))
    record = Record.objects.get(title="Tea 1")
    record.title = "Tea, corrected"
    screening.correct_record(by=owner, record=record)
    noted = list(RecordText.objects.order_by("pk").values_list("arrived_as", flat=True))
    RecordText.objects.update(arrived_as="")

    added = screening.add_records(by=owner, search_round=search_round, rows=rows_of(4))

    assert (added.records, added.unchanged) == (1, 3)
    assert list(RecordText.objects.order_by("pk").values_list("arrived_as", flat=True))[:3] == noted


def test_same_hit_of_another_database_or_round_is_not_the_same_hit() -> None:
    review = make_review()
    first, second = make_search_round(review), make_search_round(review)
    row = {"title": "Tea without numbers"}
    for search_round, source in ((first, None), (first, make_source(first)), (second, None)):
        added = screening.add_records(by=make_owner(review), search_round=search_round, rows=[row], source=source)
        assert (added.records, added.unchanged) == (1, 0)
    assert len(set(RecordText.objects.values_list("arrived_as", flat=True))) == 1
