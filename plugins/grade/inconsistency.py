"""Inconsistency: whether the studies differ more than chance explains, and whether that matters for the conclusion.

References
----------
GRADE guidelines 7, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.03.017; GRADE guidance 36, Guyatt et al. (2023),
doi:10.1016/j.jclinepi.2023.03.003.
"""

from itertools import combinations

from analysis import engine
from plugins.grade.evidence import Evidence, PoolingResult
from plugins.grade.params import Params
from plugins.grade.proposal import Domain, LookedAt
from plugins.grade.thresholds import NULL, crossed, important_of, thresholds_of

ONE_STUDY = "One study cannot be inconsistent with others."
NOT_MEASURED = "How far the studies differ beyond chance was not measured."
SMALL = "The studies differ little beyond chance."
DIFFER = "The studies differ substantially beyond chance."
DIFFER_MUCH = "The studies differ considerably beyond chance, and many of their confidence intervals do not overlap."
NO_MATTER = "They agree on the side of the threshold, so that the difference matters little for the conclusion."
BOTH_SIDES = "Their estimates lie on both sides of the threshold."
PREDICTED = "The prediction interval crosses a threshold that the confidence interval does not cross."
PREDICTED_NULL = "The prediction interval includes the null, which the confidence interval does not."
BOTH_WAYS = "A new study could find an important effect in either direction."
TOO_FEW = "There are too few studies to look at the prediction interval."


def judge_inconsistency(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for inconsistency."""
    pooling = evidence.pooling
    if pooling.k < 2:
        return Domain(name="inconsistency", rate_down=0, reasons=(ONE_STUDY,), looked_at={"k": pooling.k})
    if pooling.i2 is None:
        return Domain(name="inconsistency", rate_down=0, reasons=(NOT_MEASURED,), is_looked_at=False)
    opposite = _opposite_share(evidence, params)
    apart = _apart_share(pooling)
    is_predicted = _is_predicted_across(evidence, params)
    signs = ([BOTH_SIDES] if opposite >= params.opposite_weight_share else []) + ([PREDICTED] if is_predicted else [])
    rate_down, reasons = 0, [SMALL]
    if pooling.i2 >= params.i2_serious:
        rate_down, reasons = (1, [DIFFER, *signs]) if signs else (0, [DIFFER, NO_MATTER])
        is_apart = apart >= params.apart_pairs_share
        if pooling.i2 >= params.i2_very_serious and is_apart and _goes_both_ways(evidence, params, opposite):
            rate_down, reasons = 2, [DIFFER_MUCH, BOTH_WAYS, *signs]
    if pooling.k < params.prediction_least_k:
        reasons.append(TOO_FEW)
    elif PREDICTED not in reasons and _is_across(pooling, (NULL,)):
        reasons.append(PREDICTED_NULL)
    looked_at: LookedAt = {
        "k": pooling.k,
        "i2_share": pooling.i2,
        **_i2_interval(evidence),
        "threshold_i2_share": params.i2_serious,
        "ci_lower": pooling.ci_lower,
        "ci_upper": pooling.ci_upper,
        "pi_lower": pooling.pi_lower,
        "pi_upper": pooling.pi_upper,
        "mcid": important_of(evidence, params),
        "opposite_weight_share": opposite,
        "other_direction_weight_share": _split_at(evidence, NULL),
        "apart_pairs_share": apart,
    }
    return Domain(name="inconsistency", rate_down=rate_down, reasons=tuple(reasons), looked_at=looked_at)


def _i2_interval(evidence: Evidence) -> dict[str, float | None]:
    """Give the interval of I2 that belongs to the interval of tau2."""
    ends = {
        "i2_ci_lower_share": evidence.pooling.tau2_ci_lower,
        "i2_ci_upper_share": evidence.pooling.tau2_ci_upper,
    }
    yi, vi = evidence.dataset.yi, evidence.dataset.vi
    return {
        name: None if tau2 is None else engine.measure_heterogeneity(yi, vi, tau2=tau2).i2
        for name, tau2 in ends.items()
    }


def _opposite_share(evidence: Evidence, params: Params) -> float:
    """Give the smaller of the shares of weight on the two sides of a threshold; the largest of them over thresholds."""
    return max(_split_at(evidence, threshold) for threshold in thresholds_of(evidence, params))


def _split_at(evidence: Evidence, threshold: float) -> float:
    """Give the smaller of the shares of weight with estimates on the two sides of a value."""
    studies = evidence.pooling.studies
    below = sum(study.weight for study in studies if study.estimate < threshold)
    return max(min(below, sum(study.weight for study in studies) - below), 0.0)


def _apart_share(pooling: PoolingResult) -> float:
    """Give the share of the pairs of studies whose confidence intervals do not overlap."""
    pairs = list(combinations(pooling.studies, 2))
    apart = [one for one, other in pairs if one.ci_upper < other.ci_lower or other.ci_upper < one.ci_lower]
    return len(apart) / len(pairs)


def _is_predicted_across(evidence: Evidence, params: Params) -> bool:
    """Whether the prediction interval crosses a threshold that the confidence interval does not cross."""
    if evidence.pooling.k < params.prediction_least_k:
        return False
    return _is_across(evidence.pooling, thresholds_of(evidence, params))


def _is_across(pooling: PoolingResult, thresholds: tuple[float, ...]) -> bool:
    """Whether the prediction interval crosses one of the thresholds that the confidence interval does not cross."""
    predicted = crossed(pooling.pi_lower, pooling.pi_upper, thresholds)
    return bool(set(predicted) - set(crossed(pooling.ci_lower, pooling.ci_upper, thresholds)))


def _goes_both_ways(evidence: Evidence, params: Params, opposite: float) -> bool:
    """Whether important effects in both directions are in view: by prediction, or by the estimates where it is not."""
    pooling, mcid = evidence.pooling, important_of(evidence, params)
    if mcid is None:
        return opposite >= params.opposite_weight_share
    if pooling.k < params.prediction_least_k or pooling.pi_lower is None or pooling.pi_upper is None:
        estimates = [study.estimate for study in pooling.studies]
        return min(estimates) <= -mcid and max(estimates) >= mcid
    return pooling.pi_lower <= -mcid and pooling.pi_upper >= mcid
