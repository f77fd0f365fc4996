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
# What journals ask of pictures in print.
DOTS_PER_INCH = 300
ANCHORS = {"start": "left", "middle": "center", "end": "right"}
SVG = "{http://www.w3.org/2000/svg}"


class UnknownElement(ValueError):
    """A drawing has an element that cannot be painted."""

    def __init__(self, tag: str) -> None:
        super().__init__(f"The drawing has an element “{tag}”, which cannot be painted.")


def paint(drawing: str, *, kind: str, dots: int = DOTS_PER_INCH) -> bytes:
    """Give the bytes of a picture; equal drawings give equal bytes with one version of matplotlib.

    Parameters
    ----------
    drawing : SVG of `draw`: text, line, polyline, rect, circle and polygon elements, groups of them, and links
        around them
    kind : {"png", "pdf"}
    dots : how many dots of a PNG stand on an inch

    Raises
    ------
    UnknownElement : the drawing has other elements
    """
    # Names of fonts that are not there, and a first search for fonts, are nothing for the reader of a report.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib
    from matplotlib.figure import Figure

    root = ElementTree.fromstring(drawing)  # noqa: S314
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
        return _saved(figure, kind=kind, dots=dots, title=root.findtext(f"{SVG}title", ""))


def _flat(element: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """Give what is to be painted, in its order, without groups, links and words for screen readers."""
    for child in element:
        if child.tag in (f"{SVG}g", f"{SVG}a"):
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
        _paint_line(axes, [(x1, y1), (x2, y2)], given, order)
    elif tag == "polyline":
        _paint_line(axes, _places(given), given, order)
    elif tag == "rect":
        corner = float(given["x"]), float(given["y"])
        size = float(given["width"]), float(given["height"])
        axes.add_patch(patches.Rectangle(corner, *size, **_filled(given, order)))
    elif tag == "circle":
        centre = float(given["cx"]), float(given["cy"])
        axes.add_patch(patches.Circle(centre, float(given["r"]), **_filled(given, order)))
    elif tag == "polygon":
        corners: Any = _places(given)
        axes.add_patch(patches.Polygon(corners, closed=True, **_filled(given, order)))
    else:
        raise UnknownElement(tag)


def _places(given: dict[str, str]) -> list[tuple[float, float]]:
    """Give the points of a line or of a shape."""
    pairs = (point.split(",") for point in given["points"].split())
    return [(float(x), float(y)) for x, y in pairs]


def _paint_line(axes: "Axes", places: list[tuple[float, float]], given: dict[str, str], order: int) -> None:
    """Paint points joined in their order; dashes are as long as in the drawing."""
    width = float(given.get("stroke-width", "1"))
    dashes = [float(length) / width for length in given.get("stroke-dasharray", "").split()]
    axes.plot(
        [x for x, _ in places],
        [y for _, y in places],
        color=_colour(given["stroke"]),
        alpha=float(given.get("stroke-opacity", "1")),
        linewidth=_points(str(width)),
        linestyle=(0, dashes) if dashes else "-",
        solid_capstyle="butt",
        dash_capstyle="butt",
        clip_on=False,
        zorder=order,
    )


def _paint_text(axes: "Axes", element: ElementTree.Element, given: dict[str, str], order: int) -> None:
    """Paint a text on its baseline; the whole of a shortened one is a title inside and stays out."""
    shown = (element.text or "") + "".join(child.tail or "" for child in element)
    axes.text(
        float(given["x"]),
        float(given["y"]),
        shown,
        color=_colour(given.get("fill", "currentColor")),
        alpha=float(given.get("fill-opacity", "1")),
        fontsize=_points(given["font-size"]),
        fontweight=given.get("font-weight", "normal"),
        horizontalalignment=ANCHORS[given.get("text-anchor", "start")],
        verticalalignment="baseline",
        parse_math=False,
        zorder=order,
    )


def _filled(given: dict[str, str], order: int) -> dict[str, Any]:
    """Give how a shape is filled and outlined."""
    from matplotlib.colors import to_rgba

    fill = to_rgba(_colour(given["fill"]), float(given.get("fill-opacity", "1")))
    look: dict[str, Any] = {"facecolor": fill, "linewidth": 0.0, "zorder": order, "clip_on": False}
    if "stroke" in given:
        edge = to_rgba(_colour(given["stroke"]), float(given.get("stroke-opacity", "1")))
        look |= {"edgecolor": edge, "linewidth": _points(given.get("stroke-width", "1"))}
    return look


def _saved(figure: Any, *, kind: str, dots: int, title: str) -> bytes:
    """Give the figure as bytes without the moment and the program that made it."""
    metadata: dict[str, Any] = {"Title": title}
    metadata |= {"Software": None} if kind == "png" else {"CreationDate": None, "Creator": None, "Producer": None}
    held = BytesIO()
    figure.savefig(held, format=kind, dpi=dots, metadata=metadata)
    return held.getvalue()


def _colour(given: str) -> str:
    """Give a colour for paper."""
    return INK if given == "currentColor" else given


def _points(pixels: str) -> float:
    """Give pixels as points."""
    return float(pixels) * POINTS_PER_INCH / PIXELS_PER_INCH
