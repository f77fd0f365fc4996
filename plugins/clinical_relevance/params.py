"""What counts as important, on which scale, and among how many responders."""

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from analysis.contract import Params as BaseParams
from analysis.engine.relevance import RESPONSE_METHODS

RULES = ("mcid_then_one_sided", "interval_and_mcid", "probability")

# A type checker cannot read a list of options from another module; pydantic does.
if TYPE_CHECKING:
    Method = str
    Rule = str
else:
    Method = Literal[RESPONSE_METHODS]
    Rule = Literal[RULES]
Rate = Annotated[float, Field(gt=0.0, lt=1.0)]


class Params(BaseParams):
    """What counts as important, on which scale, and among how many responders."""

    mcid: float | None = Field(
        default=None,
        gt=0.0,
        description="Smallest important difference, positive; where it is empty, that of the outcome is taken.",
    )
    mcid_kind: Literal["between", "within"] = Field(
        default="between",
        description=(
            "What the number above was measured as: between groups, or within a group over time. One within a group "
            "is refused, since a pooled difference is one between groups."
        ),
    )
    mcid_unit: Literal["points", "sd"] = Field(
        default="points",
        description=(
            "Unit of the number above: points (of the outcome's common scale for mean differences, of the instrument "
            "below for standardised ones), or standard deviations."
        ),
    )
    mcid_source: str = Field(default="", description="Where the number above is from: author, year, doi.")
    rule: Rule = Field(
        default="mcid_then_one_sided",
        description=(
            "How the verdict is reached. mcid_then_one_sided: important if the estimate is beyond the MCID, otherwise "
            "probably meaningful if the interval lies on one side of no effect. interval_and_mcid: where the whole "
            "interval lies (Man-Son-Hing et al. 2002). probability: the chance "
            "that a new study's true effect is beyond the MCID."
        ),
    )
    least_probability: float = Field(
        default=0.5, gt=0.0, lt=1.0, description="Chance from which the rule of probability says important, a fraction."
    )
    instrument: str = Field(
        default="",
        description="Code of the scale for standardised differences; empty: the one that most studies used.",
    )
    sd: float | None = Field(
        default=None,
        gt=0.0,
        description="Standard deviation of that scale, in its points; empty: pooled from the studies' final scores.",
    )
    sd_source: str = Field(default="", description="Where that standard deviation is from: author, year, doi.")
    sd_groups: Literal["comparator", "both"] = Field(
        default="comparator", description="Whose standard deviations are pooled: comparator groups, or both groups."
    )
    comparator_rates: tuple[Rate, ...] = Field(
        default=(0.2, 0.3, 0.5),
        description="Fractions of responders in the comparator group for which numbers needed to treat are given.",
    )
    response_threshold: float | None = Field(
        default=None,
        description=(
            "Points at which a person counts as a responder; adds the rate that normal scores of the comparator groups "
            "give (Cochrane Handbook, chapter 15). Needs means and standard deviations of final scores."
        ),
    )
    methods: tuple[Method, ...] = Field(
        default=("furukawa_leucht", "hasselblad_hedges"),
        description=(
            "How responders follow from a standardised difference: Furukawa and Leucht 2011 (normal outcomes, one "
            "threshold), Hasselblad and Hedges 1995 (logistic), Cox and Snell (1.65), Kraemer and Kupfer 2006."
        ),
    )
