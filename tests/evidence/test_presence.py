"""A soft hint that somebody else has the page open; never a lock, and never of a page that only one person edits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from evidence.models import EditingMark, Review
from evidence.permissions import NotAllowed
from evidence.services.presence import mark_editing, others_editing
from tests.evidence.admin_pages import change_address, member_client
from tests.factories import make_extraction, make_review, make_study, make_user

pytestmark = pytest.mark.django_db


def tell(client, study, query=""):
    return client.post(f"/admin/evidence/study/{study.pk}/editing/{query}")


def two(review: Review):
    return member_client(review, username="anna", first_name="Anna"), member_client(review, username="ben")


def test_each_hears_of_the_other_and_not_of_themselves():
    study = make_study()
    anna, ben = two(study.review)
    assert tell(anna, study).json() == {"says": ""}
    assert tell(ben, study).json()["says"].startswith("Anna has this page open too.")
    assert tell(anna, study).json()["says"].startswith("ben has this page open too.")
    assert EditingMark.objects.count() == 2


def test_page_says_so_from_the_start():
    study = make_study()
    anna, ben = two(study.review)
    tell(anna, study)
    assert "Anna has this page open too." in ben.get(change_address(study)).content.decode()
    assert "Anna has this page open too." not in anna.get(change_address(study)).content.decode()


def test_who_was_silent_for_a_minute_has_left():
    study = make_study()
    anna, ben = two(study.review)
    now = timezone.now()
    for client in (anna, ben):
        mark_editing(by=client.person, review=study.review, page="x", now=now)
    assert others_editing(by=ben.person, page="x", now=now + timedelta(seconds=59)) == ["Anna"]
    assert others_editing(by=ben.person, page="x", now=now + timedelta(seconds=61)) == []
    mark_editing(by=ben.person, review=study.review, page="y", now=now + timedelta(days=2))
    assert EditingMark.objects.count() == 1


def test_own_extraction_is_nobody_elses_page():
    study = make_study()
    anna, ben = two(study.review)
    make_extraction(study, is_consensus=False, reviewer=anna.person)
    assert tell(anna, study, "?extraction=own").json() == {"says": ""}
    assert not EditingMark.objects.exists()
    assert tell(ben, study, "?extraction=own").json() == {"says": ""}


def test_strangers_and_readers_mark_nothing():
    study = make_study()
    viewer = member_client(study.review, "viewer")
    assert tell(viewer, study).status_code == 404
    assert tell(member_client(make_review()), study).status_code == 404
    assert viewer.get(f"/admin/evidence/study/{study.pk}/editing/").status_code == 405
    with pytest.raises(NotAllowed):
        mark_editing(by=make_user(), review=study.review, page="x")
    assert not EditingMark.objects.exists()
