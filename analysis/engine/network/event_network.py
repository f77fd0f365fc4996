"""The result of a model of rare events: estimates of all pairs of treatments, by a common effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from analysis.engine.arrays import FloatArray, freeze
from analysis.engine.distributions import critical_value, two_sided_p_values
from analysis.engine.errors import InvalidInput
from analysis.engine.network.errors import UnknownTreatment
from analysis.engine.network.rare_events import RareEvents

# Efthimiou et al. (2019) derive the model for odds ratios only.
RARE_EVENT_MEASURE = "OR"


@dataclass(frozen=True, slots=True, eq=False)
class EventNetwork:
    """A network of n treatments, k studies and d designs, from counts and without variance between studies.

    Attributes
    ----------
    treatments : n names in alphabetical order
    k, m, n, d : numbers of studies, of comparisons of two arms, of treatments and of designs
    estimate, se, statistic, p_value, ci_lower, ci_upper : arrays of shape (n, n)  log odds ratios, row treatment minus
        column treatment, normal intervals; the diagonal has estimate 0, statistic 0 and p value 1
    covariance : array of shape (n, n)  of the treatments around their mean
    q, q_df, q_p_value : inconsistency between designs; p None without degrees of freedom; all None for the
        hypergeometric model
    data : the counts, and what was left out of them
    model : one of RARE_EVENT_MODELS
    measure : "OR"
    level : confidence level
    """

    treatments: tuple[str, ...]
    k: int
    m: int
    n: int
    d: int
    estimate: FloatArray
    se: FloatArray
    statistic: FloatArray
    p_value: FloatArray
    ci_lower: FloatArray
    ci_upper: FloatArray
    covariance: FloatArray
    q: float | None
    q_df: int | None
    q_p_value: float | None
    data: RareEvents
    model: str
    measure: str
    level: float

    def place(self, treatment: str) -> int:
        """Return the row and column of a treatment.

        Raises
        ------
        UnknownTreatment
            The network does not have it.
        """
        if treatment not in self.treatments:
            raise UnknownTreatment(argument="treatment", treatment=treatment, treatments=self.treatments)
        return self.treatments.index(treatment)


def require_odds_ratio(measure: str) -> None:
    """Refuse every measure but the odds ratio."""
    if measure != RARE_EVENT_MEASURE:
        raise InvalidInput(
            "measure", f'measure must be "OR": models of rare events give odds ratios of networks only, got {measure!r}'
        )


def assemble(
    data: RareEvents,
    levels: FloatArray,
    covariance: FloatArray,
    *,
    model: str,
    level: float,
    q: float | None = None,
    q_df: int | None = None,
    q_p_value: float | None = None,
) -> EventNetwork:
    """Return levels of the treatments, and the covariance of their differences from the mean, as one result."""
    estimate = levels[:, np.newaxis] - levels
    own = np.diagonal(covariance)
    variance = own[:, np.newaxis] + own - 2.0 * covariance
    np.fill_diagonal(variance, 0.0)
    se = np.sqrt(variance)
    statistic = estimate / np.where(se > 0.0, se, 1.0)
    reach = float(critical_value(level)) * se
    return EventNetwork(
        treatments=data.treatments,
        k=data.k,
        m=data.m,
        n=data.n,
        d=len(data.designs),
        estimate=freeze(estimate),
        se=freeze(se),
        statistic=freeze(statistic),
        p_value=freeze(two_sided_p_values(statistic)),
        ci_lower=freeze(estimate - reach),
        ci_upper=freeze(estimate + reach),
        covariance=freeze(covariance),
        q=q,
        q_df=q_df,
        q_p_value=q_p_value,
        data=data,
        model=model,
        measure=RARE_EVENT_MEASURE,
        level=level,
    )
