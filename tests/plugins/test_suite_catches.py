"""The conformance suite catches plugins that break the contract, each by the check that is meant for it."""

import time
from dataclasses import replace
from typing import Any, Literal

import numpy as np
import pytest
from pydantic import ConfigDict, Field

from analysis.contract import (
    CONTRACT_VERSION,
    Answer,
    Dataset,
    ForestFigure,
    Frozen,
    Need,
    Params,
    Part,
    Plugin,
    Progress,
    Result,
    Split,
    Upstream,
)
from analysis.testing import ConformanceError, check_plugin, conformance_checks, sample_dataset

CHECKS = dict(conformance_checks())


class GoodParams(Params):
    factor: float = Field(default=1.0, description="What the mean is multiplied by.")


class GoodResult(Result):
    k: int
    mean: float | None = None


def good_run(dataset: Dataset, params: GoodParams, upstream: Upstream, progress: Progress) -> GoodResult:
    if dataset.k == 0:
        return GoodResult(k=0, messages=("There is nothing to average.",))
    progress(1.0, "Averaging")
    return GoodResult(k=dataset.k, mean=params.factor * float(dataset.yi.mean()))


GOOD: Plugin[Any, Any] = Plugin(
    name="average",
    version="1.0.0",
    contract_version=CONTRACT_VERSION,
    title="Plain average",
    needs=frozenset({Need.EFFECTS}),
    after=(),
    params=GoodParams,
    result=GoodResult,
    run=good_run,
)


class WithoutDefault(Params):
    factor: float = Field(description="No default.")


class WithoutDescription(Params):
    factor: float = 1.0


class WithoutSchema(Params):
    factor: Any = Field(default=1.0, description="Takes whatever comes, NaN too.")


class TakesExtra(Params):
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class NotFrozen(Params):
    model_config = ConfigDict(frozen=False, extra="forbid", allow_inf_nan=False)


class LosesItself(Result):
    k: int
    kind: Literal["a"] = Field(default="a", exclude=True)
    secret: float = Field(default=0.0, exclude=True)


class TakesNaN(Result):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=True)

    k: int
    mean: float | None = None


class WithArray(Result):
    model_config = ConfigDict(frozen=True, extra="forbid", arbitrary_types_allowed=True)

    values: np.ndarray


class Row(Frozen):
    label: str


class WithTable(Result):
    rows: tuple[Row, ...] = ()


def clock(dataset, params, upstream, progress):
    return GoodResult(k=dataset.k, mean=float(time.perf_counter_ns()), messages=("Now.",))


def dice(dataset, params, upstream, progress):
    return GoodResult(k=dataset.k, mean=float(np.random.random()), messages=("Luck.",))


def shaken(dataset, params, upstream, progress):
    np.random.seed(0)
    return good_run(dataset, params, upstream, progress)


def mutating(dataset, params, upstream, progress):
    for effect in dataset.effects:
        effect.facts["seen"] = True
    return good_run(dataset, params, upstream, progress)


def greedy(dataset, params, upstream, progress):
    upstream["other"]["k"] = -1
    return good_run(dataset, params, upstream, progress)


def not_a_number(dataset, params, upstream, progress):
    return TakesNaN(k=dataset.k, mean=float("nan"), messages=("Undefined.",))


def needs_two(dataset, params, upstream, progress):
    if dataset.k < 2:
        raise ValueError("too few")
    return good_run(dataset, params, upstream, progress)


def silent(dataset, params, upstream, progress):
    return GoodResult(k=dataset.k)


def mumbling(dataset, params, upstream, progress):
    return GoodResult(k=dataset.k, messages=("no data",))


def plain_dict(dataset, params, upstream, progress):
    return {"k": dataset.k}


def secretive(dataset, params, upstream, progress):
    return LosesItself(k=dataset.k, secret=1.0, messages=("There is more.",))


def reading_files(dataset, params, upstream, progress):
    with open(__file__) as file:
        return GoodResult(k=len(file.read()), messages=("Read.",))


def moved_by_progress(dataset, params, upstream, progress):
    heard = []
    progress(0.5, "Half")
    if getattr(progress, "__defaults__", None):
        heard.append(1)
    return GoodResult(k=len(heard), messages=("Heard.",))


def beyond_the_end(dataset, params, upstream, progress):
    progress(50, "Percent, not a fraction")
    return good_run(dataset, params, upstream, progress)


def judging(dataset, params, upstream, progress):
    low = sum(effect.rob.get("overall") == "low" for effect in dataset.effects)
    return GoodResult(k=low, messages=("Counted.",))


def moderating(dataset, params, upstream, progress):
    return GoodResult(k=sum(len(effect.facts) for effect in dataset.effects), messages=("Counted.",))


def drawing_air(dataset, params, upstream, progress):
    return WithTable(figures=(ForestFigure(title="None", rows="nowhere"),), messages=("Drawn.",))


def drawing_holes(dataset, params, upstream, progress):
    return WithTable(rows=(Row(label="one"),), figures=(ForestFigure(title="None", rows="rows"),), messages=("Drawn.",))


def drawing_groups(dataset, params, upstream, progress):
    drawn = ForestFigure(title="None", rows="rows", estimate="", ci_lower="", ci_upper="", groups="nowhere")
    return WithTable(rows=(Row(label="one"),), figures=(drawn,), messages=("Drawn.",))


def drawing_heterogeneity(dataset, params, upstream, progress):
    drawn = ForestFigure(title="None", rows="rows", estimate="", ci_lower="", ci_upper="", has_heterogeneity=True)
    return WithTable(rows=(Row(label="one"),), figures=(drawn,), messages=("Drawn.",))


