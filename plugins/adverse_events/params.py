"""Which adverse events are pooled, and how."""

from typing import Literal

from pydantic import Field

from analysis.contract import Params as BaseParams

Model = Literal["peto", "mantel_haenszel_or", "mantel_haenszel_rr", "mantel_haenszel_rd", "logistic_cm_el"]


class Params(BaseParams):
    """Which adverse events are pooled, and how."""

    pool_by: Literal["term", "seriousness"] = Field(
        default="term",
        description=(
            "What is pooled together: one term of one seriousness, or everything of one seriousness. The second reads "
            "arms with one such count only, since people of several counts cannot be added without counting some twice."
        ),
    )
    models: tuple[Model, ...] = Field(
        default=("peto", "mantel_haenszel_or", "mantel_haenszel_rd", "logistic_cm_el"),
        description=(
            "Models for rare events: Peto (Yusuf et al. 1985), Mantel-Haenszel without correction for odds ratios, "
            "risk ratios and risk differences, and the exact conditional logistic model (Stijnen et al. 2010, "
            "doi:10.1002/sim.4040); see Bradburn et al. 2007, doi:10.1002/sim.2528."
        ),
    )
    tau2_method: Literal["CE", "ML"] = Field(
        default="CE",
        description="Of the logistic model: a common effect, or random effects by maximum likelihood.",
    )
    missing_total: Literal["leave_out", "randomised"] = Field(
        default="leave_out",
        description=(
            "What stands for the number of people observed where a report does not give it: nothing, so that the arm "
            "has no risk, or the number randomised to the arm."
        ),
    )
    level: float = Field(default=0.95, gt=0.0, lt=1.0, description="Confidence level of all intervals, a fraction.")
