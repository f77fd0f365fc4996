"""What the models give: flat tables, each row with the name of its model."""

from analysis.contract import Frozen, Measure
from analysis.contract import Result as BaseResult


class ModelRow(Frozen):
    """One model: fit, residual heterogeneity and the test of all moderators; None where it could not be fitted.

    `qm` is F with `qm_df` and `qm_df_residual` degrees of freedom, chi-squared where the latter is None; `r2` the share
    of the variance between studies that the moderators explain.
    """

    name: str
    label: str
    is_main: bool
    moderators: tuple[str, ...]
    k: int
    p: int | None = None
    tau2_method: str
    ci_method: str
    tau2: float | None = None
    tau: float | None = None
    tau2_se: float | None = None
    tau2_ci_lower: float | None = None
    tau2_ci_upper: float | None = None
    i2: float | None = None
    h2: float | None = None
    q: float | None = None
    q_df: int | None = None
    q_p_value: float | None = None
    qm: float | None = None
    qm_df: int | None = None
    qm_df_residual: int | None = None
    qm_p_value: float | None = None
    qm_permutation_p_value: float | None = None
    permutations: int | None = None
    is_exact: bool | None = None
    r2: float | None = None
    message: str | None = None


class LeftOut(Frozen):
    """An effect that a model leaves out, and the fields that are not known for it."""

    label: str
    model: str
    study: str
    fields: tuple[str, ...]


class CoefficientRow(Frozen):
    """One coefficient, scale of the measure per unit of its moderator; `vif` is its variance inflation factor."""

    name: str
    model: str
    estimate: float
    se: float
    statistic: float
    df: int | None
    p_value: float
    ci_lower: float
    ci_upper: float
    permutation_p_value: float | None = None
    vif: float | None = None


class TermRow(Frozen):
    """All coefficients of one moderator together: generalised variance inflation, and that of the standard error."""

    name: str
    model: str
    coefficients: tuple[str, ...]
    vif: float
    sif: float


class PredictionRow(Frozen):
    """The mean effect at a value of one moderator, the others at their average, and the effect in a new study there."""

    label: str
    model: str
    moderator: str
    value: str
    estimate: float
    se: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None


class InfluenceRow(Frozen):
    """How much one effect moves a model (Viechtbauer and Cheung 2010); None where there is no model without it."""

    label: str
    model: str
    effect: str
    study: str
    rstudent: float | None
    dffits: float | None
    cook_d: float | None
    cov_r: float | None
    tau2_del: float | None
    q_del: float | None
    hat: float | None
    weight: float | None
    outlier_p_value: float | None
    is_outlier: bool
    is_influential: bool


class WilsonRow(Frozen):
    """A model as Wilson's macro gives it: r2 is a share of the weighted sum of squares, not of the variance between."""

    name: str
    label: str
    k: int
    tau2_method: str
    mean: float
    r2: float
    q_model: float
    q_model_df: int
    q_model_p_value: float
    q_residual: float
    q_residual_df: int
    q_residual_p_value: float
    q_total: float
    q_total_df: int
    q_total_p_value: float
    tau2: float
    tau2_se: float | None


class WilsonCoefficient(Frozen):
    """One coefficient of the macro: B as estimate, Beta as beta."""

    name: str
    model: str
    estimate: float
    se: float
    statistic: float
    p_value: float
    ci_lower: float
    ci_upper: float
    beta: float


class Bubble(Frozen):
    """One effect of a bubble plot: the moderator, the effect and its weight."""

    label: str
    x: float
    y: float
    weight: float


class LinePoint(Frozen):
    """The mean effect at a value of the moderator, with its confidence and its prediction interval."""

    x: float
    y: float
    ci_lower: float
    ci_upper: float
    pi_lower: float | None
    pi_upper: float | None


class Result(BaseResult):
    """All models. `bubbles_1` and `line_1` are those of the first model with a bubble plot, and so on."""

    measure: Measure
    is_ratio: bool
    level: float
    k: int
    models: tuple[ModelRow, ...] = ()
    coefficients: tuple[CoefficientRow, ...] = ()
    terms: tuple[TermRow, ...] = ()
    predictions: tuple[PredictionRow, ...] = ()
    influence: tuple[InfluenceRow, ...] = ()
    effects_left_out: tuple[LeftOut, ...] = ()
    wilson: tuple[WilsonRow, ...] = ()
    wilson_coefficients: tuple[WilsonCoefficient, ...] = ()
    bubbles_1: tuple[Bubble, ...] = ()
    line_1: tuple[LinePoint, ...] = ()
    bubbles_2: tuple[Bubble, ...] = ()
    line_2: tuple[LinePoint, ...] = ()
    bubbles_3: tuple[Bubble, ...] = ()
    line_3: tuple[LinePoint, ...] = ()
    bubbles_4: tuple[Bubble, ...] = ()
    line_4: tuple[LinePoint, ...] = ()


# How many bubble plots a result has room for.
MOST_BUBBLE_PLOTS = sum(name.startswith("bubbles_") for name in Result.model_fields)
