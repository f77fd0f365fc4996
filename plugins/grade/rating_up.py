"""Rating up: whether a large effect, a dose-response gradient or plausible confounding raises the certainty.

References
----------
GRADE guidelines 9, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.06.004; GRADE guidelines 18, Schünemann et al.
(2019), doi:10.1016/j.jclinepi.2018.01.012; Zhang and Yu (1998), doi:10.1001/jama.280.19.1690.
"""

from math import expm1, log, log1p
from typing import Literal

from plugins.grade.events import Events
from plugins.grade.evidence import Evidence
from plugins.grade.information import pooled_sd
from plugins.grade.params import Params, Statement
from plugins.grade.proposal import Domain, LookedAt, RateUp, RateUpName

RANDOMISED = "Reasons to rate up are looked at for non-randomised evidence only."
RATED_DOWN = "Evidence that is rated down is not rated up."
NO_SCALE = "Whether the effect is large cannot be told on this scale."
NOT_LARGE = "The effect is not large."
LARGE = "The effect is large."
VERY_LARGE = "The effect is very large."
ODDS_AS_RISKS = (
    "The odds ratio is taken for a risk ratio, because the comparator's risk is not known: it looks larger than the "
    "risk ratio unless the outcome is rare."
)
NOT_JUDGED = "Nobody has judged this."
ABSENT = "A person judged that this is absent."
PRESENT = "A person judged that this is present: {}"
# Measures whose ratio is read against the thresholds for risk ratios.
RATIOS_OF_RISK = frozenset({"RR", "OR", "HR", "IRR"})


def judge_rating_up(evidence: Evidence, domains: tuple[Domain, ...], params: Params) -> tuple[RateUp, ...]:
    """Propose the levels up for each of the three reasons."""
    if params.design == "randomised":
        return _none(RANDOMISED)
    # With a start at high, the levels down for risk of bias stand in the place of a start at low (GRADE guidelines 18).
    counted = [row for row in domains if not (row.name == "risk_of_bias" and params.start == "high")]
    if any(row.rate_down for row in counted):
        return _none(RATED_DOWN)
    return (
        judge_large_effect(evidence, params),
        _stated("dose_response", params.dose_response, params.dose_response_reason),
        _stated("plausible_confounding", params.plausible_confounding, params.plausible_confounding_reason),
    )


def _none(reason: str) -> tuple[RateUp, ...]:
    """Give three reasons that are not looked at."""
    names: tuple[RateUpName, ...] = ("large_effect", "dose_response", "plausible_confounding")
    return tuple(RateUp(name=name, rate_up=0, reasons=(reason,), is_looked_at=False) for name in names)


def judge_large_effect(evidence: Evidence, params: Params) -> RateUp:
    """Propose the levels up for a large effect: one, or two for a very large ratio of risks."""
    size, caution = _size(evidence)
    if size is None:
        return RateUp(name="large_effect", rate_up=0, reasons=(NO_SCALE,), is_looked_at=False)
    if evidence.dataset.is_ratio:
        thresholds = [log(params.large_ratio), log(params.very_large_ratio)]
        names = ("log_risk_ratio", "threshold_large", "threshold_very_large")
    else:
        thresholds = [params.large_smd]
        names = ("difference_in_sds_ratio", "threshold_large_ratio", "")
    rate_up = sum(abs(size) > threshold for threshold in thresholds)
    looked_at: LookedAt = dict(zip(names, [size, *thresholds], strict=False))
    reasons = ((NOT_LARGE, LARGE, VERY_LARGE)[rate_up], *caution)
    return RateUp(name="large_effect", rate_up=rate_up, reasons=reasons, looked_at=looked_at)


def _size(evidence: Evidence) -> tuple[float | None, tuple[str, ...]]:
    """Give the log of the risk ratio, or the difference in standard deviations, and what to know about it."""
    measure, estimate = evidence.dataset.measure, evidence.pooling.estimate
    if estimate is None:
        return None, ()
    if measure == "OR":
        events = Events.of(evidence.dataset)
        risk = events.comparator_risk if events else None
        if risk is None:
            return estimate, (ODDS_AS_RISKS,)
        return log_risk_ratio(estimate, risk=risk), ()
    if measure in RATIOS_OF_RISK or measure == "SMD":
        return estimate, ()
    sd = pooled_sd(evidence.dataset) if measure == "MD" else None
    return (estimate / sd if sd else None), ()


def log_risk_ratio(log_odds_ratio: float, *, risk: float) -> float:
    """Give the log of OR / (1 - p + p OR), the risk ratio at the comparator's risk p."""
    if log_odds_ratio > 0:  # written so that no large odds ratio overflows
        return -_log_mixed(-log_odds_ratio, share=1 - risk)
    return log_odds_ratio - _log_mixed(log_odds_ratio, share=risk)


def _log_mixed(log_ratio: float, *, share: float) -> float:
    """Give log(1 - share + share * exp(log_ratio)) for a log ratio of at most 0."""
    return log1p(share * expm1(log_ratio))


def _stated(name: Literal["dose_response", "plausible_confounding"], statement: Statement, reason: str) -> RateUp:
    """Give what a person stated about a reason to rate up."""
    says = {"not_judged": NOT_JUDGED, "absent": ABSENT, "present": PRESENT.format(reason.strip())}[statement]
    is_present = statement == "present"
    return RateUp(name=name, rate_up=int(is_present), reasons=(says,), is_looked_at=statement != "not_judged")
