"""Whatever somebody writes into a form of the doors is refused with a sentence or taken as text, never an error."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from access.models import Invitation, SecondStep
from access.services.inviting import invite
from evidence.models import Membership, SecurityEvent
from tests import factories
from tests.access.people import PASSWORD, browser, give_step, make_person

pytestmark = pytest.mark.django_db

BAD: dict[str, Any] = {
    "nothing": "",
    "spaces": " \t\n ",
    "nul": "anna\x00",
    "long": "x" * 1_000_000,
    "lines": "a\r\nSet-Cookie: a=b\r\n\r\n<html>",
    "sql": "' OR 1=1; DROP TABLE auth_user; --",
    "template": "{{ 7191*7 }}{% debug %}${7191*7}",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)>",
    "formula": "=cmd|'/C calc'!A0",
    "turned": "\u202eanna\u2066\u200b\ufeff",
    "full width": "１２３４５６",
    "combining": "a" + "\u0301" * 2000,
    "number": "99999999999999999999999999",
    "no number": "NaN",
    "path": "../../../../etc/passwd",
    "many": ["a", "b", "c"],
    "json": '{"$ne": null}' + "[" * 5000,
}


@pytest.fixture
def doors() -> dict[str, tuple[Client, str, dict[str, Any]]]:
    """Each form: a browser that stands before it, its address, and what would be right in its fields."""
    review = factories.make_review()
    olga, anna, ben = make_person("olga", email="olga@example.org"), make_person("anna"), make_person("ben")
    factories.make_membership(review, olga, "owner")
    _, token = invite(by=olga, review=review, email="dora@example.org", role="viewer")
    owner, new, waiting = Client(), Client(), Client()
    owner.force_login(olga)
    new.force_login(anna)
    give_step(ben)
    waiting.force_login(ben)
    account = {"username": "dora", "name": "Dora Falk", "password": PASSWORD, "again": PASSWORD}
    passwords = {"old_password": "wrong", "new_password1": "amber-river-77-x", "new_password2": "amber-river-77-x"}
    return {
        "sign in": (browser(), "/admin/login/", {"username": "anna", "password": "wrong", "next": "/admin/"}),
        "join": (browser(), f"/join/{token}/", account),
        "code": (waiting, "/admin/code/", {"code": "000000", "next": "/admin/"}),
        "set up": (new, "/admin/account/second-step/", {"code": "000000"}),
        "change the password": (new, "/admin/password_change/", passwords),
        "invite": (
            owner,
            "/admin/access/invitation/add/",
            {"review": review.pk, "email": "x@example.org", "role": "viewer"},
        ),
    }


@pytest.mark.parametrize("door", ["sign in", "join", "code", "set up", "change the password", "invite"])
@pytest.mark.parametrize("bad", BAD, ids=list(BAD))
def test_bad_field_is_no_error_and_opens_nothing(doors: Any, door: str, bad: str) -> None:
    client, path, right = doors[door]
    client.raise_request_exception = False
    for name in right:
        answer = client.post(path, {**right, name: BAD[bad]})
        assert answer.status_code in (200, 302, 400), name
        text = answer.content.decode()
        assert "50337" not in text
        assert "<script>alert" not in text
        assert "<img src=x" not in text
        assert "a" not in client.cookies
        assert "\n" not in answer.headers.get("Location", "")
        if door == "join" and answer.status_code == 302:
            # Names may be any text that shows itself; then the link is used up.
            assert name in ("username", "name")
            made = Invitation.objects.get().accepted_by
            assert made is not None
            assert f"{made.username} {made.get_full_name()}".isprintable()
            break
        if answer.status_code == 200 and name != "next":
            assert "errorlist" in text or "errornote" in text or "alert" in text, name
    assert SecondStep.objects.count() == 1
    assert not User.objects.filter(is_superuser=True).exists()
    assert set(Membership.objects.values_list("role", flat=True)) <= {"owner", "viewer"}
    assert not Invitation.objects.exclude(role="viewer").exists()
    for event in SecurityEvent.objects.all():
        assert event.account.isprintable()
        assert event.says.isprintable()


@pytest.mark.parametrize("door", ["sign in", "join", "code", "set up", "change the password", "invite"])
def test_body_that_is_no_form_or_too_large_is_no_error(doors: Any, door: str) -> None:
    client, path, right = doors[door]
    client.raise_request_exception = False
    name = next(iter(right))
    bodies = (
        (b"{" * 50_000, "application/json"),
        (b"\xff\xfe\x00" * 99, "application/x-www-form-urlencoded"),
        (b"--x\r\nContent-Disposition: form-data; name=", "multipart/form-data; boundary=x"),
        (b"x" * 100, "multipart/form-data"),
        (b"&".join(b"a%d=1" % number for number in range(5000)), "application/x-www-form-urlencoded"),
        (name.encode() + b"=" + b"x" * 4_000_000, "application/x-www-form-urlencoded"),
    )
    for body, kind in bodies:
        assert client.post(path, body, content_type=kind).status_code in (200, 302, 400, 413, 415), kind
    sent = {**right, name: SimpleUploadedFile("x.exe", b"MZ" * 50)}
    assert client.post(path, sent).status_code in (200, 302, 400)
    assert not User.objects.filter(username="dora").exists()
