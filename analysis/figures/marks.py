"""Marks: circles, squares, diamonds and triangles, whole or open, with what pointing at them shows."""

from analysis.figures import svg
from analysis.figures.text import clean

# With these radii each mark has about the area of a circle of radius 1.
SQUARE, DIAMOND, TRIANGLE = 0.886, 1.253, 1.555
FAINT = 0.65


def mark(kind: str, x: float, y: float, radius: float, *, colour: str, title: str = "", is_open: bool = False) -> str:
    """Give one mark; an open one is an outline that can still be pointed at.

    Parameters
    ----------
    kind : {"circle", "square", "diamond", "triangle"}
    radius : that of a circle of the same area
    """
    inside = svg.element("title", clean(title)) if title else ""
    look: svg.Look = {"fill": colour, "fill_opacity": 0.0 if is_open else FAINT, "stroke": colour}
    look |= {"stroke_width": 1.8} if is_open else {}
    if kind == "circle":
        return svg.element("circle", inside, cx=x, cy=y, r=radius, **look)
    if kind == "square":
        half = SQUARE * radius
        return svg.element("rect", inside, x=x - half, y=y - half, width=2 * half, height=2 * half, **look)
    points = _corners(kind, x, y, radius)
    listed = " ".join(f"{svg.coordinate(across)},{svg.coordinate(down)}" for across, down in points)
    return svg.element("polygon", inside, points=listed, **look)


def _corners(kind: str, x: float, y: float, radius: float) -> list[tuple[float, float]]:
    """Give the corners of a diamond or a triangle."""
    if kind == "diamond":
        reach = DIAMOND * radius
        return [(x, y - reach), (x + reach, y), (x, y + reach), (x - reach, y)]
    reach = TRIANGLE * radius
    return [(x, y - reach), (x + 0.866 * reach, y + 0.5 * reach), (x - 0.866 * reach, y + 0.5 * reach)]
