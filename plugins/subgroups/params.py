"""Which groups, and how to pool them: the options are those that the engine has."""

from itertools import pairwise
from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import Params as BaseParams
from analysis.engine.moderators.subgroups import SUBGROUP_TAU2

if TYPE_CHECKING:
    Tau2Sharing = str
    Tau2Method = str
    CiMethod = str
else:
    Tau2Sharing = Literal[SUBGROUP_TAU2]
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]


class Params(BaseParams):
    """Which groups, and how to pool them."""

    field: str = Field(
        default="rob.overall",
        min_length=1,
        description="The field by which studies are grouped: a fact, rob.<domain>, year, week, n1 or n2.",
    )
    cut_points: tuple[float, ...] = Field(
        default=(),
        description="For a number: where it is cut; each point begins a group. Empty: each value is a group.",
    )
    tau2_sharing: Tau2Sharing = Field(
        default="separate",
        description=(
            "Each group has its own variance between studies, or one is common to all, which is steadier where groups "
            "are small (Borenstein et al. 2009, chapter 19)."
        ),
    )
    tau2_method: Tau2Method = Field(
        default="REML", description="Estimator of the variance between studies; CE is the common-effect model."
    )
    ci_method: CiMethod = Field(
        default="hksj", description="Confidence interval: Hartung-Knapp-Sidik-Jonkman, its ad hoc variant, t or normal."
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
    is_pre_specified: bool = Field(
        default=False, description="Whether the protocol planned this comparison (ICEMAN, Schandelmaier et al. 2020)."
    )
    is_direction_pre_specified: bool = Field(
        default=False, description="Whether the protocol said which group has the larger effect (ICEMAN)."
    )
    modifiers_tested: int = Field(
        default=1, ge=1, description="How many effect modifiers the review tests, this one included (ICEMAN)."
    )

    @field_validator("cut_points")
    @classmethod
    def _rising(cls, points: tuple[float, ...]) -> tuple[float, ...]:
        """Refuse cut points that do not rise."""
        if any(later <= earlier for earlier, later in pairwise(points)):
            raise ValueError("Cut points must rise from one to the next.")
        return points
