"""Which tables, columns and fields of a result a figure draws."""

from collections.abc import Mapping
from typing import Any

# For each kind of figure: fields that name a table, and with each the fields that name columns of it.
COLUMNS: dict[str, dict[str, tuple[str, ...]]] = {
    "forest": {"rows": ("label", "estimate", "ci_lower", "ci_upper", "weight", "group"), "groups": ()},
    "scatter": {
        "rows": ("label", "x", "y", "size", "is_open"),
        "lines": ("x", "y", "band_lower", "band_upper"),
        "areas": ("y",),
        "x_lines": (),
    },
    "heat": {"rows": ("row", "column", "value", "ci_lower", "ci_upper", "text", "size")},
    "judgements": {"rows": ("row", "column", "level", "share")},
    "flow": {"rows": ()},
    "panel": {"rows": ("label",)},
    "network": {"rows": ("name", "label", "size"), "edges": ("first", "second", "width", "precision")},
    "specification": {
        "rows": ("rank", "label", "estimate", "ci_lower", "ci_upper", "mark", "options"),
        "choices": (),
    },
    "drapery": {"rows": ("label", "estimate", "se"), "lines": ()},
}
# Columns that a kind of figure reads whatever its fields say.
ALWAYS: dict[str, dict[str, tuple[str, ...]]] = {
    "forest": {"groups": ("name", "label", "estimate", "ci_lower", "ci_upper")},
    "flow": {"rows": ("name", "label", "round_name", "stage", "reason", "count")},
    "scatter": {"areas": ("label", "area", "left", "right"), "x_lines": ("label", "x")},
    "specification": {"choices": ("label", "choice", "is_own")},
    "drapery": {"lines": ("x", "p_value")},
}
# Fields of a figure that name fields of the result; some stand in a stored figure only where they are used.
FIELDS = (
    *("summary_estimate", "summary_ci_lower", "summary_ci_upper", "pi_lower", "pi_upper", "own"),
    *("difference_statistic", "difference_df", "difference_p_value"),
)
HETEROGENEITY = ("q", "q_df", "q_p_value", "i2", "tau2")


def fields_drawn(figure: Mapping[str, Any]) -> tuple[str, ...]:
    """Give the names of the fields of the result that a figure draws beside its tables."""
    named = [figure.get(name) for name in FIELDS] + [panel["field"] for panel in figure.get("panels", ())]
    named += HETEROGENEITY if figure.get("has_heterogeneity") else ()
    return tuple(name for name in named if name)


def tables_drawn(figure: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    """Give the names of the tables that a figure draws, each with the columns that it draws.

    Parameters
    ----------
    figure : plain data of the specification (`model_dump(mode="json")`)
    """
    kind = figure.get("kind", "")
    found: dict[str, tuple[str, ...]] = {}
    for field, columns in COLUMNS.get(kind, {}).items():
        named = [figure[name] for name in columns if figure.get(name)]
        named += ALWAYS.get(kind, {}).get(field, ())
        if kind == "panel":
            named += [*(panel["column"] for panel in figure["panels"]), *figure["flags"]]
        tables = figure.get(field) or ()
        for table in (tables,) if isinstance(tables, str) else tables:
            found[table] = tuple(dict.fromkeys([*found.get(table, ()), *named]))
    return found
