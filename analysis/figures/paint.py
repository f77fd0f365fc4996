"""A drawn figure as PNG or PDF: matplotlib paints the elements of the SVG, so that all three show the same."""

import logging
import warnings
from collections.abc import Iterator
from io import BytesIO
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

# Matplotlib is slow to import; only who asks for a painted figure waits for it.
if TYPE_CHECKING:
    from matplotlib.axes import Axes

KINDS = ("png", "pdf")
# What currentColor is on paper.
INK = "#1b1b1b"
PIXELS_PER_INCH, POINTS_PER_INCH = 96.0, 72.0
# Two dots and more for each pixel of the drawing: sharp on paper and on dense screens.
DOTS_PER_INCH = 220
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
SVG = "{http://www.w3.org/2000/svg}"


class UnknownElement(ValueError):
    """A drawing has an element that cannot be painted."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"The drawing has an element “{tag}”, which cannot be painted.")


def paint(drawing: str, *, kind: str, dots_per_inch: int = DOTS_PER_INCH) -> bytes:
    """Give the bytes of a picture; equal drawings give equal bytes with one version of matplotlib.

    Parameters
    ----------
    drawing : SVG of `draw`: text, line, rect, circle and polygon elements, and groups of them
    kind : {"png", "pdf"}
    dots_per_inch : of a PNG; the drawing itself counts 96 to the inch

    Raises
    ------
    UnknownElement : the drawing has other elements
    """
    # Names of fonts that are not there, and a first search for fonts, are nothing for the reader of a report.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib
    from matplotlib.figure import Figure

    root = ElementTree.fromstring(drawing)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    # A person's own settings of matplotlib shall not change the figure.
    ours = {**matplotlib.rcParamsDefault, "font.family": ["DejaVu Sans"], "pdf.fonttype": 42, "path.simplify": False}
    ours.pop("backend", None)
    with matplotlib.rc_context(ours), warnings.catch_warnings():
        # A character that the font lacks is painted as a box.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font", category=UserWarning)
        figure = Figure(figsize=(width / PIXELS_PER_INCH, height / PIXELS_PER_INCH), facecolor="white")
        axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
        axes.set_axis_off()
        axes.set_xlim(0.0, width)
        axes.set_ylim(height, 0.0)
        inherited = {"font-size": root.attrib["font-size"]}
        for order, element in enumerate(_flat(root), start=1):
            _paint_element(axes, element, inherited, order)
        return _saved(figure, kind=kind, title=root.findtext(f"{SVG}title", ""), dots_per_inch=dots_per_inch)


def _flat(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Give what is to be painted, in its order, without groups and words for screen readers."""
    for child in element:
        if child.tag == f"{SVG}g":
            yield from _flat(child)
        elif child.tag not in (f"{SVG}title", f"{SVG}desc"):
            yield child


def _paint_element(axes: "Axes", element: ElementTree.Element, inherited: dict[str, str], order: int) -> None:
    """Paint one element over those before it."""
    from matplotlib import patches

    tag, given = element.tag.removeprefix(SVG), inherited | element.attrib
    if tag == "text":
        _paint_text(axes, element, given, order)
    elif tag == "line":
        x1, y1, x2, y2 = (float(given[name]) for name in ("x1", "y1", "x2", "y2"))
        axes.plot(
            [x1, x2],
            [y1, y2],
            color=_colour(given["stroke"]),
            alpha=float(given.get("stroke-opacity", "1")),
            linewidth=_points(given.get("stroke-width", "1")),
            linestyle="--" if "stroke-dasharray" in given else "-",
            solid_capstyle="butt",
            dash_capstyle="butt",
            clip_on=False,
            zorder=order,
        )
    elif tag == "rect":
        corner = float(given["x"]), float(given["y"])
        size = float(given["width"]), float(given["height"])
        axes.add_patch(patches.Rectangle(corner, *size, **_filled(given, order)))
    elif tag == "circle":
        centre = float(given["cx"]), float(given["cy"])
        axes.add_patch(patches.Circle(centre, float(given["r"]), **_filled(given, order)))
    elif tag == "polygon":
        points: Any = [tuple(map(float, point.split(","))) for point in given["points"].split()]
        axes.add_patch(patches.Polygon(points, closed=True, **_filled(given, order)))
    else:
        raise UnknownElement(tag)


def _paint_text(axes: "Axes", element: ElementTree.Element, given: dict[str, str], order: int) -> None:
    """Paint a text on its baseline; the whole of a shortened one is a title inside and stays out."""
    shown = (element.text or "") + "".join(child.tail or "" for child in element)
    axes.text(
        float(given["x"]),
        float(given["y"]),
        shown,
        color=_colour(given.get("fill", "currentColor")),
        fontsize=_points(given["font-size"]),
        fontweight=given.get("font-weight", "normal"),
        horizontalalignment=ANCHORS[given.get("text-anchor", "start")],
        verticalalignment="baseline",
        parse_math=False,
        zorder=order,
    )


def _filled(given: dict[str, str], order: int) -> dict[str, Any]:
    """Give how a shape is filled."""
    opacity = float(given.get("fill-opacity", "1"))
    return {"facecolor": _colour(given["fill"]), "alpha": opacity, "linewidth": 0.0, "zorder": order}


def _saved(figure: Any, *, kind: str, title: str, dots_per_inch: int) -> bytes:
    """Give the figure as bytes without the moment and the program that made it."""
    metadata: dict[str, Any] = {"Title": title}
    metadata |= {"Software": None} if kind == "png" else {"CreationDate": None, "Creator": None, "Producer": None}
    held = BytesIO()
    figure.savefig(held, format=kind, dpi=dots_per_inch, metadata=metadata)
    return held.getvalue()


def _colour(given: str) -> str:
    """Give a colour for paper."""
    return INK if given == "currentColor" else given


def _points(pixels: str) -> float:
    """Give pixels as points."""
    return float(pixels) * POINTS_PER_INCH / PIXELS_PER_INCH
