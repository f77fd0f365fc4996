"""Which options of each choice of derivation an analysis tries."""

from typing import Literal

from pydantic import Field, field_validator

from analysis.contract import Frozen

SOURCE_ORDERS = {
    "contrast_first": ("contrast", "arms"),
    "arms_first": ("arms", "contrast"),
    "contrast_only": ("contrast",),
    "arms_only": ("arms",),
}
VALUE_ORDERS = {
    "final_first": ("final", "change"),
    "change_first": ("change", "final"),
    "final_only": ("final",),
    "change_only": ("change",),
}


class ChoiceSet(Frozen):
    """The options of each choice that are tried; with no option, or one, a choice is not varied.

    What the rules themselves say is always an option too.
    """

    change_correlation: tuple[float, ...] = Field(
        default=(0.3, 0.5, 0.7, 0.9),
        max_length=20,
        description="Correlations of baseline and final values, for SDs of change (Handbook 6.5.2.8).",
    )
    smd_denominator: tuple[Literal["pooled", "comparator", "average"], ...] = Field(
        default=("pooled", "comparator", "average"),
        description="SD that standardises differences of arm values: pooled (Hedges 1981), that of the comparator arm "
        "(Glass 1976), or the root of the average variance (Bonett 2008).",
    )
    imputed_sds: tuple[Literal["in", "out"], ...] = Field(
        default=("in", "out"), description="Effects whose mean or SD is estimated or rests on an assumed correlation."
    )
    multi_arm: tuple[Literal["combine", "split"], ...] = Field(
        default=("combine", "split"), description="Several eligible arms on one side (Handbook 6.5.2.10, 23.3.4)."
    )
    source_order: tuple[Literal["contrast_first", "arms_first", "contrast_only", "arms_only"], ...] = Field(
        default=("contrast_first", "arms_first"), description="Which results are tried first, or alone."
    )
    value_order: tuple[Literal["final_first", "change_first", "final_only", "change_only"], ...] = Field(
        default=("final_first", "change_first"), description="Which kinds of value are tried first, or alone."
    )
    ci_distribution: tuple[Literal["normal", "t"], ...] = Field(
        default=("normal", "t"), description="Distribution that printed intervals of contrasts are read with."
    )
    window_rule: tuple[Literal["nearest", "latest", "earliest"], ...] = Field(
        default=("nearest", "latest", "earliest"),
        description="Which result of the window: nearest to its target week, the latest, or the earliest.",
    )
    reading: tuple[Literal["consensus", "A", "B"], ...] = Field(
        default=("consensus", "A", "B"),
        description="Whose extraction: the consensus, or that of one reader where a study has it.",
    )
    risk_of_bias: tuple[Literal["all", "not_high"], ...] = Field(
        default=(), description="All studies, or only those judged and not at high risk of bias overall."
    )

    @field_validator("change_correlation")
    @classmethod
    def _are_correlations(cls, values: tuple[float, ...]) -> tuple[float, ...]:
        """Refuse what is no correlation."""
        if any(abs(value) > 1 for value in values):
            raise ValueError("A correlation lies between -1 and 1.")
        return values
