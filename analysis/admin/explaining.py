"""The page that compares a snapshot with another one: what changed, who did it, and what it moved."""

from typing import Any, Protocol

from django.contrib.admin import AdminSite
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.template.response import TemplateResponse
from django.urls import path
from django.utils.safestring import SafeString, mark_safe

from analysis.explain import CLASS_NAMES, QUANTITIES, Explanation
from analysis.figures.waterfall import WaterfallFigure, draw_waterfall
from analysis.models import Snapshot
from analysis.reading import Reading
from analysis.services.explaining import explain_snapshots, previous_of

HEADINGS = {"estimate": "Estimate", "ci_lower": "CI lower limit", "ci_upper": "CI upper limit", "tau2": "τ²"}
STATUS_WORDS = {
    "added": "pooled now",
    "removed": "no longer pooled",
    "changed": "another effect",
    "noted": "no effect changed",
}
LONGEST_NUMBER = 9
NONE_BEFORE = "This is the first snapshot of the analysis; there is no earlier one to compare it with."
NO_SUCH = "The analysis has no snapshot {asked}."


class SnapshotPages(Protocol):
    """What the page needs of the admin of snapshots."""

    admin_site: AdminSite
    opts: Any

    def reading_or_404(self, request: HttpRequest, snapshot_id: int) -> Reading:
        """Give a snapshot of the person's reviews."""
        ...


def explain_urls(pages: SnapshotPages) -> list[Any]:
    """Give the address of the page, for `get_urls` of the admin of snapshots."""

    def view(request: HttpRequest, snapshot_id: int) -> HttpResponse:
        return explain_view(pages, request, snapshot_id)

    address = "<int:snapshot_id>/explain/"
    return [path(address, pages.admin_site.admin_view(view), name="analysis_snapshot_explain")]


def explain_view(pages: SnapshotPages, request: HttpRequest, snapshot_id: int) -> HttpResponse:
    """Compare a snapshot with the one whose number is asked for as `with`, by default the one before."""
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    snapshot = pages.reading_or_404(request, snapshot_id).snapshot
    asked = request.GET.get("with", "")
    if asked and not (asked.isdecimal() and len(asked) <= LONGEST_NUMBER):
        raise Http404(NO_SUCH.format(asked=asked))
    other = previous_of(snapshot, number=int(asked) if asked else None)
    if other is None and asked:
        raise Http404(NO_SUCH.format(asked=asked))
    others = Snapshot.objects.filter(analysis=snapshot.analysis_id).exclude(pk=snapshot.pk).order_by("-number")
    context = {
        **pages.admin_site.each_context(request),
        "title": f"What moved: {snapshot.analysis.title}",
        "opts": pages.opts,
        "snapshot": snapshot,
        "analysis": snapshot.analysis,
        "other": other,
        "others": others,
        "refusal": "" if other else NONE_BEFORE,
    }
    if other is not None:
        try:
            found = explain_snapshots(before=other, after=snapshot)
        except ValidationError as error:
            context["refusal"] = " ".join(error.messages)
        else:
            context |= context_of(found)
    return TemplateResponse(request, "admin/analysis/explain/page.html", context)


def context_of(found: Explanation) -> dict[str, Any]:
    """Give what the page shows of an explanation."""
    return {
        "explanation": found,
        "figure": waterfall_of(found),
        "headings": [HEADINGS[name] for name in QUANTITIES],
        "shares": [
            {
                "row": row,
                "cells": [(getattr(row, name), getattr(row, f"{name}_se")) for name in QUANTITIES],
            }
            for row in found.ranked()
        ],
        "movements": [{"title": HEADINGS[row.quantity], "row": row} for row in found.movements],
        "whole": [row.change for row in found.movements],
        "studies": [{"row": row, "status": STATUS_WORDS[row.status]} for row in found.studies],
        "classes": [
            {
                "title": title,
                "before": getattr(found.conclusion_before, name),
                "after": getattr(found.conclusion_after, name),
            }
            for name, title in CLASS_NAMES.items()
        ],
    }


def waterfall_of(found: Explanation) -> SafeString:
    """Give the waterfall plot of the estimate, "" where there is no movement to show."""
    movement = found.movement("estimate")
    rows = [{"label": row.label, "change": row.estimate} for row in found.ranked() if row.estimate]
    if movement.change is None or not rows:
        return SafeString("")
    figure = WaterfallFigure(
        title="What moved the estimate",
        rows="changes",
        before_label=f"Snapshot {found.before.number}",
        after_label=f"Snapshot {found.after.number}",
        x_label=f"Pooled estimate ({found.measure}{f', {found.unit}' if found.unit else ''})",
        is_ratio=found.is_ratio,
    )
    result = {"changes": rows, "before": movement.before, "after": movement.after}
    return mark_safe(draw_waterfall(figure, result))  # the renderer escapes every text that it is given  # noqa: S308
