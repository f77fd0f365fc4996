"""Scatter and heat plots show what their tables hold, at its place, and survive what is missing."""

import re
from xml.etree import ElementTree

import pytest

from analysis.contract import HeatFigure, ScatterFigure
from analysis.figures import UnknownTable, draw
from analysis.figures.paint import paint

SVG = "{http://www.w3.org/2000/svg}"
RESULT = {
    "studies": [
        {"label": "Ito 2001", "x": 0.0, "y": 1.0, "weight": 4.0},
        {"label": "Mori & Sato", "x": 10.0, "y": 3.0, "weight": 1.0},
        {"label": "No result", "x": None, "y": 3.0, "weight": 1.0},
    ],
    "line": [
        {"x": 0.0, "y": 1.0, "low": 0.5, "high": 1.5},
        {"x": 10.0, "y": 3.0, "low": 2.0, "high": 4.0},
    ],
    "cells": [
        {"row": "A", "column": "A", "value": 2.0, "share": 0.5},
        {"row": "A", "column": "B", "value": -1.0, "share": 0.1},
        {"row": "B", "column": "A", "value": None, "share": None},
    ],
    "messages": ["Nothing was found."],
    "none": [],
}


def scatter(**fields):
    words = {"title": "Bubble plot", "rows": "studies", "x": "x", "y": "y", "x_label": "Weeks", "y_label": "Effect"}
    return ScatterFigure(**(words | fields))


def elements(drawing: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing).iter(f"{SVG}{tag}"))


def test_points_lie_where_their_numbers_are():
    low, high = sorted(elements(draw(scatter(), RESULT), "circle"), key=lambda one: float(one.attrib["cx"]))

    assert float(low.attrib["cx"]) < float(high.attrib["cx"])
    assert float(low.attrib["cy"]) > float(high.attrib["cy"])  # up is smaller in pixels


def test_downward_axis_puts_small_values_on_top():
    low, high = sorted(
        elements(draw(scatter(is_y_downward=True), RESULT), "circle"), key=lambda one: float(one.attrib["cx"])
    )

    assert float(low.attrib["cy"]) < float(high.attrib["cy"])


def test_area_of_a_point_is_proportional_to_its_size():
    circles = elements(draw(scatter(size="weight"), RESULT), "circle")
    radii = sorted(float(circle.attrib["r"]) for circle in circles)

    assert radii[1] ** 2 / radii[0] ** 2 == pytest.approx(4.0, rel=1e-3)  # coordinates have two decimals


def test_point_without_a_number_is_left_out_and_names_are_escaped():
    drawing = draw(scatter(), RESULT)

    assert len(elements(drawing, "circle")) == 2
    assert "Mori &amp; Sato" in drawing
    assert "No result" not in drawing


def test_line_joins_its_points_with_a_band():
    drawing = draw(scatter(lines=("line",), band_lower="low", band_upper="high"), RESULT)
    band = next(one for one in elements(drawing, "polygon") if one.attrib["class"] == "scatter-band")

    assert len(band.attrib["points"].split()) == 4
    assert len([one for one in elements(drawing, "line") if one.attrib.get("stroke-width") == "1.8"]) == 1


def test_values_across_the_plot_are_drawn_inside_it():
    crossed = draw(scatter(x_value=50.0, y_value=0.0), RESULT)
    dashed = [one for one in elements(crossed, "line") if "stroke-dasharray" in one.attrib]

    assert len(dashed) == 2
    assert all(0 <= float(one.attrib["x1"]) <= 960 for one in dashed)


def test_ratios_are_labelled_as_ratios():
    figure = scatter(is_y_ratio=True)
    shown = [one.text for one in elements(draw(figure, RESULT), "text")]

    assert "5" in shown  # between exp(1) and exp(3)


def test_many_points_have_no_names_beside_them():
    many = {"studies": [{"label": f"Study {i}", "x": float(i), "y": 1.0} for i in range(40)]}

    assert "Study 7" not in [one.text for one in elements(draw(scatter(), many), "text")]


def test_figures_without_rows_say_why():
    for figure in (scatter(rows="none"), HeatFigure(title="Net heat", rows="none")):
        assert "Nothing was found." in draw(figure, RESULT)


@pytest.mark.parametrize("figure", [scatter(rows="gone"), scatter(lines=("gone",)), HeatFigure(title="", rows="gone")])
def test_unknown_table_is_named(figure):
    with pytest.raises(UnknownTable, match="gone"):
        draw(figure, RESULT)


def test_cells_are_coloured_by_size_and_sign():
    drawing = draw(HeatFigure(title="Net heat", rows="cells", size="share"), RESULT)
    fills = [
        (one.attrib["fill"], float(one.attrib["fill-opacity"]))
        for one in elements(drawing, "rect")
        if one.attrib["fill"] != "currentColor"
    ]

    assert fills[0][1] == pytest.approx(2 * fills[1][1], abs=0.02)  # opacities have two decimals
    assert fills[0][0] != fills[1][0]
    assert fills[2][1] == 0.0
    assert [one.text for one in elements(drawing, "text") if re.fullmatch("[−0-9.]+", one.text or "")] == [
        "2.00",
        "−1.00",
    ]


@pytest.mark.parametrize("figure", [scatter(lines=("line",), band_lower="low", band_upper="high", x_value=5.0),
                                    HeatFigure(title="Net heat", rows="cells")])  # fmt: skip
def test_figures_can_be_painted(figure):
    assert paint(draw(figure, RESULT), kind="png").startswith(b"\x89PNG")
    assert draw(figure, RESULT) == draw(figure, RESULT)
