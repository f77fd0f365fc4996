"""Risk of bias: how much of the weight is at high risk, and what the estimate would be without it.

References
----------
GRADE guidelines 4, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2010.07.017.
"""

from plugins.grade.evidence import Evidence, ScenarioRow
from plugins.grade.params import Params
from plugins.grade.proposal import Domain, LookedAt

NOBODY_JUDGED = "No study has an overall judgement of its risk of bias, so that there is nothing to look at."
SOME_NOT_JUDGED = "Some studies have no overall judgement of their risk of bias."
NO_SCENARIO = "There is no sensitivity analysis without the studies at high risk of bias, so that its part is unknown."
VERY_SERIOUS_CHANGED = (
    "Nearly all of the weight is from studies at high risk of bias, and leaving them out changes the conclusion."
)
VERY_SERIOUS_NOTHING_LEFT = (
    "Nearly all of the weight is from studies at high risk of bias, and without them no study is left."
)
SERIOUS = "Most of the weight is from studies at high risk of bias."
SERIOUS_CHANGED = "Leaving out the studies at high risk of bias changes the conclusion."
SERIOUS_SOME = "Little of the weight is from studies at low risk of bias."
NOT_SERIOUS = "Most of the weight is not from studies at high risk of bias."
UNCHANGED = "Leaving out the studies at high risk of bias does not change the conclusion."


def judge_risk_of_bias(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for risk of bias."""
    shares = _shares(evidence, params)
    if not any(effect.rob.get("overall") for effect in evidence.dataset.effects):
        return Domain(
            name="risk_of_bias", rate_down=0, reasons=(NOBODY_JUDGED,), looked_at={**shares}, is_looked_at=False
        )
    scenario = evidence.risk_of_bias_scenario(params.risk_of_bias_scenario) if shares["high_risk_share"] > 0 else None
    rate_down, reasons = _propose(shares, scenario, params)
    if shares["high_risk_share"] > 0 and scenario is None:
        reasons.append(NO_SCENARIO)
    if shares["not_judged_share"] > 0:
        reasons.append(SOME_NOT_JUDGED)
    looked_at: LookedAt = {
        **shares,
        "threshold_high_risk_share": params.high_risk_share,
        "scenario": scenario.label if scenario else None,
        "estimate": evidence.pooling.estimate,
        "k_without_high_risk_count": scenario.k if scenario else None,
        "estimate_without_high_risk": scenario.estimate if scenario else None,
        "estimate_shift": _shift(evidence.pooling.estimate, scenario),
        "ci_lower_without_high_risk": scenario.ci_lower if scenario else None,
        "ci_upper_without_high_risk": scenario.ci_upper if scenario else None,
    }
    return Domain(name="risk_of_bias", rate_down=rate_down, reasons=tuple(reasons), looked_at=looked_at)


def _shift(estimate: float | None, scenario: ScenarioRow | None) -> float | None:
    """Give how far the estimate moves without the studies at high risk; None where there are not two."""
    if estimate is None or scenario is None or scenario.estimate is None:
        return None
    return scenario.estimate - estimate


def _shares(evidence: Evidence, params: Params) -> dict[str, float]:
    """Give the share of the weight for each kind of overall judgement; kinds that params do not name are low."""
    kinds = dict.fromkeys(params.high_risk_judgements, "high_risk_share")
    kinds |= dict.fromkeys(params.some_risk_judgements, "some_risk_share")
    shares = dict.fromkeys(("high_risk_share", "some_risk_share", "low_risk_share", "not_judged_share"), 0.0)
    for effect in evidence.dataset.effects:
        overall = effect.rob.get("overall")
        kind = kinds.get(overall, "low_risk_share") if overall else "not_judged_share"
        shares[kind] += evidence.weights.get(effect.id, 0.0)
    return shares


def _propose(shares: dict[str, float], scenario: ScenarioRow | None, params: Params) -> tuple[int, list[str]]:
    """Give the levels down and the sentences for them."""
    high = shares["high_risk_share"]
    has_changed = bool(scenario and scenario.conclusion_changes)
    if high >= params.high_risk_share_very_serious and has_changed:
        return 2, [VERY_SERIOUS_CHANGED]
    if high >= params.high_risk_share_very_serious and scenario and scenario.k == 0:
        return 2, [VERY_SERIOUS_NOTHING_LEFT]
    follow_up = [SERIOUS_CHANGED] if has_changed else []
    if scenario and scenario.conclusion_changes is False:
        follow_up = [UNCHANGED]
    if high >= params.high_risk_share:
        return 1, [SERIOUS, *follow_up]
    if high >= params.high_risk_share_if_changed and has_changed:
        return 1, [NOT_SERIOUS, SERIOUS_CHANGED]
    if high + shares["some_risk_share"] >= params.some_risk_share:
        return 1, [SERIOUS_SOME, *follow_up]
    return 0, [NOT_SERIOUS, *follow_up]
