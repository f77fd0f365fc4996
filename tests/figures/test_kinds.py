"""Every kind of figure: its golden bytes, its words, its safety, and that all of it can be painted.

The SVG is what is pinned, byte by byte: it is the figure, and its numbers depend on nothing but the renderer. PNG and
PDF are painted from that same SVG, and their pixels change with versions of matplotlib and FreeType, so that a golden
picture would fail for reasons that are not the figure's. Instead each element of each specimen is painted (an unknown
one is an error), equal drawings give equal bytes, and sizes and embedded fonts are looked at. Forest plots have golden
files of their own. Write those of the other kinds anew by

python -m tests.figures.test_kinds
"""

import re
import struct
from dataclasses import is_dataclass, replace
from xml.etree import ElementTree

import pytest

from analysis.figures import UnknownTable, draw
from analysis.figures.paint import paint
from tests.figures.examples import FOLDER
from tests.figures.specimens import SPECIMENS

SVG = "{http://www.w3.org/2000/svg}"
PINNED = 4
TAGS = ("svg", "title", "desc", "g", "text", "line", "polyline", "rect", "circle", "polygon")


@pytest.mark.parametrize("name", sorted(set(SPECIMENS) - {"forest"}))
def test_bytes_are_those_of_the_golden_file(name):
    assert draw(*SPECIMENS[name](PINNED)).encode() == (FOLDER / f"kind-{name}.svg").read_bytes()


@pytest.mark.parametrize("k", [0, 1, 30])
@pytest.mark.parametrize("name", SPECIMENS)
def test_figure_has_a_title_and_says_in_words_what_is_to_be_seen(name, k):
    figure, result = SPECIMENS[name](k)
    root = ElementTree.fromstring(draw(figure, result))

    title, description = root[0], root[1]
    assert (title.tag, description.tag, title.text) == (f"{SVG}title", f"{SVG}desc", figure.title)
    assert (description.text or "").endswith(".")
    if k and "nothing" not in (description.text or ""):  # one treatment is no league
        assert re.search(r"\d", description.text or "")
    else:
        assert description.text in [one.text for one in root.iter(f"{SVG}text")]


@pytest.mark.parametrize("name", SPECIMENS)
def test_figure_has_nothing_that_a_content_security_policy_refuses(name):
    allowed = {f"{SVG}{tag}" for tag in TAGS}
    for element in ElementTree.fromstring(draw(*SPECIMENS[name](PINNED))).iter():
        assert element.tag in allowed
        assert not {name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name}
        assert not any("url(" in value for value in element.attrib.values())


@pytest.mark.parametrize("name", SPECIMENS)
def test_markup_in_names_stays_text(name):
    figure, result = SPECIMENS[name](PINNED)
    wicked = "<script>alert(1)</script>\x07"
    spoiled = {
        table: [{key: wicked if key == "label" else value for key, value in row.items()} for row in rows]
        if isinstance(rows, list)
        else rows
        for table, rows in result.items()
    }
    is_plain = is_dataclass(figure)
    drawing = draw(replace(figure, title=wicked) if is_plain else figure.model_copy(update={"title": wicked}), spoiled)

    assert "<script" not in drawing
    ElementTree.fromstring(drawing)


@pytest.mark.parametrize("name", SPECIMENS)
def test_figure_without_its_table_is_refused(name):
    figure, _ = SPECIMENS[name](PINNED)

    with pytest.raises(UnknownTable):
        draw(figure, {})


@pytest.mark.parametrize("name", SPECIMENS)
def test_every_element_is_painted_as_png_of_300_dots_per_inch_and_equal_each_time(name):
    drawing = draw(*SPECIMENS[name](PINNED))
    root = ElementTree.fromstring(drawing)
    first = paint(drawing, kind="png")

    assert first == paint(drawing, kind="png")
    size = struct.unpack(">II", first[16:24])
    # The drawing has 96 pixels in an inch.
    assert size == tuple(pytest.approx(float(root.attrib[side]) * 300 / 96, abs=1.0) for side in ("width", "height"))
    # The density that printers read, in dots per metre: 300 per inch.
    place = first.index(b"pHYs") + 4
    assert struct.unpack(">II", first[place : place + 8]) == (11811, 11811)


@pytest.mark.parametrize("name", ["funnel", "network", "specification"])
def test_pdf_is_equal_each_time_and_brings_its_fonts(name):
    drawing = draw(*SPECIMENS[name](PINNED))
    written = paint(drawing, kind="pdf")

    assert written == paint(drawing, kind="pdf")
    assert b"/FontFile2" in written  # TrueType, embedded as a subset
    assert b"/Type3" not in written
    assert not re.search(rb"/(CreationDate|Producer|Creator)", written)


def write_all() -> None:
    """Write every golden file anew; look at them before they are kept."""
    for name in sorted(set(SPECIMENS) - {"forest"}):
        (FOLDER / f"kind-{name}.svg").write_bytes(draw(*SPECIMENS[name](PINNED)).encode())


if __name__ == "__main__":
    write_all()
