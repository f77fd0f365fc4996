"""The median of the effects: a summary that one odd study cannot move."""

import numpy as np
from pydantic import Field

from analysis.contract import (
    CONTRACT_VERSION,
    Dataset,
    ForestFigure,
    Frozen,
    Need,
    Plugin,
    Progress,
    Upstream,
    forest_figure,
)
from analysis.contract import Params as BaseParams
from analysis.contract import Result as BaseResult


class Params(BaseParams):
    """Which studies count."""

    least_participants: float = Field(default=0.0, ge=0.0, description="Smallest study that counts, both groups.")


class Study(Frozen):
    """One study that counts, scale of the measure."""

    label: str
    estimate: float


class Result(BaseResult):
    """The median of the effects, scale of the measure, and the share of effects above the null."""

    k: int
    median: float | None = None
    share_above_null: float | None = None
    studies: tuple[Study, ...] = ()


def run(dataset: Dataset, params: Params, upstream: Upstream, progress: Progress) -> Result:
    """Give the median of the effects of all studies that are large enough."""
    kept = [effect for effect in dataset.effects if (effect.n1 or 0) + (effect.n2 or 0) >= params.least_participants]
    if not kept:
        return Result(k=0, messages=("No study is large enough.",), figures=(figure(dataset),))
    yi = np.array([effect.yi for effect in kept])
    return Result(
        k=len(kept),
        median=float(np.median(yi)),
        share_above_null=float(np.mean(yi > 0)),
        studies=tuple(Study(label=effect.label, estimate=effect.yi) for effect in kept),
        figures=(figure(dataset),),
    )


def figure(dataset: Dataset) -> ForestFigure:
    """Give the forest plot of the studies; they have no intervals here."""
    return forest_figure(
        dataset,
        title="Median of the effects",
        rows="studies",
        ci_lower="",
        ci_upper="",
        summary_label="Median",
        summary_estimate="median",
    )


plugin = Plugin(
    name="median",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Median of the effects",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
)
