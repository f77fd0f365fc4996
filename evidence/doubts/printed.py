"""The numbers of a study as plain values, as far as doubts look at them."""

from collections.abc import Hashable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evidence.doubts.doubt import as_text

SCALE, BENEFIT = "scale", "benefit"
"""Values of `sign`: as the scale runs, or positive is better; anything else is not known."""


@dataclass(frozen=True, slots=True)
class Scale:
    """An instrument. `step` is the distance between two neighbouring scores of one person, None where not known."""

    code: str
    name: str
    low: Decimal | None = None
    high: Decimal | None = None
    step: Fraction | None = None
    is_higher_better: bool = False

    @property
    def ends(self) -> tuple[Decimal, Decimal] | None:
        """The lowest and the highest score, where both are known."""
        return None if self.low is None or self.high is None else (self.low, self.high)

    @property
    def in_words(self) -> str:
        """The instrument with its range."""
        return self.name if self.ends is None else f"{self.name} ({as_text(self.ends[0])} to {as_text(self.ends[1])})"


@dataclass(frozen=True, slots=True)
class ArmSize:
    """An arm and how many were randomised to it."""

    number: int
    label: str
    n_randomised: int | None = None


@dataclass(frozen=True, slots=True)
class Moment:
    """What makes two results comparable: instrument, time, kind of value, adjusted or not."""

    scale: Scale
    week: Decimal | None
    time: str
    is_change: bool
    is_adjusted: bool

    @property
    def in_words(self) -> str:
        """The moment as a reviewer calls it."""
        when = f"week {as_text(self.week)}" if self.week is not None else self.time or "time not stated"
        return (
            f"{self.scale.name}, {when}{', change' if self.is_change else ''}{', adjusted' if self.is_adjusted else ''}"
        )


@dataclass(frozen=True, slots=True)
class ArmNumbers:
    """What a report prints for one arm. `key` is whatever the row is known by outside; `name` is known to reviewers."""

    key: Hashable
    arm: int
    name: str
    at: Moment
    sign: str = SCALE
    n: int | None = None
    mean: Decimal | None = None
    sd: Decimal | None = None
    se: Decimal | None = None
    minimum: Decimal | None = None
    q1: Decimal | None = None
    median: Decimal | None = None
    q3: Decimal | None = None
    maximum: Decimal | None = None
    ci_lower: Decimal | None = None
    ci_upper: Decimal | None = None
    ci_level: Decimal = Decimal("0.95")
    total: int | None = None
    is_printed_so: bool = False


@dataclass(frozen=True, slots=True)
class ContrastNumbers:
    """What a report prints for two arms against each other."""

    key: Hashable
    first: int
    second: int
    name: str
    at: Moment
    measure: str = "MD"
    sign: str = SCALE
    estimate: Decimal | None = None
    ci_lower: Decimal | None = None
    ci_upper: Decimal | None = None
    ci_level: Decimal = Decimal("0.95")
    p_value: Decimal | None = None
    p_relation: str = "="
    n_first: int | None = None
    n_second: int | None = None
    quote: str = ""
    is_printed_so: bool = False


@dataclass(frozen=True, slots=True)
class StudyNumbers:
    """A study. `family` is the same for all companions of one study."""

    code: str
    label: str
    family: Hashable
    is_randomised: bool = True
    arms: tuple[ArmSize, ...] = ()
    results: tuple[ArmNumbers, ...] = ()
    contrasts: tuple[ContrastNumbers, ...] = ()

    def size_of(self, arm: int) -> ArmSize | None:
        """Give the arm of a number."""
        return next((one for one in self.arms if one.number == arm), None)
