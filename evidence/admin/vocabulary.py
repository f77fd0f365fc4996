"""The review's own words and questions."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from evidence.admin.scoped import ReviewFilter, ScopedAdmin
from evidence.models import CharacteristicField, ComparatorType, ComponentType


@admin.register(ComparatorType)
class ComparatorTypeAdmin(ScopedAdmin):
    """Kinds of comparator."""

    list_display = ("name", "code", "definition", "review")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("name", "code", "definition")
    prepopulated_fields = {"code": ("name",)}
    fields = ("review", "name", "code", "definition")


@admin.register(ComponentType)
class ComponentTypeAdmin(ScopedAdmin):
    """Kinds of intervention component."""

    list_display = ("name", "family", "code", "definition", "review")
    list_filter = (ReviewFilter,)
    list_select_related = ("review",)
    search_fields = ("name", "code", "family", "definition")
    prepopulated_fields = {"code": ("name",)}
    fields = ("review", "family", "name", "code", "definition")


@admin.register(CharacteristicField)
class CharacteristicFieldAdmin(ScopedAdmin):
    """The questions that the review asks of every study; they are changed on the page of the form."""

    list_display = ("name", "code", "kind", "unit", "position", "is_retired", "form_page", "review")
    list_filter = (ReviewFilter, "kind", "is_retired")
    list_select_related = ("review",)
    search_fields = ("name", "code", "unit")
    fields = (
        *("form_page", "review", ("name", "code"), ("kind", "unit"), "help", ("minimum", "maximum"), "choices"),
        *("position", "is_retired"),
    )
    readonly_fields = ("form_page",)
    is_added_elsewhere = True

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """A question is changed with a new version of the form, so that the answers are looked after."""
        return False

    @admin.display(description="change it")
    def form_page(self, row: Any) -> SafeString:
        """The page of the review's form."""
        url = reverse("admin:evidence_extractionform_review", args=[row.review.slug])
        return format_html('<a href="{}">on the page of the form</a>', url)
