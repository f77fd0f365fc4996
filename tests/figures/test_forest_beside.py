"""What stands beside the rows of a forest plot: columns, groups, judgements, studies without an effect."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.contract import ForestFigure
from analysis.figures import draw
from analysis.figures.beside import Beside, Column, Unpooled
from analysis.figures.forest import draw_forest
from analysis.figures.paint import paint
from tests.figures.beside_examples import LONG, events, examples, full, grouped, linked, rows_of
from tests.figures.examples import FOLDER, POOLED, SUMMARY, figure, result, study

SVG = "{http://www.w3.org/2000/svg}"
EXAMPLES = examples()


def parse(text):
    return ElementTree.fromstring(text)


def shown(element):
    """Give the texts that a reader sees."""
    return [(one.text or "") + "".join(child.tail or "" for child in one) for one in element.iter(f"{SVG}text")]


def by_class(root, name):
    return [element for element in root.iter() if element.get("class") == f"forest-{name}"]


@pytest.mark.parametrize("name", EXAMPLES)
def test_bytes_are_those_of_the_golden_file(name):
    assert draw_forest(*EXAMPLES[name]).encode() == (FOLDER / f"{name}.svg").read_bytes()


@pytest.mark.parametrize("name", EXAMPLES)
def test_figure_has_nothing_that_a_content_security_policy_refuses(name):
    allowed = {f"{SVG}{tag}" for tag in ("svg", "title", "desc", "g", "a", "text", "line", "rect", "polygon", "circle")}
    for element in parse(draw_forest(*EXAMPLES[name])).iter():
        assert element.tag in allowed
        assert not {name for name in element.attrib if name == "style" or name.startswith("on")}
        assert element.get("href", "#").startswith("#")


@pytest.mark.parametrize("name", ["beside-k2", "groups", "events", "not-pooled-only", "linked"])
def test_every_element_can_be_painted(name):
    drawing = draw_forest(*EXAMPLES[name])

    assert paint(drawing, kind="png", dots=300).startswith(b"\x89PNG")
    assert paint(drawing, kind="pdf").startswith(b"%PDF-")


def test_painted_fonts_are_embedded_as_outlines_that_journals_accept():
    content = paint(draw_forest(*EXAMPLES["linked"]), kind="pdf")

    assert b"/FontFile2" in content
    assert b"/Type3" not in content


def test_summary_shows_the_sums_of_its_rows_below_columns_of_people():
    root = parse(draw_forest(*events()))

    # 4 + 62 of 123 + 13598 vaccinated, 11 + 248 of 139 + 12867 others.
    assert {"66", "13721", "259", "13006"} <= set(shown(root))


def test_sums_leave_out_studies_that_are_not_pooled():
    column = Column("n", {"A": "10", "B": "99"}, is_number=True, sums={"A": 10.0, "B": 99.0})
    beside = Beside(columns=(column,), unpooled=(Unpooled("B", "B", "not public"),))
    root = parse(draw_forest(figure(**POOLED), result([study("A", -9.0)], **SUMMARY), beside))

    assert shown(root).count("10") == 2
    assert "109" not in shown(root)


def test_groups_have_a_heading_a_diamond_and_their_heterogeneity():
    drawn, values, beside = grouped(9)
    root = parse(draw_forest(drawn, values, beside))
    texts = shown(root)

    assert len(by_class(root, "group")) == 3
    assert len(by_class(root, "subtotal")) == 3
    assert texts.index("Supervised (k = 0)") < texts.index("Study 0 (1990)") < texts.index("At home (k = 1)")
    assert sum(text.startswith("Heterogeneity: Q = 10.20 (df = 4,") for text in texts) == 2
    assert "Test for subgroup differences: Q = 1.20 (df = 2, p = 0.549)" in texts
    assert "Heterogeneity: Q = 20.20 (df = 8, p < 0.001), I² = 60.0%, τ² = 8" in texts
    # The weights of the rows are 1 to 4 parts of 22.5: 1 + 3 + 1 + 3, 2 + 4 + 2 + 4, and 1 of the last.
    assert {"35.6%", "53.3%", "4.4%"} <= set(texts)


def test_rows_of_no_group_follow_without_a_heading():
    drawn, values, beside = grouped(3)
    values["studies"][0]["group"] = ""
    root = parse(draw_forest(drawn, values, beside))

    assert shown(root).index("Study 0 (1990)") > shown(root).index("Study 1 (1991)")
    assert len(by_class(root, "group")) == 3


def test_studies_without_an_effect_stand_below_with_their_columns_and_a_quiet_message():
    root = parse(draw_forest(*full(2)))
    texts = shown(root)
    row = next(one for one in by_class(root, "row") if one.get("data-label") == "Not Public 2011 0")

    assert texts.index("Not pooled (3)") > texts.index("95% prediction interval")
    assert "not public" in shown(row)
    assert row.get("data-message") == "No result for the outcome is public."
    headings = by_class(root, "plot")[0].get("data-headings").split("␟")
    assert dict(zip(headings, row.get("data-cells").split("␟"), strict=True))["Usual care, n"] == "34"
    assert len(list(row.iter(f"{SVG}circle"))) == 6
    assert not list(row.iter(f"{SVG}line"))


def test_without_any_estimate_the_sentence_says_so_and_there_is_no_axis():
    root = parse(draw_forest(*EXAMPLES["not-pooled-only"]))

    assert "No study has a result that can be pooled." in shown(root)
    assert "Not pooled (4)" in shown(root)
    assert by_class(root, "null") == []


def test_marks_are_dashed_lines_with_a_label_and_only_on_the_axis():
    inside = figure(marks=[{"value": -2.5, "label": "MCID"}, {"value": 900.0, "label": "MCID"}])
    root = parse(draw_forest(inside, result([study("A", -3.0, 4.0)])))
    (mark,) = by_class(root, "mark")
    label = next(one for one in root.iter(f"{SVG}text") if one.text == "MCID −2.50")

    assert mark.get("stroke-dasharray")
    assert float(mark.get("x1")) == pytest.approx(float(label.get("x")), abs=0.01)


def test_row_tells_its_numbers_to_those_who_point_at_it():
    root = parse(draw_forest(*full(2)))
    row = by_class(root, "row")[1]

    assert row.find(f"{SVG}title").text == "Study 1 (1991): −13.00 [−17.00, −9.00], weight 40.0%"
    told = {name: row.get(f"data-{name}") for name in ("label", "estimate", "interval", "interval-name", "weight")}
    assert told == {
        "label": "Study 1 (1991)",
        "estimate": "−13.00",
        "interval": "[−17.00, −9.00]",
        "interval-name": "95% CI",
        "weight": "40.0%",
    }


def test_rows_with_an_address_are_links_in_a_group_and_not_in_an_image():
    root = parse(draw_forest(*linked()))
    links = list(root.iter(f"{SVG}a"))

    assert root.get("role") == "group"
    assert [link.get("href") for link in links] == ["#effect-1", "#effect-2"]
    assert links[0].get("aria-label").startswith("Study 0 (1990): −24.00 [−27.00, −21.00]")
    assert len(by_class(root, "row")) == 3
    assert parse(draw_forest(*full(2))).get("role") == "img"


def test_long_names_are_shortened_and_kept_whole_for_pointing_at():
    root = parse(draw_forest(*full(1)))
    label = by_class(root, "label")[0]

    assert label.find(f"{SVG}title").text == f"{LONG} 0"
    assert label.find(f"{SVG}title").tail.endswith("…")


def test_columns_are_as_wide_as_what_they_hold():
    narrow = parse(draw_forest(figure(), result(rows_of(2))))
    wide = parse(draw_forest(*full(2)))

    assert float(narrow.get("width")) < 960 < float(wide.get("width"))


def test_stored_figures_of_older_versions_draw_and_keep_their_bytes():
    stored = {"kind": "forest", "title": "Pain", "rows": "studies", "weight": "weight"}
    read = ForestFigure.model_validate(stored)
    written = read.model_dump(mode="json")

    assert not {"group", "groups", "has_heterogeneity", "marks", "difference_df"} & set(written)
    assert ForestFigure.model_validate(written) == read
    assert "forest-row" in draw(read, result(rows_of(2)))


def test_younger_fields_are_stored_where_they_are_used():
    drawn, _, _ = grouped(2, is_full=True)
    written = drawn.model_dump(mode="json")

    assert (written["groups"], written["has_heterogeneity"]) == ("groups", True)
    assert written["marks"][0] == {"value": -5.0, "label": "MCID"}
    assert ForestFigure.model_validate(written) == drawn


words = st.text(max_size=40)


@given(
    cells=st.lists(words, min_size=2, max_size=2),
    heading=words,
    over=words,
    message=words,
    levels=st.lists(st.none() | st.sampled_from(["low", "high", "odd"]), max_size=3),
)
def test_any_words_give_a_well_formed_figure(cells, heading, over, message, levels):
    from analysis.figures.beside import Lights

    column = Column(heading, {"A": cells[0], "B": cells[1]}, over)
    domains = tuple((f"D{place}", heading) for place in range(len(levels)))
    lamps = Lights({"low": "Low", "high": "High"}, domains, {"A": tuple(levels)})
    beside = Beside(columns=(column,), lights=lamps, unpooled=(Unpooled("B", over, message, message),))
    root = parse(draw_forest(figure(**POOLED), result([study("A", -1.0)], **SUMMARY), beside))

    width = float(root.get("width"))
    assert all(0 <= float(one.get("x")) <= width for one in root.iter(f"{SVG}text"))
