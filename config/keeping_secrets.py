"""Secrets of a server: from the environment alone, long, and none that stands in a document."""

import secrets
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

from analysis.files import write_whole

SHORTEST, FEWEST_LETTERS = 50, 10
# What a key begins with that was copied from an example, or made by a program for trying things.
EXAMPLES = ("django-insecure-", "change", "secret", "example", "your-", "test", "password")
WEAK_PASSWORDS = frozenset(
    {"", "password", "postgres", "quorum", "redis", "admin", "secret", "changeme", "change-me", "example", "test"}
)

MISSING = "PRODUCTION needs SECRET_KEY in the environment: 50 random characters or more, the same in every process."
SHORT = "SECRET_KEY has {found} characters; {needed} random ones or more are needed with PRODUCTION."
MONOTONOUS = "SECRET_KEY has only {found} different characters; it is no random one, as PRODUCTION needs."
EXAMPLE = "SECRET_KEY begins with “{begin}”, like one from an example; make a random one."
WEAK = "{name} holds the password “{password}”, which anybody would try; make a random one."
DEBUGGING = "DEBUG shows everybody the inside of the site; it cannot be on with PRODUCTION."


def local_key(folder: Path) -> str:
    """Give the key of an installation for one machine, made once and kept in its folder."""
    path = folder / "secret_key"
    try:
        if not path.exists() or not path.read_text():
            folder.mkdir(exist_ok=True)
            write_whole(path, secrets.token_urlsafe(50).encode(), is_private=True)
        return path.read_text()
    except OSError as error:
        raise ImproperlyConfigured(f"The secret key cannot be kept in {path}: {error.strerror or error}.") from error


def refuse_weak_key(key: str) -> str:
    """Give the key of a server; refuse one that is missing, short, or from an example.

    Raises
    ------
    ImproperlyConfigured : with what is wrong, and never with the key
    """
    if not key:
        raise ImproperlyConfigured(MISSING)
    if len(key) < SHORTEST:
        raise ImproperlyConfigured(SHORT.format(found=len(key), needed=SHORTEST))
    if len(set(key)) < FEWEST_LETTERS:
        raise ImproperlyConfigured(MONOTONOUS.format(found=len(set(key))))
    begin = next((one for one in EXAMPLES if key.lower().startswith(one)), None)
    if begin is not None:
        raise ImproperlyConfigured(EXAMPLE.format(begin=begin))
    return key


def refuse_weak_password(name: str, password: str | None) -> None:
    """Refuse a password in an address that anybody would try; none at all is left to the server's own rules.

    Raises
    ------
    ImproperlyConfigured : it is one of those
    """
    if password and password.lower() in WEAK_PASSWORDS:
        raise ImproperlyConfigured(WEAK.format(name=name, password=password))


def refuse_debugging(is_on: bool) -> None:
    """Refuse pages with tracebacks on a server.

    Raises
    ------
    ImproperlyConfigured : they are on
    """
    if is_on:
        raise ImproperlyConfigured(DEBUGGING)
