"""Tests: asymmetry of the funnel plot, excess of significant studies, and selection by p values.

References
----------
Egger et al. (1997), doi:10.1136/bmj.315.7109.629; Begg and Mazumdar (1994), doi:10.2307/2533446; Sterne et al. (2011),
doi:10.1136/bmj.d4002; Ioannidis and Trikalinos (2007), doi:10.1177/1740774507079441.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from analysis import engine
from analysis.contract import Frozen
from plugins.small_study_effects.case import (
    EVENT_MEASURES,
    TIED,
    Case,
    explain,
    require_finite,
    why_not_asymmetry,
    why_not_sizes,
    why_too_few,
)
from plugins.small_study_effects.selection import selection_of, why_not_selection

HETEROGENEOUS = (
    "The variance between studies of {tau2:.3g} is above {high:.3g}: among tests for ratios of events only those "
    "with the arcsine transformation are known to hold then (Sterne et al. 2011)."
)
LARGER = "Small studies show larger effects than large ones."
SMALLER = "Small studies show smaller effects than large ones."
SYMMETRIC = "Small studies do not clearly differ from large ones."
EXCESS = "More studies are significant than their power lets expect."
NO_EXCESS = "Not clearly more studies are significant than their power lets expect."
SELECTED = "The studies look selected by their p values."
NOT_SELECTED = "The studies do not clearly look selected by their p values."


class TestedRow(Frozen):
    """A test. `estimate` is its slope, rank correlation, or observed divided by expected number.

    Where it does not apply the numbers are None and `message` says why. `finding` says in words what it found at its
    level `alpha`, `caution` what weakens that.
    """

    name: str
    label: str
    is_applicable: bool
    k: int
    predictor: str | None = None
    estimate: float | None = None
    se: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    alpha: float
    is_significant: bool | None = None
    small_studies_show: Literal["larger", "smaller"] | None = None
    observed_count: int | None = None
    expected_count: float | None = None
    finding: str | None = None
    caution: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class AskedTest:
    """A test: its name, when it does not apply, and its numbers.

    Attributes
    ----------
    alpha : name of the parameter that holds its level
    why_not : the sentence why it does not apply, None where it does
    ask : fields of TestedRow
    """

    name: str
    label: str
    alpha: str
    why_not: Callable[[Case], str | None]
    ask: Callable[[Case], dict[str, Any]]


def run_tests(case: Case) -> tuple[TestedRow, ...]:
    """Give the row of each test."""
    return tuple(_run(case, test) for test in TESTS)


def _run(case: Case, test: AskedTest) -> TestedRow:
    """Give the row of a test; what the engine cannot answer becomes a sentence."""
    alpha = getattr(case.params, test.alpha)
    row = TestedRow(name=test.name, label=test.label, is_applicable=False, k=case.dataset.k, alpha=alpha)
    reason = test.why_not(case)
    if reason is None:
        try:
            numbers = test.ask(case)
            require_finite(numbers)
        except engine.EngineError as error:
            reason = explain(error)
        else:
            words = {"caution", "finding"}
            found = {name: value for name, value in numbers.items() if name not in words}
            found |= {"is_applicable": True, "is_significant": _is_significant(numbers, alpha)}
            row = row.model_copy(update=found)
            return row.model_copy(update={"caution": numbers.get("caution"), "finding": numbers["finding"](row)})
    return row.model_copy(update={"message": reason})


def _is_significant(numbers: dict[str, Any], alpha: float) -> bool | None:
    """Whether the p value is below the level; None where there is none."""
    return None if numbers["p_value"] is None else numbers["p_value"] < alpha


def _egger_lm(case: Case) -> dict[str, Any]:
    """Give the classical test on standard errors."""
    return _of_egger(case, engine.egger_lm(case.yi, case.vi, level=case.params.level), is_by_se=True)


def _egger_rma(case: Case) -> dict[str, Any]:
    """Give the test on standard errors with variance between studies."""
    fit = engine.egger_rma(case.yi, case.vi, tau2_method=case.params.tau2_method, level=case.params.level)
    return _of_egger(case, fit, is_by_se=True)


def _egger_size_lm(case: Case) -> dict[str, Any]:
    """Give the classical test on sizes."""
    return _of_egger(case, engine.egger_lm(case.yi, case.vi, **_size(case)), is_by_se=False)


def _egger_size_rma(case: Case) -> dict[str, Any]:
    """Give the test on sizes with variance between studies."""
    fit = engine.egger_rma(case.yi, case.vi, tau2_method=case.params.tau2_method, **_size(case))
    return _of_egger(case, fit, is_by_se=False)


def _size(case: Case) -> dict[str, Any]:
    """Give the predictor that measures size, large where studies are small."""
    sizes = case.group_sizes()
    n1, n2 = sizes if sizes else (np.array([]), np.array([]))
    if case.params.size_predictor == "group_sizes":
        return {"predictor": np.sqrt(1.0 / n1 + 1.0 / n2), "level": case.params.level}
    return {"predictor": case.params.size_predictor, "ni": n1 + n2, "level": case.params.level}


def _of_egger(case: Case, fit: engine.Egger, *, is_by_se: bool) -> dict[str, Any]:
    """Give the fields of a regression test."""
    is_larger = fit.slope * (case.estimate or 0.0) > 0.0
    return {
        "predictor": "group_sizes" if fit.predictor == "given" else fit.predictor,
        "estimate": fit.slope,
        "se": fit.slope_se,
        "statistic": fit.statistic,
        "df": fit.df,
        "p_value": fit.p_value,
        "small_studies_show": "larger" if is_larger else "smaller",
        "caution": _caution(case) if is_by_se else None,
        "finding": _find_asymmetry,
    }


def _caution(case: Case) -> str | None:
    """Give what weakens a test on standard errors."""
    said = [TIED] if case.is_tied else []
    if case.dataset.measure in EVENT_MEASURES and case.tau2 is not None and case.tau2 > case.params.high_tau2:
        said.append(HETEROGENEOUS.format(tau2=case.tau2, high=case.params.high_tau2))
    return " ".join(said) or None


def _find_asymmetry(row: TestedRow) -> str:
    """Give in words whether small studies differ."""
    if not row.is_significant:
        return SYMMETRIC
    return LARGER if row.small_studies_show == "larger" else SMALLER


def _rank(case: Case) -> dict[str, Any]:
    """Give the rank correlation of effects and variances."""
    test = engine.rank_test(case.yi, case.vi)
    return {
        "estimate": test.tau,
        "statistic": test.statistic,
        "p_value": test.p_value,
        "small_studies_show": "larger" if test.tau * (case.estimate or 0.0) > 0.0 else "smaller",
        "caution": _caution(case),
        "finding": _find_asymmetry,
    }


def _excess(case: Case) -> dict[str, Any]:
    """Give observed and expected numbers of significant studies."""
    params = case.params
    test = engine.excess_significance(
        case.yi, case.vi, tau2_method=params.tau2_method, alpha=params.study_alpha, test_alpha=params.alpha_excess
    )
    return {
        "estimate": test.ratio,
        "statistic": test.statistic,
        "p_value": test.p_value,
        "observed_count": test.observed,
        "expected_count": test.expected,
        "finding": lambda row: EXCESS if row.is_significant else NO_EXCESS,
    }


def _selection(case: Case) -> dict[str, Any]:
    """Give the likelihood ratio test of the selection model against no selection."""
    fit = selection_of(case)
    return {
        "statistic": fit.lrt,
        "df": fit.lrt_df,
        "p_value": fit.lrt_p_value,
        "finding": lambda row: SELECTED if row.is_significant else NOT_SELECTED,
    }


def _why_not_excess(case: Case) -> str | None:
    """Give the sentence why excess significance is not looked for; it needs two effects."""
    return why_too_few(case, 2)


ASYMMETRY = "alpha_asymmetry"
TESTS = (
    AskedTest("egger_lm", "Egger's test, standard errors", ASYMMETRY, why_not_asymmetry, _egger_lm),
    AskedTest("egger_rma", "Egger's test, standard errors, random effects", ASYMMETRY, why_not_asymmetry, _egger_rma),
    AskedTest("egger_size_lm", "Egger's test, sizes", ASYMMETRY, why_not_sizes, _egger_size_lm),
    AskedTest("egger_size_rma", "Egger's test, sizes, random effects", ASYMMETRY, why_not_sizes, _egger_size_rma),
    AskedTest("rank", "Begg and Mazumdar's rank correlation", ASYMMETRY, why_not_asymmetry, _rank),
    AskedTest("excess_significance", "Excess significance", "alpha_excess", _why_not_excess, _excess),
    AskedTest("selection", "Selection model against no selection", ASYMMETRY, why_not_selection, _selection),
)
