"""Noting what concerns security: one row for each event, with the address that the request came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

from evidence.models import Membership, SecurityEvent

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

Kind = SecurityEvent.Kind
_address: ContextVar[str] = ContextVar("address", default="")


@contextmanager
def coming_from(address: str) -> Iterator[None]:
    """Note this address with every event of the block."""
    token = _address.set(address)
    try:
        yield
    finally:
        _address.reset(token)


def current_address() -> str:
    """Give the address that the request under way came from, "" where there is none."""
    return _address.get()


def note(kind: Kind, *, by: "User | AnonymousUser | None" = None, account: str = "", says: str = "") -> SecurityEvent:
    """Keep an event; `account` is the name for signing in that it is about, by default that of who did it."""
    person = by if by is not None and by.pk is not None else None
    event = SecurityEvent(
        kind=kind,
        made_by=person,
        account=_plain(account or (person.get_username() if person else ""), 150),
        says=_plain(says, 300),
        address=current_address()[:45],
    )
    event.save()
    return event


def note_role(*, by: "User", membership: Membership, before: str = "", is_removed: bool = False) -> None:
    """Keep that a person got a role in a review, another one, or none."""
    now = "" if is_removed else membership.role
    if before == now:
        return
    says = f"“{membership.review}”: {before or 'no role'} → {now or 'no role'}"
    note(Kind.ROLE_CHANGED, by=by, account=membership.user.get_username(), says=says)


def note_export(*, by: "User | AnonymousUser", what: str) -> None:
    """Keep that somebody took something out."""
    note(Kind.EXPORTED, by=by, says=what)


def _plain(text: str, longest: int) -> str:
    """Give a text without what ends a line or hides in one, so that a line of the log is one event."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:longest]
