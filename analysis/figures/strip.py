"""An estimate with its intervals as one small line, to be seen beside its numbers."""

from collections.abc import Mapping
from typing import Any

from analysis.figures import svg
from analysis.figures.axis import Axis
from analysis.figures.frame import plain_document
from analysis.figures.layout import ACCENT, INK, SUMMARY
from analysis.figures.text import number, ratio

WIDTH, HEIGHT, EDGE, MIDDLE = 260.0, 40.0, 10.0, 15.0
HALF_HEIGHT, HALF_BAR, LEAST_HALF_WIDTH = 6.0, 1.5, 3.0
FONT, LABEL_ROOM = 10.0, 60.0
# The null lies at least so far from an end of the picture, in parts of its range.
ROOM = 0.08


def draw_strip(pooling: Mapping[str, Any], *, title: str, null_value: float = 0.0) -> str:
    """Give a pooled result as a small SVG: the null as a line, the CI as a diamond, the prediction interval as a bar.

    Parameters
    ----------
    pooling : plain data of the result of pooling, numbers on the scale of the measure (ratios: natural logs)

    Returns
    -------
    SVG text, "" where there is no estimate with an interval
    """
    estimate, lower, upper = (pooling.get(name) for name in ("estimate", "ci_lower", "ci_upper"))
    if estimate is None or lower is None or upper is None:
        return ""
    ends = [pooling.get(name) for name in ("pi_lower", "pi_upper")]
    span = [lower, upper, null_value, *(end for end in ends if end is not None)]
    room = ROOM * (max(span) - min(span)) or 1.0
    is_ratio = bool(pooling.get("is_ratio"))
    axis = Axis(min(span) - room, max(span) + room, EDGE, WIDTH - EDGE, is_ratio)
    at, left, right, null = (axis.place(value) for value in (estimate, lower, upper, null_value))
    parts = [svg.line(null, 2.0, null, HEIGHT - 13.0, stroke=INK, stroke_width=1.0, stroke_dasharray="3 2")]
    if None not in ends:
        first, last = (axis.place(float(end)) for end in ends if end is not None)
        shape: dict[str, float] = {"width": last - first, "height": 2 * HALF_BAR, "fill_opacity": 0.7}
        parts.append(svg.element("rect", x=first, y=MIDDLE - HALF_BAR, fill=ACCENT, **shape))
    left, right = min(left, at - LEAST_HALF_WIDTH), max(right, at + LEAST_HALF_WIDTH)
    corners = [(left, MIDDLE), (at, MIDDLE - HALF_HEIGHT), (right, MIDDLE), (at, MIDDLE + HALF_HEIGHT)]
    parts.append(svg.polygon(corners, fill=SUMMARY))
    said = (
        f"no difference: {ratio(null_value) if is_ratio else number(null_value, decimals=0 if null_value == 0 else 2)}"
    )
    place = min(max(null, LABEL_ROOM), WIDTH - LABEL_ROOM)
    parts.append(svg.text(place, HEIGHT - 2.0, said, font_size=FONT, text_anchor="middle", fill=INK))
    return plain_document(title, "".join(parts), width=WIDTH, height=HEIGHT)
