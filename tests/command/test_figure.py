"""The forest plot as a file: three kinds with the same content, equal bytes, and never half a file."""

import struct
from xml.etree import ElementTree

import pytest

from analysis.figures.paint import UnknownElement, paint
from tests.command.asking import BCG, SMALL, ask
from tests.figures.examples import examples

SVG = "{http://www.w3.org/2000/svg}"
BEGINNINGS = {"svg": b"<svg ", "png": b"\x89PNG\r\n\x1a\n", "pdf": b"%PDF-"}


def texts(path):
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    return [one.text for one in root.iter(f"{SVG}text") if one.text]


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_figure_is_written_beside_the_report(tmp_path, kind):
    file = tmp_path / f"forest.{kind}"
    reply = ask(BCG, "--measure", "RR", "--figure", str(file))

    assert (reply.status, reply.err) == (0, "")
    assert reply.out == ask(BCG, "--measure", "RR").out
    assert file.read_bytes().startswith(BEGINNINGS[kind])
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_equal_tables_give_equal_bytes(tmp_path, kind):
    files = [tmp_path / f"{name}.{kind}" for name in ("one", "two")]
    for file in files:
        ask(SMALL, "--figure", str(file))

    assert files[0].read_bytes() == files[1].read_bytes()


def test_figure_shows_what_the_report_says(tmp_path):
    file = tmp_path / "forest.svg"
    out = ask(BCG, "--measure", "RR", "--subgroup", "alloc", "--figure", str(file)).out
    shown = texts(file)

    assert "0.49 [0.33, 0.73]" in shown
    assert "0.49 [0.33, 0.73]" in out
    assert "random (k = 7)" in shown
    assert shown.count("Subgroup") == 3
    between = next(line for line in out.splitlines() if line.startswith("Between subgroups:"))
    tested = next(one for one in shown if one.startswith("Test for subgroup differences:"))
    assert tested.split("Q = ")[1].split(" ")[0] in between
    assert "Risk ratio" in shown
    assert "Estimate [95% CI]" in shown


def test_proportions_are_drawn_as_proportions(tmp_path):
    file = tmp_path / "forest.svg"
    ask("study,xi,ni\nA,3,20\nB,30,100\nC,7,33\n", "--measure", "PLO", "--figure", str(file))

    # 3 of 20; its interval is that of the log odds, logit(0.15) -+ 1.96 sqrt(1 / 3 + 1 / 17), turned back.
    assert "0.150 [0.049, 0.376]" in ask("study,xi,ni\nA,3,20\nB,30,100\nC,7,33\n", "--measure", "PLO").out
    assert "0.15 [0.05, 0.38]" in texts(file)


def test_figure_with_moderators_has_no_summary(tmp_path):
    file = tmp_path / "forest.svg"
    ask(SMALL, "--moderators", "dose", "--figure", str(file))

    assert "forest-summary" not in file.read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", BEGINNINGS)
def test_refused_table_leaves_the_old_figure(tmp_path, kind):
    file = tmp_path / f"forest.{kind}"
    file.write_bytes(b"old")
    reply = ask(SMALL.replace("0.7", "x"), "--figure", str(file))

    assert reply.status == 2
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


def test_folder_in_place_of_the_figure_is_refused(tmp_path):
    (tmp_path / "forest.svg").mkdir()
    reply = ask(SMALL, "--figure", str(tmp_path / "forest.svg"))

    assert (reply.status, reply.out) == (2, "")
    assert "cannot be written: it is a folder" in reply.err
    assert [one.name for one in tmp_path.iterdir()] == ["forest.svg"]


def test_picture_has_the_size_of_the_drawing():
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='96' height='48' font-size='13'></svg>"
    width, height = struct.unpack(">II", paint(drawing, kind="png")[16:24])

    assert (width, height) == (300, 150)


@pytest.mark.parametrize("name", ["hostile", "k0", "k2-clipped"])
def test_every_element_of_a_forest_plot_can_be_painted(name):
    from analysis.figures import draw

    for kind in ("png", "pdf"):
        assert paint(draw(*examples()[name]), kind=kind).startswith(BEGINNINGS[kind])


def test_texts_are_painted_as_they_are_whatever_their_signs():
    # Dollar signs would be mathematics, the character has no shape in the font, and neither may warn or fail.
    shown = "<text x='1' y='20'>$x_ and 研 cost$</text>"
    drawing = f"<svg xmlns='http://www.w3.org/2000/svg' width='96' height='48' font-size='13'>{shown}</svg>"

    assert paint(drawing, kind="pdf").startswith(b"%PDF-")


def test_element_that_cannot_be_painted_is_named():
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' width='96' height='48' font-size='13'><ellipse r='3'/></svg>"

    with pytest.raises(UnknownElement, match="ellipse"):
        paint(drawing, kind="png")
