"""Manuscripts: texts whose numbers are bound to results, and the figures and tables between them."""

from analysis.services.manuscripts.beginning import begin_manuscript
from analysis.services.manuscripts.bindings import BadBinding, Bound, Numbers
from analysis.services.manuscripts.freshness import Freshness
from analysis.services.manuscripts.writing import (
    move_block,
    remove_block,
    remove_manuscript,
    save_block,
    save_manuscript,
)

__all__ = [
    "BadBinding",
    "Bound",
    "Freshness",
    "Numbers",
    "begin_manuscript",
    "move_block",
    "remove_block",
    "remove_manuscript",
    "save_block",
    "save_manuscript",
]
