"""The strip shows an estimate at its place beside the null, and survives what is missing."""

from xml.etree import ElementTree

import pytest

from analysis.figures.strip import draw_strip

SVG = "{http://www.w3.org/2000/svg}"
POOLED = {"estimate": -1.0, "ci_lower": -1.5, "ci_upper": -0.5, "pi_lower": -2.0, "pi_upper": 0.2, "is_ratio": False}


def corners(drawing: str) -> list[float]:
    polygon = ElementTree.fromstring(drawing).find(f"{SVG}polygon")
    return [float(pair.split(",")[0]) for pair in polygon.attrib["points"].split()]


def test_diamond_lies_on_its_side_of_the_null():
    drawing = draw_strip(POOLED, title="Pain")
    root = ElementTree.fromstring(drawing)
    left, middle, right, _ = corners(drawing)
    null = float(root.find(f"{SVG}line").attrib["x1"])
    bar = root.find(f"{SVG}rect")
    assert left < middle < right < null
    assert float(bar.attrib["x"]) < left
    assert float(bar.attrib["x"]) + float(bar.attrib["width"]) > null


def test_equal_results_give_equal_bytes_and_a_title():
    assert draw_strip(POOLED, title="Pain & <more>") == draw_strip(POOLED, title="Pain & <more>")
    assert ElementTree.fromstring(draw_strip(POOLED, title="Pain & <more>")).findtext(f"{SVG}title") == "Pain & <more>"


@pytest.mark.parametrize("missing", ["estimate", "ci_lower", "ci_upper"])
def test_nothing_is_drawn_without_an_interval(missing):
    assert draw_strip({**POOLED, missing: None}, title="Pain") == ""
    assert draw_strip({}, title="Pain") == ""


def test_ratio_names_its_null_and_needs_no_prediction_interval():
    drawing = draw_strip({**POOLED, "is_ratio": True, "pi_lower": None, "pi_upper": None}, title="Pain")
    assert "no difference: 1.00" in drawing
    assert "<rect" not in drawing


def test_degenerate_interval_is_still_seen():
    left, _, right, _ = corners(draw_strip({"estimate": 0.0, "ci_lower": 0.0, "ci_upper": 0.0}, title="Nothing"))
    assert right - left >= 6
