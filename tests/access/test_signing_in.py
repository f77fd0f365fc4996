"""Signing in: lock-outs, Argon2, what is kept, and what the page says."""

from datetime import timedelta

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, identify_hasher
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from access.addresses import network_of
from access.models import Attempt
from access.services.locking import lift
from config import settings as configured
from evidence.models import SecurityEvent
from tests.access.people import HERE, PASSWORD, THERE, browser, is_in, kinds, make_person, try_to_sign_in

pytestmark = pytest.mark.django_db
WAIT = "There were too many attempts to sign in. Wait 1"


def fail_often(times: int = 5, *, address: str = HERE, username: str = "anna") -> None:
    """Try a wrong password some times."""
    for _ in range(times):
        try_to_sign_in(browser(address), username, "wrong")


def test_right_password_opens_the_site_and_is_kept():
    make_person()
    client = browser()
    assert try_to_sign_in(client).status_code == 302
    assert is_in(client)
    event = SecurityEvent.objects.get()
    assert (event.kind, event.account, event.address, event.made_by.username) == ("signed_in", "anna", HERE, "anna")


def test_after_five_failures_the_right_password_has_to_wait_too():
    make_person()
    fail_often()
    client = browser()
    answer = try_to_sign_in(client)
    assert WAIT in answer.content.decode()
    assert not is_in(client)
    assert kinds() == [*["sign_in_failed"] * 5, "locked_out"]


def test_lock_ends_by_itself_however_often_it_is_tried():
    make_person()
    fail_often(9)
    assert Attempt.objects.count() == 5
    QuerySet.update(Attempt.objects.all(), moment=timezone.now() - timedelta(minutes=16))
    assert try_to_sign_in(browser()).status_code == 302


def test_lock_is_of_the_name_and_the_address():
    make_person()
    make_person("ben")
    fail_often()
    assert try_to_sign_in(browser(), "ben").status_code == 302
    assert try_to_sign_in(browser(THERE), "anna").status_code == 302


def test_name_with_other_letters_is_the_same_name():
    make_person()
    for spelled in ("anna", "Anna", " ANNA", "aNNa", "anna"):
        try_to_sign_in(browser(), spelled, "wrong")
    assert WAIT in try_to_sign_in(browser()).content.decode()


def test_guesses_from_many_addresses_lock_the_name_but_not_where_its_person_works():
    make_person()
    try_to_sign_in(browser(HERE))
    for number in range(20):
        try_to_sign_in(browser(f"203.0.113.{number}"), "anna", "wrong")
    assert "too many" in try_to_sign_in(browser("203.0.113.99")).content.decode()
    assert try_to_sign_in(browser(HERE)).status_code == 302


def test_one_address_cannot_try_one_password_on_many_names():
    for number in range(50):
        try_to_sign_in(browser(), f"person{number}", "Summer2026!")
    make_person()
    assert "too many" in try_to_sign_in(browser()).content.decode()
    assert try_to_sign_in(browser(THERE)).status_code == 302


def test_unknown_name_is_answered_as_a_known_one():
    make_person()
    known, unknown = (try_to_sign_in(browser(), name, "wrong").context["form"].errors for name in ("anna", "nobody"))
    assert known == unknown
    fail_often(5, username="nobody")
    assert WAIT in try_to_sign_in(browser(), "nobody").content.decode()


def test_success_forgets_the_failures_before_it():
    make_person()
    fail_often(4)
    try_to_sign_in(browser())
    fail_often(4)
    assert try_to_sign_in(browser()).status_code == 302


def test_administrator_lifts_a_lock_on_the_page_and_nobody_else():
    make_person()
    fail_often()
    chief, client = make_person("chief", is_superuser=True), browser(THERE)
    client.force_login(chief)
    page = client.get("/admin/access/attempt/").content.decode()
    assert "anna" in page
    chosen = list(Attempt.objects.values_list("pk", flat=True))
    client.post("/admin/access/attempt/", {"action": "lift_locks", "_selected_action": chosen})
    assert try_to_sign_in(browser()).status_code == 302
    assert "lock_lifted" in kinds()
    with pytest.raises(PermissionDenied):
        lift(by=make_person("ben"), account="anna")
    ben = browser()
    ben.force_login(make_person("carl"))
    assert ben.get("/admin/access/attempt/").status_code == 403


def test_forwarded_address_counts_only_as_far_as_our_own_proxies_wrote_it(settings):
    make_person()
    for number in range(5):
        client = browser()
        client.post(
            "/admin/login/", {"username": "anna", "password": "wrong"}, HTTP_X_FORWARDED_FOR=f"203.0.113.{number}"
        )
    assert WAIT in try_to_sign_in(browser()).content.decode()
    settings.PROXY_COUNT = 1
    told = {"HTTP_X_FORWARDED_FOR": f"203.0.113.77, {THERE}"}
    browser().post("/admin/login/", {"username": "x", "password": "wrong"}, **told)
    assert SecurityEvent.objects.first().address == THERE


def test_all_addresses_of_an_ipv6_network_are_one():
    assert network_of("2001:db8:1:2:3::4") == network_of("2001:db8:1:2:ffff::1") != network_of("2001:db8:1:3::4")
    assert network_of("::ffff:192.0.2.7") == "192.0.2.7"


def test_new_passwords_are_hashed_with_argon2_and_old_ones_anew(settings):
    settings.PASSWORD_HASHERS = configured.PASSWORD_HASHERS
    user = make_person()
    assert user.password.startswith("argon2$argon2id$")
    old = PBKDF2PasswordHasher().encode(PASSWORD, "saltsaltsaltsalt")
    QuerySet.update(type(user).objects.filter(pk=user.pk), password=old)
    assert try_to_sign_in(browser()).status_code == 302
    user.refresh_from_db()
    assert identify_hasher(user.password).algorithm == "argon2"


@pytest.mark.parametrize("password", ["heron-lamp1", "1q2w3e4r5t6y", "384756019283", "anna@example.org"])
def test_weak_password_is_refused(password):
    user = make_person(email="anna@example.org")
    with pytest.raises(ValidationError):
        validate_password(password, user)
    validate_password("heron-lamp-12", user)


def test_signing_out_and_a_new_password_are_kept():
    make_person()
    client, other = browser(), browser()
    try_to_sign_in(client)
    try_to_sign_in(other)
    new = {"old_password": PASSWORD, "new_password1": "other-lamp-orbit-42", "new_password2": "other-lamp-orbit-42"}
    assert client.post("/admin/password_change/", new).status_code == 302
    assert is_in(client)
    assert not is_in(other)
    client.post("/admin/logout/")
    assert kinds()[-2:] == ["password_changed", "signed_out"]


def test_page_leads_on_only_within_the_site():
    make_person()
    assert try_to_sign_in(browser(), next="https://evil.example/")["Location"] == "/admin/"
    assert try_to_sign_in(browser(), next="//evil.example/")["Location"] == "/admin/"
    assert try_to_sign_in(browser(), next="/admin/evidence/study/")["Location"] == "/admin/evidence/study/"
