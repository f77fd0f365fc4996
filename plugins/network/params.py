"""Which model of the network, and against which treatment it is shown."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis.contract import Params as BaseParams
from analysis.engine.network import NETWORK_MODELS, NETWORK_TAU2_METHODS, RARE_EVENT_MODELS

MODELS = (*NETWORK_MODELS, *RARE_EVENT_MODELS)

if TYPE_CHECKING:
    Model = str
    Tau2Method = str
else:
    Model = Literal[MODELS]
    Tau2Method = Literal[NETWORK_TAU2_METHODS]


class Params(BaseParams):
    """Which model of the network, and against which treatment it is shown."""

    model: Model = Field(
        default="random_effects",
        description=(
            "Studies of the same two treatments may differ, by one variance for all comparisons (random effects), or "
            "not (common effect, also called fixed effect). For odds ratios of rare events there are two models of a "
            "common effect from the counts of the arms: Mantel-Haenszel (Efthimiou et al. 2019), and hypergeometric "
            "(Stijnen et al. 2010, by Breslow's approximation)."
        ),
    )
    tau2_method: Tau2Method = Field(
        default="REML",
        description=(
            "Estimator of the variance between studies; DL is the generalised method of moments (Jackson et al. 2012), "
            "which the R package netmeta takes by default."
        ),
    )
    correction: float = Field(
        default=0.0,
        ge=0.0,
        description=(
            "Models of rare events only: what is added to events and non-events of all arms of a design in which a "
            "treatment has no event, or nothing else. 0: such a treatment is left out of the design."
        ),
    )
    reference: str = Field(
        default="",
        description="The treatment that all others are shown against. Empty: the one that most studies have.",
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
    funnel_order: tuple[str, ...] = Field(
        default=(),
        description=(
            "The comparison-adjusted funnel plot (Chaimani and Salanti 2012): all treatments from those that small "
            "studies may favour to those that they may not, or the comparators only. Empty: the reference treatment."
        ),
    )
    multi_arm_tolerance: float = Field(
        default=0.1,
        ge=0.0,
        description=(
            "How far effects of one study with three or more treatments may be from adding up, in its smallest "
            "standard errors: standardised mean differences, rounded effects and corrected zero cells do not add up "
            "exactly."
        ),
    )

    @field_validator("funnel_order")
    @classmethod
    def _once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        """Refuse a treatment that is named twice."""
        if len(set(names)) < len(names):
            raise ValueError("Name each treatment once.")
        return names
