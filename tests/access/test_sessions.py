"""Sessions: a new key at every door, an end without work, and an end in any case."""

import time
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from access.sessions import SEEN, SINCE, SessionStore
from tests.access.people import browser, is_in, make_person, try_to_sign_in

pytestmark = pytest.mark.django_db


def session_of(client) -> SessionStore:
    """Give the session that a browser brings."""
    return SessionStore(client.cookies["sessionid"].value)


def set_back(client, **seconds: float) -> None:
    """Let moments of a session lie so many seconds earlier."""
    row = Session.objects.get()
    data = row.get_decoded()
    data |= {name: data[name] - back for name, back in seconds.items()}
    QuerySet.update(Session.objects.all(), session_data=SessionStore().encode(data))


def test_signing_in_gives_another_key_than_the_one_that_was_brought():
    make_person()
    client = browser()
    client.cookies["sessionid"] = "x" * 32
    client.get("/admin/login/")
    try_to_sign_in(client)
    assert client.cookies["sessionid"].value != "x" * 32


def test_session_ends_after_two_hours_without_work():
    make_person()
    client = browser()
    try_to_sign_in(client)
    until = Session.objects.get().expire_date
    assert timedelta(minutes=119) < until - timezone.now() <= timedelta(minutes=120)
    QuerySet.update(Session.objects.all(), expire_date=timezone.now() - timedelta(seconds=1))
    assert not is_in(client)
    assert "Your session has ended" in client.get("/admin/login/").content.decode()


def test_work_lets_it_go_on_and_what_a_page_asks_by_itself_does_not():
    make_person()
    client = browser()
    try_to_sign_in(client)
    set_back(client, **{SEEN: 300})
    seen = session_of(client)[SEEN]
    client.get("/admin/", headers={"Sec-Fetch-Mode": "cors"})
    assert session_of(client)[SEEN] == seen
    client.get("/admin/", headers={"Sec-Fetch-Mode": "navigate"})
    assert session_of(client)[SEEN] > seen


def test_few_requests_write_the_session():
    make_person()
    client = browser()
    try_to_sign_in(client)
    seen = session_of(client)[SEEN]
    set_back(client, **{SEEN: 5})
    client.get("/admin/")
    assert session_of(client)[SEEN] == seen - 5


def test_session_ends_after_twelve_hours_of_work():
    make_person()
    client = browser()
    try_to_sign_in(client)
    set_back(client, **{SINCE: 11.5 * 3600, SEEN: 300})
    assert is_in(client)
    assert Session.objects.get().expire_date - timezone.now() <= timedelta(minutes=30)
    set_back(client, **{SINCE: 0.6 * 3600})
    assert not is_in(client)
    assert not Session.objects.exists()


def test_signing_in_again_counts_the_hours_anew():
    make_person()
    client = browser()
    try_to_sign_in(client)
    set_back(client, **{SINCE: 3600})
    try_to_sign_in(client)
    assert time.time() - session_of(client)[SINCE] < 1800


def test_account_that_is_switched_off_is_out_at_once():
    user = make_person()
    client = browser()
    try_to_sign_in(client)
    QuerySet.update(type(user).objects.all(), is_active=False)
    assert not is_in(client)


def test_cookie_is_hidden_from_scripts_and_from_other_sites():
    make_person()
    client = browser()
    try_to_sign_in(client)
    cookie = client.cookies["sessionid"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
