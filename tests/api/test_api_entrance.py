"""Who is let in: tokens with their scopes and terms, sessions, rates, and refusals as problems."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.core.exceptions import PermissionDenied, ValidationError
from django.test import Client
from django.utils import timezone

from evidence.models import AccessToken, Study
from evidence.services.tokens import issue_token, revoke_token
from tests.api.programs import ROOT, member_program, program_of, says
from tests.factories import make_membership, make_review, make_study, make_user

pytestmark = pytest.mark.django_db


def test_stranger_is_asked_to_log_in():
    response = Client().get(f"{ROOT}/studies/")
    assert response.status_code == 401
    assert response["WWW-Authenticate"].startswith("Bearer")
    assert says(response)


def test_key_is_not_stored():
    token, key = issue_token(by=make_user(), name="R", scopes=["read"], days=10)
    stored = AccessToken.objects.values().get()
    assert key.startswith("qrm_")
    assert all(key not in str(value) for value in stored.values())
    assert token.hint == key[:10]


def test_token_lets_in_while_it_is_valid():
    study = make_study()
    program = member_program(study.review, "viewer")
    assert [row["id"] for row in program.rows("studies/")] == [study.pk]
    token = AccessToken.objects.get()
    assert token.last_use is not None
    AccessToken.objects.update(valid_until=timezone.now() - timedelta(seconds=1))
    assert program.get("studies/").status_code == 401


def test_revoked_token_and_inactive_person_are_not_let_in():
    program = member_program(make_review())
    token = AccessToken.objects.get()
    program.person.is_active = False
    program.person.save()
    assert program.get("studies/").status_code == 401
    program.person.is_active = True
    program.person.save()
    assert program.get("studies/").status_code == 200
    revoke_token(by=program.person, token=token)
    assert program.get("studies/").status_code == 401
    with pytest.raises(ValidationError, match="revoked already"):
        revoke_token(by=program.person, token=token)


def test_only_the_person_or_an_administrator_revokes():
    token, _ = issue_token(by=make_user(), name="R", scopes=["read"], days=10)
    with pytest.raises(PermissionDenied, match="own person"):
        revoke_token(by=make_user(), token=token)
    assert revoke_token(by=make_user(is_superuser=True), token=token).revoked_at is not None


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"scopes": []}, "Choose what"),
        ({"scopes": ["root"]}, "Choose what"),
        ({"days": 0}, "valid for 1 to"),
        ({"days": 900}, "valid for 1 to"),
    ],
)
def test_token_that_asks_too_much_is_refused(asked, sentence):
    with pytest.raises(ValidationError, match=sentence):
        issue_token(**{"by": make_user(), "name": "R", "scopes": ["read"], "days": 10, **asked})


def test_name_is_taken_while_its_token_is_not_revoked():
    person = make_user()
    token, _ = issue_token(by=person, name="R", scopes=["read"], days=10)
    with pytest.raises(ValidationError, match="already have a token"):
        issue_token(by=person, name="R", scopes=["read"], days=10)
    revoke_token(by=person, token=token)
    issue_token(by=person, name="R", scopes=["read"], days=10)


def test_scope_that_is_too_small_is_named():
    study = make_study()
    program = member_program(study.review, "owner", scopes=["read"])
    response = program.patch(f"studies/{study.pk}/", {"label": "Other"})
    assert response.status_code == 403
    assert "lacks the scope “write”" in says(response)
    response = member_program(study.review, "owner", scopes=["read", "write"]).post("jobs/", {"analysis": 1})
    assert "lacks the scope “analyse”" in says(response)
    assert Study.objects.get().label == study.label


@pytest.mark.parametrize("header", ["Bearer", "Bearer x y", "Bearer qrm_unknown", "Bearer ü", "Basic YTpi"])
def test_odd_headers_are_refused(header):
    response = Client().get(f"{ROOT}/studies/", headers={"Authorization": header})
    assert response.status_code == 401
    assert says(response)


def test_session_lets_in_and_needs_the_form_token_to_write():
    study = make_study()
    person = make_user()
    make_membership(study.review, person, "owner")
    client = Client(enforce_csrf_checks=True)
    client.force_login(person)
    assert client.get(f"{ROOT}/studies/").json()["results"][0]["code"] == study.code
    response = client.post(f"{ROOT}/studies/", {"label": "X"}, content_type="application/json")
    assert response.status_code == 403
    assert "CSRF" in says(response)


def test_account_that_the_pages_refuse_is_refused_here():
    review = make_review()
    person = make_user(is_staff=False)
    make_membership(review, person, "owner")
    response = program_of(person).get("studies/")
    assert response.status_code == 403
    assert "not let in to the pages" in says(response)


@pytest.mark.parametrize("limit", ["API_PERSON_RATE", "API_ADDRESS_RATE"])
def test_too_many_requests_have_to_wait(limit, settings):
    cache.clear()
    setattr(settings, limit, "3/minute")
    program = member_program(make_review())
    assert [program.get("studies/").status_code for _ in range(4)] == [200, 200, 200, 429]
    response = program.get("studies/", X_Forwarded_For="203.0.113.7")
    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert "throttled" in says(response)
    cache.clear()


def test_addresses_that_are_not_there_are_problems_too():
    program = member_program(make_review())
    for path in (
        "nothing/",
        "studies/999/",
        "studies/x/",
        "/api/",
        "/api/v2/",
        f"studies/{'9' * 30}/",
        "studies/%0A1/",
    ):
        response = program.get(path)
        assert response.status_code == 404, path
        assert says(response)
    for verb in ("POST", "PUT", "DELETE", "TRACE"):
        response = Client(enforce_csrf_checks=True).generic(verb, f"{ROOT}/nothing/")
        assert response.status_code == 404
        assert says(response)


def test_verbs_that_an_address_does_not_know_are_refused_as_verbs_in_whatever_form_they_ask():
    program = member_program(make_review())
    for path in ("effects/?format=arrow", "studies/?format=csv", "studies/"):
        response = program.ask("TRACE", path)
        assert response.status_code == 405, path
        assert says(response)


def test_page_of_tokens_makes_shows_once_and_revokes():
    client, person = Client(), make_user()
    client.force_login(person)
    add = "/admin/evidence/accesstoken/add/"
    assert "Make the token" in client.get(add).content.decode()
    assert "Name is missing." in client.post(add, {"scopes": ["read"], "days": "5"}).content.decode()
    page = client.post(add, {"name": "R", "scopes": ["read", "analyse"], "days": "5"})
    token = AccessToken.objects.get()
    assert "no-store" in page["Cache-Control"]
    key = page.content.decode().split('class="token-key">')[1].split("<")[0]
    assert program_of(person).client.get(f"{ROOT}/", headers={"Authorization": f"Bearer {key}"}).status_code == 200
    assert token.scopes == "read analyse"
    shown = client.get(f"/admin/evidence/accesstoken/{token.pk}/change/").content.decode()
    assert "Revoke this token" in shown
    assert token.digest not in shown
    other = Client()
    other.force_login(make_user())
    assert other.post(f"/admin/evidence/accesstoken/{token.pk}/revoke/").status_code == 302
    assert AccessToken.objects.get(pk=token.pk).revoked_at is None
    client.post(f"/admin/evidence/accesstoken/{token.pk}/revoke/")
    assert AccessToken.objects.get(pk=token.pk).revoked_by == person
