"""Publication bias: whether small studies show larger effects, and how many eligible studies have no public result.

References
----------
GRADE guidelines 5, Guyatt et al. (2011), doi:10.1016/j.jclinepi.2011.01.011; Egger et al. (1997),
doi:10.1136/bmj.315.7109.629; Sterne et al. (2011), doi:10.1136/bmj.d4002.
"""

from dataclasses import dataclass

import numpy as np

from analysis.contract import Dataset
from analysis.engine.distributions import two_sided_p_value
from plugins.grade.evidence import Evidence
from plugins.grade.params import Params
from plugins.grade.proposal import Domain, LookedAt
from plugins.grade.small_study import read_small_study_effects

TOO_FEW = "There are too few studies to look for it."
SAME_SIZE = "The studies are too much alike in precision to look for it."
SYMMETRIC = "Small studies do not show clearly larger effects than large ones."
LARGER = (
    "Small studies show larger effects than large ones, as they would if small studies without effect were missing."
)
SMALLER = "Small studies show smaller effects than large ones, which is not the sign of missing studies."
CAUTION = "For this measure the standard error depends on the effect itself, so that the test can mislead."
NOT_POOLED = "Some studies have no result that can be pooled: a person should ask why."
UNREPORTED = (
    "For so many eligible studies no result for this outcome is public that results may be missing for a reason."
)
NOTHING_FILLED = "Trim and fill adds no study."
FILLED = "Trim and fill adds studies; the conclusion stays."
FILLED_CHANGES = "Trim and fill adds studies, and with them the conclusion changes."
# Measures whose standard errors are tied to the effect (Sterne et al. 2011, boxes 2 and 3).
TIED_MEASURES = frozenset({"OR", "RR", "SMD"})


@dataclass(frozen=True, slots=True)
class Asymmetry:
    """The slope of effects on their standard errors: statistic and two-sided p value."""

    slope: float
    statistic: float
    p_value: float


def judge_publication_bias(evidence: Evidence, params: Params) -> Domain:
    """Propose the levels down for publication bias: at most one."""
    dataset = evidence.dataset
    looked_at: LookedAt = {
        "k": dataset.k,
        "k_needed_count": params.asymmetry_least_k,
        "not_pooled_count": len(dataset.not_pooled),
    }
    is_unreported, missing = _judge_unreported(evidence, params, looked_at)
    if dataset.k < params.asymmetry_least_k:
        return _domain(int(is_unreported), [TOO_FEW, *missing], looked_at)
    asymmetry = _read_asymmetry(evidence)
    if asymmetry is None:
        return _domain(int(is_unreported), [SAME_SIZE, *missing], looked_at)
    looked_at |= {"slope": asymmetry.slope, "p_value": asymmetry.p_value, "threshold_p_value": params.asymmetry_p_value}
    reasons = [CAUTION] if dataset.measure in TIED_MEASURES else []
    reasons += _look_further(evidence, looked_at)
    rate_down, said = int(is_unreported), SYMMETRIC
    if asymmetry.p_value < params.asymmetry_p_value:
        is_larger = asymmetry.slope * (evidence.pooling.estimate or 0.0) > 0
        rate_down, said = int(is_larger or is_unreported), LARGER if is_larger else SMALLER
    return _domain(rate_down, [said, *reasons, *missing], looked_at)


def _judge_unreported(evidence: Evidence, params: Params, looked_at: LookedAt) -> tuple[bool, list[str]]:
    """Whether so many eligible studies have no public result that it counts, and what is said about those not pooled.

    The numbers are added to `looked_at`.
    """
    dataset = evidence.dataset
    pooled = {effect.study for effect in dataset.effects}
    silent = {row.study for row in dataset.not_pooled if row.code in params.unreported_codes} - pooled
    share = len(silent) / (len(pooled) + len(silent))
    looked_at |= {
        "unreported_studies_count": len(silent),
        "unreported_studies_share": share,
        "threshold_unreported_studies_share": params.unreported_share,
    }
    if silent and share >= params.unreported_share:
        return True, [UNREPORTED]
    return False, [NOT_POOLED] if dataset.not_pooled else []


def _read_asymmetry(evidence: Evidence) -> Asymmetry | None:
    """Give Egger's test as `small_study_effects` has it, otherwise computed here."""
    own = measure_asymmetry(evidence.dataset)
    if evidence.small_study_effects is None or own is None:
        return own
    read = read_small_study_effects(evidence.small_study_effects)
    if read.egger_p_value is None:
        return own
    slope = own.slope if read.egger_slope is None else read.egger_slope
    return Asymmetry(slope=slope, statistic=own.statistic, p_value=read.egger_p_value)


def _look_further(evidence: Evidence, looked_at: LookedAt) -> list[str]:
    """Say what the rank test and trim and fill show, which decide nothing alone; numbers are added to `looked_at`."""
    if evidence.small_study_effects is None:
        return []
    read, estimate = read_small_study_effects(evidence.small_study_effects), evidence.pooling.estimate
    looked_at["rank_test_p_value"] = read.rank_p_value
    filled = read.trim_and_fill
    if filled is None or estimate is None:
        return []
    looked_at |= {
        "trim_and_fill_estimate": filled.estimate,
        "trim_and_fill_shift": filled.estimate - estimate,
        "trim_and_fill_added_count": filled.k_filled,
    }
    if not filled.k_filled:
        return [NOTHING_FILLED]
    sides = [_side(filled.ci_lower, filled.ci_upper), _side(evidence.pooling.ci_lower, evidence.pooling.ci_upper)]
    return [FILLED_CHANGES if sides[0] != sides[1] else FILLED]


def _side(ci_lower: float | None, ci_upper: float | None) -> int:
    """Give the side of the null on which an interval lies, 0 where it includes the null or is not known."""
    if ci_lower is None or ci_upper is None:
        return 0
    return int(ci_lower > 0.0) - int(ci_upper < 0.0)


def _domain(rate_down: int, reasons: list[str], looked_at: LookedAt) -> Domain:
    """Give the proposal of this domain."""
    return Domain(name="publication_bias", rate_down=rate_down, reasons=tuple(reasons), looked_at=looked_at)


def measure_asymmetry(dataset: Dataset) -> Asymmetry | None:
    """Regress effects on their standard errors, weighted by 1 / vi with a free dispersion (Egger's test).

    The test has k - 2 degrees of freedom. None where all standard errors are equal or the line fits without residual.
    """
    yi, vi = dataset.yi, dataset.vi
    sei, wi = np.sqrt(vi), 1.0 / vi
    centre_x, centre_y = np.average(sei, weights=wi), np.average(yi, weights=wi)
    spread = float(np.sum(wi * (sei - centre_x) ** 2))
    if not spread > np.finfo(np.float64).eps * float(np.sum(wi * sei**2)):
        return None
    slope = float(np.sum(wi * (sei - centre_x) * (yi - centre_y))) / spread
    residual = float(np.sum(wi * (yi - centre_y - slope * (sei - centre_x)) ** 2))
    df = dataset.k - 2
    if not residual > 0.0:
        return None
    statistic = slope / float(np.sqrt(residual / df / spread))
    return Asymmetry(slope=slope, statistic=statistic, p_value=two_sided_p_value(statistic, df=df))
