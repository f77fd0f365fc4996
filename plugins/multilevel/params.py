"""How to model several effects of a study: the options are those that the engine has."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from analysis.contract import Params as BaseParams
from analysis.engine.dependent.inference import CI_METHODS, METHODS

INFERENCES = ("robust", "model")

if TYPE_CHECKING:
    Tau2Method = str
    CiMethod = str
    Inference = str
else:
    Tau2Method = Literal[METHODS]
    CiMethod = Literal[CI_METHODS]
    Inference = Literal[INFERENCES]

Correlation = Annotated[float, Field(ge=0.0, lt=1.0)]


class Params(BaseParams):
    """How to model several effects of a study."""

    rho: Correlation = Field(
        default=0.6,
        description=(
            "Assumed correlation of the sampling errors of effects of one study; they share participants. Reports "
            "hardly ever give it."
        ),
    )
    rho_sensitivity: tuple[Correlation, ...] = Field(
        default=(0.2, 0.4, 0.6, 0.8), description="Other values of that correlation, each with its own estimate."
    )
    tau2_method: Tau2Method = Field(default="REML", description="Estimator of the variances: REML or ML.")
    inference: Inference = Field(
        default="robust",
        description=(
            "Test and interval: cluster-robust by study (CR2 with Satterthwaite's degrees of freedom, Pustejovsky and "
            "Tipton 2022), which hold even if rho is wrong, or those of the model."
        ),
    )
    ci_method: CiMethod = Field(
        default="t", description="Test and interval of the model: t with k - 1 degrees of freedom, or normal (wald)."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
