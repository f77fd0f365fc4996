"""Small-study effects: do small studies differ from large ones, and what would the estimate be if they did not.

Methods, formulas and papers are told in docs/plugins/small_study_effects.md.
"""

from dataclasses import replace

from analysis.contract import CONTRACT_VERSION, Dataset, Measure, Need, Plugin, Progress, Upstream
from analysis.contract import Result as BaseResult
from plugins.small_study_effects.adjusted import AdjustedRow, adjust, pool_original
from plugins.small_study_effects.asymmetry import TestedRow, run_tests
from plugins.small_study_effects.case import NO_STUDY, Case, why_not_asymmetry
from plugins.small_study_effects.curves import (
    CurvePoint,
    RadialLine,
    RadialPoint,
    draw_drapery,
    draw_prediction_curve,
    draw_radial,
    draw_radial_line,
    draw_summary_curve,
    list_radial,
)
from plugins.small_study_effects.fail_safe import NOT_A_TEST, FailSafeRow, count_missing
from plugins.small_study_effects.funnel import (
    ContourPoint,
    FunnelPoint,
    LinePoint,
    draw_contours,
    draw_egger_line,
    draw_funnel,
    draw_limits,
    draw_points,
)
from plugins.small_study_effects.params import Params
from plugins.small_study_effects.selection import try_selection

__all__ = ["Params", "Result", "plugin", "run"]

OTHER_CAUSES = (
    "Small studies may differ for other reasons than missing ones: other participants, other treatment, lower "
    "quality, or chance."
)
REPEATED_STUDIES = "At least one study gives more than one effect; they are read as if they were independent."


class Result(BaseResult):
    """Tests, adjusted estimates, fail-safe numbers, funnel, radial and drapery plots; scale of the measure."""

    measure: Measure
    is_ratio: bool
    level: float
    tau2_method: str
    k: int
    estimate: float | None = None
    tau2: float | None = None
    tests: tuple[TestedRow, ...] = ()
    adjusted: tuple[AdjustedRow, ...] = ()
    fail_safe: tuple[FailSafeRow, ...] = ()
    funnel: tuple[FunnelPoint, ...] = ()
    egger_line: tuple[LinePoint, ...] = ()
    funnel_limits: tuple[LinePoint, ...] = ()
    funnel_contours: tuple[ContourPoint, ...] = ()
    radial: tuple[RadialPoint, ...] = ()
    radial_line: tuple[RadialLine, ...] = ()
    summary_curve: tuple[CurvePoint, ...] = ()
    prediction_curve: tuple[CurvePoint, ...] = ()


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give every method's answer, or its sentence why it has none."""
    case = Case(dataset, params)
    original = pool_original(case)
    case = replace(case, tau2=original.tau2, estimate=original.estimate)
    progress(0.0, "Selection model")
    case = replace(case, selection=try_selection(case))
    progress(0.3, "Tests of asymmetry")
    tests = run_tests(case)
    progress(0.6, "Adjusted estimates")
    adjusted = adjust(case, original)
    progress(0.8, "Fail-safe numbers and funnel plot")
    return Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        level=params.level,
        tau2_method=params.tau2_method,
        k=dataset.k,
        estimate=case.estimate,
        tau2=case.tau2,
        tests=tests,
        adjusted=adjusted,
        fail_safe=count_missing(case),
        funnel=draw_points(case),
        egger_line=draw_egger_line(case),
        funnel_limits=draw_limits(case),
        funnel_contours=draw_contours(case),
        radial=list_radial(case),
        radial_line=draw_radial_line(case),
        summary_curve=draw_summary_curve(case),
        prediction_curve=draw_prediction_curve(case),
        figures=(draw_funnel(case), draw_radial(case), draw_drapery(case)),
        messages=(*_messages(case), *_changing(adjusted)),
    )


def _messages(case: Case) -> tuple[str, ...]:
    """Give what a reader has to know about the numbers."""
    if case.dataset.k == 0:
        return (NO_STUDY,)
    reason = why_not_asymmetry(case)
    said = [reason] if reason else [OTHER_CAUSES]
    if len({effect.study for effect in case.dataset.effects}) < case.dataset.k:
        said.append(REPEATED_STUDIES)
    return (*said, NOT_A_TEST)


def _changing(adjusted: tuple[AdjustedRow, ...]) -> tuple[str, ...]:
    """Give the sentence that names the methods whose conclusion differs from the original one."""
    names = ", ".join(row.label for row in adjusted if row.conclusion_changes)
    return (f"The conclusion changes by: {names}.",) if names else ()


plugin = Plugin(
    name="small_study_effects",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Small-study effects and publication bias",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
