"""Drawing a figure of any kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from analysis.figures.drapery import draw_drapery
from analysis.figures.flow import draw_flow
from analysis.figures.forest import draw_forest
from analysis.figures.heat import draw_heat
from analysis.figures.judgements import draw_judgements
from analysis.figures.network import draw_network
from analysis.figures.panel import draw_panel
from analysis.figures.scatter import draw_scatter
from analysis.figures.specification import draw_specification
from analysis.figures.timeline import TimelineFigure, draw_timeline
from analysis.figures.waterfall import WaterfallFigure, draw_waterfall

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import Figure

KINDS: dict[str, Callable[[Any, Mapping[str, Any]], str]] = {
    "forest": draw_forest,
    "scatter": draw_scatter,
    "heat": draw_heat,
    "flow": draw_flow,
    "judgements": draw_judgements,
    "panel": draw_panel,
    "network": draw_network,
    "specification": draw_specification,
    "drapery": draw_drapery,
    "timeline": draw_timeline,
    "waterfall": draw_waterfall,
}


def draw(figure: Figure | TimelineFigure | WaterfallFigure, result: Mapping[str, Any]) -> str:
    """Give a figure as standalone SVG text; equal figures and results give equal bytes.

    Parameters
    ----------
    figure : what to draw
    result : plain data of the result (`model_dump(mode="json")`), numbers on the scale of the measure

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    return KINDS[figure.kind](figure, result)
