"""The network graph: treatments on a circle, lines between those that studies compare, and no name over another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from math import cos, hypot, pi, sin, sqrt
from typing import TYPE_CHECKING, Any

from analysis.figures import svg
from analysis.figures.colours import BLUE, VERMILION
from analysis.figures.frame import document, empty, heading
from analysis.figures.layout import FONT, INK, MARGIN, SMALL, TOP, WIDTH
from analysis.figures.metrics import shorten
from analysis.figures.placing import Box, box_of_text
from analysis.figures.table import number_of, rows_of
from analysis.figures.text import clean, number

# A figure is only read here: who draws without the contract does not load pydantic.
if TYPE_CHECKING:
    from analysis.contract import NetworkFigure

EMPTY = "There is no network."
LABEL_WIDTH, BESIDE = 230.0, 9.0
LEAST_HEIGHT, LINE = 440.0, 17.0
LARGEST_RADIUS, SMALLEST_RADIUS, PLAIN_RADIUS = 22.0, 4.0, 9.0
THICKEST, THINNEST = 11.0, 1.2
# With more lines than these, numbers hide the network; pointing at a line shows its own.
MOST_NUMBERED = 45
# Parts of a line at which its number may stand.
ALONG = (0.38, 0.62, 0.5, 0.3, 0.7, 0.24, 0.76)


@dataclass(frozen=True, slots=True)
class Node:
    """A treatment: where its circle is, and where its name stands."""

    name: str
    label: str
    size: float | None
    x: float
    y: float
    radius: float
    anchor: str
    label_x: float = 0.0
    label_y: float = 0.0

    @property
    def side(self) -> float:
        """1 where the name stands at the right, -1 where it stands at the left."""
        return 1.0 if self.anchor == "start" else -1.0


@dataclass(frozen=True, slots=True)
class Edge:
    """A comparison of two treatments."""

    first: Node
    second: Node
    width: float
    precision: float | None


def draw_network(figure: NetworkFigure, result: Mapping[str, Any]) -> str:
    """Give a network as standalone SVG text.

    Raises
    ------
    UnknownTable : the result has no table of the name that the figure gives
    """
    rows, joined = rows_of(result, figure.rows), rows_of(result, figure.edges)
    if not rows:
        return empty(figure.title, str((result.get("messages") or (EMPTY,))[0]))
    height = max(LEAST_HEIGHT, LINE * (len(rows) / 2 + 2))
    nodes = _nodes(figure, rows, height)
    edges = _edges(figure, joined, nodes)
    thickest = max((edge.width for edge in edges), default=0.0)
    body = heading(figure.title)
    body += "".join(_line(figure, edge, thickest) for edge in sorted(edges, key=lambda one: -one.width))
    body += "".join(_circle(figure, node) for node in nodes.values()) + _numbers(edges, list(nodes.values()), thickest)
    below = "; ".join(
        words
        for words in (
            f"area of a circle: {figure.size_label}" if figure.size_label else "",
            f"width of a line: {figure.width_label}" if figure.width_label else "",
        )
        if words
    )
    below = below[:1].upper() + below[1:]
    bottom = TOP + height + SMALL
    shown = shorten(below, width=WIDTH - 2 * MARGIN, size=SMALL)
    body += svg.text(MARGIN, bottom, shown, full=below, font_size=SMALL) if below else ""
    says = _describe(figure, nodes, edges)
    return document(figure.title, body, height=bottom + MARGIN, description=says)


def _nodes(figure: NetworkFigure, rows: Sequence[Mapping[str, Any]], height: float) -> dict[str, Node]:
    """Give the treatments on a circle in the order of the table, from the top and clockwise."""
    sizes = [number_of(row, figure.size) for row in rows]
    largest = max((size for size in sizes if size), default=0.0)
    middle_x, middle_y = WIDTH / 2, TOP + height / 2
    across, down = min((WIDTH - 2 * (MARGIN + LABEL_WIDTH)) / 2 - 40.0, height / 2), height / 2 - 40.0
    apart = 2 * pi * min(across, down) / len(rows)
    cap = max(min(LARGEST_RADIUS, 0.42 * apart), SMALLEST_RADIUS)
    nodes = []
    for place, (row, size) in enumerate(zip(rows, sizes, strict=True)):
        # Half a step, so that no treatment stands exactly above or below another.
        angle = -pi / 2 + 2 * pi * (place + 0.5) / len(rows)
        radius = min(PLAIN_RADIUS, cap)
        if largest and size is not None:
            radius = max(cap * sqrt(max(size, 0.0) / largest), SMALLEST_RADIUS)
        x, y = middle_x + across * cos(angle), middle_y + down * sin(angle)
        label = str(row.get(figure.label) or "")
        nodes.append(Node(str(row[figure.name]), label, size, x, y, radius, "start" if cos(angle) > 0 else "end"))
    return {node.name: node for node in _named(nodes, TOP + 12.0, TOP + height - 8.0)}


def _named(nodes: Sequence[Node], top: float, bottom: float) -> list[Node]:
    """Give the treatments with the places of their names: outside the circle, each on a line of its own."""
    heights: dict[str, float] = {}
    for anchor in ("start", "end"):
        own = sorted((node for node in nodes if node.anchor == anchor), key=lambda node: node.y)
        heights |= dict(zip((node.name for node in own), _apart([node.y for node in own], top, bottom), strict=True))
    placed = []
    for node in nodes:
        y = heights[node.name]
        near = [other for other in nodes if other.anchor == node.anchor and abs(other.y - y) < other.radius + BESIDE]
        outermost = max(node.side * other.x + other.radius for other in (*near, node))
        placed.append(replace(node, label_x=node.side * (outermost + BESIDE), label_y=y))
    return placed


def _apart(wanted: Sequence[float], top: float, bottom: float) -> list[float]:
    """Give heights near those wanted, in their order and at least a line apart."""
    placed: list[float] = []
    for y in wanted:
        placed.append(max(y, top, placed[-1] + LINE if placed else top))
    floor = bottom
    for place in reversed(range(len(placed))):
        placed[place] = min(placed[place], floor)
        floor = placed[place] - LINE
    return placed


def _edges(figure: NetworkFigure, rows: Sequence[Mapping[str, Any]], nodes: Mapping[str, Node]) -> list[Edge]:
    """Give the comparisons between treatments of the table."""
    found = []
    for row in rows:
        first, second = nodes.get(str(row.get(figure.first))), nodes.get(str(row.get(figure.second)))
        width = number_of(row, figure.width)
        if first is not None and second is not None and width:
            found.append(Edge(first, second, width, number_of(row, figure.precision)))
    return found


def _line(figure: NetworkFigure, edge: Edge, thickest: float) -> str:
    """Give the line of a comparison; pointing at it shows its numbers."""
    title = f"{edge.first.label} and {edge.second.label}: {edge.width:g} {figure.width_label}".rstrip()
    if edge.precision is not None:
        title += f"; {figure.precision.replace('_', ' ')} {edge.precision:.4g}"
    look: svg.Look = {"stroke": BLUE, "stroke_opacity": 0.55, "stroke_width": _thick(edge, thickest)}
    ends = (edge.first.x, edge.first.y, edge.second.x, edge.second.y)
    names = zip(("x1", "y1", "x2", "y2"), ends, strict=True)
    return svg.element("line", svg.element("title", clean(title)), **dict(names), **look)


def _thick(edge: Edge, thickest: float) -> float:
    """Give how thick the line of a comparison is."""
    return max(THICKEST * edge.width / thickest, THINNEST)


def _circle(figure: NetworkFigure, node: Node) -> str:
    """Give the circle of a treatment and its name, with a thin line to a name that stands elsewhere."""
    words = shorten(node.label, width=LABEL_WIDTH, size=FONT)
    size = "" if node.size is None else f": {node.size:g} {figure.size_label}".rstrip()
    inside = svg.element("title", clean(f"{node.label}{size}"))
    end = node.label_x - node.side * BESIDE / 3, node.label_y
    leader = svg.line(node.x, node.y, *end, stroke=INK, stroke_opacity=0.3)
    shown = svg.text(node.label_x, node.label_y + 4.5, words, full=node.label, text_anchor=node.anchor)
    return leader + svg.element("circle", inside, cx=node.x, cy=node.y, r=node.radius, fill=VERMILION) + shown


def _numbers(edges: Sequence[Edge], nodes: Sequence[Node], thickest: float) -> str:
    """Give the number of each comparison beside its line where it has room."""
    taken = [Box(one.x - one.radius, one.y - one.radius, one.x + one.radius, one.y + one.radius) for one in nodes]
    for node in nodes:
        words = shorten(node.label, width=LABEL_WIDTH, size=FONT)
        taken.append(box_of_text(node.label_x, node.label_y + 4.5, words, size=FONT, anchor=node.anchor))
    shown = ""
    for edge in sorted(edges, key=lambda one: -one.width) if len(edges) <= MOST_NUMBERED else ():
        words = number(edge.width, decimals=0 if edge.width == round(edge.width) else 1)
        dx, dy = edge.second.x - edge.first.x, edge.second.y - edge.first.y
        length = hypot(dx, dy) or 1.0
        off = _thick(edge, thickest) / 2 + 8.0
        for part in ALONG:
            x = edge.first.x + part * dx - off * dy / length
            y = edge.first.y + part * dy + off * dx / length + 4.0
            box = box_of_text(x, y, words, size=SMALL, anchor="middle")
            if not any(box.meets(other) for other in taken):
                shown += svg.text(x, y, words, text_anchor="middle", font_size=SMALL)
                taken.append(box)
                break
    return shown


def _describe(figure: NetworkFigure, nodes: Mapping[str, Node], edges: Sequence[Edge]) -> str:
    """Give in words how many treatments and comparisons there are, and which stand out."""
    count = len(nodes)
    pairs = count * (count - 1) // 2
    said = f"Network of {count} {'treatment' if count == 1 else 'treatments'}; studies compare {len(edges)} of {pairs}"
    said += " pairs." if pairs != 1 else " pair."
    sized = [node for node in nodes.values() if node.size is not None]
    if sized:
        most = max(sized, key=lambda node: node.size or 0.0)
        said += f" Largest circle: {most.label} ({most.size:g} {figure.size_label})."
    if edges:
        widest = max(edges, key=lambda edge: edge.width)
        said += f" Widest line: {widest.first.label} and {widest.second.label} ({widest.width:g} {figure.width_label})."
    return said
