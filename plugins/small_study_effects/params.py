"""The parameters of small-study effects: when methods apply, and how each is done."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import Params as BaseParams

if TYPE_CHECKING:
    Tau2Method = str
    CiMethod = str
else:
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]

STERNE = "Sterne et al. 2011, 10.1136/bmj.d4002"


class Params(BaseParams):
    """When methods apply, and how each is done."""

    least_k: int = Field(
        default=10,
        ge=3,
        description=f"Number of effects below which no method that looks at asymmetry applies. {STERNE}.",
    )
    alpha_asymmetry: float = Field(
        default=0.1,
        gt=0.0,
        lt=1.0,
        description="Level of tests of asymmetry and of selection. Egger et al. 1997, 10.1136/bmj.315.7109.629.",
    )
    high_tau2: float = Field(
        default=0.1,
        ge=0.0,
        description=f"Variance between studies above which Egger's test of a ratio gets a caution. {STERNE}.",
    )
    size_predictor: Literal["sqrtninv", "ninv", "group_sizes"] = Field(
        default="sqrtninv",
        description=(
            "Measure of size where the standard error depends on the effect: 1 / sqrt(n), 1 / n (Peters et al. 2006, "
            "10.1001/jama.295.6.676), or sqrt(1 / n1 + 1 / n2) (Pustejovsky and Rodgers 2019, 10.1002/jrsm.1332)."
        ),
    )
    missing_side: Literal["auto", "left", "right"] = Field(
        default="auto",
        description="Side of the funnel plot on which trim and fill looks for missing studies; auto by the slope.",
    )
    pet_alpha: float = Field(
        default=0.05,
        gt=0.0,
        lt=1.0,
        description="Level at which PET hands over to PEESE. Stanley and Doucouliagos 2014, 10.1002/jrsm.1095.",
    )
    selection: Literal["step", "beta", "halfnorm", "negexp", "logistic", "power"] = Field(
        default="step",
        description="Weight function of the selection model; step with one step has three parameters.",
    )
    selection_steps: tuple[float, ...] = Field(
        default=(0.025,),
        min_length=1,
        description="One-sided p values between 0 and 1 at which the weight of the step function changes, rising.",
    )
    favoured: Literal["auto", "greater", "less", "two-sided"] = Field(
        default="auto",
        description="Effects that get published by the selection model; auto is the side that favours treatment.",
    )
    limit_adjustment: Literal["beta0", "betalim", "mulim"] = Field(
        default="beta0",
        description="Adjustment of the limit meta-analysis. Ruecker et al. 2011, 10.1093/biostatistics/kxq046.",
    )
    study_alpha: float = Field(
        default=0.05,
        gt=0.0,
        lt=1.0,
        description="Level of the studies' own tests, for excess significance and fail-safe numbers.",
    )
    alpha_excess: float = Field(
        default=0.1,
        gt=0.0,
        lt=1.0,
        description="Level for excess significance. Ioannidis and Trikalinos 2007, 10.1177/1740774507079441.",
    )
    orwin_target: float | None = Field(
        default=None,
        gt=0.0,
        description="Mean effect, scale of the measure, that Orwin's number must reach; empty is half of the observed.",
    )
    tau2_method: Tau2Method = Field(
        default="REML", description="Estimator of the variance between studies; CE is the common-effect model."
    )
    ci_method: CiMethod = Field(
        default="hksj", description="Confidence interval of the pooled estimates: Hartung-Knapp-Sidik-Jonkman or other."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")

    @field_validator("selection_steps")
    @classmethod
    def _rising(cls, steps: tuple[float, ...]) -> tuple[float, ...]:
        """Refuse p values that are not between 0 and 1 or do not rise."""
        if any(not 0.0 < step < 1.0 for step in steps) or list(steps) != sorted(set(steps)):
            raise ValueError("The steps must be p values between 0 and 1, each larger than the one before.")
        return steps
