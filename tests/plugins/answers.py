"""How the tests ask the plugins that come with Quorum."""

from typing import Any

from analysis.contract import Dataset, Effect, OutcomeFacts, Params, Plugin, Upstream
from analysis.testing import quiet
from plugins import grade, pooling, sensitivity

PLUGINS: tuple[Plugin[Any, Any], ...] = (pooling.plugin, sensitivity.plugin, grade.plugin)


def upstream_for(dataset: Dataset) -> Upstream:
    """Give the results that GRADE reads, as a stored run holds them."""
    return {
        plugin.name: plugin.run(dataset, plugin.params(), {}, quiet).model_dump(mode="json")
        for plugin in (pooling.plugin, sensitivity.plugin)
    }


def answer(plugin: Plugin[Any, Any], dataset: Dataset, params: Params | None = None) -> Any:
    """Give the result of a plugin for a dataset."""
    upstream = upstream_for(dataset) if plugin.after else {}
    return plugin.run(dataset, params or plugin.params(), upstream, quiet)


def dataset_of(
    yi: list[float],
    vi: list[float],
    *,
    measure: str = "MD",
    mcid: float | None = 10.0,
    n: float | None = 50.0,
    rob: list[str] | None = None,
) -> Dataset:
    """Give a dataset with these effects; `n` participants in each group, `rob` the overall judgements."""
    judged = rob or ["low"] * len(yi)
    effects = tuple(
        Effect(
            id=f"e{i}",
            study=f"s{i}",
            label=f"Study {i}",
            yi=y,
            vi=v,
            n1=n,
            n2=n,
            rob={"overall": judgement} if judgement else {},
        )
        for i, (y, v, judgement) in enumerate(zip(yi, vi, judged, strict=True))
    )
    outcome = OutcomeFacts(code="pain", name="Pain", direction="lower", unit="points", mcid_between=mcid)
    return Dataset.model_validate({"measure": measure, "outcome": outcome, "window": "any", "effects": effects})
