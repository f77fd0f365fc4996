"""Which priors, and what to compute from the posterior: the options are those that the engine has."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import Params as BaseParams
from analysis.engine.bayesian.intervals import INTERVALS
from plugins.bayes.turner import COMPARISONS, GENERAL, OUTCOMES

# Priors with numbers of their own, and those that follow from the sampling variances.
WITH_NUMBERS = ("half_normal", "half_t", "half_cauchy", "bounded_uniform", "log_normal", "turner_2015")
PRIORS = (*WITH_NUMBERS, *engine.DEFAULT_PRIORS)

if TYPE_CHECKING:
    Prior = str
    Interval = str
    TurnerOutcome = str
    TurnerComparison = str
else:
    Prior = Literal[PRIORS]
    Interval = Literal[INTERVALS]
    TurnerOutcome = Literal[OUTCOMES]
    TurnerComparison = Literal[COMPARISONS]


class Params(BaseParams):
    """Which priors, and what to compute from the posterior."""

    tau_prior: Prior = Field(
        default="half_normal",
        description=(
            "Prior of tau, the standard deviation between studies: half-normal (Roever et al. 2021, "
            "doi:10.1002/jrsm.1475), half-t and half-Cauchy (Gelman 2006), uniform up to a bound, log-normal, that of "
            "Turner et al. (2015) for odds ratios, or one that follows from the sampling variances (Roever 2020)."
        ),
    )
    tau_scale: float | None = Field(
        default=None,
        gt=0.0,
        description=(
            "Scale of the half-normal, half-t and half-Cauchy priors, or the bound of the uniform one; scale of the "
            "measure. Empty: 0.5 for logs of ratios and standardised differences, else a quarter of the unit "
            "information standard deviation, which for mean differences is half the standard deviation of participants."
        ),
    )
    tau_df: float = Field(default=3.0, ge=0.5, le=1e6, description="Degrees of freedom of the half-t prior.")
    tau_log_mean: float = Field(default=-1.28, ge=-90.0, le=90.0, description="Log-normal prior: mean of log(tau).")
    tau_log_sd: float = Field(
        default=0.87, ge=1e-4, le=20.0, description="Log-normal prior: standard deviation of log(tau)."
    )
    turner_outcome: TurnerOutcome = Field(default=GENERAL, description="Turner's prior: the kind of outcome.")
    turner_comparison: TurnerComparison = Field(
        default=COMPARISONS[0],
        description="Turner's prior: the kind of comparison; for any outcome it does not matter.",
    )
    mu_mean: float = Field(
        default=0.0, description="Mean of the normal prior of the mean effect, scale of the measure."
    )
    mu_sd: float | None = Field(
        default=None,
        gt=0.0,
        description=(
            "Standard deviation of the normal prior of the mean effect, scale of the measure; empty: every effect is "
            "as likely beforehand (improper uniform prior)."
        ),
    )
    interval: Interval = Field(
        default="shortest", description="Credible intervals: the shortest of their probability, or with equal tails."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Probability inside all intervals, a fraction.")
    thresholds: tuple[float, ...] = Field(
        default=(), description="More thresholds for the probability of an effect beyond; scale of the measure (logs)."
    )
    sensitivity: tuple[str, ...] = Field(
        default=("half_cauchy", "DuMouchel", "Jeffreys"),
        description=(
            "Other priors of tau for the table of sensitivity; half and double the scale of the main prior are always "
            f"in it. There are {', '.join(PRIORS)}."
        ),
    )

    @field_validator("sensitivity")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a prior that does not exist."""
        unknown = [name for name in names if name not in PRIORS]
        if unknown:
            raise ValueError(f"There is no prior “{unknown[0]}”; there are {', '.join(PRIORS)}.")
        return names
