"""Telling people of changed conclusions: who wants to know, what they have read, and sending what is due."""

import secrets
import smtplib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser, User
from django.core.mail import EmailMessage, get_connection
from django.db import IntegrityError, models, transaction
from django.urls import reverse

from analysis import canonical
from analysis.execution import worker_name
from analysis.models import Delivery, Notice, NoticeRead, NoticeSubscription, Webhook, WebhookSecret
from analysis.models.database_clock import read_clock
from analysis.webhooks import SECONDS, SIGNATURE_HEADER, NotReached, WebhookRefused, post, sign
from evidence.models import Review
from evidence.permissions import Act, may, require
from evidence.services.noting import Kind, note

EVENT = "conclusion.changed"
# Minutes after each attempt; after the last one the message is given up. The first is longer than any attempt takes.
WAITS = (1, 5, 30, 120, 360, 720, 1440)
# One caller sends so many messages at most, so that the next call of the clock is not kept waiting for ever.
MOST_AT_ONCE = 20
SECRET_BYTES = 32

ANSWERED = "The host answered with status {status}."
SENT = "Handed to the mail server."
NO_MAIL = "The mail server did not take it: {error}."
NO_LONGER = "Nobody asks for it any more."
NO_ADDRESS = "The person has no e-mail address."
NO_SECRET = "The webhook has no secret; make one on its page."  # noqa: S105
SUBJECT = "{title}: the conclusion changed (snapshot {number})"
WHY = "You get this because you asked for alerts of “{review}” by e-mail; you can turn them off on the page “Notices”."


def unread(person: User | AnonymousUser) -> models.QuerySet[Notice]:
    """Give the notices of the person's reviews that they have not read."""
    reviews = Review.objects.visible_to(person)
    rows = Notice.objects.filter(snapshot__analysis__review__in=reviews)
    return rows.exclude(reads__read_by=person.pk)


def mark_read(*, by: User, notices: Iterable[Notice]) -> int:
    """Note that the person has read notices; give how many were unread.

    Raises
    ------
    NotAllowed : the person is not a member of the review
    """
    count = 0
    for notice in notices:
        require(by, Act.VIEW, notice.snapshot.analysis.review)
        try:
            with transaction.atomic():
                NoticeRead(notice=notice, read_by=by).save()
        except IntegrityError:  # read already, or in another window at this moment
            continue
        count += 1
    return count


@transaction.atomic
def subscribe(*, by: User, review: Review, by_email: bool) -> NoticeSubscription:
    """Turn the e-mails of a review on or off, for oneself.

    Raises
    ------
    NotAllowed : the person is not a member of the review
    """
    require(by, Act.VIEW, review)
    found = NoticeSubscription.objects.filter(review=review, person=by).first()
    row = found or NoticeSubscription(review=review, person=by)
    if found is None or found.by_email != by_email:
        row.by_email = by_email
        row.full_clean()
        row.stamp(by)
        row.save()
    return row


@transaction.atomic
def save_webhook(*, by: User, webhook: Webhook, reason: str = "") -> str:
    """Save a webhook; give its secret where it is new, to be shown this once, else "".

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : the address is not https, or the review has it already
    """
    require(by, Act.MANAGE, webhook.review)
    is_new = webhook.pk is None
    webhook.full_clean()
    webhook.stamp(by, reason)
    webhook.save()
    state = "on" if webhook.is_active else "off"
    note(Kind.WEBHOOK_CHANGED, by=by, says=f"“{webhook.review}”: {webhook}, {'new' if is_new else 'changed'}, {state}")
    return renew_secret(by=by, webhook=webhook) if is_new else ""


@transaction.atomic
def renew_secret(*, by: User, webhook: Webhook) -> str:
    """Make a new secret, which is in force from now on, and give it, to be shown this once.

    Raises
    ------
    NotAllowed : the person does not manage the review
    """
    require(by, Act.MANAGE, webhook.review)
    row = WebhookSecret(webhook=webhook, secret=secrets.token_hex(SECRET_BYTES), made_by=by)
    row.save()
    note(Kind.WEBHOOK_CHANGED, by=by, says=f"“{webhook.review}”: new secret of the {webhook}")
    return row.secret


