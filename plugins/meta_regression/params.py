"""Which models, and how to fit them: the options are those that the engine has."""

from typing import TYPE_CHECKING, Literal

from pydantic import Field, field_validator

from analysis import engine
from analysis.contract import Frozen
from analysis.contract import Params as BaseParams
from analysis.engine.moderators.permutation import MOST_PERMUTATIONS
from analysis.engine.moderators.wilson import WILSON_METHODS

if TYPE_CHECKING:
    Tau2Method = str
    CiMethod = str
    WilsonMethod = str
else:
    Tau2Method = Literal[engine.TAU2_METHODS]
    CiMethod = Literal[engine.CI_METHODS]
    WilsonMethod = Literal[("none", *WILSON_METHODS)]


class Model(Frozen):
    """One model: its moderators are fields, indicators `field=value`, and interactions `one:other` of those before."""

    name: str = Field(min_length=1, description="Short name, unique in the list.")
    title: str = Field(min_length=1, description="What a person reads.")
    moderators: tuple[str, ...] = Field(
        min_length=1,
        description=(
            "Fields (numbers, categories, yes or no); `field=value` for whether a field is or has a value; "
            "`one:other` for the interaction of two terms named before."
        ),
    )


class PredictAt(Frozen):
    """The values of one moderator at which effects are predicted, in all models that have it."""

    moderator: str = Field(min_length=1, description="A moderator of the models.")
    values: tuple[float | str, ...] = Field(min_length=1, description="Numbers, or levels of a category.")


YEAR = Model(name="year", title="Year of publication", moderators=("year",))


class Params(BaseParams):
    """Which models, and how to fit them."""

    models: tuple[Model, ...] = Field(
        default=(YEAR,),
        min_length=1,
        description="The main model first, then the sensitivity models; each takes the studies that know it all.",
    )
    tau2_method: Tau2Method = Field(
        default="REML", description="Estimator of the variance between studies; CE is the common-effect model."
    )
    ci_method: CiMethod = Field(
        default="hksj",
        description="Tests and intervals: Knapp and Hartung (2003), its ad hoc variant, t (k - p df) or normal.",
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
    permutations: int = Field(
        default=1000,
        ge=0,
        le=MOST_PERMUTATIONS,
        description=(
            "Size of the permutation test (Higgins and Thompson 2004), the data included; all permutations where there "
            "are no more; 0 for no test."
        ),
    )
    seed: int = Field(default=1, ge=0, description="Start of the random numbers of the permutation test.")
    predict_at: tuple[PredictAt, ...] = Field(
        default=(),
        description=(
            "Values at which effects are predicted; for moderators that are not named: all levels, or the smallest, "
            "the mean and the largest value."
        ),
    )
    wilson_method: WilsonMethod = Field(
        default="none",
        description=(
            "Also give what Wilson's SPSS macro METAREG gives: by the method of moments (MM), ML, the macro's own "
            "REML, or the exact one (Lipsey and Wilson 2001)."
        ),
    )

    @field_validator("models")
    @classmethod
    def _named_once(cls, models: tuple[Model, ...]) -> tuple[Model, ...]:
        """Refuse two models of one name, and a moderator named twice."""
        names = [model.name for model in models]
        repeated = sorted({name for name in names if names.count(name) > 1})
        if repeated:
            raise ValueError(f"Each model needs a name of its own; there is more than one {', '.join(repeated)}.")
        for model in models:
            if len(set(model.moderators)) < len(model.moderators):
                raise ValueError(f"The model “{model.name}” names a moderator twice.")
        return models

    @field_validator("permutations")
    @classmethod
    def _more_than_the_data(cls, permutations: int) -> int:
        """Refuse a permutation test of the data alone."""
        if permutations == 1:
            raise ValueError("A permutation test needs at least 2 permutations; 0 stands for no test.")
        return permutations
