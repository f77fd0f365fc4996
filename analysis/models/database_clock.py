"""The one clock that leases and due times are held against: the database's, which all workers share."""

from datetime import datetime

from django.db import connection
from django.utils import timezone


def read_clock() -> datetime:
    """Give the time by the database's clock; SQLite has none of its own, there it is this machine's.

    A worker whose own clock is wrong takes no living run away and holds no dead one. Asked before the statement that
    uses it: an answer that has become old makes a caller more patient, or its lease shorter, never the other way round.
    """
    if connection.vendor != "postgresql":
        return timezone.now()
    with connection.cursor() as cursor:
        # Not now(), which is when the transaction began.
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
