"""Rows of made-up studies for tests of doubts."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from evidence.doubts import ArmNumbers, ArmSize, ContrastNumbers, Scale, StudyNumbers
from evidence.doubts.printed import Moment

NRS = Scale("pain/nrs", "NRS", Decimal(0), Decimal(10))
WHOLE_NRS = Scale("pain/nrs", "NRS", Decimal(0), Decimal(10), Fraction(1))
OPEN = Scale("pain/walk", "Walking distance", is_higher_better=True)
DECIMALS = frozenset(
    {"mean", "sd", "se", "minimum", "q1", "median", "q3", "maximum", "ci_lower", "ci_upper", "ci_level"}
    | {"estimate", "p_value"}
)


def moment(scale: Scale = NRS, *, week: int | None = 12, is_change: bool = False, is_adjusted: bool = False) -> Moment:
    return Moment(scale, None if week is None else Decimal(week), "", is_change, is_adjusted)


def _numbers(given: dict[str, Any]) -> dict[str, Any]:
    return {name: Decimal(value) if name in DECIMALS else value for name, value in given.items()}


def arm(number: int = 1, at: Moment | None = None, **given: Any) -> ArmNumbers:
    """Give a row of an arm; numbers are written as printed."""
    return ArmNumbers(given.pop("key", number), number, f"arm {number}", at or moment(), **_numbers(given))


def contrast(at: Moment | None = None, **given: Any) -> ContrastNumbers:
    """Give a contrast of arm 1 and arm 2."""
    return ContrastNumbers("contrast", 1, 2, "arm 1 against arm 2", at or moment(), **_numbers(given))


def study(code: str, *results: ArmNumbers, contrasts: tuple[ContrastNumbers, ...] = (), **given: Any) -> StudyNumbers:
    """Give a study with arms of 40."""
    arms = (ArmSize(1, "exercise", 40), ArmSize(2, "usual care", 40))
    return StudyNumbers(
        code,
        code.replace("_", " "),
        given.pop("family", code),
        given.pop("is_randomised", True),
        arms,
        results,
        contrasts,
    )
