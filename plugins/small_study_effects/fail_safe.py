"""Fail-safe numbers: how many missing studies without effect would overturn the result.

References
----------
Rosenthal (1979), doi:10.1037/0033-2909.86.3.638; Orwin (1983), doi:10.2307/1164923; Rosenberg (2005),
doi:10.1111/j.0014-3820.2005.tb01004.x.
"""

from typing import Any

from analysis import engine
from analysis.contract import Frozen
from plugins.small_study_effects.case import Case, explain, why_too_few

NOT_A_TEST = "A fail-safe number is no test: it says nothing of whether studies are missing."
# Method and label, in the order of the table; the number of effects that each needs at least.
METHODS = {
    "Rosenthal": ("Rosenthal: sum of z values", 2),
    "Orwin": ("Orwin: mean effect", 2),
    "Rosenberg": ("Rosenberg: common-effect test", 2),
    "General": ("Random-effects model", 2),
}


class FailSafeRow(Frozen):
    """A fail-safe number; `tolerance_count` is Rosenthal's 5 k + 10, below which a result is not safe."""

    name: str
    label: str
    is_applicable: bool
    k: int
    fail_safe_count: int | None = None
    tolerance_count: int | None = None
    is_above_tolerance: bool | None = None
    alpha: float | None = None
    target: float | None = None
    p_value: float | None = None
    message: str | None = None


def count_missing(case: Case) -> tuple[FailSafeRow, ...]:
    """Give the fail-safe number of each method."""
    return tuple(_row(case, method, label, least) for method, (label, least) in METHODS.items())


def _row(case: Case, method: str, label: str, least: int) -> FailSafeRow:
    """Give the row of a method; what the engine cannot answer becomes a sentence."""
    row = FailSafeRow(name=method.lower(), label=label, is_applicable=False, k=case.dataset.k)
    reason = why_too_few(case, least)
    if reason is None:
        try:
            return row.model_copy(update=_ask_engine(case, method) | {"is_applicable": True})
        except engine.EngineError as error:
            reason = explain(error)
    return row.model_copy(update={"message": reason})


def _ask_engine(case: Case, method: str) -> dict[str, Any]:
    """Give the fields of the row."""
    params = case.params
    found = engine.fail_safe_n(
        case.yi,
        case.vi,
        method=method,
        alpha=params.study_alpha,
        target=params.orwin_target if method == "Orwin" else None,
        tau2_method=params.tau2_method,
    )
    tolerance = 5 * found.k + 10 if method == "Rosenthal" else None
    return {
        "fail_safe_count": found.fail_safe_n,
        "tolerance_count": tolerance,
        "is_above_tolerance": None if tolerance is None else found.fail_safe_n > tolerance,
        "alpha": found.alpha,
        "target": found.target,
        "p_value": found.p_value,
    }
