"""What the estimate would be without small-study effects, by several methods.

References
----------
Duval and Tweedie (2000), doi:10.1111/j.0006-341X.2000.00455.x; Stanley and Doucouliagos (2014), doi:10.1002/jrsm.1095;
Ruecker et al. (2011), doi:10.1093/biostatistics/kxq046; Henmi and Copas (2010), doi:10.1002/sim.4029.
"""

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, NamedTuple

from analysis import engine
from analysis.contract import Frozen
from plugins.small_study_effects.case import TIED, Case, explain, require_finite, why_not_asymmetry, why_too_few
from plugins.small_study_effects.selection import caution_of, selection_of, why_not_selection

NULL = 0.0  # no effect, on the scale of every measure (ratios are logs)
ONE_EFFECT = "One effect is no meta-analysis: it is shown with its own normal interval."
EQUAL_EFFECTS = "All effects are equal, so that the interval is the normal one."
PET_CHOSEN = "PET finds no effect, so that its own estimate is shown."
PEESE_CHOSEN = "PET finds an effect, so that the estimate of PEESE is shown."

Conclusion = Literal["below_null", "above_null", "includes_null"]


class AdjustedRow(Frozen):
    """An estimate, scale of the measure, against the original one; numbers are None where a method does not apply.

    `filled_count` is the number of studies that trim and fill adds; `remark` says what the method chose or what
    weakens it, `message` why there is no estimate.
    """

    name: str
    label: str
    is_applicable: bool
    k: int
    filled_count: int | None = None
    estimate: float | None = None
    se: float | None = None
    p_value: float | None = None
    ci_lower: float | None = None
    ci_upper: float | None = None
    tau2: float | None = None
    conclusion: Conclusion | None = None
    difference: float | None = None
    conclusion_changes: bool | None = None
    remark: str | None = None
    message: str | None = None


class Adjustment(NamedTuple):
    """A method: its name, when it does not apply, and the fields of its row."""

    name: str
    label: str
    why_not: Callable[[Case], str | None]
    ask: Callable[[Case], dict[str, Any]]


def adjust(case: Case, original: AdjustedRow) -> tuple[AdjustedRow, ...]:
    """Give the original estimate and that of each method."""
    return (original, *(_row(case, method, original) for method in ADJUSTMENTS))


def pool_original(case: Case) -> AdjustedRow:
    """Give the pooled estimate as it is."""
    row = AdjustedRow(name="original", label="As it is", is_applicable=False, k=case.dataset.k)
    if case.dataset.k == 0:
        return row.model_copy(update={"message": why_too_few(case, 1)})
    try:
        fit, remark = pool_effects(case)
    except engine.EngineError as error:
        return row.model_copy(update={"message": explain(error)})
    update = _numbers(fit) | {"is_applicable": True, "remark": remark, "difference": 0.0, "conclusion_changes": False}
    update["tau2"] = fit.tau2 if fit.k > 1 else None
    return row.model_copy(update=update)


def pool_effects(case: Case) -> tuple[engine.Pooled, str | None]:
    """Give the pooled estimate, with the normal interval where that of Hartung and Knapp is undefined."""
    try:
        fit = _ask_engine(case, ci_method=case.params.ci_method)
    except engine.UndefinedResult:
        return _ask_engine(case, ci_method="wald"), EQUAL_EFFECTS
    return fit, ONE_EFFECT if fit.k == 1 else None


def _ask_engine(case: Case, *, ci_method: str) -> engine.Pooled:
    """Give the engine's pooled estimate."""
    tau2_method, level = case.params.tau2_method, case.params.level
    return engine.pool(case.yi, case.vi, tau2_method=tau2_method, ci_method=ci_method, level=level)


