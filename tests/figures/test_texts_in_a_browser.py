"""In a real Chromium no text of any kind of figure lies over another or leaves the picture, for any number of rows."""

import pytest

from analysis.figures import draw
from tests.figures.specimens import SPECIMENS
from tests.in_a_browser import IN_A_BROWSER

pytestmark = [one for one in IN_A_BROWSER if one.name != "django_db"]
SIZES = (1, 2, 30, 120)
# Boxes of texts in neighbouring lines touch: their height is that of the font, whatever is written.
TOUCHING = 2.0
# Rectangles of what is written, in pixels of the drawing, with the rectangle of the picture first.
MEASURE = """() => {
  const svg = document.querySelector("svg");
  const rectangles = [{words: "", box: svg.getBoundingClientRect()}];
  for (const one of svg.querySelectorAll("text")) {
    const words = [...one.childNodes].filter(part => part.nodeType === 3).map(part => part.data).join("");
    if (words.trim()) rectangles.push({words, box: one.getBoundingClientRect()});
  }
  return rectangles.map(({words, box}) => [words, box.left, box.top, box.right, box.bottom]);
}"""


def overlaps(one, other):
    """Whether two rectangles share more than the edges of neighbouring lines."""
    _, left, top, right, bottom = one
    _, left_2, top_2, right_2, bottom_2 = other
    across = min(right, right_2) - max(left, left_2)
    down = min(bottom, bottom_2) - max(top, top_2)
    return across > 0.5 and down > TOUCHING


def found_in(drawing, page):
    """Give what is wrong with the texts of a drawing."""
    page.set_content(f'<body style="margin:0">{drawing}</body>')
    picture, *texts = page.evaluate(MEASURE)
    _, left, top, right, bottom = picture
    outside = [
        f"“{one[0]}” leaves the picture"
        for one in texts
        if one[1] < left - 0.5 or one[2] < top - 0.5 or one[3] > right + 0.5 or one[4] > bottom + 0.5
    ]
    texts.sort(key=lambda one: one[2])
    over = []
    for place, one in enumerate(texts):
        for other in texts[place + 1 :]:
            if other[2] >= one[4]:
                break
            if overlaps(one, other):
                over.append(f"“{one[0]}” lies over “{other[0]}”")
    return outside + over


@pytest.mark.parametrize("name", SPECIMENS)
def test_texts_lie_beside_each_other_and_inside_the_picture(name, page):
    wrong = {k: found for k in SIZES if (found := found_in(draw(*SPECIMENS[name](k)), page))}

    assert wrong == {}


def test_measuring_finds_texts_that_overlap_and_that_leave(page):
    one = '<text x="10" y="20">first words</text><text x="20" y="24">second</text><text x="190" y="60">outside</text>'
    found = found_in(f'<svg width="200" height="100" font-size="13">{one}</svg>', page)

    assert [words for words in found if "leaves" in words] == ["“outside” leaves the picture"]
    assert "“first words” lies over “second”" in found
