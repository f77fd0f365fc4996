"""The base of the lists of what screening keeps by itself: to read, for the members of its review."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest

from evidence.admin.scoped import ReviewFilter
from evidence.admin.standing import standing_of
from evidence.permissions import Act


class KeptAdmin(admin.ModelAdmin):
    """The list and the page of a model whose rows the services write; `related` names what a line mentions."""

    actions = None
    show_full_result_count = False
    list_per_page = 50
    list_filter: ClassVar[Any] = (ReviewFilter,)
    related: tuple[str, ...] = ()

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give the rows of the person's reviews; of decisions, those that blinding lets through."""
        rows: Any = super().get_queryset(request)
        return rows.visible_to(request.user).select_related(*self.related)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything, moments too."""
        return [field.name for field in self.opts.fields if field.name != "id"]

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all that is stored."""
        return self.get_readonly_fields(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the model to members of any review."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person may read the row, or any row."""
        if obj is None:
            return standing_of(request).may_somewhere(Act.VIEW)
        return bool(type(obj).objects.filter(pk=obj.pk).visible_to(request.user).exists())

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
