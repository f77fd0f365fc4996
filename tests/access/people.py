"""People with passwords, and browsers that come from somewhere."""

import time
from typing import Any

from django.contrib.auth.models import User
from django.test import Client

from access.sealing import unseal
from access.services.stepping import set_up
from access.totp import code_at, counter_at, new_secret
from evidence.models import SecurityEvent
from tests import factories

PASSWORD = "heron-lamp-orbit-41"
HERE, THERE = "192.0.2.7", "198.51.100.9"


def make_person(username: str = "anna", **fields: Any) -> User:
    """Make an account with a password."""
    user = factories.make_user(username, **fields)
    user.set_password(PASSWORD)
    user.save()
    return user


def browser(address: str = HERE) -> Client:
    """Give a browser at an address."""
    return Client(REMOTE_ADDR=address)


def try_to_sign_in(client: Client, username: str = "anna", password: str = PASSWORD, **data: str) -> Any:
    """Send the form of the page for signing in."""
    return client.post("/admin/login/", {"username": username, "password": password, **data})


def is_in(client: Client) -> bool:
    """Whether the start page opens."""
    return bool(client.get("/admin/").status_code == 200)


def give_step(user: User) -> list[str]:
    """Set up a second step with the code of this moment; give the recovery codes."""
    secret = new_secret()
    step, codes = set_up(by=user, secret=secret, code=code_at(secret, counter_at(time.time())))
    user.second_step = step
    return codes


def code_of(user: User) -> str:
    """Give the code that the telephone of a person shows next, which counts although the one of now was used."""
    step = type(user).objects.get(pk=user.pk).second_step
    return code_at(unseal(step.sealed_secret), counter_at(time.time()) + 1)


def kinds() -> list[str]:
    """Give the kinds of all events, the oldest first."""
    return list(SecurityEvent.objects.order_by("pk").values_list("kind", flat=True))
