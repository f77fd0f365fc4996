"""What a printed number can stand for: every value that rounds to it, whichever way halves are rounded."""

from decimal import Decimal
from fractions import Fraction


def decimals(value: Decimal) -> int:
    """Give how many digits stand after the point, zeros at the end among them."""
    return max(-int(value.as_tuple().exponent), 0)


def half_unit(value: Decimal) -> Fraction:
    """Give half a unit of the last digit that is printed."""
    return Fraction(1, 2 * 10 ** decimals(value))


def reach(value: Decimal) -> tuple[Fraction, Fraction]:
    """Give the smallest and the largest value that can have been printed so."""
    exact, half = Fraction(value), half_unit(value)
    return exact - half, exact + half


def spread_reach(value: Decimal) -> tuple[Fraction, Fraction]:
    """Give the smallest and the largest SD that can have been printed so: none is below 0."""
    low, high = reach(value)
    return max(low, Fraction(0)), high
