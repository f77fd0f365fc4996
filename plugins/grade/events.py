"""Numbers of events in the two groups of all studies, where every effect has them."""

from dataclasses import dataclass
from math import ceil, sqrt
from statistics import NormalDist
from typing import Self

from analysis.contract import Dataset

COLUMNS = ("ai", "n1i", "ci", "n2i")


@dataclass(frozen=True, slots=True)
class Events:
    """Events and participants of all studies together; group 2 is the comparator."""

    events: float
    participants: float
    comparator_risk: float | None

    @classmethod
    def of(cls, dataset: Dataset) -> Self | None:
        """Give the sums over the effects, None where an effect has no numbers of events."""
        tables = [effect.columns for effect in dataset.effects]
        if not tables or any(name not in table for table in tables for name in COLUMNS):
            return None
        total = {name: sum(table[name] for table in tables) for name in COLUMNS}
        return cls(
            events=total["ai"] + total["ci"],
            participants=total["n1i"] + total["n2i"],
            comparator_risk=total["ci"] / total["n2i"] if total["n2i"] else None,
        )


def two_risks_size(*, risk: float, relative_reduction: float, significance: float, power: float) -> int | None:
    """Give the participants in two equal groups that detect a relative reduction of a risk; None for a risk of 0 or 1.

    n = (z_a sqrt(2 p (1 - p)) + z_b sqrt(p1 (1 - p1) + p2 (1 - p2)))**2 / (p1 - p2)**2 in each group, p the mean of
    both risks, without a correction for continuity.

    References
    ----------
    Fleiss, Levin and Paik (2003), Statistical Methods for Rates and Proportions, third edition, section 4.2.
    """
    if not 0.0 < risk < 1.0:
        return None
    normal = NormalDist()
    other = risk * (1 - relative_reduction)
    mean = (risk + other) / 2
    reach = normal.inv_cdf(1 - significance / 2) * sqrt(2 * mean * (1 - mean))
    reach += normal.inv_cdf(power) * sqrt(risk * (1 - risk) + other * (1 - other))
    return 2 * ceil((reach / (risk - other)) ** 2)
