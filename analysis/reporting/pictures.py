"""The figures of snapshots for manuscripts: drawings, what they show in words, and pictures for print."""

import re
from collections.abc import Mapping
from html import unescape
from typing import Any, NamedTuple

from analysis.figures.paint import paint
from analysis.forests import forest_of
from analysis.reading import Reading, svg_of

DOTS_FOR_PRINT = 300
DESCRIBED = re.compile(r"<(title|desc)[^>]*>(.*?)</\1>", re.DOTALL)
NO_FIGURE = "Snapshot {number} has no such figure ({shows})."
NOT_DRAWN = "There is nothing to draw: no study has a result that can be shown."


class Picture(NamedTuple):
    """A figure of a snapshot; `missing` says why there is no drawing."""

    svg: str = ""
    alt: str = ""
    missing: tuple[str, ...] = ()


def picture_of(reading: Reading, plugin: str, number: int) -> Picture:
    """Give a figure of a snapshot: the `number`th, from 1, that a plugin's result specifies."""
    result = reading.results.get(plugin, {})
    specified = result.get("figures", ())
    if number > len(specified):
        return Picture(missing=(NO_FIGURE.format(number=reading.snapshot.number, shows=f"{plugin}.{number}"),))
    svg = drawing_of(reading, plugin, specified[number - 1], result)
    return Picture(svg, alt_of(svg)) if svg else Picture(missing=(NOT_DRAWN,))


def drawing_of(reading: Reading, plugin: str, figure: Mapping[str, Any], result: Mapping[str, Any]) -> str:
    """Draw one figure of a snapshot, "" where its table is empty: the one place where manuscripts get drawings."""
    if plugin == "pooling" and figure.get("kind") == "forest":
        forest = forest_of(reading)
        return forest.svg if forest else ""
    return svg_of(figure, result) if result.get(figure.get("rows", "")) else ""


def alt_of(svg: str) -> str:
    """Give what a drawing shows in words: its own title and description."""
    found: dict[str, str] = {}
    for name, text in DESCRIBED.findall(svg):
        found.setdefault(name, unescape(text))  # the drawing's own come first, then those of shortened texts in it
    return " ".join(filter(None, (found.get("title", "").rstrip(".") + ".", found.get("desc", "")))).strip()


def png_of(svg: str) -> bytes:
    """Give a drawing as PNG with 300 dots per inch; equal drawings give equal bytes."""
    return paint(svg, kind="png", dots=DOTS_FOR_PRINT)
