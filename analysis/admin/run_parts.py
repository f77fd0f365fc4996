"""Parts of runs that are split: the list, and the page of one."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from analysis.admin.records import Record
from analysis.models import Run, RunPart
from evidence.admin.scoped import ReviewFilter


@admin.register(RunPart)
class RunPartAdmin(Record):
    """Parts of computations: queued, running, succeeded, failed."""

    list_display = ("__str__", "status", "attempt", "claimed_by", "claimed_at", "finished_at", "error")
    list_filter = (ReviewFilter, "status")
    search_fields = ("key", "run__plugin", "error", "answer_digest")
    related = ("run",)
    long_texts = ("answer", "run__result", "run__params", "run__environment")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show of which run it is and what it asks, then how it went."""
        first = ["run", "number", "of", "text", "answer_digest"]
        return first + [name for name in super().get_fields(request, obj) if name not in first]


def parts_of(run: Run) -> dict[str, Any]:
    """Give what the page of a run shows of its parts, and when the first of them began."""
    parts = list(run.parts.order_by("number").defer("text", "answer"))
    begun = [part.claimed_at for part in parts if part.claimed_at]
    return {"parts": parts, "started": min(begun, default=run.claimed_at)}
