"""Reviews and their teams."""

from typing import Any

from django.contrib import admin
from django.contrib.auth import get_user_model
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from evidence.admin.as_of import as_of_urls
from evidence.admin.rows import tied_to
from evidence.admin.scoped import ReviewFilter, ScopedAdmin, ScopedInline
from evidence.admin.standing import person_of, standing_of
from evidence.models import Membership, Review, Study
from evidence.permissions import Act
from evidence.services import create_review

LEADS_TO = (
    ("study", "Studies"),
    ("outcome", "Outcomes"),
    ("instrument", "Instruments"),
    ("searchround", "Search rounds and flow"),
    ("characteristicfield", "Characteristics to extract"),
    ("comparatortype", "Comparator types"),
    ("componenttype", "Intervention components"),
)


class MemberRows(ScopedInline, admin.StackedInline):
    """The team."""

    model = Membership
    change_act = Act.MANAGE
    fields = ("user", "role")
    verbose_name_plural = "Team"
    template = "admin/evidence/rows.html"

    def formfield_for_foreignkey(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Offer the accounts that are in use."""
        if db_field.name == "user":
            kwargs["queryset"] = get_user_model().objects.filter(is_active=True).order_by("username")
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if db_field.name == "user":
            field.choices = list(field.choices)
        return field

    def get_queryset(self, request: HttpRequest) -> Any:
        """Read the accounts along with the roles."""
        return super().get_queryset(request).select_related("user")


class Managed(ScopedAdmin):
    """Rows about the review itself: its owner changes them."""

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person manages the review, or any review."""
        standing = standing_of(request)
        return standing.may_somewhere(Act.MANAGE) if obj is None else standing.may(Act.MANAGE, obj.owning_review.pk)


@admin.register(Review)
class ReviewAdmin(Managed):
    """The question of a review, its team, and the way to everything else."""

    list_display = ("title", "status", "registration", "studies_so_far", "members")
    list_filter = ("status",)
    search_fields = ("title", "slug", "registration")
    prepopulated_fields = {"slug": ("title",)}
    fieldsets = [
        (
            None,
            {"fields": ("leads_to", "title", ("slug", "status"), ("registration", "registered_on"), "protocol_url")},
        ),
        (
            "Question (PICOS)",
            {"fields": ("question", "population", "intervention", "comparator", "outcome", "study_design")},
        ),
        ("Publication", {"fields": ("citation",)}),
    ]
    readonly_fields = ("leads_to",)

    def get_queryset(self, request: HttpRequest) -> Any:
        """Count studies and members along."""
        studies = Study.objects.filter(review=OuterRef("pk")).order_by().values("review").annotate(k=Count("pk"))
        members = Membership.objects.filter(review=OuterRef("pk")).order_by().values("review").annotate(k=Count("pk"))
        counts = {"study_count": Subquery(studies.values("k")), "member_count": Subquery(members.values("k"))}
        return super().get_queryset(request).annotate(**counts)

    def get_urls(self) -> list[Any]:
        """Add the review as it was on a date."""
        return [*as_of_urls(self), *super().get_urls()]

    def formfield_for_dbfield(self, db_field: Any, request: Any, **kwargs: Any) -> Any:
        """Give long texts the height of a few lines."""
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(db_field, models.TextField) and field is not None:
            field.widget.attrs["rows"] = 3
        return field

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Leave out the links while there is nothing to lead to."""
        if obj is not None:
            return super().get_fieldsets(request, obj)
        (name, first), *rest = super().get_fieldsets(request, obj)
        return [(name, {"fields": first["fields"][1:]}), *rest]

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        """Show the team once the review exists: the one who makes it is its owner."""
        return [MemberRows] if obj is not None else []

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Propose a short name for a new review only."""
        return self.prepopulated_fields if obj is None else {}

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Anybody may open the list, which holds their own reviews."""
        return request.user.is_staff if obj is None else super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Any staff user may start a review."""
        return request.user.is_staff

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Make a new review through its own service, so that it has an owner."""
        if change:
            super().save_model(request, obj, form, change)
            return
        with tied_to(None):
            review = create_review(by=person_of(request), **form.cleaned_data)
        obj.pk, obj._state.adding = review.pk, False
        self.forget(request)

    def forget(self, request: HttpRequest) -> None:
        """Read the memberships anew: there is one more."""
        request.standing = None  # type: ignore[attr-defined]

    @admin.display(description="go to")
    def leads_to(self, review: Any) -> SafeString:
        """Links to the parts of the review."""
        links = (
            (reverse(f"admin:evidence_{model}_changelist"), review.pk, title) for model, title in LEADS_TO if review.pk
        )
        return format_html(
            '<span class="leads-to">{}</span>', format_html_join(" ", '<a href="{}?review={}">{}</a>', links)
        )

    @admin.display(description="studies")
    def studies_so_far(self, review: Any) -> int:
        """Number of studies."""
        return review.study_count or 0

    @admin.display(description="members")
    def members(self, review: Any) -> int:
        """Number of members."""
        return review.member_count or 0


@admin.register(Membership)
class MembershipAdmin(Managed):
    """Who may do what where."""

    list_display = ("user", "role", "review")
    list_filter = (ReviewFilter, "role")
    list_select_related = ("user", "review")
    search_fields = ("user__username", "user__last_name", "review__title")
    fixed_after_creation = ("review", "user")

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Whether the person manages any review."""
        return standing_of(request).may_somewhere(Act.MANAGE)

    def choices_of(self, remote: Any, request: Any, review_id: int | None) -> Any:
        """Offer the reviews that the person manages."""
        return standing_of(request).reviews(Act.MANAGE)
