"""The thresholds that an interval should be clear of: the smallest important difference either way, or the null."""

from plugins.grade.evidence import Evidence
from plugins.grade.params import Params

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)


def thresholds_of(evidence: Evidence, params: Params) -> tuple[float, ...]:
    """Give -MCID and +MCID where the MCID is known, applies and is asked for; the null otherwise."""
    if params.threshold == "null" or evidence.mcid is None:
        return (NULL,)
    return (-evidence.mcid, evidence.mcid)


def crossed(start: float | None, end: float | None, thresholds: tuple[float, ...]) -> tuple[float, ...]:
    """Give the thresholds inside the interval from `start` to `end`; none where there is no interval."""
    if start is None or end is None:
        return ()
    return tuple(threshold for threshold in thresholds if start < threshold < end)
