"""The review's own words and questions."""

from django.contrib import admin

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
    """The questions that the review asks of every study."""

    list_display = ("name", "code", "kind", "unit", "position", "review")
    list_filter = (ReviewFilter, "kind")
    list_select_related = ("review",)
    search_fields = ("name", "code", "unit")
    prepopulated_fields = {"code": ("name",)}
    fields = ("review", ("name", "code"), ("kind", "unit"), "help", ("minimum", "maximum"), "choices", "position")
