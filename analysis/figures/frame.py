"""What every figure has: a title, a description for screen readers, and the document around them."""

from hashlib import sha256

from analysis.figures import svg
from analysis.figures.layout import FONT, INK, MARGIN, ROW, TOP, WIDTH
from analysis.figures.metrics import shorten
from analysis.figures.text import clean

FAMILY = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"


def heading(title: str) -> str:
    """Give the title above a figure."""
    shown = shorten(title, width=WIDTH - 2 * MARGIN, size=FONT * 1.15, is_bold=True)
    return svg.text(MARGIN, MARGIN + FONT, shown, full=title, font_size=FONT * 1.15, font_weight="bold")


def empty(title: str, message: str) -> str:
    """Give a figure without anything to draw: its title, and the sentence that says why."""
    body = heading(title) + svg.text(MARGIN, TOP + ROW, shorten(message, width=WIDTH - 2 * MARGIN, size=FONT))
    return document(title, body, height=TOP + 2 * ROW, description=message)


def document(title: str, body: str, *, height: float, description: str, width: float = WIDTH, role: str = "img") -> str:
    """Give the whole SVG; its ids come from its content, so that two figures on a page do not share them.

    `role` is "img" for a still picture and "group" for one with links, which an image may not hold.
    """
    mark = sha256(f"{title}{description}{body}".encode("utf-8", "replace")).hexdigest()[:12]
    named = svg.element("title", clean(title), id=f"title-{mark}")
    named += svg.element("desc", clean(description), id=f"desc-{mark}")
    return svg.element(
        "svg",
        named + body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {svg.coordinate(width)} {svg.coordinate(height)}",
        width=width,
        height=height,
        role=role,
        aria_labelledby=f"title-{mark} desc-{mark}",
        font_family=FAMILY,
        font_size=FONT,
        fill=INK,
    )


def plain_document(title: str, body: str, *, width: float, height: float) -> str:
    """Give the SVG of a small figure whose numbers stand beside it: a title, and no description."""
    mark = sha256(f"{title}{body}".encode("utf-8", "replace")).hexdigest()[:12]
    return svg.element(
        "svg",
        svg.element("title", clean(title), id=f"title-{mark}") + body,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {svg.coordinate(width)} {svg.coordinate(height)}",
        width=width,
        height=height,
        role="img",
        aria_labelledby=f"title-{mark}",
        font_family=FAMILY,
        fill=INK,
    )
