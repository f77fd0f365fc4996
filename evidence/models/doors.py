"""Through which door a change came in, and as part of which larger act: noted in the history of every row."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from django.db import models


class Door(models.TextChoices):
    """The ways into the evidence."""

    ADMIN = "admin", "admin"
    API = "api", "API"
    IMPORT = "import", "import"
    COMMAND = "command", "command"


_door: ContextVar[str] = ContextVar("door", default="")
_batch: ContextVar[int | None] = ContextVar("batch", default=None)


@contextmanager
def through(door: str) -> Iterator[None]:
    """Note this door with every change that the block makes."""
    token = _door.set(door)
    try:
        yield
    finally:
        _door.reset(token)


@contextmanager
def part_of(batch: int) -> Iterator[None]:
    """Note every change that the block makes as part of one act."""
    token = _batch.set(batch)
    try:
        yield
    finally:
        _batch.reset(token)


def current_door() -> str:
    """Give the door that is open now, "" where nobody said."""
    return _door.get()


def current_batch() -> int | None:
    """Give the act that is under way now."""
    return _batch.get()


class Entered(models.Model):
    """What the history of a row says beside who, when and why."""

    history_door = models.CharField(max_length=10, choices=Door, blank=True, default=current_door)
    history_batch = models.PositiveBigIntegerField(null=True, blank=True, default=current_batch, db_index=True)

    class Meta:
        abstract = True
