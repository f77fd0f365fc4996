"""Codes that change with time, as telephones show them (RFC 6238 with SHA-1, six digits, thirty seconds); pure.

References
----------
M'Raihi et al. (2011), RFC 6238, https://doi.org/10.17487/RFC6238; M'Raihi et al. (2005), RFC 4226,
https://doi.org/10.17487/RFC4226.
"""

import base64
import hmac
import secrets
from hashlib import sha1
from urllib.parse import quote, urlencode

STEP_SECONDS = 30
DIGITS = 6
# So many time steps a telephone may be ahead or behind.
DRIFT = 1
SECRET_BYTES = 20


def new_secret() -> str:
    """Give a new secret in base 32, as it is typed into a telephone."""
    return base64.b32encode(secrets.token_bytes(SECRET_BYTES)).decode()


def code_at(secret: str, counter: int) -> str:
    """Give the code of a time step, the number of half minutes since 1970."""
    digest = hmac.new(base64.b32decode(secret), counter.to_bytes(8, "big"), sha1).digest()
    start = digest[-1] & 0x0F
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return str(number % 10**DIGITS).zfill(DIGITS)


def counter_at(moment: float) -> int:
    """Give the time step of a moment in seconds since 1970."""
    return int(moment // STEP_SECONDS)


def matching_counter(secret: str, code: str, *, moment: float) -> int | None:
    """Give the time step of a code, as near to now as a clock may be off; None where it is no such code."""
    now = counter_at(moment)
    found = None
    for counter in range(now - DRIFT, now + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, counter).encode(), code.encode()):
            found = counter
    return found


def address_for_telephone(secret: str, *, account: str, issuer: str) -> str:
    """Give the address that a telephone reads from a picture."""
    label = quote(f"{issuer}:{account}")
    query = urlencode({"secret": secret, "issuer": issuer, "digits": DIGITS, "period": STEP_SECONDS}, quote_via=quote)
    return f"otpauth://totp/{label}?{query}"
