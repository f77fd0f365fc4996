"""The thresholds that an interval should be clear of: the smallest important difference either way, or the null."""

from math import log

from plugins.grade.evidence import Evidence
from plugins.grade.params import Params

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)


def thresholds_of(evidence: Evidence, params: Params) -> tuple[float, ...]:
    """Give the smallest important difference both ways where one is known, applies and is asked for; else the null."""
    important = important_of(evidence, params)
    return (NULL,) if important is None else (-important, important)


def important_of(evidence: Evidence, params: Params) -> float | None:
    """Give the smallest important difference: the outcome's MCID, or that of standardised differences; else None."""
    if params.threshold == "null":
        return None
    return params.important_smd if evidence.dataset.measure == "SMD" else evidence.mcid


def appreciable_of(evidence: Evidence, params: Params) -> tuple[float, ...]:
    """Give the two logs of ratios beyond which an effect is appreciable; nothing for other measures."""
    if params.threshold == "null" or not evidence.dataset.is_ratio:
        return ()
    return (log(params.important_ratio_below), log(params.important_ratio_above))


def crossed(start: float | None, end: float | None, thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """Give the thresholds inside the interval from `start` to `end`; none where there is no interval."""
    if start is None or end is None:
        return ()
    return tuple(threshold for threshold in thresholds if start < threshold < end)
