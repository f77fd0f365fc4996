"""One doubt: what looks wrong, in a sentence, and the printed numbers that it rests on."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from evidence.plausibility import plain


class Kind(StrEnum):
    """What is doubted."""

    SE_AS_SD = "se_as_sd"
    SD_TOO_LARGE = "sd_too_large"
    OFF_SCALE = "off_scale"
    SPREADS_DISAGREE = "spreads_disagree"
    OFF_CENTRE = "off_centre"
    ARMS_SWAPPED = "arms_swapped"
    N_ABOVE_RANDOMISED = "n_above_randomised"
    GRIM = "grim"
    GRIMMER = "grimmer"
    SD_IMPOSSIBLE = "sd_impossible"
    BASELINE = "baseline"
    LARGE_EFFECT = "large_effect"
    TEXT_DISAGREES = "text_disagrees"
    REPEATED = "repeated"

    @property
    def heading(self) -> str:
        """How the kind is called in lists."""
        return HEADINGS[self]


HEADINGS = {
    Kind.SE_AS_SD: "Standard error taken for an SD",
    Kind.SD_TOO_LARGE: "SD larger than the scale allows",
    Kind.OFF_SCALE: "Score outside the scale",
    Kind.SPREADS_DISAGREE: "SD, SE and interval do not fit together",
    Kind.OFF_CENTRE: "Estimate not in the middle of its interval",
    Kind.ARMS_SWAPPED: "Arms or signs swapped",
    Kind.N_ABOVE_RANDOMISED: "More analysed than randomised",
    Kind.GRIM: "Mean that whole scores cannot have (GRIM)",
    Kind.GRIMMER: "SD that whole scores cannot have (GRIMMER)",
    Kind.SD_IMPOSSIBLE: "SD outside its possible range (SPRITE)",
    Kind.BASELINE: "Arms that differ at baseline",
    Kind.LARGE_EFFECT: "Effect larger than 3 SDs",
    Kind.TEXT_DISAGREES: "Numbers and words disagree",
    Kind.REPEATED: "Numbers of another study",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A question about one row. `numbers` are the row's printed numbers that raise it, by name, as text."""

    kind: Kind
    sentence: str
    numbers: tuple[tuple[str, str], ...]


def printed(**numbers: Decimal | int | str | None) -> tuple[tuple[str, str], ...]:
    """Give the numbers that there are, as text; trailing zeros do not make another number."""
    return tuple((name, as_text(value)) for name, value in numbers.items() if value is not None)


def as_text(value: Decimal | int | str) -> str:
    """Give a printed value as text."""
    return plain(value) if isinstance(value, Decimal) else str(value)


def short(value: float | Decimal) -> str:
    """Give three digits of a computed number, for a sentence."""
    return plain(Decimal(f"{value:.3g}"))
