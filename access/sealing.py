"""Secrets that have to be read again, sealed with the key of the site: a copy of the database alone opens none."""

import base64
from hashlib import sha256

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

PURPOSE = b"quorum.access.sealing:"


class CannotOpen(ValueError):
    """What is sealed was sealed with a key that the site no longer has."""


def seal(text: str) -> str:
    """Give a text as nobody can read it without the key of the site."""
    return _box().encrypt(text.encode()).decode()


def unseal(sealed: str) -> str:
    """Give the text again.

    Raises
    ------
    CannotOpen : it was sealed with a key that is neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS
    """
    try:
        return _box().decrypt(sealed.encode()).decode()
    except InvalidToken as error:
        raise CannotOpen("The secret was sealed with another key of the site.") from error


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet([Fernet(base64.urlsafe_b64encode(sha256(PURPOSE + key.encode()).digest())) for key in keys])
