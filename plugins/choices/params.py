"""How the combinations of choices are made and pooled; the options are those that the engine has."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from analysis import engine
from analysis.contract import Params as BaseParams

if TYPE_CHECKING:
    Tau2Method = str
    CiMethod = str
else:
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]


class Params(BaseParams):
    """Which analyses to combine with the choices of derivation, and what the analysis itself takes."""

    tau2_methods: tuple[Tau2Method, ...] = Field(
        default=("REML", "DL", "PM", "CE"),
        description=(
            "Estimators of the variance between studies that are tried (Veroniki et al. 2016, doi:10.1002/jrsm.1164); "
            "CE is the common-effect (fixed-effect) model. The analysis's own is tried always."
        ),
    )
    ci_methods: tuple[CiMethod, ...] = Field(
        default=("hksj", "wald"),
        description="Confidence intervals that are tried, as in pooling. The analysis's own is tried always.",
    )
    tau2_method: Tau2Method = Field(
        default="REML", description="The analysis's own estimator of the variance between studies."
    )
    ci_method: CiMethod = Field(default="hksj", description="The analysis's own confidence interval.")
    most_combinations: int = Field(
        default=20_000,
        ge=1,
        le=200_000,
        description=(
            "Number of combinations; all of them where there are not more, else a random sample of this many "
            "(Steegen et al. 2016, doi:10.1177/1745691616658637, take all)."
        ),
    )
    seed: int = Field(default=1, ge=0, le=2**32 - 1, description="Seed of the sample of combinations.")
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
