"""Whether two programs did the same job: their numbers, side by side."""

import math
from dataclasses import dataclass

import numpy as np

from tests.bench.clock import Values

# A program that stops early (metafor at steps of 1e-5 in tau2) still does the job; one with another answer does not.
SAME = 1e-4
# Of many fits, those on which a program stops far from the optimum or fails are counted and named; it must do the rest.
ENOUGH = 0.95
# Two random permutation tests of one hypothesis differ by chance, nearly always by less than as many standard errors.
CHANCE = 4.0


@dataclass(frozen=True)
class Comparison:
    """How many of the compared fits fail (have no number) and differ, and how closely the others agree."""

    count: int
    failed: int
    differing: int
    agree_to: float
    differ_by: float
    chance: str = ""

    @property
    def is_same_job(self) -> bool:
        """Whether a ratio of times says something."""
        return self.count - self.failed - self.differing >= ENOUGH * self.count and not self.chance.startswith("differ")

    def __str__(self) -> str:
        """Say it in a few words."""
        agreeing = self.count - self.failed - self.differing
        parts = []
        if agreeing:
            few = "" if agreeing == self.count else f"{agreeing} of {self.count} "
            parts.append(f"{few}agree to {self.agree_to:.0e}")
        if self.differing:
            parts.append(f"{self.differing} of {self.count} differ, by up to {self.differ_by:.0e}")
        if self.failed:
            parts.append(f"{self.failed} of {self.count} without an answer")
        return "; ".join(parts + [self.chance] * bool(self.chance))


def compare(ours: Values, theirs: Values, *, typical: float) -> Comparison:
    """Compare the numbers that both have; where theirs are fewer, with the first of ours.

    Differences are in standard errors for `estimate`, relative for `se`, relative to tau2 plus a `typical` sampling
    variance for `tau2`, and for the rest relative to the number, or to 1 where that is larger.
    """
    differences = []
    for name in (name for name in ours if name in theirs and name not in ("p_value", "permutations")):
        other = np.ravel(theirs[name])
        own, se = (np.ravel(ours.get(part, ours[name]))[: other.size] for part in (name, "se"))
        scale = {"estimate": se, "se": own, "tau2": own + typical}.get(name, np.maximum(1.0, np.abs(own)))
        differences.append(np.abs(other - own) / scale)
    worst = np.max(np.stack(differences), axis=0)
    answered = worst[np.isfinite(worst)]
    near, far = answered[answered <= SAME], answered[answered > SAME]
    return Comparison(
        count=worst.size,
        failed=worst.size - answered.size,
        differing=far.size,
        agree_to=float(np.max(near, initial=0.0)),
        differ_by=float(np.max(far, initial=0.0)),
        chance=_by_chance(ours, theirs) if "p_value" in ours and "p_value" in theirs else "",
    )


def _by_chance(ours: Values, theirs: Values) -> str:
    """Compare two p values by simulation."""
    own, other = (float(np.ravel(values["p_value"])[-1]) for values in (ours, theirs))
    sizes = [float(np.ravel(values["permutations"])[0]) for values in (ours, theirs)]
    centre = max(0.5 * (own + other), 1.0 / min(sizes))
    error = math.sqrt(centre * (1.0 - centre) * sum(1.0 / size for size in sizes))
    verdict = "p values agree within chance" if abs(own - other) <= CHANCE * error else "differ in p"
    return f"{verdict} ({own:.3f}, {other:.3f})"
