"""The base of the pages of what is kept for ever: to read, for the members of its review."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evidence.admin.standing import standing_of
from evidence.models import Review
from evidence.permissions import Act


def review_of(row: Any) -> Review:
    """Give the review that a row belongs to, by its `review_path`."""
    for step in row.review_path.split("__"):
        row = getattr(row, step)
    return row


class ReadOnlyAdmin(admin.ModelAdmin):
    """The list and the page of a model that nobody adds, changes or deletes here."""

    actions = None
    show_full_result_count = False
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the rows of the person's reviews."""
        reviews = standing_of(request).reviews(Act.VIEW)
        return super().get_queryset(request).filter(**{f"{self.model.review_path}__in": reviews})

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the model to members of any review."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may read the row, or any row."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.VIEW) if obj is None else standing.may(Act.VIEW, review_of(obj).pk)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
