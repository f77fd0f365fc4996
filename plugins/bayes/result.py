"""What the posterior says."""

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class PosteriorRow(Frozen):
    """The posterior of one quantity; None where a moment does not exist or the density is flat."""

    name: str
    label: str
    mean: float | None
    sd: float | None
    median: float
    mode: float | None
    ci_lower: float
    ci_upper: float


class Probability(Frozen):
    """Posterior probability that the mean effect, and the effect in a new study, is on one side of a threshold."""

    name: str
    label: str
    threshold: float
    side: str
    probability_mean: float
    probability_new_study: float


class Study(Frozen):
    """One effect with its normal interval, and its posterior, which is drawn towards the mean; scale of the measure."""

    label: str
    effect: str
    study: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    weight: float
    shrunken_estimate: float
    shrunken_se: float | None
    shrunken_ci_lower: float
    shrunken_ci_upper: float


class PriorRow(Frozen):
    """The posterior under another prior of tau; None where that prior gives none, and why."""

    name: str
    label: str
    is_main: bool
    says: str
    source: str
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau: float | None = None
    tau_ci_lower: float | None = None
    tau_ci_upper: float | None = None
    probability_below_null: float | None = None
    message: str | None = None


class Result(BaseResult):
    """The posterior; `estimate`, `se` and `tau` are posterior median, standard deviation and median.

    `ci_*` are limits of credible intervals, `pi_*` of the effect in a new study. Bayes factors are those of no effect,
    and of no variance between studies, against the prior: below 1 they speak against it. Where a factor is too large
    for a number only its logarithm is given.
    """

    measure: Measure
    is_ratio: bool
    level: float
    interval: str
    k: int
    tau_prior: str
    tau_prior_says: str = ""
    tau_prior_source: str = ""
    mu_prior_says: str
    estimate: float | None = None
    se: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    pi_lower: float | None = None
    pi_upper: float | None = None
    tau: float | None = None
    tau_ci_lower: float | None = None
    tau_ci_upper: float | None = None
    bayes_factor_mu: float | None = None
    log_bayes_factor_mu: float | None = None
    bayes_factor_tau: float | None = None
    log_bayes_factor_tau: float | None = None
    log_marginal_likelihood: float | None = None
    integration_error: float | None = None
    posteriors: tuple[PosteriorRow, ...] = ()
    probabilities: tuple[Probability, ...] = ()
    studies: tuple[Study, ...] = ()
    prior_sensitivity: tuple[PriorRow, ...] = ()
