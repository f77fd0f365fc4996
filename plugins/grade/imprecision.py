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
from plugins.grade.thresholds import NULL, crossed, thresholds_of

NO_MCID = "No smallest important difference is known on this scale: the interval is compared with the null only."
MCID_NOT_ASKED = "The interval is compared with the null only, as the parameters ask."
BOTH_MCIDS = "The confidence interval holds important effects in both directions."
ONE_MCID = "The confidence interval holds both important and unimportant effects."
INCLUDES_NULL = "The confidence interval includes the null: effects in both directions are possible."
CLEAR = "The confidence interval crosses no threshold."


def judge_imprecision(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for imprecision: first by the interval, then by the optimal information size."""
    pooling, thresholds = evidence.pooling, thresholds_of(evidence, params)
    information = measure_information(evidence, params)
    inside = crossed(pooling.ci_lower, pooling.ci_upper, thresholds)
    if len(inside) == 2:
        rate_down, reasons = 2, [BOTH_MCIDS]
    elif inside:
        rate_down, reasons = _one_crossed(inside[0], information)
    else:
        rate_down, reasons = _none_crossed(information)
    if thresholds == (NULL,):
        reasons.append(NO_MCID if params.threshold == "mcid" else MCID_NOT_ASKED)
    looked_at: LookedAt = {
        "k": pooling.k,
        "estimate": pooling.estimate,
        "ci_lower": pooling.ci_lower,
        "ci_upper": pooling.ci_upper,
        "null": NULL,
        "mcid": evidence.mcid,
        **information.looked_at,
    }
    return Domain(name="imprecision", rate_down=rate_down, reasons=tuple(reasons), looked_at=looked_at)


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