def running(run, **changes):
    return replace(GOOD, run=run, **changes)


class Share(Part):
    number: int


class Sum(Answer):
    total: float


def in_two(dataset: Dataset, params: GoodParams, upstream: Upstream) -> tuple[Share, ...]:
    return (Share(number=1), Share(number=2))


def half(dataset: Dataset, params: GoodParams, upstream: Upstream, part: Share, progress: Progress) -> Sum:
    return Sum(total=float(part.number * dataset.k))


def after_the_other(dataset: Dataset, params: GoodParams, upstream: Upstream, part: Share, progress: Progress) -> Sum:
    CALLS.append(part.number)  # what a part gives depends on which one was computed before
    return Sum(total=float(CALLS[-2] if CALLS[:-1] else 0))


def first_half(
    dataset: Dataset, params: GoodParams, upstream: Upstream, answers: tuple[Sum, ...], progress: Progress
) -> GoodResult:
    messages = () if dataset.k else ("There is nothing to average.",)
    return GoodResult(k=dataset.k, mean=answers[0].total, messages=messages)


CALLS: list[int] = []
HALVES: Split[Any, Any, Any, Any] = Split(part=Share, answer=Sum, plan=in_two, compute=half, join=first_half)
RESTLESS = replace(HALVES, compute=after_the_other)


BAD = {
    "is_a_plugin": [object(), replace(GOOD, params=dict), replace(GOOD, run="no function")],
    "has_name_and_versions": [
        replace(GOOD, name="Two Words"),
        replace(GOOD, version="1.0"),
        replace(GOOD, contract_version=CONTRACT_VERSION + 1),
        replace(GOOD, title=" "),
    ],
    "declares_needs_and_order": [
        replace(GOOD, needs={"effects"}),
        replace(GOOD, after="pooling"),
        replace(GOOD, after=("average",)),
        replace(GOOD, after=("other", "other")),
    ],
    "spells_out_parameters": [replace(GOOD, params=WithoutDefault), replace(GOOD, params=WithoutDescription)],
    "has_schemas": [replace(GOOD, result=WithArray)],
    "has_frozen_models": [
        replace(GOOD, params=TakesExtra),
        replace(GOOD, params=NotFrozen),
        replace(GOOD, result=TakesNaN),
    ],
    "refuses_bad_parameters": [replace(GOOD, params=TakesExtra), replace(GOOD, params=WithoutSchema)],
    "answers_for_every_size": [running(needs_two), running(silent), running(mumbling), running(plain_dict)],
    "gives_finite_numbers": [running(not_a_number, result=TakesNaN)],
    "is_deterministic": [running(clock), running(dice)],
    "survives_json": [running(secretive, result=LosesItself)],
    "changes_nothing": [running(mutating), running(greedy, after=("other",))],
    "touches_no_global_state": [running(dice), running(shaken)],
    "opens_nothing": [running(reading_files)],
    "reports_progress_without_effect": [running(moved_by_progress), running(beyond_the_end)],
    "states_what_it_reads": [running(judging), running(moderating)],
    "draws_what_it_has": [
        running(drawn, result=WithTable)
        for drawn in (drawing_air, drawing_holes, drawing_groups, drawing_heterogeneity)
    ],
    "splits_into_one_answer": [
        running(good_run, split=HALVES),
        running(RESTLESS.run, split=RESTLESS),
        replace(GOOD, takes_long=lambda params: "yes"),
    ],
}


def other_result(dataset):
    return {"other": {"k": dataset.k}}


@pytest.mark.parametrize(("check", "plugin"), [(check, plugin) for check, plugins in BAD.items() for plugin in plugins])
def test_check_catches_what_it_is_meant_for(check, plugin):
    with pytest.raises(ConformanceError) as caught:
        CHECKS[check](plugin, upstream_for=other_result)

    assert str(caught.value)[0].isupper()


@pytest.mark.parametrize("plugin", [plugin for plugins in BAD.values() for plugin in plugins])
def test_check_plugin_refuses_every_bad_plugin(plugin):
    with pytest.raises(ConformanceError):
        check_plugin(plugin, upstream_for=other_result)


def test_every_check_has_a_plugin_that_it_catches_or_a_reason():
    # The round trip of parameters fails only for a type that another check refuses first.
    assert set(CHECKS) - set(BAD) == {"keeps_parameters_in_json"}


def test_good_plugin_passes():
    check_plugin(GOOD)
    check_plugin(replace(GOOD, run=HALVES.run, split=HALVES))


def test_plugin_that_reads_others_needs_their_results():
    with pytest.raises(ConformanceError, match="give the suite `upstream_for`"):
        check_plugin(replace(GOOD, after=("other",)))


def test_factory_that_leaves_a_result_out_is_named():
    with pytest.raises(ConformanceError, match="gives no result of other"):
        check_plugin(replace(GOOD, after=("other",)), upstream_for=lambda dataset: {})


@pytest.mark.parametrize("measure", ["MD", "SMD", "RR", "OR", "RD"])
def test_sample_dataset_is_the_same_each_time(measure):
    dataset = sample_dataset(k=10, measure=measure)

    assert dataset == sample_dataset(k=10, measure=measure)
    assert dataset.k == 10
    assert (dataset.vi > 0).all()
    assert all(effect.rob and effect.facts for effect in dataset.effects)
    assert sample_dataset(k=3, measure=measure).effects == dataset.effects[:3]
