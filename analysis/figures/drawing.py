"""Drawing a figure of any kind."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from analysis.figures.flow import draw_flow
from analysis.figures.forest import draw_forest
from analysis.figures.heat import draw_heat
from analysis.figures.judgements import draw_judgements
from analysis.figures.scatter import draw_scatter

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import Figure


def draw(figure: Figure, result: Mapping[str, Any]) -> str:
    """Give a figure as standalone SVG text; equal figures and results give equal bytes.

    Parameters
    ----------
    figure : what to draw
    result : plain data of the result (`model_dump(mode="json")`), numbers on the scale of the measure

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    if figure.kind == "scatter":
        return draw_scatter(figure, result)
    if figure.kind == "heat":
        return draw_heat(figure, result)
    if figure.kind == "flow":
        return draw_flow(figure, result)
    if figure.kind == "judgements":
        return draw_judgements(figure, result)
    return draw_forest(figure, result)
