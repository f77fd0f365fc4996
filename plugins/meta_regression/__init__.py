"""Meta-regression: how effects change with moderators, in a main model and in sensitivity models."""

from typing import Any

from analysis.contract import (
    CONTRACT_VERSION,
    MEASURE_NAMES,
    Dataset,
    Need,
    Plugin,
    Progress,
    ScatterFigure,
    Split,
    Upstream,
)
from plugins.meta_regression.columns import read_columns
from plugins.meta_regression.fitting import Tables, fit_model
from plugins.meta_regression.params import Model, Params
from plugins.meta_regression.permuting import PermutationAnswer, PermutationPart, permute_part, plan_permutations
from plugins.meta_regression.result import MOST_BUBBLE_PLOTS, ModelRow, Result

NOTHING_TO_REGRESS = "No study has a result that can be pooled, so that there is nothing to regress."
REMARK = "Model “{title}”. {why}"
INCOMPLETE = "Model “{title}”. Left out, as a moderator is not known: {labels}."
FEW_PER_COEFFICIENT = (
    "Model “{title}”. {k} studies for {p} coefficients; with fewer than ten studies for each moderator a model finds "
    "what is not there and misses what is."
)
NO_ROOM = "Bubble plots are drawn for the first {count} models with one numeric moderator only."

# Fewer take less than three seconds for 400 studies.
MANY_PERMUTATIONS = 50_000
# The rule of thumb of the Cochrane Handbook, chapter 10: at least ten studies for each moderator.
STUDIES_PER_MODERATOR = 10


def fit_models(
    dataset: Dataset,
    params: Params,
    upstream: Upstream,
    permutations: tuple[PermutationAnswer, ...],
    progress: Progress,
) -> Result:
    """Give all models of the dataset; their permutations are fitted already."""
    tables: Tables = {"models": []}
    said: list[str] = []
    figures: list[ScatterFigure] = []
    for place, model in enumerate(params.models if dataset.k else ()):
        progress(place / len(params.models), f"Model {model.title}")
        own = [answer for answer in permutations if answer.model == place]
        made, row = fit_model(dataset, model, params, is_main=place == 0, permutations=own)
        tables["models"].append(row)
        said += _messages(row, made)
        points, line = made.pop("bubbles", None), made.pop("line", None)
        if points and len(figures) < MOST_BUBBLE_PLOTS:
            figures.append(_figure(dataset, model, len(figures) + 1, level=params.level))
            tables |= {f"bubbles_{len(figures)}": points or [], f"line_{len(figures)}": line or []}
        elif points and NO_ROOM.format(count=MOST_BUBBLE_PLOTS) not in said:
            said.append(NO_ROOM.format(count=MOST_BUBBLE_PLOTS))
        for name, rows in made.items():
            tables.setdefault(name, []).extend(rows)
    whole: dict[str, Any] = {name: tuple(rows) for name, rows in tables.items()}
    return Result(
        measure=dataset.measure,
        is_ratio=dataset.is_ratio,
        level=params.level,
        k=dataset.k,
        figures=tuple(figures),
        messages=tuple(said) if dataset.k else (NOTHING_TO_REGRESS,),
        **whole,
    )


def _messages(row: ModelRow, made: Tables) -> list[str]:
    """Give what a reader has to know about one model."""
    said = []
    missing = list(dict.fromkeys(one.label for one in made.get("effects_left_out", ())))
    if missing and row.k:
        said.append(INCOMPLETE.format(title=row.label, labels=", ".join(missing)))
    if row.message:
        said.append(REMARK.format(title=row.label, why=row.message))
    if row.p is not None and row.k < STUDIES_PER_MODERATOR * (row.p - 1):
        said.append(FEW_PER_COEFFICIENT.format(title=row.label, k=row.k, p=row.p))
    return said


def _figure(dataset: Dataset, model: Model, number: int, *, level: float) -> ScatterFigure:
    """Give the bubble plot of a model."""
    (moderator,) = read_columns(dataset, model).numbers
    unit = f" ({dataset.outcome.unit})" if dataset.measure == "MD" and dataset.outcome.unit else ""
    return ScatterFigure(
        title=f"{dataset.outcome.name}: {model.title}",
        rows=f"bubbles_{number}",
        x="x",
        y="y",
        size="weight",
        lines=(f"line_{number}",),
        line_labels=("Mean effect",),
        band_label=f"{100 * level:.6g}% confidence interval of the mean effect",
        band_lower="ci_lower",
        band_upper="ci_upper",
        x_label=moderator,
        y_label=f"{MEASURE_NAMES[dataset.measure]}{unit}",
        y_value=0.0,
        is_y_ratio=dataset.is_ratio,
    )


def takes_long(params: Params) -> bool:
    """Say whether so many permutations are fitted that it may take more than a few seconds."""
    return params.permutations * len(params.models) > MANY_PERMUTATIONS


SPLIT = Split(
    part=PermutationPart, answer=PermutationAnswer, plan=plan_permutations, compute=permute_part, join=fit_models
)
run = SPLIT.run

plugin = Plugin(
    name="meta_regression",
    version="1.1.0",
    contract_version=CONTRACT_VERSION,
    title="Meta-regression",
    needs=frozenset({Need.EFFECTS, Need.RISK_OF_BIAS, Need.MODERATORS}),
    after=(),
    params=Params,
    result=Result,
    run=run,
    takes_long=takes_long,
    split=SPLIT,
)
