"""The published table of sensitivity analyses: all studies, and the comparisons that a reader asks for first."""

from collections.abc import Mapping
from typing import Any

from plugins.sensitivity.comparison import Compared, Pooled


def list_comparisons(whole: Pooled, fields: Mapping[str, Any]) -> tuple[Compared, ...]:
    """Give all studies, each scenario, outliers removed, and the lowest and highest estimate without one study."""
    if whole.k == 0:
        return ()
    has_estimate = whole.estimate is not None
    everything = Compared(
        name="all_studies",
        label="All studies",
        difference=0.0 if has_estimate else None,
        conclusion_changes=False if has_estimate else None,
        **dict(whole),
    )
    removed = fields.get("outliers_removed")
    return (
        everything,
        *(Compared(**{name: getattr(row, name) for name in Compared.model_fields}) for row in fields["scenarios"]),
        *((removed,) if removed else ()),
        *_range(fields.get("leave_one_out", ())),
    )


def _range(rows: tuple[Compared, ...]) -> tuple[Compared, ...]:
    """Give the rows with the lowest and the highest estimate; equal ones by label."""
    known = sorted((row for row in rows if row.estimate is not None), key=lambda row: (row.estimate or 0.0, row.label))
    if not known:
        return ()
    return (
        known[0].model_copy(
            update={"name": "leave_one_out_lowest", "label": f"One study left out, lowest: {known[0].label}"}
        ),
        known[-1].model_copy(
            update={"name": "leave_one_out_highest", "label": f"One study left out, highest: {known[-1].label}"}
        ),
    )
