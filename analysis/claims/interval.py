"""Closed intervals of numbers, and the arithmetic that keeps every value that is possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf, isfinite

# Halves of a last digit are no binary fractions: bounds that differ by less than this are the same.
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Interval:
    """Every number from `low` to `high`, both included."""

    low: float
    high: float

    def __add__(self, other: Interval) -> Interval:
        """The sums."""
        return Interval(self.low + other.low, self.high + other.high)

    def __sub__(self, other: Interval) -> Interval:
        """The differences."""
        return Interval(self.low - other.high, self.high - other.low)

    def __mul__(self, other: Interval) -> Interval:
        """The products."""
        return hull(a * b for a in (self.low, self.high) for b in (other.low, other.high))

    def __truediv__(self, other: Interval) -> Interval:
        """The quotients; everything where the divisor can be 0."""
        if other.low <= 0.0 <= other.high:
            return Interval(-inf, inf)
        return hull(a / b for a in (self.low, self.high) for b in (other.low, other.high))

    def times(self, factor: float) -> Interval:
        """The multiples by one number."""
        return hull((self.low * factor, self.high * factor))

    def size(self) -> Interval:
        """The absolute values."""
        if self.low <= 0.0 <= self.high:
            return Interval(0.0, max(-self.low, self.high))
        return hull((abs(self.low), abs(self.high)))

    def through(self, rising: Callable[[float], float]) -> Interval:
        """The values of a function that never falls."""
        return Interval(rising(self.low), rising(self.high))

    def meets(self, other: Interval) -> bool:
        """Whether some number lies in both."""
        slack = SLACK * max(1.0, *(abs(bound) for bound in self._bounds(other) if isfinite(bound)))
        return self.low <= other.high + slack and other.low <= self.high + slack

    def is_below(self, other: Interval) -> bool:
        """Whether every number here is smaller than every number there."""
        return self.low <= other.low and not self.meets(other)

    def _bounds(self, other: Interval) -> tuple[float, ...]:
        return self.low, self.high, other.low, other.high


def hull(values: Iterable[float]) -> Interval:
    """Give the smallest interval that holds these numbers."""
    found = list(values)
    return Interval(min(found), max(found))


def span(intervals: Iterable[Interval]) -> Interval:
    """Give the smallest interval that holds these intervals."""
    found = list(intervals)
    return Interval(min(one.low for one in found), max(one.high for one in found))


def exactly(value: float) -> Interval:
    """Give the interval of one number."""
    return Interval(value, value)
