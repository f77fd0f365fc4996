"""The forest plot: well-formed, clean, the same bytes each time, and everything where it belongs."""

import re
from itertools import pairwise
from math import log
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.figures import UnknownTable, draw
from tests.figures.examples import (
    FOLDER,
    LOG_RATIOS,
    LOG_SUMMARY,
    POOLED,
    SUMMARY,
    examples,
    figure,
    many,
    result,
    study,
)

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = examples()


def parse(text):
    return ElementTree.fromstring(text)


def by_class(root, name):
    return [element for element in root.iter() if element.get("class") == f"forest-{name}"]


def tick_positions(root):
    """Give the position of each number of the axis."""
    middles = [one for one in root.iter(f"{SVG}text") if one.get("text-anchor") == "middle" and one.get("font-size")]
    return {one.text.replace("−", "-"): float(one.get("x")) for one in middles}


def place(root, value, *, of=float):
    """Give where a number lies, by the ticks of the axis and not by the code that draws."""
    ticks = sorted((of(float(shown)), x) for shown, x in tick_positions(root).items())
    (low, x_low), (high, x_high) = ticks[0], ticks[-1]
    return x_low + (value - low) / (high - low) * (x_high - x_low)


@pytest.mark.parametrize("name", EXAMPLES)
def test_bytes_are_those_of_the_golden_file(name):
    assert draw(*EXAMPLES[name]).encode() == (FOLDER / f"{name}.svg").read_bytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_figure_is_well_formed_and_has_words_for_screen_readers(name):
    root = parse(draw(*EXAMPLES[name]))

    title, description = root[0], root[1]
    assert (title.tag, description.tag) == (f"{SVG}title", f"{SVG}desc")
    assert title.text == EXAMPLES[name][0].title
    assert description.text.endswith(".")
    assert root.get("role") == "img"
    assert root.get("aria-labelledby").split() == [title.get("id"), description.get("id")]


@pytest.mark.parametrize("name", EXAMPLES)
def test_figure_has_nothing_that_a_content_security_policy_refuses(name):
    root = parse(draw(*EXAMPLES[name]))

    allowed = {f"{SVG}{tag}" for tag in ("svg", "title", "desc", "g", "text", "line", "rect", "polygon")}
    for element in root.iter():
        assert element.tag in allowed
        assert not {name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name}
        assert not any("url(" in value or "//" in value for value in element.attrib.values())


def test_null_line_is_at_the_null():
    root = parse(draw(figure(**POOLED), result(many(10), **SUMMARY)))
    line = by_class(root, "null")[0]

    assert line.get("x1") == line.get("x2")
    assert float(line.get("x1")) == pytest.approx(tick_positions(root)["0"], abs=0.01)


def test_diamond_spans_the_interval_and_bar_the_prediction():
    root = parse(draw(figure(**POOLED), result(many(10), **SUMMARY)))
    xs = [float(point.split(",")[0]) for point in by_class(root, "summary")[0].get("points").split()]
    bar = by_class(root, "prediction")[0]

    # Coordinates have two decimals, and so have the ticks by which places are found.
    assert (min(xs), max(xs)) == pytest.approx((place(root, -12.5), place(root, -5.5)), abs=0.05)
    assert xs[1] == pytest.approx(place(root, -9.0), abs=0.05)
    assert float(bar.get("x")) == pytest.approx(place(root, -20.0), abs=0.05)
    assert float(bar.get("x")) + float(bar.get("width")) == pytest.approx(place(root, 2.0), abs=0.05)
    assert by_class(root, "clipped") == []


def test_ratios_lie_on_a_log_axis_and_are_shown_as_ratios():
    drawn = figure(is_ratio=True, x_label="Risk ratio", **POOLED)
    root = parse(draw(drawn, result(LOG_RATIOS, **LOG_SUMMARY)))
    xs = [float(point.split(",")[0]) for point in by_class(root, "summary")[0].get("points").split()]

    assert {"0.2", "1"} <= set(tick_positions(root))
    assert (min(xs), max(xs)) == pytest.approx((place(root, -1.75, of=log), place(root, -0.85, of=log)), abs=0.05)
    assert float(by_class(root, "null")[0].get("x1")) == pytest.approx(tick_positions(root)["1"], abs=0.01)
    # The ratios of the logs -1.3, -1.75 and -0.85.
    assert "0.27 [0.17, 0.43]" in [one.text for one in root.iter(f"{SVG}text")]


