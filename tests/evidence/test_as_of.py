"""The review as it was on a date: rows that were changed or deleted since are as they were, and blinding holds."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evidence.admin.as_of import moment_of
from evidence.models import Study
from evidence.services import record, remove
from evidence.services.as_of import studies_as_of, study_as_of
from tests.evidence.admin_pages import member_client
from tests.factories import make_arm, make_arm_result, make_extraction, make_review, make_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene():
    """A study with a result that is changed, and one that is deleted, after `then`."""
    review = make_review()
    client = member_client(review, username="anna")
    study = make_study(review, label="Aasa 2015", code="aasa")
    gone = make_study(review, label="Gone 2016")
    arm = make_arm(make_extraction(study), label="Exercise")
    kept, deleted = make_arm_result(arm, mean="2.5", week=12), make_arm_result(arm, mean="3.5", week=52)
    then = timezone.now()
    kept.mean = "9.9"
    record(by=client.person, row=kept)
    remove(by=client.person, row=deleted)
    remove(by=client.person, row=gone)
    study.label = "Renamed"
    record(by=client.person, row=study)
    return review, client, study, then


def everything(row):
    yield row
    for one in row.rows:
        yield from everything(one)


def test_study_is_there_with_all_that_it_held(scene):
    review, _, study, then = scene
    rows = list(everything(study_as_of(review, study.pk, then)))
    assert rows[0].label == "Aasa 2015"
    means = [float(value) for row in rows for name, value in row.values if name == "mean"]
    assert means == [2.5, 3.5]
    assert [row.kind for row in rows] == ["study", "extraction", "arm", "arm result", "arm result"]


def test_now_is_as_it_is_now(scene):
    review, _, study, _ = scene
    rows = list(everything(study_as_of(review, study.pk, timezone.now())))
    assert rows[0].label == "Renamed"
    assert [float(value) for row in rows for name, value in row.values if name == "mean"] == [9.9]
    assert {"anna"} == {str(row.entry.history_user) for row in rows if row.kind == "arm result"}


def test_list_has_the_studies_of_then_and_none_from_before_the_first(scene):
    review, _, _, then = scene
    assert [one.label for one in studies_as_of(review, then)] == ["Aasa 2015", "Gone 2016"]
    assert [one.label for one in studies_as_of(review, timezone.now())] == ["Renamed"]
    assert studies_as_of(review, then - timedelta(days=1)) == []
    assert studies_as_of(make_review(), then) == []


def address(review, **query):
    return f"/admin/evidence/review/{review.pk}/as-of/", query


def test_page_shows_the_list_and_one_study(scene):
    review, client, study, then = scene
    said = client.get(*address(review, on=then.isoformat())).content.decode()
    assert "Aasa 2015" in said
    assert "2 studies." in said
    said = client.get(*address(review, on=then.isoformat(), study=study.pk)).content.decode()
    assert "2.5" in said
    assert "Renamed" not in said
    assert "did not have this study" in client.get(*address(review, on="2001-01-01", study=study.pk)).content.decode()


def test_date_that_cannot_be_read_is_said_at_the_field(scene):
    review, client, _, _ = scene
    answer = client.get(*address(review, on="yesterday"))
    assert answer.status_code == 400
    assert "“yesterday” is no date" in answer.content.decode()
    assert moment_of("2026-02-30") is None
    assert moment_of("2026-11-30").hour == 23
    assert moment_of("2026-11-30 14:05").minute == 5


def test_strangers_find_nothing_and_readers_do_not_see_each_other(scene):
    review, _, study, _ = scene
    assert member_client(make_review()).get(*address(review)).status_code == 404
    ben = member_client(review, "reviewer", username="ben")
    eve = member_client(review, "reviewer", username="eve")
    own = make_extraction(study, is_consensus=False, reviewer=ben.person)
    make_arm(own, label="Seen by Ben only")
    query = address(review, study=study.pk)
    assert "Seen by Ben only" in ben.get(*query).content.decode()
    assert "Seen by Ben only" not in eve.get(*query).content.decode()


def test_queries_do_not_grow_with_what_a_study_holds(scene, django_assert_max_num_queries):
    review, client, study, _ = scene
    for number in range(20):
        make_arm_result(Study.objects.get(pk=study.pk).extractions.get().arms.get(), week=number + 60)
    with django_assert_max_num_queries(140):
        client.get(*address(review, study=study.pk))
