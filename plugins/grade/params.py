"""The thresholds of the rules, each with the guideline it comes from; docs/grade.md tells them in full.

Where a guideline gives no number, the description says that the number is Quorum's choice.
"""

from typing import Literal

from pydantic import Field, model_validator

from analysis.contract import Condition
from analysis.contract import Params as BaseParams
from plugins.grade.proposal import Certainty

GRADE_3 = "GRADE guidelines 3 (Balshem 2011, doi:10.1016/j.jclinepi.2010.07.015)"
GRADE_4 = "GRADE guidelines 4 (Guyatt 2011, doi:10.1016/j.jclinepi.2010.07.017)"
GRADE_5 = "GRADE guidelines 5 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.01.011)"
GRADE_6 = "GRADE guidelines 6 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.01.012)"
GRADE_7 = "GRADE guidelines 7 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.03.017)"
GRADE_8 = "GRADE guidelines 8 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.04.014)"
GRADE_9 = "GRADE guidelines 9 (Guyatt 2011, doi:10.1016/j.jclinepi.2011.06.004)"
GRADE_18 = "GRADE guidelines 18 (Schünemann 2019, doi:10.1016/j.jclinepi.2018.01.012)"
GRADE_33 = "GRADE guidelines 33 (Brignardello-Petersen 2021, doi:10.1016/j.jclinepi.2021.07.011)"
GRADE_34 = "GRADE guidance 34 (Zeng 2022, doi:10.1016/j.jclinepi.2022.07.014)"
GRADE_36 = "GRADE guidance 36 (Guyatt 2023, doi:10.1016/j.jclinepi.2023.03.003)"
HANDBOOK = "Cochrane Handbook for Systematic Reviews of Interventions, version 6"
GRADE_HANDBOOK = "GRADE Handbook (2013), section 5.2.4"
STERNE = "Sterne et al. (2011, doi:10.1136/bmj.d4002)"

Statement = Literal["not_judged", "absent", "present"]


class DirectnessRule(Condition):
    """What makes a study direct in one element of the question: a condition on the facts of its effect."""

    element: Literal["population", "intervention", "comparator", "outcome"]


class Params(BaseParams):
    """The thresholds, domain by domain."""

    start: Certainty = Field(
        default="high",
        description="Where the rating starts: high for randomised trials, and for non-randomised studies whose risk of "
        f"bias is judged by ROBINS-I; low for other non-randomised studies. {GRADE_3}; {GRADE_18}.",
    )
    design: Literal["randomised", "non_randomised"] = Field(
        default="randomised",
        description=f"Design of the studies; reasons to rate up are looked at for non-randomised ones only. {GRADE_9}.",
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
        description="Name of the sensitivity scenario that leaves out studies at high risk of bias; where none has "
        f"this name, the first with one condition, on the overall judgement. {GRADE_4}.",
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

    directness: tuple[DirectnessRule, ...] = Field(
        default=(),
        description="What makes a study direct, by element of the question (population, intervention, comparator, "
        f"outcome): each a condition on a field; all of one element must hold. {GRADE_8}.",
    )
    indirect_share: float = Field(
        default=0.5,
        gt=0.0,
        le=1.0,
        description="Share of the weight from studies that are indirect in an element from which one level is "
        f"proposed; two where this is so for two elements or more. {GRADE_8}; the number is Quorum's choice.",
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
    important_smd: float = Field(
        default=0.5,
        gt=0.0,
        description="Standardised mean difference that stands for the smallest important difference. "
        f"{GRADE_HANDBOOK}.",
    )
    important_ratio_below: float = Field(
        default=0.75,
        gt=0.0,
        lt=1.0,
        description=f"Ratio below which an effect is appreciable. {GRADE_6}.",
    )
    important_ratio_above: float = Field(
        default=1.25,
        gt=1.0,
        description=f"Ratio above which an effect is appreciable. {GRADE_6}.",
    )
    ois_relative_reduction: float = Field(
        default=0.25,
        gt=0.0,
        lt=1.0,
        description="Relative reduction of the comparator's risk that the trial of the optimal information size "
        f"detects, where numbers of events are known. {GRADE_6}.",
    )
    events_rule_of_thumb: int = Field(
        default=300,
        ge=1,
        description="Events in both groups that are enough where the calculated optimal information size is not met "
        f"or cannot be calculated. {GRADE_6}.",
    )
    participants_very_large: int = Field(
        default=2000,
        ge=1,
        description="Participants in both groups from which few events are no reason to rate down an interval that "
        f"is clear of the null. {GRADE_6}: at least 2000, perhaps 4000.",
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

    unreported_codes: tuple[str, ...] = Field(
        default=("no_result",),
        description="Codes of the reasons for not pooling that mean: the study exists, its result is not public. "
        f"{GRADE_5}.",
    )
    unreported_share: float = Field(
        default=0.5,
        gt=0.0,
        le=1.0,
        description="Share of the eligible studies without a public result for the outcome from which one level is "
        f"proposed. {GRADE_5}; the number is Quorum's choice.",
    )

    large_ratio: float = Field(
        default=2.0,
        gt=1.0,
        description=f"Risk ratio (or its reciprocal) beyond which an effect is large: one level up. {GRADE_9}.",
    )
    very_large_ratio: float = Field(
        default=5.0,
        gt=1.0,
        description=f"Risk ratio (or its reciprocal) beyond which an effect is very large: two levels up. {GRADE_9}.",
    )
    large_smd: float = Field(
        default=0.8,
        gt=0.0,
        description="Difference in standard deviations beyond which an effect is large: one level up. "
        f"{GRADE_9}; the number is Cohen's (1988).",
    )
    dose_response: Statement = Field(
        default="not_judged",
        description=f"A person's statement whether larger doses show larger effects: one level up. {GRADE_9}.",
    )
    dose_response_reason: str = Field(
        default="", description=f"On what grounds; needed where a dose-response gradient is present. {GRADE_9}."
    )
    plausible_confounding: Statement = Field(
        default="not_judged",
        description="A person's statement whether all plausible confounding would have made the effect look smaller "
        f"than it is: one level up. {GRADE_9}.",
    )
    plausible_confounding_reason: str = Field(
        default="", description=f"On what grounds; needed where such confounding is present. {GRADE_9}."
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
        if self.very_large_ratio < self.large_ratio:
            raise ValueError("very_large_ratio must be at least large_ratio.")
        return self

    @model_validator(mode="after")
    def _with_grounds(self) -> "Params":
        """Refuse a statement that nothing stands behind."""
        for name in ("dose_response", "plausible_confounding"):
            if getattr(self, name) == "present" and not getattr(self, f"{name}_reason").strip():
                raise ValueError(f"Say in {name}_reason on what grounds {name} is present.")
        return self
