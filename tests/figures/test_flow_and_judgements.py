"""The flow of records, and judgements of risk of bias: what is counted is written, and nothing overlaps."""

import re
from xml.etree import ElementTree

import pytest

from analysis.contract import FlowFigure, JudgementFigure
from analysis.figures import UnknownTable, draw
from analysis.figures.metrics import width_of, wrap
from analysis.figures.paint import paint

SVG = "{http://www.w3.org/2000/svg}"
LEVELS = ("low", "some_concerns", "high")
DOMAINS = ("Randomisation process", "Deviations from intended interventions", "Overall")
FLOW = FlowFigure(title="Flow of records", rows="flow")
LIGHTS = JudgementFigure(title="Risk of bias", rows="judgements", levels=LEVELS)
BARS = JudgementFigure(title="Risk of bias by domain", rows="shares", share="share", levels=LEVELS)


def counted(name: str, count: int, *parts: tuple[str, int], label: str = "") -> list[dict]:
    """Give a box with its parts, as the plugin summary does for one round and for all."""
    words = {"name": name, "label": label or name.replace("_", " ").capitalize(), "stage": ""}
    of_round = [{**words, "round_name": "1: First", "reason": reason, "count": many} for reason, many in parts]
    return [*of_round, {**words, "round_name": "", "reason": "", "count": count}]


def elements(drawing: str, tag: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(drawing).iter(f"{SVG}{tag}"))


def texts(drawing: str) -> list[str]:
    return ["".join(one.itertext()) for one in elements(drawing, "text")]


def boxes(drawing: str) -> list[tuple[float, float, float, float]]:
    """Give left, top, right and bottom of each box."""
    found = [[float(one.attrib[name]) for name in ("x", "y", "width", "height")] for one in elements(drawing, "rect")]
    return [(x, y, x + width, y + height) for x, y, width, height in found]


def flow(reasons: int = 3) -> dict:
    long = "participants without chronic low back pain of more than twelve weeks, or with specific causes"
    excluded = [(f"{long} ({number})", number + 1) for number in range(reasons)]
    rows = [
        *counted("records_identified", 4522, ("MEDLINE", 1234), ("Embase", 3288)),
        *counted("records_removed", 1422, ("duplicates", 1422)),
        *counted("records_screened", 3100),
        *counted("records_excluded", 2800),
        *counted("reports_assessed", 300),
        *counted("reports_excluded", 242, *excluded),
        *counted("studies_included", 58),
    ]
    return {"flow": rows}


@pytest.mark.parametrize("reasons", [0, 1, 12])
def test_boxes_of_the_flow_hold_their_lines_and_do_not_overlap(reasons):
    drawing = draw(FLOW, flow(reasons))
    drawn = boxes(drawing)

    assert len(drawn) == 7
    for place, (left, top, right, bottom) in enumerate(drawn):
        for other in drawn[place + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
    for one in elements(drawing, "text"):
        x, y, size = (float(one.attrib[name]) for name in ("x", "y", "font-size"))
        inside = [box for box in drawn if box[0] <= x <= box[2] and box[1] <= y <= box[3]]
        words = "".join(one.itertext())
        if words not in ("Flow of records", "Identification", "Screening", "Included"):
            assert inside, words
            assert x + width_of(words, size) <= inside[0][2], words
    height = float(ElementTree.fromstring(drawing).attrib["height"])
    assert max(box[3] for box in drawn) < height


def test_flow_counts_what_its_table_counts_and_sums_rounds():
    rows = flow()["flow"]
    second = [{**row, "round_name": "2: Update"} for row in rows if row["reason"] == "MEDLINE"]
    shown = texts(draw(FLOW, {"flow": [*rows, *second]}))

    assert "Records identified (n = 4,522)" in shown
    assert "MEDLINE (n = 2,468)" in shown
    assert "Studies included (n = 58)" in shown
    assert not [words for words in shown if "sought" in words]


def test_flow_says_in_words_what_it_shows():
    described = ElementTree.fromstring(draw(FLOW, flow())).findtext(f"{SVG}desc") or ""

    assert described.startswith("From top to bottom: Records identified (n = 4,522); Records removed (n = 1,422)")


def judged(k: int) -> list[dict]:
    return [
        {"label": f"Study {study}", "domain": domain, "level": LEVELS[(study + place) % 3]}
        for study in range(k)
        for place, domain in enumerate(DOMAINS)
    ]


@pytest.mark.parametrize("k", [1, 2, 30, 120])
def test_there_is_a_light_for_each_judgement_with_its_sign(k):
    drawing = draw(LIGHTS, {"judgements": judged(k)})
    lights = elements(drawing, "circle")
    in_legend = min(k * len(DOMAINS), 3)

    assert len(lights) == k * len(DOMAINS) + in_legend
    assert len({(one.attrib["cx"], one.attrib["cy"]) for one in lights}) == len(lights)
    for level, sign in zip(LEVELS, "+–×", strict=True):
        there = sum(row["level"] == level for row in judged(k))
        assert texts(drawing).count(sign) == there + 1


def test_level_that_the_tool_does_not_have_is_unknown_and_named():
    rows = [*judged(1), {"label": "Study 0", "domain": "Other", "level": "no_information"}]
    shown = texts(draw(LIGHTS, {"judgements": rows}))

    assert shown.count("?") == 2
    assert "No information" in shown


def test_bars_are_as_long_as_their_shares():
    shares = (0.5, 0.375, 0.125)
    rows = [{"label": DOMAINS[0], "level": level, "share": share} for level, share in zip(LEVELS, shares, strict=True)]
    drawing = draw(BARS, {"shares": rows})
    widths = [float(one.attrib["width"]) for one in elements(drawing, "rect")]

    assert [width / sum(widths) for width in widths] == pytest.approx(shares, abs=1e-4)
    assert "+ 50%" in texts(drawing)
    assert "Some concerns" in texts(drawing)


def test_judgement_that_nobody_has_is_not_in_the_legend():
    rows = [{"label": "Overall", "level": level, "share": share} for level, share in (("low", 1.0), ("high", 0.0))]

    assert "High" not in texts(draw(BARS, {"shares": rows}))


@pytest.mark.parametrize(
    ("figure", "result"),
    [
        (FLOW, flow()),
        (LIGHTS, {"judgements": judged(3)}),
        (BARS, {"shares": [{"label": "A", "level": "low", "share": 1}]}),
    ],
    ids=["flow", "lights", "bars"],
)
def test_figures_are_painted_and_equal_each_time(figure, result):
    drawing = draw(figure, result)

    assert drawing == draw(figure, result)
    assert paint(drawing, kind="png").startswith(b"\x89PNG")
    assert not re.search(r"\d\.\d{3,}", drawing)  # coordinates have two decimals


@pytest.mark.parametrize("figure", [FLOW, LIGHTS, BARS])
def test_figure_without_rows_says_why_and_one_without_its_table_is_refused(figure):
    assert re.search(r"No (records|risk of bias)", draw(figure, {figure.rows: []}))
    with pytest.raises(UnknownTable):
        draw(figure, {})


def test_lines_break_between_words_and_not_inside_a_count():
    text = "Not randomised, or randomised by date (n\u00a0=\u00a012)"
    lines = wrap(text, width=120.0, size=12.0)

    assert all(width_of(line, 12.0) <= 120.0 for line in lines)
    assert any("(n\u00a0=\u00a012)" in line for line in lines)
    assert " ".join(lines) == text
