"""A clock that is wrong, for every Python process that finds this folder in PYTHONPATH: see Plant.clock.

Shifts time.time and datetime.now by the seconds that the file WRONG_CLOCK holds, which a test may change at any moment.
The clock of the system, of the servers and of what runs plugins stays right. No clock that only moves forward
(time.monotonic) is touched: a jump does not move those either.
"""

import copyreg
import datetime
import os
import time
from typing import Any

FILE = os.environ.get("WRONG_CLOCK", "")
REAL, RIGHT = datetime.datetime, time.time


def shift() -> float:
    """Give the seconds that this process is ahead."""
    with open(FILE) as file:
        return float(file.read())


class Kind(type):
    """Values of the real class are values of the shifted one."""

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, REAL) if cls is Shifted else super().__instancecheck__(value)

    def __subclasscheck__(cls, other: type) -> bool:
        return issubclass(other, REAL) if cls is Shifted else super().__subclasscheck__(other)


class Shifted(REAL, metaclass=Kind):
    """The real class but for the present."""

    __slots__ = ()

    @classmethod
    def now(cls, tz: Any = None) -> Any:
        return REAL.now(tz) + datetime.timedelta(seconds=shift())

    @classmethod
    def utcnow(cls) -> Any:
        return REAL.now(datetime.UTC).replace(tzinfo=None) + datetime.timedelta(seconds=shift())

    @classmethod
    def today(cls) -> Any:
        return cls.now()


def restore(*parts: Any) -> REAL:
    """Give a moment that was pickled."""
    return REAL(*parts)


def reduce(moment: REAL) -> tuple[Any, ...]:
    """Give how a moment is pickled, whose class is no longer found by its name."""
    return restore, moment.__reduce_ex__(2)[1]


if FILE:
    copyreg.pickle(REAL, reduce)
    time.time = lambda: RIGHT() + shift()
    time.time_ns = lambda: int(time.time() * 1e9)
    datetime.datetime = Shifted  # type: ignore[misc]
