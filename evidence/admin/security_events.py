"""The log of what concerns security: for administrators of the site, to read."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from evidence.models import SecurityEvent


@admin.register(SecurityEvent)
class SecurityEventAdmin(admin.ModelAdmin):
    """Events, the newest first; nobody adds, changes or deletes one."""

    actions = None
    show_full_result_count = False
    list_per_page = 100
    date_hierarchy = "made_at"
    list_display = ("made_at", "kind", "account", "made_by", "address", "says")
    list_display_links = ("made_at",)
    list_filter = ("kind",)
    list_select_related = ("made_by",)
    search_fields = ("account", "address", "says", "made_by__username")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Everything, moments too."""
        return ("made_at", "kind", "account", "made_by", "address", "says")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show all that is stored."""
        return self.get_readonly_fields(request, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        """Show the log to administrators of the site."""
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Administrators of the site: it names people of all reviews."""
        return bool(request.user.is_active and request.user.is_superuser)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Nobody."""
        return False
