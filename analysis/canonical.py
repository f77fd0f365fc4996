"""Canonical JSON (RFC 8785) and its digest: equal content gives equal text, on every machine."""

import hashlib
import json
from typing import Any

import rfc8785


def to_text(value: Any) -> str:
    """Give the canonical JSON text of plain data (dict, list, str, int, float, bool, None).

    Raises
    ------
    ValueError : the data hold NaN, infinity, an integer beyond 2^53 or a type that JSON does not have
    """
    return rfc8785.dumps(value).decode("utf-8")


def from_text(text: str) -> Any:
    """Give the data that a canonical text holds."""
    return json.loads(text)


def digest(text: str) -> str:
    """Give the SHA-256 of a text, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def digest_of(value: Any) -> str:
    """Give the digest of the canonical text of plain data."""
    return digest(to_text(value))
