"""The permutation tests in parts: each fits some of the permutations of one model."""

from math import ceil
from typing import Any

from analysis import engine
from analysis.contract import Answer, Dataset, Part, Progress, UnknownField, Upstream
from plugins.meta_regression.columns import CannotFit, Columns, read_columns
from plugins.meta_regression.modelling import fit_columns
from plugins.meta_regression.params import Params

NO_PERMUTATION = "There is no permutation test: {error}."

# Permutations times studies of one part, each permutation counting as 25 studies more: one to two seconds by REML.
WORK_OF_A_PART = 20_000_000
STUDIES_PER_PERMUTATION = 25


class PermutationPart(Part):
    """Which model, how it is tested, and which of its permutations."""

    model: int
    ci_method: str
    start: int = 0
    stop: int = 0
    generator: str = ""


class PermutationAnswer(Answer):
    """How many permutations of a part are as extreme as the data, for each coefficient and for all together."""

    model: int
    counts: tuple[int, ...] = ()
    problem: str = ""


def plan_permutations(dataset: Dataset, params: Params, upstream: Upstream) -> tuple[PermutationPart, ...]:
    """Give the parts of the permutation tests of all models that can be fitted."""
    parts: list[PermutationPart] = []
    for place, model in enumerate(params.models if dataset.k and params.permutations else ()):
        try:
            columns = read_columns(dataset, model)
            if not columns.dataset.k:
                continue
            ci_method = fit_columns(columns, params)[0].ci_method
        except (UnknownField, CannotFit, engine.EngineError):
            continue  # the row of the model says why
        parts += _parts_of(columns, params, model=place, ci_method=ci_method)
    return tuple(parts)


def _parts_of(columns: Columns, params: Params, *, model: int, ci_method: str) -> list[PermutationPart]:
    """Give the parts of one model; one, which will say why, where there is no test."""
    fits = WORK_OF_A_PART / (columns.dataset.k + STUDIES_PER_PERMUTATION)
    even = params.permutations / ceil(params.permutations / fits)
    try:
        found = engine.split_permutations(**_asked(columns, params), seed=params.seed, fits=ceil(even))
    except engine.EngineError:
        return [PermutationPart(model=model, ci_method=ci_method)]
    named = [{name: getattr(part, name) for name in part.__slots__} for part in found]
    return [PermutationPart(model=model, ci_method=ci_method, **values) for values in named]


def permute_part(
    dataset: Dataset, params: Params, upstream: Upstream, part: PermutationPart, progress: Progress
) -> PermutationAnswer:
    """Give the counts of one part; the problem where there is no test."""
    model = params.models[part.model]
    progress(0.0, f"Model {model.title}: permutation {part.start + 1}")
    some = engine.PermutationPart(part.start, part.stop, part.generator)
    asked = _asked(read_columns(dataset, model), params)
    try:
        counts = engine.count_permutations(part=some, tau2_method=params.tau2_method, ci_method=part.ci_method, **asked)
    except engine.EngineError as error:
        return PermutationAnswer(model=part.model, problem=NO_PERMUTATION.format(error=error))
    return PermutationAnswer(model=part.model, counts=counts)


def join_model(
    columns: Columns, params: Params, answers: list[PermutationAnswer]
) -> tuple[engine.PermutationShares | None, list[str]]:
    """Give the permutation test of one model, None where none was asked for or none is possible."""
    problem = next((answer.problem for answer in answers if answer.problem), None)
    if problem is not None or not answers:
        return None, [] if problem is None else [problem]
    return engine.join_permutations(**_asked(columns, params), counts=[answer.counts for answer in answers]), []


def _asked(columns: Columns, params: Params) -> dict[str, Any]:
    """Give what every step of a test is asked about."""
    data = {"yi": columns.dataset.yi, "vi": columns.dataset.vi, "mods": columns.mods}
    return {**data, "permutations": params.permutations}
