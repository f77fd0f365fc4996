"""Notices are sent once, signed, again where that failed, and to those only who may read them and want to."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError

from analysis.models import Delivery, Notice, Webhook
from analysis.services.notifying import (
    WAITS,
    deliver_due,
    renew_secret,
    save_webhook,
    subscribe,
)
from analysis.webhooks import is_signed
from evidence.models import Membership
from evidence.permissions import NotAllowed
from tests import factories
from tests.analysis.builders import make_small_review
from tests.analysis.notices_world import (
    hook,
    later,
    make_notice,
    owner_with_mail,
    receiving,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def local(settings):
    """Let webhooks reach this machine."""
    settings.WEBHOOK_ALLOW_HTTP = settings.WEBHOOK_ALLOW_PRIVATE = True
    settings.SITE_URL = "https://quorum.example/"


# E-mail ---------------------------------------------------------------------------------------------------------------


def test_mail_goes_to_those_who_ask_and_to_nobody_else(local):
    small = owner_with_mail(make_small_review())
    silent, stopped = (factories.make_membership(small.review, role="viewer").user for _ in range(2))
    for person in (silent, stopped):
        person.email = f"{person.username}@example.org"
        person.save()
    subscribe(by=stopped, review=small.review, by_email=True)
    subscribe(by=stopped, review=small.review, by_email=False)
    notice = make_notice(small)
    assert mail.outbox == []
    (row,) = deliver_due()
    assert (row.state, row.person) == ("delivered", small.owner)
    (sent,) = mail.outbox
    assert sent.to == ["owner@example.org"]
    assert sent.subject == f"{notice.snapshot.analysis.title}: the conclusion changed (snapshot 2)"
    assert all(sentence in sent.body for sentence in notice.sentences)
    assert f"https://quorum.example/admin/analysis/snapshot/{notice.snapshot.pk}/explain/" in sent.body
    assert list(deliver_due(now=later(days=9))) == []


def test_title_with_a_line_break_cannot_add_headers():
    small = owner_with_mail(make_small_review())
    notice = make_notice(small)
    analysis = notice.snapshot.analysis
    type(analysis).objects.filter(pk=analysis.pk).update(title="Pain\nBcc: all@example.org")
    list(deliver_due())
    assert mail.outbox[0].subject.startswith("Pain Bcc: all@example.org")


@pytest.mark.parametrize("why", ["left", "stopped", "inactive", "no address"])
def test_mail_that_nobody_may_or_wants_to_read_is_not_sent(why):
    small = make_small_review()
    person = factories.make_membership(small.review, role="viewer").user
    person.email = "" if why == "no address" else "viewer@example.org"
    person.save()
    subscribe(by=person, review=small.review, by_email=True)
    make_notice(small)
    if why == "left":
        Membership.objects.filter(user=person).delete()
    elif why == "stopped":
        subscribe(by=person, review=small.review, by_email=False)
    elif why == "inactive":
        person.is_active = False
        person.save()
    (row,) = deliver_due()
    assert row.state == "cancelled"
    assert row.due_next is None
    assert mail.outbox == []


def test_stranger_cannot_subscribe():
    small, stranger = make_small_review(), factories.make_user()
    with pytest.raises(NotAllowed):
        subscribe(by=stranger, review=small.review, by_email=True)


# Webhooks -------------------------------------------------------------------------------------------------------------


def test_webhook_is_sent_signed_json_once(local):
    small = make_small_review()
    with receiving() as server:
        _, secret = hook(small, server.url)
        notice = make_notice(small)
        (row,) = deliver_due()
        assert list(deliver_due(now=later(days=9))) == []
    assert (row.state, row.says) == ("delivered", "The host answered with status 200.")
    ((_, headers, body),) = server.received
    now = int(datetime.now(UTC).timestamp())
    assert is_signed(headers["X-Quorum-Signature"], body, secret, now=now)
    assert headers["Content-Type"] == "application/json"
    told = json.loads(body)
    assert told["event"] == "conclusion.changed"
    assert told["delivery"] == row.pk
    assert told["snapshot"]["digest"] == notice.snapshot.digest
    assert told["previous"]["number"] == 1
    assert told["sentences"] == notice.sentences
    assert secret not in body.decode()


@pytest.mark.parametrize("status", [302, 404, 500])
def test_refused_message_is_tried_again_later_and_given_up_at_last(local, status):
    small = make_small_review()
    with receiving(status=status) as server:
        hook(small, server.url)
        make_notice(small)
        now = later(seconds=1)
        for attempt, minutes in enumerate(WAITS, start=1):
            (row,) = deliver_due(now=now)
            assert (row.state, row.attempts) == ("waiting", attempt)
            assert row.due_next == now + timedelta(minutes=minutes)
            assert list(deliver_due(now=row.due_next - timedelta(seconds=1))) == []
            now = row.due_next
        (row,) = deliver_due(now=now)
    assert (row.state, row.attempts, row.due_next) == ("failed", len(WAITS) + 1, None)
    assert row.says == f"The host answered with status {status}."
    assert len(server.received) == len(WAITS) + 1
    assert {json.loads(body)["delivery"] for _, _, body in server.received} == {row.pk}


def test_message_is_taken_by_one_caller(local):
    small = make_small_review()
    with receiving() as server:
        hook(small, server.url)
        make_notice(small)
        seen = Delivery.objects.get()
        taken = [
            Delivery.objects.claim(seen, now=later(seconds=1), worker=name, due_next=later(minutes=1))
            for name in ("first", "second")
        ]
        assert taken == [1, None]
        assert list(deliver_due(now=later(seconds=2))) == []
        assert server.received == []
        (row,) = deliver_due(now=later(minutes=2))  # the process that took it was lost
        assert (row.state, row.attempts) == ("delivered", 2)


def test_caller_that_comes_late_neither_takes_nor_settles_what_another_has_taken_since(local):
    small = make_small_review()
    hook(small, "http://127.0.0.1:9/")
    make_notice(small)
    rows = Delivery.objects
    seen = rows.get()
    assert rows.claim(seen, now=later(seconds=1), worker="first", due_next=later(minutes=1)) == 1
    assert rows.claim(seen, now=later(minutes=2), worker="late", due_next=later(minutes=3)) is None
    assert rows.claim(rows.get(), now=later(minutes=2), worker="second", due_next=later(minutes=3)) == 2
    assert not rows.settle(seen.pk, attempt=1, state="failed", says="late")
    assert rows.settle(seen.pk, attempt=2, state="delivered", says="")
    assert not rows.settle(seen.pk, attempt=2, state="failed", says="again")
    assert rows.get().state == "delivered"


def test_private_address_is_not_posted_to(settings):
    settings.WEBHOOK_ALLOW_HTTP = True
    small = make_small_review()
    with receiving() as server:
        hook(small, server.url)
        make_notice(small)
        (row,) = deliver_due()
        assert server.received == []
    assert row.state == "waiting"
    assert "127.0.0.1, which is not public" in row.says


def test_webhook_that_was_turned_off_is_left_alone(local):
    small = make_small_review()
    with receiving() as server:
        row, _ = hook(small, server.url)
        make_notice(small)
        row.is_active = False
        assert save_webhook(by=small.owner, webhook=row) == ""
        (sent,) = deliver_due()
        assert (sent.state, server.received) == ("cancelled", [])
        make_notice(small)
    assert (Notice.objects.count(), Delivery.objects.count()) == (2, 1)


def test_new_secret_signs_from_now_on(local):
    small = make_small_review()
    with receiving() as server:
        row, old = hook(small, server.url)
        new = renew_secret(by=small.owner, webhook=row)
        make_notice(small)
        list(deliver_due())
    ((_, headers, body),) = server.received
    now = int(datetime.now(UTC).timestamp())
    assert [is_signed(headers["X-Quorum-Signature"], body, key, now=now) for key in (old, new)] == [False, True]
    assert len(new) == 64


def test_webhook_needs_an_owner_and_https():
    small = make_small_review()
    statistician = factories.make_membership(small.review, role="statistician").user
    row = Webhook(review=small.review, url="https://example.org/hook")
    with pytest.raises(NotAllowed):
        save_webhook(by=statistician, webhook=row)
    with pytest.raises(ValidationError, match="https"):
        save_webhook(by=small.owner, webhook=Webhook(review=small.review, url="http://example.org/hook"))
    save_webhook(by=small.owner, webhook=row)
    with pytest.raises(NotAllowed):
        renew_secret(by=statistician, webhook=row)
    with pytest.raises(ValidationError, match="already"):
        save_webhook(by=small.owner, webhook=Webhook(review=small.review, url=row.url))
