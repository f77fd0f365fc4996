"""The inbox of notices and the pages of webhooks: who sees what, what is done with POST only, secrets shown once."""

import pytest
from django.urls import reverse

from analysis.models import NoticeRead, NoticeSubscription, Webhook, WebhookSecret
from analysis.services.notifying import mark_read, save_webhook, subscribe, unread
from tests.analysis.builders import SmallReview
from tests.analysis.notices_world import make_notice
from tests.analysis.test_admin_world import World, make_world

pytestmark = pytest.mark.django_db
INBOX = "admin:analysis_notice_changelist"
ADDRESS = "https://hooks.example.org/services/team-token"


def world_with_notice():
    world = make_world(1)
    small = SeenWorld(world)
    return world, make_notice(small)


class SeenWorld(SmallReview):
    """A world of the admin's tests as the small review that notices are made for."""

    def __init__(self, world: World) -> None:
        super().__init__(world.owner, world.review, world.outcome, world.instrument, [])
        self.world = world

    def analysis(self, slug="short", *, window="short", **changes):
        """Save an analysis of the world."""
        return self.world.analysis()


def add_rows(world, notice):
    """Let there be a row of every model of notices."""
    webhook = Webhook(review=world.review, url=ADDRESS)
    save_webhook(by=world.owner, webhook=webhook)
    subscribe(by=world.owner, review=world.review, by_email=True)
    mark_read(by=world.owner, notices=[notice])
    make_notice(SeenWorld(world))
    return webhook


def test_inbox_shows_what_changed_and_counts_what_is_unread(django_assert_max_num_queries):
    world, notice = world_with_notice()
    for _ in range(3):
        make_notice(SeenWorld(world))
    client = world.client("viewer")
    with django_assert_max_num_queries(14):
        page = client.get(reverse(INBOX)).content.decode()
    assert "4 unread notices" in page
    assert notice.sentences[0] in page

    own = reverse("admin:analysis_notice_read", args=[notice.pk])
    assert client.get(own).status_code == 405
    shown = client.get(reverse("admin:analysis_notice_change", args=[notice.pk])).content.decode()
    assert "Mark as read" in shown
    assert unread(world.people["viewer"]).count() == 4
    assert "1 notice marked as read." in client.post(own, follow=True).content.decode()
    assert client.get(reverse(INBOX), {"read": "no"}).context["cl"].result_count == 3
    assert client.get(reverse(INBOX), {"read": "yes"}).context["cl"].result_count == 1

    everything = reverse("admin:analysis_notice_read_all")
    assert client.get(everything).status_code == 405
    assert "No unread notice" in client.post(everything, follow=True).content.decode()
    assert {row.read_by for row in NoticeRead.objects.all()} == {world.people["viewer"]}


def test_stranger_and_member_of_another_review_see_and_mark_nothing():
    world, notice = world_with_notice()
    add_rows(world, notice)
    other = make_world()
    for client in (world.client("stranger"), other.client("owner")):
        assert client.post(reverse("admin:analysis_notice_read", args=[notice.pk])).status_code in (403, 404)
        assert client.post(reverse("admin:analysis_notice_email", args=[world.review.slug])).status_code in (403, 404)
        webhook = Webhook.objects.get()
        assert client.post(reverse("admin:analysis_webhook_secret", args=[webhook.pk])).status_code in (403, 404)
        client.post(reverse("admin:analysis_notice_read_all"))
    assert {row.read_by for row in NoticeRead.objects.all()} == {world.owner}
    assert WebhookSecret.objects.count() == 1


def test_person_turns_their_own_mails_on_and_off():
    world, _ = world_with_notice()
    client, address = world.client("viewer"), reverse("admin:analysis_notice_email", args=[world.review.slug])
    assert client.get(address).status_code == 405
    assert "You get e-mails about" in client.post(address, {"by_email": "on"}, follow=True).content.decode()
    row = NoticeSubscription.objects.get()
    assert (row.person, row.by_email) == (world.people["viewer"], True)
    assert "Stop e-mails about" in client.get(reverse(INBOX)).content.decode()
    client.post(address, {"by_email": "off"})
    row.refresh_from_db()
    assert not row.by_email


def test_secret_of_a_webhook_is_shown_once():
    world = make_world()
    client = world.client("owner")
    fields = {"review": world.review.pk, "url": ADDRESS, "is_active": "on"}
    refused = client.post(reverse("admin:analysis_webhook_add"), {**fields, "url": "http://example.org/"})
    assert "must begin with https" in refused.content.decode()
    made = client.post(reverse("admin:analysis_webhook_add"), fields, follow=True)
    secret = WebhookSecret.objects.get()
    assert secret.secret in made.content.decode()
    pages = [
        reverse("admin:analysis_webhook_changelist"),
        reverse("admin:analysis_webhook_change", args=[secret.webhook_id]),
        reverse("admin:analysis_webhook_history", args=[secret.webhook_id]),
        reverse("admin:analysis_webhooksecret_changelist"),
        reverse("admin:analysis_webhooksecret_change", args=[secret.pk]),
    ]
    for page in pages:
        shown = client.get(page)
        assert shown.status_code == 200
        assert secret.secret not in shown.content.decode()

    renew = reverse("admin:analysis_webhook_secret", args=[secret.webhook_id])
    assert client.get(renew).status_code == 405
    page = client.post(renew, follow=True).content.decode()
    assert WebhookSecret.objects.first().secret in page
    assert WebhookSecret.objects.first() != secret


def test_member_who_does_not_manage_sees_the_host_only():
    world, notice = world_with_notice()
    webhook = add_rows(world, notice)
    client = world.client("statistician")
    pages = [
        reverse(f"admin:analysis_{name}_{page}", args=args)
        for name, pk in (("webhook", webhook.pk), ("webhooksecret", webhook.secrets.get().pk), ("delivery", None))
        for page, args in (("changelist", []), *([("change", [pk])] if pk else []))
    ]
    for page in pages:
        shown = client.get(page)
        assert shown.status_code == 200
        assert "hooks.example.org" in shown.content.decode()
        assert "team-token" not in shown.content.decode()
        assert webhook.secrets.get().secret not in shown.content.decode()
    assert client.get(reverse("admin:analysis_webhook_history", args=[webhook.pk])).status_code == 403
    version = webhook.history.first().history_id
    assert client.get(reverse("admin:analysis_webhook_simple_history", args=[webhook.pk, version])).status_code == 403
    assert client.get(reverse("admin:analysis_webhook_changelist"), {"q": "team-token"}).context["cl"].result_count == 0
    assert client.post(reverse("admin:analysis_webhook_secret", args=[webhook.pk])).status_code == 403
    changed = client.post(reverse("admin:analysis_webhook_change", args=[webhook.pk]), {"url": ADDRESS})
    assert changed.status_code == 403


def test_webhook_is_turned_off_and_never_deleted():
    world, notice = world_with_notice()
    webhook = add_rows(world, notice)
    client, page = world.client("owner"), reverse("admin:analysis_webhook_change", args=[webhook.pk])
    assert client.post(page, {"url": ADDRESS}).status_code == 302
    webhook.refresh_from_db()
    assert not webhook.is_active
    assert client.post(reverse("admin:analysis_webhook_delete", args=[webhook.pk]), {"post": "yes"}).status_code == 403
