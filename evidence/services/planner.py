"""What the database's planner knows of its tables: made new after many rows came in or went."""

from collections.abc import Sequence
from functools import partial

from django.db import connection, models, transaction

# Fewer rows than these do not change how a table is best read.
MANY = 2_000


def renew_statistics(tables: Sequence[type[models.Model]], *, changed: int) -> None:
    """Let PostgreSQL count tables again once the transaction is over, where many of their rows changed.

    It does so by itself only after some time, and would until then read a table that has grown a lot as a small one.
    """
    if changed >= MANY and connection.vendor == "postgresql":
        transaction.on_commit(partial(_analyse, [model._meta.db_table for model in tables]))


def _analyse(tables: Sequence[str]) -> None:
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(table)}")
