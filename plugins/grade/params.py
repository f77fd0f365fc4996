"""The thresholds of the rules, each with the guideline it comes from; docs/grade.md tells them in full.

Where a guideline gives no number, the description says that the number is Quorum's choice.
"""

from typing import Literal

from pydantic import Field, model_validator

from analysis.contract import Params as BaseParams
from plugins.grade.proposal import Certainty

GRADE_3 = "GRADE guidelines 3 (Balshem 2011, doi:10.1016/j.jclinepi.2010.07.015)"
GRADE_4 = "GRADE guidelines 4 (Guyatt 2011, doi:10.1016/j.jclinepi.2010.07.017)"
GRADE_5 = "GRADE guidelines 5 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.01.011)"
GRADE_6 = "GRADE guidelines 6 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.01.012)"
GRADE_7 = "GRADE guidelines 7 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.03.017)"
GRADE_33 = "GRADE guidelines 33 (Brignardello-Petersen 2021, doi:10.1016/j.jclinepi.2021.07.011)"
GRADE_34 = "GRADE guidance 34 (Zeng 2022, doi:10.1016/j.jclinepi.2022.07.014)"
GRADE_36 = "GRADE guidance 36 (Guyatt 2023, doi:10.1016/j.jclinepi.2023.03.003)"
HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, version 6"
STERNE = "Sterne et al. (2011, doi:10.1136/bmj.d4002)"


class Params(BaseParams):
    """The thresholds, domain by domain."""

    start: Certainty = Field(
        default="high", description=f"Where the rating starts: high for randomised trials. {GRADE_3}."
    )

    high_risk_judgements: tuple[str, ...] = Field(
        default=("high", "serious", "critical"),
        description="Overall judgements that mean a high risk of bias (RoB: high; ROBINS-I: serious, critical).",
    )
    some_risk_judgements: tuple[str, ...] = Field(
        default=("some_concerns", "unclear", "moderate", "no_information"),
        description="Overall judgements that mean neither a low nor a high risk of bias.",
    )
    high_risk_share: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description=f"Share of the weight at high risk from which one level is proposed: most of the evidence. "
        f"{GRADE_4}; reading “most” as half is Quorum's choice.",
    )
    high_risk_share_if_changed: float = Field(
        default=0.25,
        ge=0.0,
        le=1.0,
        description="The same, where leaving these studies out changes the conclusion: enough to affect the "
        f"interpretation. {HANDBOOK}, chapter 14; the number is Quorum's choice.",
    )
    high_risk_share_very_serious: float = Field(
        default=0.75,
        ge=0.0,
        le=1.0,
        description="Share of the weight at high risk from which two levels are proposed, if without these studies the "
        f"conclusion changes or nothing is left. {GRADE_4}; the number is Quorum's choice.",
    )
    some_risk_share: float = Field(
        default=0.75,
        ge=0.0,
        le=1.0,
        description="Share of the weight not at low risk from which one level is proposed: little is from studies at "
        f"low risk. {HANDBOOK}, chapter 14; the number is Quorum's choice.",
    )
    risk_of_bias_scenario: str = Field(
        default="without_high_risk_of_bias",
        description=f"Name of the sensitivity scenario that leaves out studies at high risk of bias. {GRADE_4}.",
    )

    i2_serious: float = Field(
        default=0.5,
        ge=0.0,
        le=1.0,
        description=f"I2 from which inconsistency may be substantial. {HANDBOOK}, section 10.10.2; {GRADE_7}.",
    )
    i2_very_serious: float = Field(
        default=0.75,
        ge=0.0,
        le=1.0,
        description=f"I2 from which inconsistency may be considerable. {HANDBOOK}, section 10.10.2; {GRADE_7}.",
    )
    opposite_weight_share: float = Field(
        default=0.2,
        ge=0.0,
        le=0.5,
        description="Share of the weight with estimates on the other side of the threshold from which it counts that "
        f"studies disagree about it. {GRADE_36}; the number is Quorum's choice.",
    )
    apart_pairs_share: float = Field(
        default=0.2,
        ge=0.0,
        le=1.0,
        description="Share of the pairs of studies whose confidence intervals do not overlap from which overlap is "
        f"small. {GRADE_7}; the number is Quorum's choice.",
    )
    prediction_least_k: int = Field(
        default=5,
        ge=3,
        description="Studies needed before the prediction interval is looked at; with fewer it says little. "
        f"{HANDBOOK}, section 10.10.4.3; the number is Quorum's choice.",
    )

    threshold: Literal["mcid", "null"] = Field(
        default="mcid",
        description="What the estimate has to be clear of: the smallest important difference (where it is known and "
        f"applies, otherwise the null), or always the null. {GRADE_34}.",
    )
    power: float = Field(
        default=0.8,
        gt=0.5,
        lt=1.0,
        description=f"Power of the trial whose size is the optimal information size. {GRADE_6}.",
    )
    significance: float = Field(
        default=0.05,
        gt=0.0,
        lt=0.5,
        description=f"Two-sided significance level of that trial. {GRADE_6}.",
    )
    participants_rule_of_thumb: int = Field(
        default=400,
        ge=1,
        description="Optimal information size of a continuous outcome where it cannot be calculated, participants in "
        f"both groups. {GRADE_6}.",
    )
    far_below_information_share: float = Field(
        default=0.3,
        ge=0.0,
        lt=1.0,
        description="Share of the optimal information size below which two levels are proposed: far less than needed. "
        f"{GRADE_34}; the number is Quorum's choice.",
    )
    large_difference_in_sds: float = Field(
        default=0.5,
        gt=0.0,
        description="Difference in standard deviations from which an effect is large enough to ask for the optimal "
        f"information size. {GRADE_33} and {GRADE_34}; the number is Quorum's choice.",
    )
    widest_ci_ratio_rr: float = Field(
        default=3.0,
        gt=1.0,
        description="Upper divided by lower end of the interval of a risk ratio above which the optimal information "
        f"size is certainly not met. {GRADE_33}.",
    )
    widest_ci_ratio_or: float = Field(
        default=2.5,
        gt=1.0,
        description="Upper divided by lower end of the interval of an odds ratio above which the optimal information "
        f"size is certainly not met. {GRADE_33}.",
    )

    asymmetry_least_k: int = Field(
        default=10,
        ge=3,
        description=f"Studies needed before small-study effects are looked for. {STERNE}.",
    )
    asymmetry_p_value: float = Field(
        default=0.1,
        gt=0.0,
        lt=1.0,
        description=f"p value of the test for asymmetry below which one level is proposed. {GRADE_5}; {STERNE}.",
    )

    @model_validator(mode="after")
    def _in_order(self) -> "Params":
        """Refuse thresholds that contradict each other."""
        if self.i2_very_serious < self.i2_serious:
            raise ValueError("i2_very_serious must be at least i2_serious.")
        if self.high_risk_share_very_serious < self.high_risk_share:
            raise ValueError("high_risk_share_very_serious must be at least high_risk_share.")
        both = set(self.high_risk_judgements) & set(self.some_risk_judgements)
        if both:
            raise ValueError(f"A judgement means a high risk or some risk, not both: {', '.join(sorted(both))}.")
        return self
