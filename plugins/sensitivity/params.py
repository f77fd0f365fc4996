"""The parameters of the sensitivity analyses: scenarios, how to pool, and which parts to compute."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import Condition, Frozen
from analysis.contract import Params as BaseParams

if TYPE_CHECKING:
    Tau2Method = str
    CiMethod = str
else:
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]


class Scenario(Frozen):
    """A rule that says which effects stay, and how they are pooled where that differs from the main analysis."""

    name: str = Field(min_length=1, description="Short name, unique in the list.")
    title: str = Field(min_length=1, description="What a person reads.")
    conditions: tuple[Condition, ...] = Field(description="Tests of fields of an effect; all must hold.")
    without_duplicates: bool = Field(
        default=False, description="Of effects of different studies with exactly the same numbers, keep the first."
    )
    tau2_method: Tau2Method | None = Field(
        default=None, description="Estimator of the variance between studies; empty is that of the main analysis."
    )
    ci_method: CiMethod | None = Field(
        default=None, description="Confidence interval; empty is that of the main analysis."
    )


# Effects without an overall judgement fulfil no condition on it, so that they are left out too.
NOT_AT_HIGH_RISK = Scenario(
    name="without_high_risk_of_bias",
    title="Only studies not at high risk of bias",
    conditions=(Condition(field="rob.overall", op="not_in", value=("high", "serious", "critical")),),
)


class Params(BaseParams):
    """Which comparisons to make, and how to pool."""

    scenarios: tuple[Scenario, ...] = Field(
        default=(NOT_AT_HIGH_RISK,), description="Rules that say which studies stay; each is pooled by itself."
    )
    leave_one_out: bool = Field(
        default=True, description="Also pool without each study in turn. Viechtbauer and Cheung 2010, 10.1002/jrsm.11."
    )
    group_field: str = Field(
        default="",
        description="Field whose values are left out in turn, such as instrument or comparator_types; empty for none.",
    )
    cumulative: bool = Field(
        default=True,
        description="Also pool as studies are added one by one. Lau et al. 1992, 10.1056/NEJM199207233270406.",
    )
    cumulative_by: str = Field(
        default="year", min_length=1, description="Order in which studies are added: year, precision, or any field."
    )
    cumulative_descending: bool = Field(
        default=False, description="Start with the largest value; by precision, with the least precise study."
    )
    influence: bool = Field(
        default=True, description="Also look for outliers and influential studies, and pool without them."
    )
    outlier_level: float = Field(
        default=0.05,
        gt=0.0,
        lt=1.0,
        description="Two-sided level of the test for an outlier, before it is divided by the number of effects.",
    )
    outlier_distribution: Literal["normal", "model"] = Field(
        default="normal",
        description="Distribution of studentised residuals: normal, or the one that the confidence interval uses.",
    )
    cook_rule: Literal["median_iqr", "chi2", "four_over_k"] = Field(
        default="median_iqr",
        description=(
            "Cook's distance is large above the median plus six interquartile ranges (as in reports by metafor), above "
            "the median of chi-squared with one degree of freedom, or above 4 / k."
        ),
    )
    removal_rule: Literal["outliers", "influential", "either", "both"] = Field(
        default="outliers", description="Which effects the analysis without outliers leaves out."
    )
    baujat: bool = Field(
        default=True, description="Also give the points of a Baujat plot. Baujat et al. 2002, 10.1002/sim.1221."
    )
    gosh: bool = Field(
        default=False, description="Also pool many subsets of the studies. Olkin et al. 2012, 10.1002/jrsm.1053."
    )
    gosh_subsets: int = Field(
        default=10_000, ge=1, le=1_000_000, description="Number of subsets; all of them where there are not more."
    )
    gosh_seed: int = Field(default=1, ge=0, le=2**32 - 1, description="Seed of the sample of subsets.")
    tau2_method: Tau2Method = Field(
        default="REML", description="Estimator of the variance between studies; CE is the common-effect model."
    )
    ci_method: CiMethod = Field(
        default="hksj",
        description=(
            "Confidence interval: Hartung-Knapp-Sidik-Jonkman (t, k - 1 df), the same never narrower than t, t, or "
            "normal."
        ),
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")

    @field_validator("scenarios")
    @classmethod
    def _named_once(cls, scenarios: tuple[Scenario, ...]) -> tuple[Scenario, ...]:
        """Refuse two scenarios of one name."""
        names = [scenario.name for scenario in scenarios]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"Each scenario needs a name of its own; there is more than one {', '.join(repeated)}.")
        return scenarios
