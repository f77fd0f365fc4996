"""Opening, completing and reopening extractions."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, connections

from evidence import services
from evidence.models import Extraction, Membership
from evidence.permissions import NotAllowed
from tests import factories as make

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("consensus", [True, False])
def test_extraction_is_opened_once(consensus):
    member = make.make_membership()
    study = make.make_study(member.review)
    first = services.open_extraction(by=member.user, study=study, consensus=consensus)
    again = services.open_extraction(by=member.user, study=study, consensus=consensus)
    assert first == again
    assert first.reviewer == (None if consensus else member.user)
    assert first.status == "draft"
    assert first.history.get().history_user == member.user


def test_two_reviewers_have_an_extraction_each():
    member = make.make_membership()
    study = make.make_study(member.review)
    for person in (member.user, make.make_membership(member.review, role="reviewer").user):
        assert services.open_extraction(by=person, study=study).reviewer == person
    assert study.extractions.count() == 2


@pytest.mark.parametrize("role", Membership.Role.values)
def test_opening_needs_the_role_even_where_the_extraction_exists(role):
    member = make.make_membership(role=role)
    study = make.make_study(member.review)
    make.make_extraction(study)
    if role in {"owner", "adjudicator"}:
        assert services.open_extraction(by=member.user, study=study, consensus=True)
    else:
        with pytest.raises(NotAllowed):
            services.open_extraction(by=member.user, study=study, consensus=True)
    if role in {"owner", "adjudicator", "reviewer"}:
        assert services.open_extraction(by=member.user, study=study)
    else:
        with pytest.raises(NotAllowed):
            services.open_extraction(by=member.user, study=study)


@pytest.mark.django_db(transaction=True)
def test_extraction_opened_at_the_same_moment_is_made_once():
    member = make.make_membership()
    study = make.make_study(member.review)
    # SQLite has one writer at a time and its in-memory test database one connection: there the calls take turns.
    at_once = 4 if connection.features.has_select_for_update else 1

    def open_it(_: int) -> int:
        try:
            return services.open_extraction(by=member.user, study=study, consensus=True).pk
        finally:
            if at_once > 1:
                connections.close_all()

    if at_once == 1:
        opened = [open_it(turn) for turn in range(4)]
    else:
        with ThreadPoolExecutor(at_once) as pool:
            opened = list(pool.map(open_it, range(4)))
    assert len(set(opened)) == 1
    assert Extraction.objects.filter(study=study).count() == 1


def test_complete_extraction_is_stamped_and_reopened():
    member = make.make_membership()
    extraction = make.make_extraction(make.make_study(member.review))
    services.complete_extraction(by=member.user, extraction=extraction)
    extraction.refresh_from_db()
    assert (extraction.status, extraction.completed_by) == ("complete", member.user)
    assert extraction.completed_at is not None
    services.reopen_extraction(by=member.user, extraction=extraction, reason="the author sent data")
    extraction.refresh_from_db()
    assert (extraction.status, extraction.completed_by, extraction.completed_at) == ("draft", None, None)
    reasons = extraction.history.order_by("history_id").values_list("history_change_reason", flat=True)
    assert list(reasons) == [None, "completed", "the author sent data"]


@pytest.mark.parametrize("reason", ["", "  "])
def test_reopening_needs_a_reason(reason):
    member = make.make_membership()
    extraction = make.make_extraction(make.make_study(member.review))
    services.complete_extraction(by=member.user, extraction=extraction)
    with pytest.raises(ValidationError, match="Say why"):
        services.reopen_extraction(by=member.user, extraction=extraction, reason=reason)
    assert Extraction.objects.get(pk=extraction.pk).status == "complete"


def test_completing_twice_keeps_the_first_stamp():
    member = make.make_membership()
    extraction = make.make_extraction(make.make_study(member.review))
    services.complete_extraction(by=member.user, extraction=extraction)
    colleague = make.make_membership(member.review, role="adjudicator").user
    with pytest.raises(ValidationError, match="already complete"):
        services.complete_extraction(by=colleague, extraction=extraction)
    assert Extraction.objects.get(pk=extraction.pk).completed_by == member.user


@pytest.mark.parametrize("role", ["reviewer", "statistician", "viewer"])
def test_consensus_is_completed_and_reopened_by_adjudicators_only(role):
    member = make.make_membership(role=role)
    extraction = make.make_extraction(make.make_study(member.review))
    with pytest.raises(NotAllowed):
        services.complete_extraction(by=member.user, extraction=extraction)
    with pytest.raises(NotAllowed):
        services.reopen_extraction(by=member.user, extraction=extraction, reason="why not")
    assert Extraction.objects.get(pk=extraction.pk).status == "draft"
