"""Changed conclusions are told once, to those who ask; digits are not, and no mail server stops a publication."""

import smtplib

import pytest
from django.core.exceptions import ValidationError
from django.core.mail.backends.locmem import EmailBackend
from django.db import IntegrityError, transaction

from analysis import dispatching
from analysis.explain import ChangedClass
from analysis.models import DOMAINS, AppendOnly, Delivery, Notice, NoticeRead, RefreshEnd, Snapshot, WebhookSecret
from analysis.noticing import changes_between, describe, note_change
from analysis.services import rate_certainty, refresh
from analysis.services.explaining import conclusion_of_snapshot
from analysis.services.notifying import (
    deliver_due,
    mark_read,
    unread,
)
from evidence.permissions import NotAllowed
from tests import factories
from tests.analysis.builders import make_small_review
from tests.analysis.notices_world import (
    change_digits,
    change_means,
    hook,
    later,
    make_changed,
    make_notice,
    owner_with_mail,
    snapshot_next,
)

pytestmark = pytest.mark.django_db


# What is news ---------------------------------------------------------------------------------------------------------


def test_changed_class_is_noted_as_sentences_and_as_the_explanation_has_it():
    _, notice = make_changed()
    assert (notice.previous.number, notice.snapshot.number) == (1, 2)
    first = "Direction of the effect: favouring the experimental arm before, favouring the comparator now."
    assert notice.sentences[0] == first
    assert notice.parsed_changes[0] == {
        "name": "direction",
        "title": "direction of the effect",
        "before": "favours_experimental",
        "after": "favours_comparator",
    }
    # Room noticing reads what services.explaining reads, and must come to the same classes.
    before, after = (conclusion_of_snapshot(row) for row in (notice.previous, notice.snapshot))
    for change in notice.parsed_changes:
        assert getattr(before, change["name"]) == change["before"]
        assert getattr(after, change["name"]) == change["after"]


def test_first_snapshot_and_other_digits_are_no_news():
    small = make_small_review()
    analysis = small.analysis()
    first = snapshot_next(small, analysis)
    change_digits(small)
    second = snapshot_next(small, analysis)
    assert (first.number, second.number) == (1, 2)
    assert conclusion_of_snapshot(first) == conclusion_of_snapshot(second)
    assert not Notice.objects.exists()


def test_class_that_is_undefined_now_is_said_to_be_so():
    change = ChangedClass(
        name="prediction", title="prediction interval and no effect", before="excludes_null", after=None
    )
    assert describe(change) == "Prediction interval and no effect: leaves out no effect before, not defined now."


def test_rating_of_one_snapshot_alone_is_no_change_of_certainty():
    small = make_small_review()
    analysis = small.analysis()
    first = snapshot_next(small, analysis)
    levels = dict.fromkeys(DOMAINS, 2)
    rated = {"levels_down": levels, "justification": "Ours.", "departures": dict.fromkeys(levels, "Ours.")}
    rate_certainty(by=small.owner, analysis=analysis, run=first.runs.get(plugin="grade"), **rated)
    assert conclusion_of_snapshot(first).certainty == "very_low"
    change_means(small, "9")
    second = snapshot_next(small, analysis)
    assert "very_low" not in {change.before for change in changes_between(first, second)}


def test_ratings_that_come_later_make_no_notice_of_a_snapshot_that_had_none():
    small = make_small_review()
    analysis = small.analysis()
    first = snapshot_next(small, analysis)
    change_digits(small)
    second = snapshot_next(small, analysis)
    assert not Notice.objects.exists()
    for snapshot, down in ((first, 0), (second, 2)):
        levels = dict.fromkeys(DOMAINS, down)
        rated = {"levels_down": levels, "justification": "Ours.", "departures": dict.fromkeys(levels, "Ours.")}
        rate_certainty(by=small.owner, analysis=analysis, run=snapshot.runs.get(plugin="grade"), **rated)
    assert [change.name for change in changes_between(first, second)] == ["certainty"]
    assert note_change(second) is None


# Once, whatever happens -----------------------------------------------------------------------------------------------


