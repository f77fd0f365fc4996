"""Named rules that say what an effect amounts to."""

from collections.abc import Callable
from dataclasses import dataclass

from plugins.clinical_relevance.params import Params


@dataclass(frozen=True, slots=True)
class Benefit:
    """The effect with the sign that is positive where the experimental groups do better.

    `mcid` is positive; `pr_benefit` and `pr_harm` are the chances that a new study's true effect is beyond it.
    """

    estimate: float
    ci_lower: float
    ci_upper: float
    mcid: float
    pr_benefit: float | None = None
    pr_harm: float | None = None

    def turned(self) -> "Benefit":
        """Give the same effect seen as a harm."""
        return Benefit(-self.estimate, -self.ci_upper, -self.ci_lower, self.mcid, self.pr_harm, self.pr_benefit)


def give_verdict(benefit: Benefit, params: Params) -> str | None:
    """Give the verdict of the rule; None where the rule needs a chance that is not known."""
    return RULES_BY_NAME[params.rule](benefit, params)


def _mcid_then_one_sided(benefit: Benefit, params: Params) -> str:
    """Give important beyond the MCID, otherwise probably meaningful where the interval lies on one side."""
    for side, name in ((benefit, "benefit"), (benefit.turned(), "harm")):
        if side.estimate > side.mcid:
            return f"important_{name}"
        if side.ci_lower > 0.0:
            return f"probably_meaningful_{name}"
    return "not_shown"


def _interval_and_mcid(benefit: Benefit, params: Params) -> str:
    """Give what the whole interval says: beyond the MCID, reaching it, below it, or on both sides of no effect."""
    for side, name in ((benefit, "benefit"), (benefit.turned(), "harm")):
        if side.ci_lower > side.mcid:
            return f"important_{name}"
        if side.ci_lower > 0.0:
            return f"possibly_important_{name}" if side.ci_upper > side.mcid else f"{name}_below_mcid"
    return "not_shown"


def _probability(benefit: Benefit, params: Params) -> str | None:
    """Give important where the chance of an effect beyond the MCID is large enough."""
    if benefit.pr_benefit is None or benefit.pr_harm is None:
        return None
    for chance, name in sorted(((benefit.pr_benefit, "benefit"), (benefit.pr_harm, "harm")), reverse=True):
        if chance >= params.least_probability:
            return f"important_{name}"
    return "not_shown"


RULES_BY_NAME: dict[str, Callable[[Benefit, Params], str | None]] = {
    "mcid_then_one_sided": _mcid_then_one_sided,
    "interval_and_mcid": _interval_and_mcid,
    "probability": _probability,
}
