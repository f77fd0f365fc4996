"""Imprecision: whether the confidence interval is clear of the thresholds, and whether there is enough information.

References
----------
GRADE guidelines 6, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.01.012; GRADE guidelines 33, Brignardello-Petersen
et al. (2021), doi:10.1016/j.jclinepi.2021.07.011; GRADE guidance 34, Zeng et al. (2022),
doi:10.1016/j.jclinepi.2022.07.014.
"""

from plugins.grade.evidence import Evidence
from plugins.grade.information import Information, measure_information
from plugins.grade.params import Params
from plugins.grade.proposal import Domain, LookedAt
from plugins.grade.thresholds import NULL, appreciable_of, crossed, important_of, thresholds_of

NO_MCID = "No smallest important difference is known on this scale: the interval is compared with the null only."
MCID_NOT_ASKED = "The interval is compared with the null only, as the parameters ask."
BOTH_MCIDS = "The confidence interval holds important effects in both directions."
ONE_MCID = "The confidence interval holds both important and unimportant effects."
INCLUDES_NULL = "The confidence interval includes the null: effects in both directions are possible."
CLEAR = "The confidence interval crosses no threshold."
BOTH_APPRECIABLE = "The confidence interval holds appreciable benefit and appreciable harm."
NULL_AND_APPRECIABLE = "The confidence interval includes no effect and an appreciable effect."
NULL_ONLY = "The confidence interval includes no effect, but no appreciable effect in either direction."


def judge_imprecision(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for imprecision: by the interval and by the optimal information size.

    Ratios and risk differences follow the rule for systematic reviews of GRADE guidelines 6, other differences that of
    GRADE guidelines 33 and guidance 34.
    """
    pooling, information = evidence.pooling, measure_information(evidence, params)
    is_of_risks = evidence.dataset.is_ratio or evidence.dataset.measure == "RD"
    judge = _judge_ratio if is_of_risks else _judge_difference
    rate_down, reasons = judge(evidence, params, information)
    if thresholds_of(evidence, params) == (NULL,) and not appreciable_of(evidence, params):
        reasons.append(NO_MCID if params.threshold == "mcid" else MCID_NOT_ASKED)
    appreciable = dict(zip(("appreciable_below", "appreciable_above"), appreciable_of(evidence, params), strict=False))
    looked_at: LookedAt = {
        "k": pooling.k,
        "estimate": pooling.estimate,
        "ci_lower": pooling.ci_lower,
        "ci_upper": pooling.ci_upper,
        "null": NULL,
        "mcid": important_of(evidence, params),
        **appreciable,
        **information.looked_at,
    }
    return Domain(name="imprecision", rate_down=rate_down, reasons=tuple(reasons), looked_at=looked_at)


def _judge_ratio(evidence: Evidence, params: Params, information: Information) -> tuple[int, list[str]]:
    """Give the proposal for ratios and risk differences: null, appreciable effects and information together."""
    pooling, appreciable = evidence.pooling, appreciable_of(evidence, params)
    inside = crossed(pooling.ci_lower, pooling.ci_upper, appreciable)
    if len(inside) == 2:
        return 2, [BOTH_APPRECIABLE, *information.reasons]
    is_short = information.is_met is False
    if not crossed(pooling.ci_lower, pooling.ci_upper, (NULL,)):
        return int(is_short and not information.is_very_large), [CLEAR, *information.reasons]
    if inside or not appreciable:
        return 1, [NULL_AND_APPRECIABLE if inside else INCLUDES_NULL, *information.reasons]
    return int(is_short), [NULL_ONLY, *information.reasons]


def _judge_difference(evidence: Evidence, params: Params, information: Information) -> tuple[int, list[str]]:
    """Give the proposal for differences of means: first by the interval, then by the optimal information size."""
    pooling = evidence.pooling
    inside = crossed(pooling.ci_lower, pooling.ci_upper, thresholds_of(evidence, params))
    if len(inside) == 2:
        return 2, [BOTH_MCIDS]
    if inside:
        return _one_crossed(inside[0], information)
    return _none_crossed(information)


def _one_crossed(threshold: float, information: Information) -> tuple[int, list[str]]:
    """Give the proposal where the interval crosses one threshold: one level, two if there is far too little."""
    reasons = [INCLUDES_NULL if threshold == NULL else ONE_MCID]
    if information.is_far_below:
        return 2, [*reasons, *information.reasons]
    return 1, reasons


def _none_crossed(information: Information) -> tuple[int, list[str]]:
    """Give the proposal where the interval is clear of all thresholds.

    A large effect from few participants is fragile; a modest effect with a clear interval has the information it needs.
    """
    if not information.is_asked_for or information.is_met is not False:
        return 0, [CLEAR, *information.reasons]
    return (2 if information.is_far_below else 1), [CLEAR, *information.reasons]