def test_noting_again_gives_the_notice_there_is():
    small, notice = make_changed()
    assert note_change(notice.snapshot) == notice
    refresh(by=small.owner, analysis=notice.snapshot.analysis)
    assert Notice.objects.get() == notice
    with pytest.raises(IntegrityError), transaction.atomic():
        Notice(snapshot=notice.snapshot, previous=notice.previous, changes="[]", says="x", noted_by="x").save()


def test_two_that_note_at_once_keep_one_with_one_message_each():
    small = owner_with_mail(make_small_review())
    notice = make_notice(small)
    assert note_change(notice.snapshot) == notice
    assert (Notice.objects.count(), Delivery.objects.count()) == (1, 1)


def test_process_lost_between_snapshot_and_notice_is_made_up_for(monkeypatch):
    small = make_small_review()
    analysis = small.analysis()
    snapshot_next(small, analysis)
    change_means(small, "9")

    def lose(snapshot):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(dispatching, "note_change", lose)
        with pytest.raises(KeyboardInterrupt):
            refresh(by=small.owner, analysis=analysis)
    assert Snapshot.objects.count() == 2
    assert not Notice.objects.exists()
    dispatching.sweep()
    assert Notice.objects.get().snapshot.number == 2


def test_stored_result_that_cannot_be_read_is_told_and_stops_no_publication(monkeypatch):
    small = make_small_review()
    analysis = small.analysis()
    first = snapshot_next(small, analysis)
    first.runs.filter(plugin="pooling")._change(result='["of another age"]')
    change_means(small, "9")
    second = snapshot_next(small, analysis)
    notice = Notice.objects.get()
    assert notice.snapshot == second
    assert notice.parsed_changes == []
    assert "could not be compared with that of snapshot 1" in notice.says


def test_failing_mail_server_stops_no_publication(monkeypatch):
    def refuse(*args):
        raise smtplib.SMTPServerDisconnected("gone")

    monkeypatch.setattr(EmailBackend, "send_messages", refuse)
    small = owner_with_mail(make_small_review())
    _, notice = make_changed(small)
    assert RefreshEnd.objects.get(snapshot=notice.snapshot).outcome == "new_snapshot"
    (row,) = deliver_due()
    assert (row.state, row.attempts, row.says) == ("waiting", 1, "The mail server did not take it: gone.")


# Rows -----------------------------------------------------------------------------------------------------------------


def test_read_marks_are_per_person_and_kept_once():
    small = make_small_review()
    notice = make_notice(small)
    viewer, stranger = factories.make_membership(small.review, role="viewer").user, factories.make_user()
    assert [unread(person).count() for person in (small.owner, viewer, stranger)] == [1, 1, 0]
    assert [mark_read(by=viewer, notices=[notice]) for _ in range(2)] == [1, 0]
    assert [unread(person).count() for person in (small.owner, viewer)] == [1, 0]
    with pytest.raises(NotAllowed):
        mark_read(by=stranger, notices=[notice])
    assert NoticeRead.objects.get().read_by == viewer


def test_what_is_kept_cannot_be_changed():
    small = make_small_review()
    hook(small, "https://example.org/hook")
    notice = make_notice(small)
    mark_read(by=small.owner, notices=[notice])
    for model in (Notice, NoticeRead, WebhookSecret, Delivery):
        row = model.objects.get()
        for change in (row.save, row.delete, model.objects.all().delete, lambda rows=model.objects: rows.update(pk=9)):
            with pytest.raises(AppendOnly):
                change()


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"webhook": True, "person": True},
        {"person": True, "due_next": None},
        {"person": True, "state": "delivered"},
        {"person": True, "tried_by": "somebody"},
    ],
)
def test_delivery_that_makes_no_sense_is_refused_in_words_and_by_the_database(fields):
    small = make_small_review()
    notice = make_notice(small)
    row, _ = hook(small, "https://example.org/hook")
    given = {"webhook": row, "person": small.owner}
    values = {
        "due_next": later(),
        **{name: given.get(name) if value is True else value for name, value in fields.items()},
    }
    bad = Delivery(notice=notice, **values)
    with pytest.raises(ValidationError):
        bad.full_clean(exclude=[field for field in ("webhook", "person", "due_next") if not values.get(field)])
    with pytest.raises(IntegrityError), transaction.atomic():
        bad.save()
