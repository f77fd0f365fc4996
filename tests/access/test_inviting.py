"""Invitations: one link, for one person, once, for a while."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.core import mail as outbox
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from access.models import Invitation
from access.services.inviting import accept, invite, withdraw
from evidence.models import Membership, Review, SecurityEvent
from evidence.permissions import NotAllowed
from tests import factories
from tests.access.people import PASSWORD, browser, is_in, kinds, make_person

pytestmark = pytest.mark.django_db
ACCOUNT = {"username": "dora", "name": "Dora Falk", "password": PASSWORD, "again": PASSWORD}


@pytest.fixture
def review() -> Review:
    """A review with an owner."""
    review = factories.make_review(title="Exercise for back pain")
    factories.make_membership(review, make_person("olga", email="olga@example.org"), "owner")
    return review


def owner_of(review: Review) -> User:
    """Give the owner."""
    return review.memberships.get(role="owner").user


def send(review: Review, email: str = "Dora@Example.org", role: str = "reviewer") -> tuple[str, str]:
    """Invite on the page; give the path of the link, and all that the page then says."""
    client = browser()
    client.force_login(owner_of(review))
    form = {"review": review.pk, "email": email, "role": role}
    page = client.post("/admin/access/invitation/add/", form, follow=True).content.decode()
    found = re.search(r"http://testserver(/join/[\w-]+/)", page)
    return (found[1] if found else ""), page


def test_owner_invites_and_the_invited_makes_an_account_of_their_own(review, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    link, page = send(review)
    assert "is shown this once" in page
    assert "give the link to dora@example.org yourself" in page
    row = Invitation.objects.get()
    assert (row.email, row.role, row.is_open) == ("dora@example.org", "reviewer", True)
    token = link.split("/")[2]
    assert token not in (row.token_digest, *row.history.values_list("token_digest", flat=True))
    client = browser()
    shown = client.get(link).content.decode()
    assert "Exercise for back pain" in shown
    assert client.get(link).status_code == 200
    assert client.post(link, ACCOUNT)["Location"].endswith(f"/{review.slug}/")
    assert is_in(client)
    membership = Membership.objects.get(user__username="dora")
    assert (membership.role, membership.user.email, membership.user.get_full_name()) == (
        "reviewer",
        "dora@example.org",
        "Dora Falk",
    )
    assert kinds()[-4:] == ["invited", "invitation_accepted", "role_changed", "signed_in"]
    assert SecurityEvent.objects.get(kind="role_changed", account="dora").says.endswith("no role → reviewer")


def test_link_works_once(review):
    link, _ = send(review)
    browser().post(link, ACCOUNT)
    late = browser()
    assert late.get(link).status_code == 404
    assert late.post(link, {**ACCOUNT, "username": "eve"}).status_code == 404
    assert not User.objects.filter(username="eve").exists()


def test_link_ends_after_a_week(review):
    link, _ = send(review)
    assert timedelta(days=6.9) < Invitation.objects.get().valid_until - timezone.now() <= timedelta(days=7)
    QuerySet.update(Invitation.objects.all(), valid_until=timezone.now())
    answer = browser().post(link, ACCOUNT)
    assert (answer.status_code, b"has expired" in answer.content) == (404, True)
    assert not User.objects.filter(username="dora").exists()


def test_owner_withdraws_it_on_its_page(review):
    link, _ = send(review)
    client = browser()
    client.force_login(owner_of(review))
    row = Invitation.objects.get()
    assert "Withdraw the invitation" in client.get(f"/admin/access/invitation/{row.pk}/change/").content.decode()
    client.post(f"/admin/access/invitation/{row.pk}/withdraw/")
    assert browser().get(link).status_code == 404
    with pytest.raises(ValidationError):
        withdraw(by=owner_of(review), invitation=row)


def test_second_invitation_of_an_address_ends_the_first(review):
    first, _ = send(review)
    second, _ = send(review, role="viewer")
    assert browser().get(first).status_code == 404
    assert browser().get(second).status_code == 200


def test_who_has_an_account_joins_with_it(review):
    link, _ = send(review)
    client = browser()
    client.force_login(make_person("ben"))
    assert "Join as ben" in client.get(link).content.decode()
    client.post(link)
    assert Membership.objects.get(user__username="ben").role == "reviewer"
    assert "You are a member" in client_with(review, link)


def client_with(review: Review, link: str) -> str:
    """Give what a member is told who follows another invitation."""
    other, _ = send(review, email="second@example.org")
    client = browser()
    client.force_login(User.objects.get(username="ben"))
    return client.post(other).content.decode()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"again": "something-else-1"}, "The two passwords are not the same."),
        ({"password": "short", "again": "short"}, "too short"),
        ({"username": "OLGA"}, "Somebody has this name already"),
        ({"username": "a b<script>"}, "valid username"),
        ({"name": ""}, "Enter your name"),
    ],
)
def test_account_that_is_refused_leaves_the_link_open(review, change, says):
    link, _ = send(review)
    page = browser().post(link, ACCOUNT | change).content.decode()
    assert says in page
    assert "<script>" not in page
    assert Invitation.objects.get().is_open
    assert User.objects.count() == 1


def test_only_owners_invite_and_see_invitations(review):
    send(review)
    reviewer = make_person("ben")
    factories.make_membership(review, reviewer, "reviewer")
    with pytest.raises(NotAllowed):
        invite(by=reviewer, review=review, email="x@example.org", role="owner")
    client = browser()
    client.force_login(reviewer)
    assert client.get("/admin/access/invitation/").status_code == 403
    other = browser()
    other.force_login(factories.make_membership(factories.make_review(), make_person("carl"), "owner").user)
    assert "dora@example.org" not in other.get("/admin/access/invitation/").content.decode()
    other.post(f"/admin/access/invitation/{Invitation.objects.get().pk}/withdraw/")
    assert Invitation.objects.get().is_open


def test_member_is_not_invited_again(review):
    _, page = send(review, email="OLGA@example.org")
    assert "A member of the review has this address" in page


def test_link_is_mailed_where_mail_is_configured(review, settings):
    settings.EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
    QuerySet.update(Review.objects.all(), title="Back pain\r\nBcc: all@example.org")
    link, page = send(review)
    (message,) = outbox.outbox
    assert link in message.body
    assert "sent to dora@example.org as well" in page
    assert message.to == ["dora@example.org"]
    assert "\n" not in message.subject
    assert message.recipients() == ["dora@example.org"]


def test_two_who_follow_one_link_do_not_both_come_in(review):
    invitation, _ = invite(by=owner_of(review), review=review, email="x@example.org", role="viewer")
    accept(by=make_person("ben"), invitation=invitation)
    with pytest.raises(ValidationError, match="accepted"):
        accept(by=make_person("carl"), invitation=invitation)


def test_guessed_links_say_nothing(review):
    for token in ("x", "A" * 43, "%2e%2e", "<script>"):
        answer = browser().get(f"/join/{token}/")
        assert answer.status_code == 404
        assert b"<script>alert" not in answer.content
