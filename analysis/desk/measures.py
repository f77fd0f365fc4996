"""Effect measures as a reader sees them: their names in words, and the scale on which their numbers are shown."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from math import exp, expm1, pi, sin, tanh

from analysis.engine.effects import MEASURES
from analysis.figures.text import decimals_for, number, ratio

# Beyond this, exp() has no answer in double precision.
LARGEST_LOG = 700.0
NO_NUMBER = "–"


@dataclass(frozen=True, slots=True)
class Shown:
    """How the effects of a measure are shown.

    Attributes
    ----------
    words : the measure in words, without a capital
    back : from the scale of yi to the one that is shown; None where they are the same
    pooled_as : what yi is, in words, where another scale is shown
    is_ratio : whether logs are shown as ratios, on a logarithmic axis
    has_null : whether 0 on the scale of yi means no difference
    digits : decimals that were asked for, None where the numbers decide
    decimals : decimals that the numbers need, for those that are not ratios
    """

    words: str
    back: Callable[[float], float] | None = None
    pooled_as: str = ""
    is_ratio: bool = False
    has_null: bool = True
    digits: int | None = None
    decimals: int = 2

    def place(self, value: float) -> float:
        """Give where a number of the scale of yi lies on the axis: logs of ratios stay logs there."""
        return self.back(value) if self.back and not self.is_ratio else value

    def write(self, value: float | None) -> str:
        """Give a number of the scale of yi for readers."""
        if value is None:
            return NO_NUMBER
        if self.is_ratio and self.digits is None:
            return ratio(value)
        shown = self.back(value) if self.back else value
        return number(shown, decimals=self.decimals if self.digits is None else self.digits)

    def fitted_to(self, values: Iterable[float]) -> "Shown":
        """Give the same with the decimals that numbers of such a range need."""
        placed = [self.place(value) for value in values]
        return replace(self, decimals=decimals_for(max(placed) - min(placed)))


def exponential(value: float) -> float:
    """Give exp(value), infinity where it is beyond all numbers."""
    return exp(value) if value < LARGEST_LOG else float("inf")


def logistic(value: float) -> float:
    """Give the proportion of log odds."""
    return 1.0 / (1.0 + exponential(-value))


def squared_sine(value: float) -> float:
    """Give the proportion of which a number is the arcsine of the square root."""
    return sin(min(max(value, 0.0), pi / 2.0)) ** 2


def square(value: float) -> float:
    """Give the rate of which a number is the square root."""
    return max(value, 0.0) ** 2


# The engine's back transformations that need no sample size. One number at a time, they are not worth an array.
BACK: dict[str, Callable[[float], float]] = {
    "exp": exponential,
    "logit": logistic,
    "arcsine": squared_sine,
    "square": square,
    "fisher_z": tanh,
    "alpha_cube_root": lambda value: 1.0 - (1.0 - value) ** 3,
    "alpha_log": lambda value: -expm1(-value),
}
# What is shown, where the title of the measure names what is pooled.
SHOWN_AS = {
    "GEN": "effect",
    "PLO": "proportion",
    "PAS": "proportion",
    "IRS": "incidence rate",
    "ZCOR": "correlation",
    "ZPCOR": "partial correlation",
    "AHW": "Cronbach's alpha",
    "ABT": "Cronbach's alpha",
}


def how_shown(measure: str, *, exp: bool | None, digits: int | None) -> Shown:
    """Give how a measure is shown; `exp` asks for exponentials (True) or for the scale of yi (False)."""
    known = MEASURES[measure]
    title, back = _uncapitalised(known.title), BACK.get(known.back_transformation)
    words = SHOWN_AS.get(measure, title.removeprefix("log ") if back else title)
    plain = Shown(title if back else words, has_null=known.null_value is not None, digits=digits)
    if exp is False or (not back and not exp):
        return plain
    if exp and known.back_transformation != "exp":
        words = f"exponential of the {plain.words}"
        return replace(plain, words=words, back=exponential, pooled_as=plain.words, is_ratio=True)
    is_ratio = known.is_log_ratio
    return replace(plain, words=words, back=back, pooled_as=title, is_ratio=is_ratio)


def _uncapitalised(title: str) -> str:
    """Give a title as words in a sentence; names of people keep their capital."""
    first = title.split()[0]
    return title if first.endswith("'s") or "-" in first else title[:1].lower() + title[1:]
