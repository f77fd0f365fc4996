"""Any result as tables: facts, and one table for each list of rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from analysis.contract.drawn import tables_drawn

# A table with more rows is opened by who wants it.
MOST_ROWS = 20
LEFT_OUT = ("figures", "messages")
EMPTY: tuple[Any, ...] = (None, "", [], ())
# Stored results have their names in alphabetical order; a reader wants these first, and sentences last.
FIRST = (
    *("label", "title", "name", "study", "k", "model", "measure", "estimate", "se", "ci_lower", "ci_upper", "level"),
    *("ci_method", "p_value", "weight", "pi_lower", "pi_upper", "tau2", "tau", "i2", "h2", "q", "q_df", "q_p_value"),
)
LAST = ("conditions", "reasons", "looked_at", "message")


class Table(NamedTuple):
    """A table of a result: its name, the names of its columns and its rows.

    `is_folded` says that it is long, or that a figure shows it already; a forest plot leaves its table open.
    """

    name: str
    columns: list[str]
    rows: list[list[Any]]
    is_folded: bool = False


class Tables(NamedTuple):
    """A result in parts: single values by name, tables, and sentences."""

    facts: list[tuple[str, Any]]
    tables: list[Table]
    messages: list[str]


def in_order(names: Iterable[str]) -> list[str]:
    """Give names in the order in which a reader wants them."""
    places = {name: place for place, name in enumerate(FIRST)} | dict.fromkeys(LAST, 1000)
    return sorted(names, key=lambda name: places.get(name, len(FIRST)))


def shown_columns(rows: Sequence[Mapping[str, Any]]) -> list[str]:
    """Give the columns that hold something in any row; a name for programs is left out beside one for readers."""
    found = in_order({column: None for row in rows for column in row})
    held = [column for column in found if any(row.get(column) not in EMPTY for row in rows)]
    return [column for column in held if column != "name" or "label" not in held]


def tables_of(result: Mapping[str, Any]) -> Tables:
    """Give the parts of a result."""
    facts: list[tuple[str, Any]] = []
    tables: list[Table] = []
    drawn = {
        name for figure in result.get("figures", ()) if figure.get("kind") != "forest" for name in tables_drawn(figure)
    }
    for name in in_order(result):
        value = result[name]
        if name in LEFT_OUT or value in EMPTY:
            continue
        if isinstance(value, Mapping):
            columns = shown_columns([value])
            tables.append(Table(name, columns, [[value[column] for column in columns]]))
        elif isinstance(value, list) and value and all(isinstance(row, Mapping) for row in value):
            columns = shown_columns(value)
            rows = [[row.get(column) for column in columns] for row in value]
            tables.append(Table(name, columns, rows, is_folded=name in drawn or len(rows) > MOST_ROWS))
        else:
            facts.append((name, value))
    return Tables(facts, tables, [str(message) for message in result.get("messages", ())])
