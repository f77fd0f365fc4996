"""The timeline shows each snapshot at its place, what state it is in, and the searches between."""

from xml.etree import ElementTree

import pytest

from analysis.figures import draw
from analysis.figures.timeline import TimelineFigure

SVG = "{http://www.w3.org/2000/svg}"
FIGURE = TimelineFigure(title="Pain over time", rows="snapshots", y_label="Mean difference")


def snapshot(number, estimate, state="draft", searched=""):
    lines = (f"{number}: 12 Jun 2020", f"k = {number + 2}")
    ends = {"ci_lower": estimate - 1.0, "ci_upper": estimate + 1.0}
    label = ", ".join(lines)
    return {"label": label, "lines": lines, "estimate": estimate, "state": state, "searched": searched, **ends}


ROWS = [snapshot(1, -2.0, "published", "searched May 2020"), snapshot(2, -1.0, "signed off"), snapshot(3, -4.0)]
ROOT = ElementTree.fromstring(draw(FIGURE, {"snapshots": ROWS}))


def pointed_at(tag):
    return [one.findtext(f"{SVG}title") for one in ROOT.iter(f"{SVG}{tag}") if one.find(f"{SVG}title") is not None]


def test_states_have_marks_of_their_own_and_a_draft_is_open():
    assert pointed_at("polygon") == ["1: 12 Jun 2020, k = 3: −2.00 [−3.00, −1.00]"]
    assert pointed_at("rect") == ["2: 12 Jun 2020, k = 4: −1.00 [−2.00, 0.00]"]
    assert pointed_at("circle") == ["3: 12 Jun 2020, k = 5: −4.00 [−5.00, −3.00]"]
    (draft,) = (one for one in ROOT.iter(f"{SVG}circle") if one.find(f"{SVG}title") is not None)
    assert draft.attrib["fill-opacity"] == "0"
    assert {"Draft", "Signed off", "Published"} <= {one.text for one in ROOT.iter(f"{SVG}text")}


def test_estimates_lie_in_their_order_at_their_heights():
    (line,) = ROOT.iter(f"{SVG}polyline")
    places = [tuple(map(float, point.split(","))) for point in line.attrib["points"].split()]

    assert places[1][0] - places[0][0] == pytest.approx(places[2][0] - places[1][0], abs=0.02)  # two decimals each
    # From -2 up to -1, and three times as far down to -4.
    assert places[2][1] - places[1][1] == pytest.approx(3 * (places[0][1] - places[1][1]), abs=0.05)


def test_search_is_marked_before_the_first_snapshot_after_it():
    assert pointed_at("line") == ["searched May 2020"]
    described = ROOT.findtext(f"{SVG}desc") or ""
    assert described.startswith("3 snapshots. First: −2.00 [−3.00, −1.00] (1: 12 Jun 2020, k = 3).")
    assert "Searches marked: 1." in described
