"""Signing in through another house (OpenID Connect): who comes in, and who does not."""

import json
import socket
import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import get_resolver

from tests.access.house import CLIENT, SECRET
from tests.access.test_headers import LONG_KEY, ROOT


@pytest.fixture(scope="module")
def happened(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What happened to people who came from the other house, in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("house")
    env = {
        "PATH": "/usr/bin:/bin",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "SECRET_KEY": LONG_KEY,
        "OPENBLAS_NUM_THREADS": "1",
        "DATABASE_URL": f"sqlite:///{folder / 'house.sqlite3'}",
        "OIDC_ISSUER": f"http://127.0.0.1:{port}",
        "OIDC_CLIENT_ID": CLIENT,
        "OIDC_CLIENT_SECRET": SECRET,
        "OIDC_NAME": "Ward 7",
        "NO_PROXY": "127.0.0.1",
    }
    words = [sys.executable, "-m", "tests.access.house", str(port)]
    ran = subprocess.run(words, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    told: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return told


def test_page_for_signing_in_offers_the_other_house(happened):
    assert "Sign in with Ward 7" in happened["page"]


def test_who_has_an_account_comes_in_by_the_address_that_is_vouched_for(happened):
    known = happened["known"]
    assert known["sent_to"].endswith("/authorize")
    assert known["challenge"] == "S256"
    assert (known["is_in"], known["ends_at"], known["status"]) == ("anna", "/admin/", 200)
    assert happened["known again, by another address"]["is_in"] == "anna"
    assert happened["secret was sent"]


@pytest.mark.parametrize(
    ("who", "says"),
    [
        ("not vouched for", "does not vouch for an e-mail address"),
        ("unknown", "no account here has this address"),
        ("switched off", "no account here has this address"),
        ("another with the link", "no account here has this address"),
    ],
)
def test_nobody_else_comes_in_and_all_are_told_why(happened, who, says):
    told = happened[who]
    assert told["is_in"] == ""
    assert told["ends_at"] == "/admin/login/"
    assert says in " ".join(told["says"])


def test_invited_person_comes_in_without_a_password(happened):
    assert happened["invited"]["is_in"] == "dora"
    assert happened["dora"] == [False, "Dora Falk", "reviewer"]


def test_nobody_makes_an_account_by_themselves(happened):
    assert happened["accounts"] == ["anna", "dora", "gone", "olga"]
    assert set(happened["no sign-up"]) == {"/admin/login/"}


def test_second_step_is_asked_for_all_the_same(happened):
    assert happened["with a second step"]["ends_at"].startswith("/admin/code/")


def test_forged_answer_opens_nothing(happened):
    assert happened["forged"] == ["/admin/login/", False]


def test_who_came_in_and_who_did_not_is_kept(happened):
    events = [tuple(one) for one in happened["events"]]
    assert events.count(("signed_in", "anna")) == 3
    assert ("signed_in", "dora") in events
    assert [kind for kind, _ in events].count("sign_in_failed") >= 3


@pytest.mark.django_db
def test_without_its_settings_there_is_no_other_house():
    assert not any(app.startswith("allauth") for app in settings.INSTALLED_APPS)
    assert "openid_connect_login" not in get_resolver().reverse_dict
    assert "Sign in with" not in Client().get("/admin/login/").content.decode()
