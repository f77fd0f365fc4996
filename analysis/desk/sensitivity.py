"""What --all adds: the answer without each study, with one study after the other, and signs of missing small studies.

A part that the studies do not allow (too few of them, all alike) is None, and a note says why.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from analysis.desk.measuring import Sample
from analysis.desk.plain import NAMES, by_study, take
from analysis.engine.errors import EngineError
from analysis.engine.small_study.egger import egger_lm, egger_rma
from analysis.engine.small_study.fail_safe import fail_safe_n
from analysis.engine.small_study.rank import rank_test
from analysis.engine.small_study.trim_fill import trim_and_fill

Model = Mapping[str, Any]
Parts = dict[str, Callable[[], Any]]

REFITTED = (
    *("estimate", "se", "statistic", "df", "p_value", "ci_lower", "ci_upper"),
    *("tau2", "i2", "h2", "q", "q_df", "q_p_value"),
)
INFLUENCE = ("rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight", "dfbs", "is_influential")
EGGER = (
    *("statistic", "df", "p_value", "estimate", "ci_lower", "ci_upper"),
    *("intercept", "intercept_se", "slope", "slope_se"),
)
FAIL_SAFE = ("Rosenthal", "Orwin", "Rosenberg")
ONE_ESTIMATE = "leave_one_out, cumulative and small_study are about one estimate, and with moderators there is none."


def explore(sample: Sample, model: Model) -> tuple[dict[str, Any], list[str]]:
    """Give the parts of --all by name, and a note for each part that is None.

    Parameters
    ----------
    sample : the studies
    model : tau2_method, ci_method and level, as for `pool`
    """
    notes = [ONE_ESTIMATE] if sample.mods else []
    refits, small_study, counts = (
        _attempt(parts, sample, prefix, notes)
        for parts, prefix in (
            (_refits(sample, model), ""),
            (_small_study(sample, model), "small_study."),
            (_fail_safe(sample), "small_study.fail_safe_n."),
        )
    )
    return refits | {"small_study": small_study | {"fail_safe_n": counts}}, notes


def _attempt(parts: Parts, sample: Sample, prefix: str, notes: list[str]) -> dict[str, Any]:
    """Give each part, or None with a note."""
    found: dict[str, Any] = {}
    for name, part in parts.items():
        found[name] = None
        if sample.mods and name != "influence":
            continue
        try:
            found[name] = part()
        except EngineError as error:
            notes.append(f"{prefix}{name}: {error}.")
    return found


def _refits(sample: Sample, model: Model) -> Parts:
    """Give what refits the model with some of the studies."""
    from analysis.engine import cumulative, influence, leave_one_out

    yi, vi, slab, mods = sample.yi, sample.vi, sample.slab, sample.mods or None
    methods = {name: value for name, value in model.items() if name != "level"}
    return {
        "leave_one_out": lambda: by_study(leave_one_out(yi, vi, **model), REFITTED, slab),
        "influence": lambda: by_study(influence(yi, vi, mods=mods, **methods), INFLUENCE, slab),
        "cumulative": lambda: by_study(cumulative(yi, vi, **model), ("k", *REFITTED), slab),
    }


def _small_study(sample: Sample, model: Model) -> Parts:
    """Give the tests of funnel plot asymmetry, and trim and fill."""
    yi, vi = sample.yi, sample.vi
    return {
        "egger_rma": lambda: take(egger_rma(yi, vi, **model), EGGER),
        "egger_lm": lambda: take(egger_lm(yi, vi, level=model["level"]), EGGER),
        "rank": lambda: take(rank_test(yi, vi), ("tau", "statistic", "p_value", "p_value_method")),
        "trim_and_fill": lambda: _trim_and_fill(sample, model),
    }


def _fail_safe(sample: Sample) -> Parts:
    """Give the fail-safe numbers."""
    return {method.lower(): partial(_fail_safe_n, sample, method) for method in FAIL_SAFE}


def _fail_safe_n(sample: Sample, method: str) -> int:
    """Give one fail-safe number."""
    return fail_safe_n(sample.yi, sample.vi, method=method).fail_safe_n


def _trim_and_fill(sample: Sample, model: Model) -> dict[str, Any]:
    """Give the number of studies filled in, the side, and the estimate with them."""
    filled = trim_and_fill(sample.yi, sample.vi, **model)
    return take(filled, ("k0", "k0_se", "side", "estimator")) | take(filled.pooled, NAMES)
