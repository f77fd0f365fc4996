"""Where two plain values differ, and by how much."""

import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

# Other machines and library versions may differ in the last bits of a float64; real changes are far above.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12


class Absent:
    """What stands where a value has no such part."""

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent()
# A part that was added to a record later is empty in older ones; that is no difference.
EMPTY: tuple[Any, ...] = (None, [], {}, "")


class Difference(NamedTuple):
    """One place where a stored value and the one computed again differ; `relative` is None where it is no number."""

    path: str
    stored: Any
    again: Any
    relative: float | None

    def __str__(self) -> str:
        size = "" if self.relative is None else f" (relative difference {self.relative:.1e})"
        return f"{self.path or 'It'} is stored as {self.stored!r}, computed again it is {self.again!r}{size}."

    @property
    def is_addition(self) -> bool:
        """Whether the stored value has no such part."""
        return self.stored is ABSENT


def compare(stored: Any, again: Any, path: str = "") -> Iterator[Difference]:
    """Give where two plain values differ beyond the tolerance."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for name in sorted({*stored, *again}):
            here = f"{path}.{name}" if path else name
            yield from compare(stored.get(name, ABSENT), again.get(name, ABSENT), here)
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for position, (first, second) in enumerate(zip(stored, again, strict=True)):
            yield from compare(first, second, f"{path}[{position}]")
    elif not _equal(stored, again):
        yield Difference(path, stored, again, _relative(stored, again))


def largest(differences: Iterable[Difference]) -> list[Difference]:
    """Give differences of numbers, the largest relative one first, then all others in their order."""
    return sorted(differences, key=lambda found: (found.relative is None, -(found.relative or 0.0)))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equal(first: Any, second: Any) -> bool:
    if _is_number(first) and _is_number(second):
        return math.isclose(first, second, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    if first is ABSENT or second is ABSENT:
        return (second if first is ABSENT else first) in EMPTY
    return type(first) is type(second) and bool(first == second)


def _relative(first: Any, second: Any) -> float | None:
    if not (_is_number(first) and _is_number(second)):
        return None
    return abs(first - second) / max(abs(first), abs(second))