def test_squares_have_areas_like_the_weights():
    rows = [study("One", -1.0, 1.0, 0.2), study("Four", 1.0, 1.0, 0.8)]
    root = parse(draw(figure(weight="weight"), result(rows)))
    sides = [float(rect.get("width")) for rect in root.iter(f"{SVG}rect") if rect.get("fill") != "none"]

    assert sides == [7.0, 14.0]
    assert [one.text for one in root.iter(f"{SVG}text") if one.text and one.text.endswith("%")] == ["20.0%", "80.0%"]


def test_interval_beyond_the_axis_ends_in_an_arrow():
    rows = [*many(9), study("Tiny", -5.0, 500.0, 0.01)]
    root = parse(draw(figure(**POOLED), result(rows, **SUMMARY)))

    assert len(by_class(root, "clipped")) == 2


def test_no_estimate_at_all_gives_a_sentence():
    root = parse(draw(figure(), result([study("A", None)])))

    assert "No study has a result that can be shown." in [one.text for one in root.iter(f"{SVG}text")]


def test_long_label_is_shortened_and_kept_whole_for_pointing_at():
    label = "A name that is far too long for the column of labels of any figure"
    root = parse(draw(figure(), result([study(label, 1.0)])))
    text = next(one for one in root.iter(f"{SVG}text") if one.find(f"{SVG}title") is not None)

    assert text.find(f"{SVG}title").text == label
    shown = text.find(f"{SVG}title").tail
    assert shown.endswith("…")
    assert label.startswith(shown[:-1])


def test_text_is_escaped_and_control_characters_are_gone():
    text = draw(*EXAMPLES["hostile"])

    assert "<script" not in text
    assert "\x07" not in text
    assert "&lt;b&gt;Pain&lt;/b&gt; &amp; joy" in text


def test_minus_signs_are_typographic():
    root = parse(draw(figure(**POOLED), result(many(10), **SUMMARY)))
    shown = [one.text for one in root.iter(f"{SVG}text") if one.text]

    assert "−9.00 [−12.50, −5.50]" in shown
    assert not [one for one in shown if re.search(r"-\d", one)]


@pytest.mark.parametrize("k", [1, 2, 10, 58, 200])
def test_rows_do_not_overlap_and_lie_inside_the_figure(k):
    root = parse(draw(figure(**POOLED), result(many(k), **SUMMARY)))
    height = float(root.get("height"))
    baselines = sorted(float(one.get("y")) for one in root.iter(f"{SVG}text") if one.get("x") == "12")

    assert len(baselines) == k + 3  # title, rows, summary, prediction interval
    assert min(after - before for before, after in pairwise(baselines)) >= 16
    assert 0 < baselines[0] < baselines[-1] < height


def test_ids_of_two_figures_differ():
    first, second = (parse(draw(*EXAMPLES[name])) for name in ("k1", "k10"))

    assert first[0].get("id") != second[0].get("id")


def test_unknown_table_is_named():
    with pytest.raises(UnknownTable, match="draws the table “studies”, which the result does not have"):
        draw(figure(), {})


def test_level_is_that_of_the_result():
    text = draw(figure(), result([study("A", 1.0)], level=0.9))

    assert "Estimate [90% CI]" in text


values = st.none() | st.floats(min_value=-1e12, max_value=1e12)


@given(
    rows=st.lists(st.tuples(st.text(max_size=60), values, values, values), max_size=6),
    is_ratio=st.booleans(),
    summary=st.tuples(values, values, values),
)
def test_any_numbers_and_any_text_give_a_well_formed_figure(rows, is_ratio, summary):
    table = [
        {"label": label, "estimate": estimate, "ci_lower": lower, "ci_upper": upper, "weight": 0.5}
        for label, estimate, lower, upper in rows
    ]
    fields = dict(zip(("estimate", "ci_lower", "ci_upper"), summary, strict=True))
    text = draw(figure(is_ratio=is_ratio, **POOLED), result(table, **fields))

    for element in parse(text).iter():
        for name in ("x", "y", "x1", "x2", "width", "height"):
            assert name not in element.attrib or float(element.get(name)) >= 0.0 or name in ("x", "x1")
