"""The engine's model of some columns."""

from typing import Any

from analysis import engine
from plugins.meta_regression.columns import CannotFit, Columns
from plugins.meta_regression.params import Params

TOO_FEW = "{k} studies know all moderators, and {p} coefficients need at least {needed}"
EXACT_FIT = (
    "The moderators fit all effects exactly, so that the intervals of Knapp and Hartung are undefined; the normal ones "
    "are shown."
)


def fit_columns(columns: Columns, params: Params) -> tuple[engine.MetaRegression, list[str]]:
    """Give the engine's model; where the intervals of Knapp and Hartung are undefined, with normal ones."""
    dataset = columns.dataset
    design = engine.read_design(columns.mods, k=dataset.k)
    k, p = design.X.shape
    if k <= p:
        raise CannotFit(TOO_FEW.format(k=k, p=p, needed=p + 1))
    options: dict[str, Any] = {"tau2_method": params.tau2_method, "level": params.level}
    try:
        return engine.pool(dataset.yi, dataset.vi, mods=design, ci_method=params.ci_method, **options), []
    except engine.UndefinedResult:
        return engine.pool(dataset.yi, dataset.vi, mods=design, ci_method="wald", **options), [EXACT_FIT]
