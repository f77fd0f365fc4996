"""The log of what concerns security: complete, and changed by nobody."""

import pytest
from django.contrib.auth.models import User

from analysis.models import Webhook
from analysis.services.notifying import save_webhook
from evidence.models import Membership, SecurityEvent
from evidence.models.append_only import AppendOnly
from evidence.services import record, remove
from evidence.services.noting import Kind, coming_from, note
from tests import factories
from tests.access.people import HERE, browser, kinds, make_person

pytestmark = pytest.mark.django_db


def test_event_cannot_be_changed_or_deleted():
    event = note(Kind.SIGN_IN_FAILED, account="anna")
    event.says = "nothing"
    for act in (event.save, event.delete, SecurityEvent.objects.all().delete):
        with pytest.raises(AppendOnly):
            act()
    with pytest.raises(AppendOnly):
        SecurityEvent.objects.update(says="nothing")


def test_administrator_reads_the_log_and_nobody_writes_it():
    event = note(Kind.SIGN_IN_FAILED, account="anna")
    chief, member = browser(), browser()
    chief.force_login(make_person("chief", is_superuser=True))
    member.force_login(factories.make_membership(factories.make_review(), make_person("olga"), "owner").user)
    base = "/admin/evidence/securityevent/"
    assert "anna" in chief.get(base).content.decode()
    assert chief.get(f"{base}{event.pk}/change/").status_code == 200
    for path in (f"{base}add/", f"{base}{event.pk}/delete/", f"{base}{event.pk}/change/"):
        assert chief.post(path, {"says": "x", "post": "yes"}).status_code == 403
    for path in (base, f"{base}{event.pk}/change/"):
        assert member.get(path).status_code == 403


def test_roles_are_kept_when_given_changed_and_taken():
    review = factories.make_review(title="Back pain")
    owner = factories.make_membership(review, make_person("olga"), "owner").user
    row = record(by=owner, row=Membership(review=review, user=make_person("ben"), role="viewer"))
    row.role = "adjudicator"
    record(by=owner, row=row)
    record(by=owner, row=row)
    remove(by=owner, row=row)
    says = list(SecurityEvent.objects.order_by("pk").values_list("account", "says"))
    assert says == [
        ("ben", "“Back pain”: no role → viewer"),
        ("ben", "“Back pain”: viewer → adjudicator"),
        ("ben", "“Back pain”: adjudicator → no role"),
    ]


def test_change_of_the_team_on_the_page_of_the_review_is_kept_with_the_address():
    review = factories.make_review()
    owner = factories.make_membership(review, make_person("olga"), "owner").user
    client = browser()
    client.force_login(owner)
    form = {"review": review.pk, "user": make_person("ben").pk, "role": "viewer"}
    client.post("/admin/evidence/membership/add/", form)
    event = SecurityEvent.objects.get(kind="role_changed")
    assert (event.made_by, event.account, event.address) == (owner, "ben", HERE)


def test_webhook_and_its_secret_are_kept_without_the_secret():
    review = factories.make_review()
    owner = factories.make_membership(review, make_person("olga"), "owner").user
    secret = save_webhook(by=owner, webhook=Webhook(review=review, url="https://example.org/hidden-path"))
    assert kinds() == ["webhook_changed", "webhook_changed"]
    for event in SecurityEvent.objects.all():
        assert secret not in event.says
        assert "hidden-path" not in event.says


def test_every_file_that_is_handed_out_is_kept():
    review = factories.make_review()
    factories.make_study(review)
    client = browser()
    client.force_login(factories.make_membership(review, make_person("olga"), "viewer").user)
    path = f"/admin/evidence/upload/review/{review.slug}/out/studies-csv/"
    assert b"".join(client.get(path).streaming_content)
    event = SecurityEvent.objects.get()
    assert (event.kind, event.account, event.says) == ("exported", "olga", path)
    client.get("/admin/")
    client.get("/admin/evidence/upload/review/none/out/studies-csv/")
    assert SecurityEvent.objects.count() == 1


def test_rights_of_an_account_are_kept():
    chief, ben = make_person("chief", is_superuser=True), make_person("ben")
    client = browser()
    client.force_login(chief)
    form = {"username": "ben", "is_active": "on", "is_staff": "on", "is_superuser": "on", "email": ""}
    form |= {"date_joined_0": "2026-01-01", "date_joined_1": "10:00"}
    assert client.post(f"/admin/auth/user/{ben.pk}/change/", form).status_code == 302
    assert User.objects.get(pk=ben.pk).is_superuser
    says = list(SecurityEvent.objects.filter(account="ben").values_list("says", flat=True))
    assert "administrator of the site: yes" in says


def test_line_of_the_log_is_one_event():
    with coming_from(HERE):
        event = note(Kind.SIGN_IN_FAILED, account="anna\r\nsigned in: chief\u202e" + "x" * 500)
    assert event.account.startswith("anna��signed in: chief�xx")
    assert len(event.account) == 150
