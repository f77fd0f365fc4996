"""Figures: pure functions from a specification and a result to SVG text, without Django."""

from analysis.figures.drawing import draw
from analysis.figures.table import UnknownTable

__all__ = ["UnknownTable", "draw"]
