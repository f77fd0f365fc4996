"""Imports and other acts on many rows: what each did, and taking it back."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import ChangeBatch
from evidence.permissions import Act
from evidence.services.undoing import CHANGED, CREATED, DELETED, counts_of, entries_of, undo

# More rows than these are counted, not listed.
MOST_LISTED = 200
DID = {CREATED: "created", CHANGED: "changed", DELETED: "deleted"}


@admin.register(ChangeBatch)
class ChangeBatchAdmin(ScopedAdmin):
    """Acts on many rows, to read and to undo."""

    list_display = ("what", "door", "made_at", "made_by", "undone_at", "in_review")
    list_filter = (ReviewFilter, "door")
    list_select_related = ("made_by", "undone_by", "review")
    search_fields = ("what", "made_by__username")

    @admin.display(description="review", ordering="review__title")
    def in_review(self, batch: ChangeBatch) -> str:
        """Short name of the review."""
        return batch.review.slug

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Acts are noted by themselves."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was done is kept as it was."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """What was done is kept."""
        return False

    def get_urls(self) -> list[Any]:
        """Add the button."""
        undoing = self.admin_site.admin_view(self.undo_view)
        return [path("<int:batch_id>/undo/", undoing, name="evidence_changebatch_undo"), *super().get_urls()]

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Show what an act did."""
        batch = self.get_object(request, object_id)
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        if request.method not in ("GET", "HEAD"):
            raise PermissionDenied("An act is undone with its button; it is not changed.")
        counts = counts_of(batch)
        may_undo = standing_of(request).may(Act.ADJUDICATE, batch.review_id)
        context = {
            **self.admin_site.each_context(request),
            "title": str(batch),
            "opts": self.opts,
            "batch": batch,
            "kinds": sorted((str(model._meta.verbose_name), DID[kind], count) for model, kind, count in counts),
            # Names of rows may tell what another reader entered.
            "entries": entries_of(batch, MOST_LISTED) if may_undo else [],
            "left_out": max(sum(count for _, _, count in counts) - MOST_LISTED, 0),
            "may_undo": may_undo and batch.undone_at is None,
        }
        return TemplateResponse(request, "admin/evidence/batch/page.html", context)

    def undo_view(self, request: HttpRequest, batch_id: int) -> HttpResponse:
        """Take an act back."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        batch = self.get_object(request, str(batch_id))
        if batch is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, str(batch_id))
        if not standing_of(request).may(Act.ADJUDICATE, batch.review_id):
            raise PermissionDenied("Your role in the review does not cover undoing an act on many rows.")
        try:
            count = undo(by=person_of(request), batch=batch, reason=request.POST.get("reason", ""))
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
        else:
            messages.success(request, f"It is undone: {count} changes were taken back. The history keeps both.")
        return HttpResponseRedirect(reverse("admin:evidence_changebatch_change", args=[batch_id]))