def _row(case: Case, method: Adjustment, original: AdjustedRow) -> AdjustedRow:
    """Give the row of a method; what the engine cannot answer becomes a sentence."""
    row = AdjustedRow(name=method.name, label=method.label, is_applicable=False, k=case.dataset.k)
    reason = method.why_not(case)
    if reason is None:
        try:
            numbers = method.ask(case)
            require_finite(numbers)
            row = row.model_copy(update=numbers | {"is_applicable": True})
        except engine.EngineError as error:
            reason = explain(error)
    if reason is not None:
        return row.model_copy(update={"message": reason})
    if original.estimate is None or row.estimate is None:
        return row
    changes = row.conclusion != original.conclusion
    return row.model_copy(update={"difference": row.estimate - original.estimate, "conclusion_changes": changes})


def _numbers(fit: Any) -> dict[str, Any]:
    """Give the fields that every estimate has."""
    names = ("estimate", "se", "p_value", "ci_lower", "ci_upper")
    numbers = {name: float(getattr(fit, name)) for name in names if hasattr(fit, name)}
    return numbers | {"conclusion": conclude(numbers["ci_lower"], numbers["ci_upper"])}


def conclude(ci_lower: float, ci_upper: float) -> Conclusion:
    """Give the side of the null on which an interval lies; touching the null is including it."""
    if ci_upper < NULL:
        return "below_null"
    return "above_null" if ci_lower > NULL else "includes_null"


def fill(case: Case, *, estimator: str) -> engine.TrimAndFill:
    """Give trim and fill by one estimator of the number of missing studies."""
    params = case.params
    return engine.trim_and_fill(
        case.yi,
        case.vi,
        side=params.missing_side,
        estimator=estimator,
        tau2_method=params.tau2_method,
        ci_method=params.ci_method,
        level=params.level,
    )


def _trim_and_fill(case: Case, *, estimator: str) -> dict[str, Any]:
    """Give the estimate with the studies filled in."""
    filled = fill(case, estimator=estimator)
    studies = "study is" if filled.k0 == 1 else "studies are"
    remark = f"{filled.k0} {studies} filled in on the {filled.side}."
    return _numbers(filled.pooled) | {"filled_count": filled.k0, "tau2": filled.pooled.tau2, "remark": remark}


def _pet_peese(case: Case) -> dict[str, Any]:
    """Give the conditional estimate."""
    fit = engine.pet_peese(case.yi, case.vi, alpha=case.params.pet_alpha, level=case.params.level)
    said = [PEESE_CHOSEN if fit.chosen == "PEESE" else PET_CHOSEN, *([TIED] if case.is_tied else [])]
    return _numbers(fit) | {"remark": " ".join(said)}


def _selection(case: Case) -> dict[str, Any]:
    """Give the estimate before selection."""
    fit = selection_of(case)
    return _numbers(fit) | {"tau2": fit.tau2, "remark": caution_of(fit)}


def _limit(case: Case) -> dict[str, Any]:
    """Give the effect expected in studies of infinite precision."""
    params = case.params
    fit = engine.limit_meta_analysis(
        case.yi, case.vi, adjustment=params.limit_adjustment, tau2_method=params.tau2_method, level=params.level
    )
    return _numbers(fit) | {"tau2": fit.tau2}


def _henmi_copas(case: Case) -> dict[str, Any]:
    """Give the common-effect estimate with an interval that allows for heterogeneity."""
    fit = engine.henmi_copas(case.yi, case.vi, level=case.params.level)
    return _numbers(fit) | {"tau2": fit.tau2}


def _why_not_henmi_copas(case: Case) -> str | None:
    """Give the sentence why the interval does not apply; it needs two effects."""
    return why_too_few(case, 2)


ADJUSTMENTS = (
    Adjustment("trim_and_fill_l0", "Trim and fill (L0)", why_not_asymmetry, partial(_trim_and_fill, estimator="L0")),
    Adjustment("trim_and_fill_r0", "Trim and fill (R0)", why_not_asymmetry, partial(_trim_and_fill, estimator="R0")),
    Adjustment("pet_peese", "PET-PEESE", why_not_asymmetry, _pet_peese),
    Adjustment("selection", "Selection model", why_not_selection, _selection),
    Adjustment("limit", "Limit meta-analysis", why_not_asymmetry, _limit),
    Adjustment("henmi_copas", "Henmi-Copas interval", _why_not_henmi_copas, _henmi_copas),
)
