"""How the tests ask the plugins that come with Quorum."""

from typing import Any

from analysis.contract import Dataset, Effect, OutcomeFacts, Params, Plugin, Upstream
from analysis.registry import all_plugins, upstream_names
from analysis.testing import quiet, sample_dataset

PLUGINS: tuple[Plugin[Any, Any], ...] = tuple(all_plugins().values())


def upstream_of(plugin: Plugin[Any, Any], dataset: Dataset) -> Upstream:
    """Give the results that a plugin reads, always or where they are there, as stored runs hold them."""
    return {name: answer(all_plugins()[name], dataset).model_dump(mode="json") for name in upstream_names(plugin)}


def answer(plugin: Plugin[Any, Any], dataset: Dataset, params: Params | None = None) -> Any:
    """Give the result of a plugin for a dataset, after those that it reads."""
    return plugin.run(dataset, params or plugin.params(), upstream_of(plugin, dataset), quiet)


def sample_for(plugin: Plugin[Any, Any], *, k: int, measure: Any) -> Dataset:
    """Give a made-up dataset with what a plugin, and those that it reads, need."""
    needs = plugin.needs.union(*(all_plugins()[name].needs for name in upstream_names(plugin)))
    return sample_dataset(k=k, measure=measure, needs=needs)


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