def deliver_due(*, now: datetime | None = None) -> Iterator[Delivery]:
    """Send the messages that are due; give each as it is after its attempt.

    An attempt is taken by one UPDATE that only one caller wins, so that two clocks send a message once. What fails is
    tried again after the minutes of WAITS, also where the process that sent it was lost.
    """
    now = now or read_clock()
    rows = Delivery.objects.due(now).select_related(
        "notice__snapshot__analysis__review", "notice__previous", "webhook", "person"
    )
    for row in list(rows[:MOST_AT_ONCE]):
        wait = timedelta(minutes=WAITS[min(row.attempts, len(WAITS) - 1)])
        # The moment of this attempt, where the messages before it took their time.
        moment = max(now, read_clock())
        attempt = Delivery.objects.claim(row, now=moment, worker=worker_name(), due_next=moment + wait)
        if attempt is not None:
            state, says = _send(row)
            if state == Delivery.State.WAITING and attempt > len(WAITS):
                state = Delivery.State.FAILED
            Delivery.objects.settle(row.pk, attempt=attempt, state=state, says=says)
            row.refresh_from_db()
            yield row


def _send(row: Delivery) -> tuple[str, str]:
    """Make one attempt; give the state that follows, and a sentence."""
    if row.person is not None:
        return _send_mail(row, row.person)
    assert row.webhook is not None
    return _send_to(row, row.webhook)


def _send_to(row: Delivery, webhook: Webhook) -> tuple[str, str]:
    """Post a message to a webhook; only an answer of the kind 2xx counts as taken."""
    if not Webhook.objects.filter(pk=webhook.pk, is_active=True).exists():
        return Delivery.State.CANCELLED, NO_LONGER
    secret = WebhookSecret.objects.filter(webhook=webhook).first()
    if secret is None:
        return Delivery.State.WAITING, NO_SECRET
    body = canonical.to_text(payload_of(row)).encode()
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "Quorum",
        SIGNATURE_HEADER: sign(secret.secret, body, moment=int(read_clock().timestamp())),
    }
    try:
        status = post(
            webhook.url,
            body,
            headers,
            allow_http=getattr(settings, "WEBHOOK_ALLOW_HTTP", False),
            allow_private=getattr(settings, "WEBHOOK_ALLOW_PRIVATE", False),
        )
    except (WebhookRefused, NotReached) as error:
        return Delivery.State.WAITING, str(error)
    taken = 200 <= status < 300
    return (Delivery.State.DELIVERED if taken else Delivery.State.WAITING), ANSWERED.format(status=status)


def payload_of(row: Delivery) -> dict[str, Any]:
    """Give what a webhook is told; `delivery` stays the same when a message is sent again."""
    notice = row.notice
    snapshot, analysis = notice.snapshot, notice.snapshot.analysis
    return {
        "event": EVENT,
        "delivery": row.pk,
        "notice": notice.pk,
        "noted_at": notice.noted_at.isoformat(),
        "review": {"slug": analysis.review.slug, "title": analysis.review.title},
        "analysis": {"slug": analysis.slug, "title": analysis.title},
        "snapshot": {"number": snapshot.number, "digest": snapshot.digest, "address": address_of(notice)},
        "previous": {"number": notice.previous.number, "digest": notice.previous.digest},
        "changes": notice.parsed_changes,
        "sentences": notice.sentences,
    }


def address_of(notice: Notice) -> str:
    """Give the address of the page that explains the change, whole where SITE_URL is set."""
    site = str(getattr(settings, "SITE_URL", "")).rstrip("/")
    return site + reverse("admin:analysis_snapshot_explain", args=[notice.snapshot_id])


def _send_mail(row: Delivery, person: User) -> tuple[str, str]:
    """Hand a message to the mail server, where the person is still a member and still asks for it."""
    review = row.notice.snapshot.analysis.review
    wanted = NoticeSubscription.objects.filter(review=review, person=person, by_email=True).exists()
    if not (wanted and person.is_active and may(person, Act.VIEW, review)):
        return Delivery.State.CANCELLED, NO_LONGER
    if not person.email:
        return Delivery.State.CANCELLED, NO_ADDRESS
    try:
        _mail_of(row.notice, person.email).send()
    except (smtplib.SMTPException, OSError, ValueError) as error:  # ValueError: an address that no mail can have
        return Delivery.State.WAITING, NO_MAIL.format(error=str(error) or type(error).__name__)
    return Delivery.State.DELIVERED, SENT


def _mail_of(notice: Notice, address: str) -> EmailMessage:
    """Give the e-mail about a notice."""
    snapshot, analysis = notice.snapshot, notice.snapshot.analysis
    title = " ".join(analysis.title.split())
    told = [f"- {sentence}" for sentence in notice.sentences]
    first = f"Snapshot {snapshot.number} of “{analysis.title}” differs from snapshot {notice.previous.number}:"
    lines = [first, "", *told, "", f"What moved, and why: {address_of(notice)}", "", "-- "]
    body = "\n".join([*lines, WHY.format(review=analysis.review.title)])
    subject = SUBJECT.format(title=title, number=snapshot.number)
    return EmailMessage(subject, body, to=[address], connection=get_connection(timeout=SECONDS))
