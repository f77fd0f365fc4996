"""Personal tokens: made by the person they are of, found by their digest, revoked for good."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import timedelta

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import AccessToken
from evidence.permissions import Scope

PREFIX = "qrm_"
LONGEST_DAYS = 366
# How old the note of the last use may be before it is written anew: a program may ask many times in a second.
USE_NOTED_EVERY = timedelta(minutes=1)


@transaction.atomic
def issue_token(*, by: User, name: str, scopes: Iterable[str], days: int) -> tuple[AccessToken, str]:
    """Make a token of the person; give its row and its key, which is nowhere to be had afterwards.

    Raises
    ------
    ValidationError : unknown scopes, a term that is too long, or a name that the person has given already
    """
    asked = list(scopes)
    unknown = [scope for scope in asked if scope not in set(Scope)]
    if unknown or not asked:
        raise ValidationError({"scopes": f"Choose what the token may do, among: {', '.join(Scope)}."})
    if not 1 <= days <= LONGEST_DAYS:
        raise ValidationError({"days": f"A token is valid for 1 to {LONGEST_DAYS} days."})
    key = PREFIX + secrets.token_urlsafe(32)
    row = AccessToken(name=name, digest=digest_of(key), hint=key[: len(PREFIX) + 6], issued_by=by)
    row.scopes = " ".join(scope for scope in Scope if scope in asked)
    row.valid_until = timezone.now() + timedelta(days=days)
    row.full_clean()
    row.save()
    return row, key


def digest_of(key: str) -> str:
    """Give the digest that a key is found by. Keys are random, so that a plain digest tells nothing of them."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_token(key: str) -> AccessToken | None:
    """Give the token of a key while it is valid and its person active, and note that it was used."""
    now = timezone.now()
    rows = AccessToken.objects.select_related("issued_by").filter(digest=digest_of(key), revoked_at=None)
    token = rows.filter(valid_until__gt=now, issued_by__is_active=True).first()
    if token is not None and (token.last_use is None or token.last_use < now - USE_NOTED_EVERY):
        token.last_use = now
        token.save(update_fields=["last_use"])
    return token


@transaction.atomic
def revoke_token(*, by: User, token: AccessToken) -> AccessToken:
    """Make a token worthless, now and for good: its person does, or a superuser.

    Raises
    ------
    PermissionDenied : it is another person's token
    ValidationError : it is revoked already
    """
    held = AccessToken.objects.select_for_update(of=("self",)).get(pk=token.pk)
    if held.issued_by_id != by.pk and not by.is_superuser:
        raise PermissionDenied("A token is revoked by its own person, or by an administrator.")
    if held.revoked_at is not None:
        raise ValidationError("The token is revoked already.")
    held.revoked_at, held.revoked_by = timezone.now(), by
    held.save(update_fields=["revoked_at", "revoked_by"])
    return held
