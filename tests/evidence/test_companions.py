"""Companion reports: the demonstration's studies, judged one by one, and what a person says to proposals."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.importers import import_review
from evidence.likeness import propose_companions
from evidence.models import Review, Study, StudyPair
from evidence.permissions import NotAllowed
from evidence.services import companions, undo
from tests.evidence.admin_pages import member_client
from tests.factories import make_arm, make_extraction, make_membership, make_review, make_study, make_user
from tests.screening_factories import make_owner

pytestmark = pytest.mark.django_db

FOLDER = Path(__file__).resolve().parents[2] / "evidence" / "demonstration" / "lbp_review"
# Every proposal among the 58 studies, with what Table 1 of the review says. Others share one or two numbers by chance:
# Lehtola 2016 has the 35 and 35 participants of Aasa 2015, but a mean age of 49.5 and 60.0 % women; Jensen 2011 and
# Vibe Fersum 2013 share age and women, with 351 and 121 participants; Diaz-Arribas 2015 and Sandal 2021 have 461
# participants, in three arms and in two; Hill 2011 and Hill 2020, one group, have 851 and 524.
ONE_TRIAL = {
    ("Aasa 2015", "Michaelson 2016"): "70 participants, 35 and 35, age 42, 55.7 % women, 8 weeks: one trial",
}


def make_twins(review: Review | None = None) -> tuple[Study, Study]:
    """Make two studies of a review whose registration is one."""
    review = review or make_review()
    first = make_study(review, label="Aasa 2015", year=2015, registration="NCT01362049")
    later = make_study(review, label="Michaelson 2016", year=2016, note="Follow-up of NCT01362049")
    return first, later


def at(review: Review) -> str:
    return f"/admin/evidence/studypair/of/{review.slug}/"


def text_of(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_the_demonstration_has_one_trial_under_two_names_and_no_other() -> None:
    person = make_user(is_superuser=True)
    review = import_review(by=person, folder=FOLDER).review
    labels = dict(Study.objects.filter(review=review).values_list("pk", "label"))

    found = propose_companions(companions.read_facts(review))

    assert len(labels) == 58
    assert {(labels[one.first], labels[one.later]) for one in found} == set(ONE_TRIAL)
    assert "women: 55.7 % in both" in found[0].speaks_for
    assert companions.proposed_companions(by=person, review=review) == ()  # the demonstration says so already
    later = Study.objects.get(review=review, code="Michaelson_2016")
    later.companion_of = None
    later.save()
    assert companions.proposed_companions(by=person, review=review) == found


def test_one_trial_is_joined_as_an_act_and_taken_back() -> None:
    first, later = make_twins()
    owner = make_owner(first.review)

    pair = companions.answer_studies(by=owner, first=later, second=first, answer="companion")

    later.refresh_from_db()
    assert (later.companion_of, pair.act.what) == (first, "Michaelson 2016 made a companion of Aasa 2015")
    assert companions.proposed_companions(by=owner, review=first.review) == ()
    companions.take_back_about_studies(by=owner, review=first.review)
    later.refresh_from_db()
    assert later.companion_of is None
    assert len(companions.proposed_companions(by=owner, review=first.review)) == 1

    pair = companions.answer_studies(by=owner, first=first, second=later, answer="companion")
    undo(by=owner, batch=pair.act, reason="two trials after all")
    later.refresh_from_db()
    assert later.companion_of is None
    assert not StudyPair.objects.exists()


def test_companions_of_the_later_study_follow_it_and_come_back() -> None:
    first, later = make_twins()
    third = make_study(first.review, label="Aasa 2017", year=2017, companion_of=later)
    owner = make_owner(first.review)

    companions.answer_studies(by=owner, first=first, second=later, answer="companion")

    assert set(first.companions.all()) == {later, third}
    companions.take_back_about_studies(by=owner, review=first.review)
    assert list(later.companions.all()) == [third]
    assert not first.companions.exists()


def test_two_trials_are_not_proposed_again() -> None:
    first, later = make_twins()
    owner = make_owner(first.review)

    companions.answer_studies(by=owner, first=first, second=later, answer="distinct")

    assert companions.proposed_companions(by=owner, review=first.review) == ()
    with pytest.raises(ValidationError, match="has answered already whether they are one trial: two trials"):
        companions.answer_studies(by=owner, first=first, second=later, answer="companion")
    viewer = make_membership(first.review, make_user(), "viewer").user
    with pytest.raises(NotAllowed):
        companions.take_back_about_studies(by=viewer, review=first.review)
    with pytest.raises(NotAllowed):
        companions.answer_studies(by=viewer, first=first, second=later, answer="distinct")


def test_only_the_consensus_is_read() -> None:
    first, _ = make_twins()
    make_arm(make_extraction(first, consensus=False), n_randomised=35)

    assert {facts.arms for facts in companions.read_facts(first.review)} == {()}


def test_the_page_shows_reasons_takes_answers_and_stands_empty() -> None:
    first, later = make_twins()
    review = first.review
    client = member_client(review, "reviewer")

    page = client.get(at(review))

    assert "registered as NCT01362049" in text_of(page)
    assert "One trial or two" in text_of(client.get(f"/admin/evidence/review/{review.pk}/change/"))
    page = client.post(at(review), {"answer": "companion", "first": first.pk, "later": later.pk}, follow=True)
    assert "Michaelson 2016 is a companion of Aasa 2015" in text_of(page)
    assert StudyPair.objects.get().reasons == "registered as NCT01362049"
    page = client.post(at(review), {"answer": "undo"}, follow=True)
    assert "is taken back" in text_of(page)
    assert client.post(at(review), {"answer": "companion", "first": "x", "later": later.pk}).status_code == 404
    empty = make_review()
    assert "The review has no studies yet" in text_of(member_client(empty, "viewer").get(at(empty)))
    assert client.get(at(empty)).status_code == 404
    viewer = member_client(review, "viewer")
    assert viewer.post(at(review), {"answer": "distinct", "first": first.pk, "later": later.pk}).status_code == 403
    assert 'value="distinct"' not in viewer.get(at(review)).content.decode()


def test_the_page_takes_as_many_queries_for_one_pair_as_for_many() -> None:
    counts = []
    for count in (1, 10):
        review = make_review()
        for number in range(count):
            for year in (2015, 2016):
                make_study(review, year=year, registration=f"NCT0136{number:04}")
        client = member_client(review, "viewer")
        client.get(at(review))
        with CaptureQueriesContext(connection) as queries:
            client.get(at(review))
        counts.append(len(queries))

    assert counts[0] == counts[1] <= 24
