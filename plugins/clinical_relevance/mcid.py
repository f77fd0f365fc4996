"""The smallest important difference between groups, in the unit of the measure."""

from dataclasses import dataclass

from analysis.contract import Dataset
from plugins.clinical_relevance.params import Params
from plugins.clinical_relevance.scale import ScaleUsed

WITHIN_REFUSED = (
    "The MCID that was entered holds within a group over time. The pooled effect is a difference between groups, and "
    "the two are not compared: an average change of everybody says nothing about a difference that matters."
)
ONLY_WITHIN = (
    "The outcome has an MCID within a group over time only. The pooled effect is a difference between groups, and the "
    "two are not compared; enter an MCID between groups with its source."
)
NONE_KNOWN = "No MCID between groups is known, so that importance cannot be judged; enter one with its source."
NEEDS_SD = "The MCID is in other units than the effect, and no standard deviation is known to convert it."
NEEDS_WIDTHS = (
    "The MCID is in points of the outcome's common scale, and the ranges of both scales are not known, so that it "
    "cannot be put into points of {name}."
)
NO_SOURCE = "The MCID was entered without a source."


@dataclass(frozen=True, slots=True)
class Mcid:
    """The smallest important difference, positive: in the unit of the measure and in points; None where not known."""

    value: float | None
    points: float | None
    source: str
    messages: tuple[str, ...] = ()


def find_mcid(dataset: Dataset, params: Params, scale: ScaleUsed) -> Mcid:
    """Give the MCID of the parameters, otherwise that of the outcome; one within a group is refused."""
    if params.mcid is not None:
        if params.mcid_kind == "within":
            return Mcid(None, None, params.mcid_source, (WITHIN_REFUSED,))
        said = () if params.mcid_source else (NO_SOURCE,)
        if params.mcid_unit == "sd":
            return _from_sd(dataset, params.mcid, scale, source=params.mcid_source, said=said)
        return _from_points(dataset, params.mcid, scale, source=params.mcid_source, said=said)
    between = abs(dataset.outcome.mcid_between or 0.0)
    if not between:
        return Mcid(None, None, "", (ONLY_WITHIN if dataset.outcome.mcid_within else NONE_KNOWN,))
    if dataset.measure == "MD":
        return Mcid(between, between, "outcome")
    width = _common_width(dataset)
    if width is None or scale.width is None:
        return Mcid(None, None, "outcome", (NEEDS_WIDTHS.format(name=scale.name or "the instrument"),))
    return _from_points(dataset, between * scale.width / width, scale, source="outcome")


def _common_width(dataset: Dataset) -> float | None:
    """Give the width of the outcome's common scale."""
    low, high = dataset.outcome.scale_min, dataset.outcome.scale_max
    return None if low is None or high is None else high - low


def _from_points(dataset: Dataset, points: float, scale: ScaleUsed, *, source: str, said: tuple[str, ...] = ()) -> Mcid:
    """Give an MCID in points in the unit of the measure."""
    if dataset.measure == "MD":
        return Mcid(points, points, source, said)
    if scale.sd is None:
        return Mcid(None, points, source, (*said, NEEDS_SD))
    return Mcid(points / scale.sd, points, source, said)


def _from_sd(dataset: Dataset, share: float, scale: ScaleUsed, *, source: str, said: tuple[str, ...]) -> Mcid:
    """Give an MCID in standard deviations in the unit of the measure."""
    points = None if scale.sd is None else share * scale.sd
    if dataset.measure == "SMD":
        return Mcid(share, points, source, said)
    return Mcid(points, points, source, said if points is not None else (*said, NEEDS_SD))
