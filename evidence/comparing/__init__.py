"""Two readings of one study side by side. Pure: no Django, no database."""

from evidence.comparing.differences import compare
from evidence.comparing.faults import Fault, Finding
from evidence.comparing.items import WHOLE, Comparison, Entry, Item
from evidence.comparing.matching import Pair, match
from evidence.comparing.merging import (
    Decision,
    Decisions,
    MergedRow,
    NotReadable,
    Taken,
    merge,
    open_items,
    read_value,
    standing,
    take_over,
)
from evidence.comparing.missing import Missing, missing_items
from evidence.comparing.readings import FIELDS, PLACE, Field, Form, Kind, Reading, Row, Scale, Value, Words, as_text

__all__ = [
    "FIELDS",
    "PLACE",
    "WHOLE",
    "Comparison",
    "Decision",
    "Decisions",
    "Entry",
    "Fault",
    "Field",
    "Finding",
    "Form",
    "Item",
    "Kind",
    "MergedRow",
    "Missing",
    "NotReadable",
    "Pair",
    "Reading",
    "Row",
    "Scale",
    "Taken",
    "Value",
    "Words",
    "as_text",
    "compare",
    "match",
    "merge",
    "missing_items",
    "open_items",
    "read_value",
    "standing",
    "take_over",
]
