"""Which way an instrument counts, and how its points become points of the outcome's common scale."""

from dataclasses import dataclass
from typing import Any

from analysis.contract import Measure, Step
from analysis.derivation.wording import Unusable, say
from analysis.engine import Scale, convert_difference

# Measures of events; HR and IRR need more than the events of two groups, and are read from printed contrasts only.
EVENT_MEASURES = ("RR", "OR", "RD", "HR", "IRR")
CONTRAST_ONLY = ("HR", "IRR")


@dataclass(frozen=True, slots=True)
class Instrument:
    """An instrument of the outcome, with what turns its points into those of the effect: times factor (signed by
    direction), plus offset.
    """

    code: str
    name: str
    direction: str
    factor: float
    step: Step | None
    offset: float = 0.0

    def change_sign(self, sign: str) -> float:
        """Give +1 or -1: what turns a printed change or difference into one that runs as the scale runs.

        Raises
        ------
        Unusable : the report does not say what a positive number means
        """
        if sign == "scale":
            return 1.0
        if sign == "benefit":
            return -1.0 if self.direction == "lower" else 1.0
        raise Unusable("sign_not_stated", "The report does not say which direction of the difference is better.")


def read_instrument(outcome: dict[str, Any], code: str, measure: Measure) -> Instrument:
    """Give the instrument ready for a measure.

    Raises
    ------
    Unusable : kind of instrument and measure do not fit, or the scale's range is needed and not known
    """
    row = outcome["instruments"][code]
    name, direction = row["name"], row["direction"]
    turned = direction != outcome["direction"]
    if (measure in EVENT_MEASURES) != (row["kind"] == "dichotomous"):
        wanted = "events of a total" if measure in EVENT_MEASURES else "means"
        raise Unusable("wrong_kind", f"{name} is not measured as {wanted}, which {measure} needs.")
    if measure == "ROM" and turned:
        raise Unusable("opposite_scale", f"{name} counts the other way, and a ratio of means cannot be turned round.")
    if measure == "ROM":
        return Instrument(code, name, direction, 1.0, None)
    if measure in EVENT_MEASURES:
        if turned:
            raise Unusable("opposite_events", f"{name} counts the opposite of what the outcome counts.")
        return Instrument(code, name, direction, 1.0, None)
    sign = -1.0 if turned else 1.0
    turning = "; sign turned, as the instrument counts the other way" if turned else ""
    if measure == "SMD":
        step = Step(name="direction", says=f"{name}{turning}", output=sign) if turned else None
        return Instrument(code, name, direction, sign, step)
    source, target = _range(row), _range(outcome)
    if target is None:
        raise Unusable("no_common_scale", "The outcome has no common scale, which mean differences need.")
    if source is None:
        raise Unusable("scale_unknown", f"The range of {name} is not stated, so its points cannot be converted.")
    factor = float(convert_difference(1.0, source=source, target=target))
    if factor == 1.0 and not turned:
        return Instrument(code, name, direction, 1.0, None, target.minimum - source.minimum)
    offset = (target.maximum if turned else target.minimum) - sign * factor * source.minimum
    says = (
        f"{name} {say(source.minimum)} to {say(source.maximum)} as points from {say(target.minimum)} to "
        f"{say(target.maximum)}: times {say(factor)}{turning}"
    )
    return Instrument(code, name, direction, sign * factor, Step(name="scale", says=says, output=sign * factor), offset)


def _range(row: dict[str, Any]) -> Scale | None:
    if row["scale_min"] is None or row["scale_max"] is None:
        return None
    return Scale(float(row["scale_min"]), float(row["scale_max"]))
