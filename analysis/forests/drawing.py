"""Drawing the forest plot of a snapshot with what the reader chose to see beside it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from pydantic import TypeAdapter
from pydantic import ValidationError as InvalidValue

from analysis.contract import ForestFigure, Mark
from analysis.figures import UnknownTable
from analysis.figures.beside import Beside, Unpooled
from analysis.figures.forest import draw_forest
from analysis.forests.choices import chosen_columns
from analysis.forests.columns import Words, columns_of
from analysis.forests.risk_of_bias import lights_of
from analysis.forests.subjects import Subject, effects_of, message_of, unpooled_of
from analysis.reading import Reading

FIGURE: TypeAdapter[ForestFigure] = TypeAdapter(ForestFigure)
MCID = "MCID"
WIDTH = re.compile(r'^<svg [^>]*?\bwidth="([0-9.]+)"')


class Forest(NamedTuple):
    """A drawn forest plot, and the names of what is shown beside it."""

    svg: str
    columns: tuple[str, ...]

    @property
    def width(self) -> float:
        """How wide the drawing is, in pixels."""
        found = WIDTH.search(self.svg)
        return float(found.group(1)) if found else 0.0


def forest_of(
    reading: Reading, columns: Sequence[str] | None = None, *, addresses: Mapping[str, str] | None = None
) -> Forest | None:
    """Give the forest plot of a snapshot; None where it has none, or where its specification does not fit the result.

    Parameters
    ----------
    columns : names of `choices_of`; None: those that are saved with the analysis, or the usual ones
    addresses : where more is told, by the id of an effect and by the code of a study that is not pooled
    """
    figure = figure_of(reading)
    names = chosen_columns(reading, columns)
    effects = effects_of(reading)
    unpooled = unpooled_of(reading) if "not_pooled" in names else {}
    if figure is None or not (reading.pooling.get(figure.rows) or unpooled):
        return None
    beside = beside_of(reading, names, effects, unpooled, addresses or {})
    result: Mapping[str, Any] = reading.pooling
    if "groups" in names:
        figure, result = in_groups(figure, result, reading.results["subgroups"])
    try:
        return Forest(draw_forest(figure, result, beside), names)
    except UnknownTable:
        return None


def figure_of(reading: Reading) -> ForestFigure | None:
    """Give the stored specification, with what the stored result and dataset have to say besides."""
    stored = next((one for one in reading.pooling.get("figures", ()) if one.get("kind") == "forest"), None)
    if stored is None:
        return None
    try:
        figure = FIGURE.validate_python(stored)
    except InvalidValue:
        return None
    more: dict[str, Any] = {"has_heterogeneity": figure.has_heterogeneity or reading.pooling.get("k", 0) > 1}
    difference = reading.dataset["outcome"]["mcid_between"]
    if reading.dataset["measure"] == "MD" and difference and not figure.marks:
        more["marks"] = tuple(Mark(value=sign * difference, label=MCID) for sign in (-1, 1))
    return figure.model_copy(update=more)


def beside_of(
    reading: Reading,
    names: Sequence[str],
    effects: Mapping[str, Subject],
    unpooled: Mapping[str, Subject],
    addresses: Mapping[str, str],
) -> Beside:
    """Give what stands beside the rows."""
    subjects = {**effects, **unpooled}
    columns, notes = columns_of(names, subjects, Words(reading))
    return Beside(
        columns=columns,
        lights=lights_of(reading, subjects) if "rob" in names else None,
        unpooled=tuple(
            Unpooled(key=key, label=one["label"], message=message_of(one), reason=one["reason"])
            for key, one in unpooled.items()
        ),
        addresses=addresses,
        has_estimates="estimate" in names,
        has_weights="weight" in names,
        notes=notes,
    )


def in_groups(
    figure: ForestFigure, result: Mapping[str, Any], grouped: Mapping[str, Any]
) -> tuple[ForestFigure, dict[str, Any]]:
    """Give figure and result with the studies in the groups of the subgroup analysis."""
    group_of = {row["effect"]: row["group"] for row in grouped.get("studies", ())}
    rows = [{**row, "group": group_of.get(row["effect"], "")} for row in result[figure.rows]]
    test = {name: grouped.get(name) for name in ("q_between", "q_between_df", "q_between_p_value")}
    fields = {"difference_statistic": "q_between", "difference_df": "q_between_df"}
    fields |= {"group": "group", "groups": "groups", "difference_p_value": "q_between_p_value"}
    return figure.model_copy(update=fields), {**result, **test, "groups": grouped["groups"], figure.rows: rows}
