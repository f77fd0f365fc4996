"""Lock-outs: how often somebody may try, by name and by address, before they have to wait."""

from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.utils import timezone

from access.addresses import network_of
from access.models import Attempt
from evidence.models import SecurityEvent
from evidence.services.noting import Kind, current_address, note

# Attempts are forgotten after so long.
KEPT = timedelta(days=1)
# From an address that the person came in from within so long, guesses from elsewhere do not lock them out.
KNOWN_FOR = timedelta(days=30)
# The three counts: one name from one address; one name from everywhere; one address with whatever names.
BY_NAME_FACTOR, BY_ADDRESS_FACTOR = 4, 10

LOCKED = (
    "There were too many attempts to sign in. Wait {minutes} minute{s} and try again, or ask an administrator of the "
    "site to lift the lock."
)


class LockedOut(ValidationError):
    """Somebody tried too often."""

    def __init__(self, *, until: datetime) -> None:
        self.until = until
        minutes = max(int((until - timezone.now()).total_seconds() // 60) + 1, 1)
        super().__init__(LOCKED.format(minutes=minutes, s="" if minutes == 1 else "s"), code="locked")


def begin_attempt(door: str, account: str) -> Attempt:
    """Count an attempt before it is looked at, so that many at once are no more than one after the other.

    Raises
    ------
    LockedOut : there were too many already; this one does not count, so that a lock ends by itself
    """
    row = Attempt(door=door, account=_name(account), network=network_of(current_address()))
    row.save()
    for rows, most in _counts(row):
        newest_first = list(rows.order_by("-pk").values_list("moment", flat=True)[: most + 1])
        if len(newest_first) > most:
            row.delete()
            raise LockedOut(until=newest_first[most] + _lock_time())
    return row


def fail(attempt: Attempt, *, kind: Kind = Kind.SIGN_IN_FAILED, by: User | None = None) -> None:
    """Keep that an attempt failed, and that it was the last one before a lock."""
    note(kind, by=by, account=attempt.account)
    if any(rows.count() == most for rows, most in _counts(attempt)):
        note(Kind.LOCKED_OUT, account=attempt.account, says=f"for {settings.LOCK_MINUTES} minutes")


def succeed(attempt: Attempt) -> None:
    """Forget the attempts of this name from this address: who came in needed them."""
    Attempt.objects.filter(door=attempt.door, account=attempt.account, network=attempt.network).delete()
    Attempt.objects.filter(moment__lt=timezone.now() - KEPT).delete()


def lift(*, by: User, account: str) -> int:
    """Let a name try again; give how many attempts are forgotten.

    Raises
    ------
    PermissionDenied : the person is no administrator of the site
    """
    if not by.is_superuser:
        raise PermissionDenied("Locks are lifted by administrators of the site.")
    networks = set(Attempt.objects.filter(account=_name(account)).values_list("network", flat=True))
    count, _ = Attempt.objects.filter(account=_name(account)).delete()
    # Where the address is locked for its many names, the person would still be.
    for network in networks:
        rows = Attempt.objects.filter(network=network, moment__gt=timezone.now() - _lock_time())
        if rows.count() >= settings.LOCK_AFTER * BY_ADDRESS_FACTOR:
            count += rows.delete()[0]
    note(Kind.LOCK_LIFTED, by=by, account=_name(account))
    return count


def is_locked(account: str) -> bool:
    """Whether a name cannot try from somewhere at this moment; for the list of administrators."""
    since = timezone.now() - _lock_time()
    return Attempt.objects.filter(account=_name(account), moment__gt=since).count() >= settings.LOCK_AFTER


def _counts(row: Attempt) -> list[tuple[QuerySet[Attempt], int]]:
    """Give the rows that count against an attempt, itself among them, with how many there may be."""
    rows = Attempt.objects.filter(door=row.door, pk__lte=row.pk, moment__gt=timezone.now() - _lock_time())
    of_name, few = rows.filter(account=row.account), settings.LOCK_AFTER
    counts = [
        (of_name.filter(network=row.network), few),
        (rows.filter(network=row.network), few * BY_ADDRESS_FACTOR),
    ]
    return counts if _is_known(row) else [*counts, (of_name, few * BY_NAME_FACTOR)]


def _is_known(row: Attempt) -> bool:
    """Whether the person came in from this address lately."""
    since = timezone.now() - KNOWN_FOR
    known = SecurityEvent.objects.filter(kind=Kind.SIGNED_IN, account__iexact=row.account, made_at__gt=since)
    address = current_address()
    return bool(address) and known.filter(address=address).exists()


def _lock_time() -> timedelta:
    return timedelta(minutes=settings.LOCK_MINUTES)


def _name(account: str) -> str:
    """Give a name as attempts are counted by: without the difference of large and small letters."""
    return account.strip().casefold()[:150]
