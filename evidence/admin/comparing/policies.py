"""How many people extract each study."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evidence.admin.reviews import Managed
from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import standing_of
from evidence.models import ExtractionPolicy
from evidence.permissions import Act


@admin.register(ExtractionPolicy)
class ExtractionPolicyAdmin(Managed):
    """The policy of a review; without one, two people extract each study."""

    list_display = ("review", "readers")
    list_display_links = ("readers",)
    list_filter = (ReviewFilter, "readers")
    list_select_related = ("review",)
    search_fields = ("review__title",)
    fixed_after_creation = ("review",)
    fields = ("review", "readers")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)
