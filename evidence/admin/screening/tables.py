"""Rules and reasons of screening, and the lists of what it keeps by itself."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from evidence.admin.reviews import Managed
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter
from evidence.admin.screening.kept import KeptAdmin
from evidence.admin.standing import person_of, standing_of
from evidence.models import (
    DoubtfulPair,
    ExclusionReason,
    RecordText,
    ScreeningDecision,
    ScreeningPolicy,
    ScreeningRanking,
    ScreeningState,
    ScreeningTicket,
)
from evidence.permissions import Act
from evidence.services.screening import set_policy


class OfOwners(Managed):
    """Rows that the owner of a review makes and changes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)


@admin.register(ExclusionReason)
class ExclusionReasonAdmin(OfOwners):
    """The review's own list of reasons."""

    list_display = ("name", "stage", "position", "means_not_retrieved", "is_retired", "review")
    list_filter = (ReviewFilter, "stage", "is_retired")
    list_select_related = ("review",)
    search_fields = ("name", "code")
    fields = ("review", ("name", "code"), ("stage", "position"), "means_not_retrieved", "is_retired")
    prepopulated_fields = {"code": ("name",)}
    fixed_after_creation = ("review",)


@admin.register(ScreeningPolicy)
class ScreeningPolicyAdmin(OfOwners):
    """How a review screens."""

    list_display = ("review", "title_abstract_readers", "full_text_readers", "order")
    list_filter = (ReviewFilter, "order")
    list_select_related = ("review",)
    search_fields = ("review__title",)
    fixed_after_creation = ("review",)
    fieldsets = [
        (
            None,
            {
                "fields": (
                    "review",
                    ("title_abstract_readers", "title_abstract_share"),
                    ("full_text_readers", "full_text_share"),
                    "needs_reason",
                    ("order", "seed"),
                ),
                "description": "A change holds for records that still wait: where one reader is enough from now on, an "
                "answer that is there counts at once. What is settled or in conflict stays as it is.",
            },
        ),
        ("Words to highlight in titles and abstracts", {"fields": ("include_words", "exclude_words")}),
    ]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give lists of words the height of a few lines."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.TextField) and field is not None:
            field.widget.attrs["rows"] = 5
        return field

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody: without rules of its own a review would fall back to others."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save through the service, which brings the records that wait under the rules."""
        fields = {name: value for name, value in form.cleaned_data.items() if name not in ("review", "DELETE")}
        review = obj.review
        with tied_to(None):
            policy = set_policy(by=person_of(request), review=review, **fields)
        obj.pk, obj._state.adding = policy.pk, False


@admin.register(ScreeningDecision)
class ScreeningDecisionAdmin(KeptAdmin):
    """Who said what. What others said of a record is here once every required reader has answered it."""

    list_display = ("record", "stage", "answer", "reason", "is_adjudication", "decided_by", "decided_at", "door")
    list_filter = (ReviewFilter, "stage", "answer", "is_adjudication", "door")
    search_fields = ("record__title", "note", "decided_by__username")
    related = ("record", "reason", "decided_by")


@admin.register(ScreeningState)
class ScreeningStateAdmin(KeptAdmin):
    """Where each record stands at each stage."""

    list_display = ("record", "stage", "status", "answered", "needed", "first_reader", "priority")
    list_filter = (ReviewFilter, "stage", "status")
    search_fields = ("record__title",)
    related = ("record", "first_reader", "reason")


@admin.register(ScreeningTicket)
class ScreeningTicketAdmin(KeptAdmin):
    """Who has which record in hand."""

    list_display = ("record_in_hand", "reader", "lease_until", "is_skipped")
    list_filter = (ReviewFilter, "is_skipped")
    search_fields = ("state__record__title", "reader__username")
    related = ("state__record", "reader")

    @admin.display(description="record")
    def record_in_hand(self, ticket: ScreeningTicket) -> str:
        """The record."""
        return str(ticket.state.record)


@admin.register(ScreeningRanking)
class ScreeningRankingAdmin(KeptAdmin):
    """When the queue was put in a new order."""

    list_display = ("review", "learned_from", "included", "ranked", "ranked_at", "ranked_by")
    search_fields = ("review__title", "method")
    related = ("review", "ranked_by")


@admin.register(DoubtfulPair)
class DoubtfulPairAdmin(KeptAdmin):
    """Pairs of records that may be one document, and what was said of them."""

    list_display = ("first", "second", "score", "answer", "answered_by", "answered_at")
    list_filter = (ReviewFilter, "answer")
    search_fields = ("first__title", "second__title", "reasons")
    related = ("first", "second", "answered_by")


@admin.register(RecordText)
class RecordTextAdmin(KeptAdmin):
    """What searching reads of records."""

    list_display = ("record",)
    search_fields = ("words",)
    related = ("record",)
