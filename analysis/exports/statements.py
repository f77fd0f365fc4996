"""Informative statements: what was found, in words that follow from certainty, size and direction of an effect.

References
----------
GRADE guidelines 26, Santesso et al. (2020), doi:10.1016/j.jclinepi.2019.10.014. The size is that of the estimate; the
thresholds of size are told in docs/grade.md.
"""

from dataclasses import dataclass
from typing import Literal

Size = Literal["important", "small", "trivial", "unknown"]

# Share of the smallest important difference from which an effect is small and not trivial: for standardised
# differences 0.2 of 0.5 (Cohen 1988); Quorum's choice for all others.
SMALL_SHARE = 0.4
SIZE_UNKNOWN = "How important this is cannot be told: no smallest important difference is known on this scale."
VERY_UNCERTAIN = "The evidence is very uncertain about the effect of {intervention} on {outcome}."
VERBS = {"high": "{s}", "moderate": "probably {s}", "low": "may {base}"}
REDUCES, INCREASES, RESULTS = ("reduces", "reduce"), ("increases", "increase"), ("results", "result")


@dataclass(frozen=True, slots=True)
class Finding:
    """An effect in words of its question; numbers on the scale of the measure (ratios are natural logs).

    `important_below` and `important_above` are the ends of what is less than important, None where nobody knows them.
    """

    intervention: str
    comparator: str
    outcome: str
    estimate: float
    important_below: float | None = None
    important_above: float | None = None

    @property
    def size(self) -> Size:
        """How large the estimate is beside the smallest important difference in its direction."""
        important = self.important_below if self.estimate < 0 else self.important_above
        if not important:
            return "unknown"
        share = self.estimate / important
        if share >= 1:
            return "important"
        return "small" if share >= SMALL_SHARE else "trivial"


def say_finding(finding: Finding, certainty: str) -> str:
    """Give the informative statement of an effect of which people are so certain ("high" to "very_low")."""
    words = {"intervention": finding.intervention, "outcome": finding.outcome}
    if certainty == "very_low":
        return VERY_UNCERTAIN.format(**words)
    size = finding.size
    if size == "trivial" or finding.estimate == 0:
        verb, ending = _verb(certainty, RESULTS), f" in little to no difference in {finding.outcome}"
    else:
        verb = _verb(certainty, REDUCES if finding.estimate < 0 else INCREASES)
        ending = f" {finding.outcome}{' slightly' if size == 'small' else ''}"
    said = f"{finding.intervention} {verb}{ending}"
    said += f" compared with {finding.comparator}." if finding.comparator else "."
    said = said[:1].upper() + said[1:]
    return f"{said} {SIZE_UNKNOWN}" if size == "unknown" else said


def _verb(certainty: str, forms: tuple[str, str]) -> str:
    """Give a verb with what the certainty adds to it."""
    return VERBS[certainty].format(s=forms[0], base=forms[1])
