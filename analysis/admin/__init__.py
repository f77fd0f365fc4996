"""The screens of analyses, runs and snapshots: they show and ask, services act."""

from analysis.admin import (
    analyses,
    claims,
    ledger,
    manuscripts,
    notices,
    papers,
    records,
    runs,
    schedules,
    snapshots,
    withdrawals,
    wording,
)

__all__ = [
    "analyses",
    "claims",
    "ledger",
    "manuscripts",
    "notices",
    "papers",
    "records",
    "runs",
    "schedules",
    "snapshots",
    "withdrawals",
    "wording",
]
