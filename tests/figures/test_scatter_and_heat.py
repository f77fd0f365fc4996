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
    (line,) = elements(drawing, "polyline")
    first, last = (tuple(map(float, point.split(","))) for point in line.attrib["points"].split())
    assert first[0] < last[0]
    assert first[1] > last[1]  # up is smaller in pixels


def test_values_across_the_plot_are_drawn_inside_it():
    crossed = draw(scatter(x_value=50.0, y_value=0.0), RESULT)
    dashed = [one for one in elements(crossed, "line") if "stroke-dasharray" in one.attrib]

    assert len(dashed) == 2
    assert all(0 <= float(one.attrib["x1"]) <= 960 for one in dashed)


def test_ratios_are_labelled_as_ratios():
    figure = scatter(is_y_ratio=True)
    shown = [one.text for one in elements(draw(figure, RESULT), "text")]

    assert "5" in shown  # between exp(1) and exp(3)


def test_of_many_points_the_outermost_have_names_and_all_show_theirs_when_pointed_at():
    many = {"studies": [{"label": f"Study {i}", "x": float(i % 8), "y": float(i // 8)} for i in range(64)]}
    drawing = draw(scatter(), many)
    named = [one.text for one in elements(drawing, "text") if (one.text or "").startswith("Study")]

    assert 0 < len(named) <= 14
    assert {"Study 0", "Study 63"} & set(named)
    assert "Study 27" not in named  # in the middle
    pointed = [one.findtext(f"{SVG}title") for one in elements(drawing, "circle")]
    assert "Study 27. Weeks: 3.00; Effect: 3.00" in pointed
    assert len(pointed) == 64


def test_open_points_are_drawn_apart_and_told_in_the_legend():
    result = {**RESULT, "studies": [{**row, "is_filled": row["x"] == 10.0} for row in RESULT["studies"]]}
    drawing = draw(scatter(is_open="is_filled", open_label="Filled in"), result)
    outlined = [one for one in elements(drawing, "polygon") if one.attrib["fill-opacity"] == "0"]

    assert len(outlined) == 2  # the point, and that of the legend
    assert len(elements(drawing, "circle")) == 2
    assert {"Observed", "Filled in"} <= {one.text for one in elements(drawing, "text")}
    assert "2 points, 1 of them open" in (ElementTree.fromstring(drawing).findtext(f"{SVG}desc") or "")


def test_areas_are_cut_off_at_the_axes_and_told_in_the_legend():
    rows = [
        {"label": label, "area": label, "y": y, "left": low, "right": None}
        for label, low in (("p < 0.1", 4.0), ("p < 0.05", 8.0))
        for y in (-50.0, 50.0)
    ]
    drawing = draw(scatter(areas="areas"), {**RESULT, "areas": rows})
    areas = [one for one in elements(drawing, "polygon") if one.attrib.get("class") == "scatter-area"]
    corners = [tuple(map(float, point.split(","))) for point in areas[0].attrib["points"].split()]

    assert len(areas) == 2
    assert float(areas[0].attrib["fill-opacity"]) > float(areas[1].attrib["fill-opacity"])
    axes = [one for one in elements(drawing, "line") if "stroke-dasharray" not in one.attrib][:2]
    right, bottom = float(axes[0].attrib["x2"]), float(axes[0].attrib["y1"])
    assert max(x for x, _ in corners) == right
    assert max(y for _, y in corners) == bottom
    assert {"p < 0.1", "p < 0.05"} <= {one.text for one in elements(drawing, "text")}


def test_lines_have_names_and_differ_in_colour_and_dash():
    figure = scatter(lines=("line", "other"), line_labels=("Mean", "Limit"))
    lines = elements(draw(figure, {**RESULT, "other": RESULT["line"]}), "polyline")

    assert len({one.attrib["stroke"] for one in lines}) == 2
    assert len({one.attrib.get("stroke-dasharray") for one in lines}) == 2


def test_shares_are_shown_from_0_to_100_percent():
    curve = {"curve": [{"x": 0.0, "y": 0.9}, {"x": 10.0, "y": 0.2}], "none": []}
    drawing = draw(scatter(rows="none", lines=("curve",), line_labels=("Chance",), is_y_share=True), curve)
    shown = [one.text for one in elements(drawing, "text")]

    assert {"0%", "100%"} <= set(shown)
    assert "Chance ends at 20.0%" in (ElementTree.fromstring(drawing).findtext(f"{SVG}desc") or "")


def test_cell_of_ratios_has_its_interval_below():
    cells = [{"row": "A", "column": "B", "value": 0.0, "low": -0.6931471805599453, "high": 0.6931471805599453}]
    figure = HeatFigure(title="League", rows="cells", ci_lower="low", ci_upper="high", is_ratio=True)

    assert [one.text for one in elements(draw(figure, {"cells": cells}), "text")][-2:] == ["1.00", "0.50 to 2.00"]


def test_columns_of_a_table_of_all_pairs_stand_in_the_order_of_its_rows():
    pairs = [("A", "B"), ("A", "C"), ("B", "A"), ("B", "C"), ("C", "A"), ("C", "B")]
    cells = [{"row": row, "column": column, "value": 1.0} for row, column in pairs]
    shown = [one.text for one in elements(draw(HeatFigure(title="League", rows="cells"), {"cells": cells}), "text")]

    assert shown[1:7] == ["A", "B", "C", "A", "B", "C"]


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
