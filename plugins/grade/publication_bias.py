"""Publication bias: whether small studies show larger effects, looked for only where there are enough studies.

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

TOO_FEW = "There are too few studies to look for it."
SAME_SIZE = "The studies are too much alike in precision to look for it."
SYMMETRIC = "Small studies do not show clearly larger effects than large ones."
LARGER = (
    "Small studies show larger effects than large ones, as they would if small studies without effect were missing."
)
SMALLER = "Small studies show smaller effects than large ones, which is not the sign of missing studies."
CAUTION = "For this measure the standard error depends on the effect itself, so that the test can mislead."
NOT_POOLED = "Some studies have no result that can be pooled: a person should ask why."
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
    missing = [NOT_POOLED] if dataset.not_pooled else []
    if dataset.k < params.asymmetry_least_k:
        return _domain(0, [TOO_FEW, *missing], looked_at)
    asymmetry = measure_asymmetry(dataset)
    if asymmetry is None:
        return _domain(0, [SAME_SIZE, *missing], looked_at)
    looked_at |= {
        "slope": asymmetry.slope,
        "statistic_ratio": asymmetry.statistic,
        "p_value": asymmetry.p_value,
        "threshold_p_value": params.asymmetry_p_value,
    }
    caution = [CAUTION] if dataset.measure in TIED_MEASURES else []
    if asymmetry.p_value >= params.asymmetry_p_value:
        return _domain(0, [SYMMETRIC, *caution, *missing], looked_at)
    is_larger = asymmetry.slope * (evidence.pooling.estimate or 0.0) > 0
    return _domain(int(is_larger), [LARGER if is_larger else SMALLER, *caution, *missing], looked_at)


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
