"""Assignments, how far they are, the page of progress, and the e-mail of what waits."""

from datetime import date, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.utils import timezone

from evidence.models import Assignment
from evidence.permissions import NotAllowed
from evidence.services import complete_extraction
from evidence.services.assigning import assign, duties_of, read_duties, unassign
from evidence.services.digests import send_digests
from tests.evidence.admin_pages import member_client
from tests.factories import make_extraction, make_membership, make_review, make_study, make_user

pytestmark = pytest.mark.django_db
YESTERDAY, TOMORROW = date.today() - timedelta(days=1), date.today() + timedelta(days=1)


@pytest.fixture
def scene():
    review = make_review(slug="pain", title="Pain")
    boss = make_membership(review, role="adjudicator").user
    anna = make_user("anna", first_name="Anna", last_name="Aas", email="anna@example.org")
    make_membership(review, anna, "reviewer")
    return review, boss, anna, make_study(review, label="Aasa 2015")


def states(review):
    return [(duty.assignment.study.label, duty.state, duty.is_late) for duty in duties_of(reviews=[review])]


def test_state_follows_what_the_reader_does(scene):
    review, boss, anna, study = scene
    assign(by=boss, study=study, assignee=anna, task="extraction", due_on=YESTERDAY)
    assert states(review) == [("Aasa 2015", "open", True)]
    extraction = make_extraction(study, is_consensus=False, reviewer=anna)
    assert states(review) == [("Aasa 2015", "begun", True)]
    complete_extraction(by=anna, extraction=extraction)
    assert states(review) == [("Aasa 2015", "done", False)]


def test_asking_again_changes_the_day_only(scene):
    _, boss, anna, study = scene
    assign(by=boss, study=study, assignee=anna, task="extraction", due_on=YESTERDAY)
    assign(by=boss, study=study, assignee=anna, task="extraction", due_on=TOMORROW)
    assert Assignment.objects.get().due_on == TOMORROW


def test_only_members_who_record_are_asked_by_those_who_adjudicate(scene):
    review, boss, anna, study = scene
    with pytest.raises(NotAllowed):
        assign(by=anna, study=study, assignee=anna, task="extraction")
    for who in (make_user(), make_membership(review, role="viewer").user):
        with pytest.raises(ValidationError, match="is no member of the review who records evidence"):
            assign(by=boss, study=study, assignee=who, task="extraction")
    with pytest.raises(ValidationError):
        assign(by=boss, study=study, assignee=anna, task="cooking")
    assert not Assignment.objects.exists()


def test_what_is_begun_is_not_taken_away(scene):
    _, boss, anna, study = scene
    row = assign(by=boss, study=study, assignee=anna, task="extraction")
    make_extraction(study, is_consensus=False, reviewer=anna)
    with pytest.raises(ValidationError, match="has begun already"):
        unassign(by=boss, assignment=row)
    other = assign(by=boss, study=study, assignee=anna, task="risk_of_bias")
    unassign(by=boss, assignment=other)
    assert Assignment.objects.get() == row


def test_duties_take_as_many_queries_for_many_as_for_few(scene, django_assert_num_queries):
    review, boss, anna, _ = scene
    for _ in range(12):
        assign(by=boss, study=make_study(review), assignee=anna, task="extraction")
    rows = Assignment.objects.select_related("study__review", "assignee")
    with django_assert_num_queries(5):
        assert len(read_duties(rows)) == 12


def test_page_shows_and_assigns(scene):
    review, _, anna, study = scene
    address = "/admin/evidence/assignment/progress/pain/"
    client = member_client(review)
    assert "Nothing is assigned yet. Choose people and studies below." in client.get(address).content.decode()
    other = make_study(review, label="Other 2016")
    data = {"assignee": anna.pk, "task": "extraction", "studies": [study.pk, other.pk], "due_on": str(YESTERDAY)}
    said = client.post(address, data, follow=True).content.decode()
    assert "2 assigned to anna." in said
    assert "Anna Aas" in said
    assert "Take back" in said
    row = Assignment.objects.get(study=other)
    said = client.post(f"/admin/evidence/assignment/{row.pk}/take-back/", follow=True).content.decode()
    assert "The assignment is taken back." in said
    assert "1 study is assigned to nobody." in said


def test_page_refuses_in_sentences(scene):
    review, *_ = scene
    client = member_client(review)
    said = client.post("/admin/evidence/assignment/progress/pain/", {"task": "extraction"}).content.decode()
    assert "Choose who is asked." in said
    assert "Choose at least one study." in said


def test_reader_sees_their_duties_and_assigns_nobody(scene):
    review, boss, anna, study = scene
    row = assign(by=boss, study=study, assignee=anna, task="extraction")
    client = member_client(review, "reviewer")
    address = "/admin/evidence/assignment/progress/pain/"
    assert '<h2 id="assign">' not in client.get(address).content.decode()
    assert client.post(address, {"assignee": anna.pk}).status_code == 403
    assert client.post(f"/admin/evidence/assignment/{row.pk}/take-back/").status_code == 403
    assert member_client(make_review()).get(address).status_code == 404
    client.force_login(anna)
    said = client.get(address).content.decode()
    assert f'href="/admin/evidence/study/{study.pk}/change/?extraction=own">Aasa 2015' in said


def test_digest_lists_what_waits_for_each_person_and_nothing_else(scene):
    review, boss, anna, study = scene
    done = make_study(review, label="Done 2016")
    assign(by=boss, study=study, assignee=anna, task="extraction", due_on=YESTERDAY)
    assign(by=boss, study=done, assignee=anna, task="extraction")
    assign(by=boss, study=study, assignee=boss, task="risk_of_bias")
    complete_extraction(by=anna, extraction=make_extraction(done, is_consensus=False, reviewer=anna))
    assert send_digests() == 1
    (message,) = mail.outbox
    assert (message.subject, message.to) == ("Quorum: 1 open task, 1 late", ["anna@example.org"])
    assert f"- Extract: Aasa 2015, due on {YESTERDAY:%d %B %Y} (late)" in message.body
    assert "Done 2016" not in message.body


def test_command_sends_and_says_how_many(scene, capsys):
    _, boss, anna, study = scene
    call_command("send_digests")
    assert "Nothing waits for anybody." in capsys.readouterr().out
    assign(by=boss, study=study, assignee=anna, task="extraction", due_on=timezone.localdate())
    call_command("send_digests", "--dry-run")
    assert "Subject: Quorum: 1 open task\n" in capsys.readouterr().out
    assert not mail.outbox
    call_command("send_digests")
    assert "1 message sent." in capsys.readouterr().out
    assert len(mail.outbox) == 1
