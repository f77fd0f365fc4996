"""The waterfall leads from the number before to the number after, step by step, and escapes what it is given."""

from dataclasses import replace
from itertools import pairwise
from math import log
from xml.etree import ElementTree

import pytest

from analysis.figures import UnknownTable
from analysis.figures.paint import paint
from analysis.figures.waterfall import MOST_BARS, WaterfallFigure, draw_waterfall, read_bars

SVG = "{http://www.w3.org/2000/svg}"
FIGURE = WaterfallFigure(title="What moved", rows="changes", x_label="Mean difference")
ROWS = [{"label": "Ito 2001", "change": -0.4}, {"label": "Mori & Sato", "change": 0.1}]
RESULT = {"changes": ROWS, "before": -0.9, "after": -1.2}


def elements(drawing, tag):
    return list(ElementTree.fromstring(drawing).iter(f"{SVG}{tag}"))


def texts(drawing):
    return [element.text for element in elements(drawing, "text")]


def test_bars_lead_from_the_number_before_to_the_number_after():
    bars = read_bars(FIGURE, ROWS, -0.9, -1.2)
    assert [bar.is_total for bar in bars] == [True, False, False, True]
    for bar, following in pairwise(bars):
        assert bar.end == pytest.approx(following.start, abs=1e-12)  # rounding of sums


def test_bars_lie_where_their_numbers_are():
    first, second = elements(draw_waterfall(FIGURE, RESULT), "rect")
    before, after = elements(draw_waterfall(FIGURE, RESULT), "circle")
    left, width = (float(first.attrib[name]) for name in ("x", "width"))
    # Coordinates are written with two decimals.
    assert left + width == pytest.approx(float(before.attrib["cx"]), abs=0.02)
    assert float(second.attrib["x"]) == pytest.approx(left, abs=0.02)
    assert float(second.attrib["width"]) == pytest.approx(width / 4, abs=0.02)
    assert float(after.attrib["cx"]) == pytest.approx(left + width / 4, abs=0.02)
    assert first.attrib["fill"] != second.attrib["fill"]


def test_numbers_and_names_are_written():
    shown = texts(draw_waterfall(FIGURE, RESULT))
    assert {"Ito 2001", "Mori & Sato", "−0.400", "+0.100", "−0.900", "−1.200"} <= set(shown)


def test_ratios_are_shown_as_factors():
    result = {"changes": [{"label": "Ito", "change": log(0.5)}], "before": log(0.8), "after": log(0.4)}
    shown = texts(draw_waterfall(replace(FIGURE, is_ratio=True), result))
    assert {"0.80", "× 0.50", "0.40"} <= set(shown)


def test_many_changes_are_joined_and_keep_their_sum():
    rows = [{"label": f"Trial {place}", "change": 0.01 * place} for place in range(60)]
    bars = read_bars(FIGURE, rows, 0.0, 17.7)
    assert len(bars) == MOST_BARS + 2
    assert bars[-2].label == "41 smaller changes together"
    assert bars[-2].end == pytest.approx(17.7, abs=1e-9)  # rounding of 60 sums
    assert [bar.label for bar in bars[1:3]] == ["Trial 41", "Trial 42"]


def test_nothing_defined_is_said_in_a_sentence():
    drawing = draw_waterfall(FIGURE, {"changes": [], "before": None, "after": 1.0})
    assert "There is no movement to show." in texts(drawing)
    with pytest.raises(UnknownTable):
        draw_waterfall(FIGURE, {"before": 1.0, "after": 1.0})


def test_no_change_still_draws_both_ends():
    assert len(elements(draw_waterfall(FIGURE, {"changes": [], "before": 1.0, "after": 1.0}), "circle")) == 2


def test_markup_in_a_name_stays_text():
    result = {**RESULT, "changes": [{"label": "<script>alert(1)</script>", "change": -0.3}]}
    drawing = draw_waterfall(FIGURE, result)
    assert "<script" not in drawing
    ElementTree.fromstring(drawing)


def test_equal_input_gives_equal_bytes_and_can_be_painted():
    assert draw_waterfall(FIGURE, RESULT) == draw_waterfall(FIGURE, RESULT)
    assert paint(draw_waterfall(FIGURE, RESULT), kind="png").startswith(b"\x89PNG")
