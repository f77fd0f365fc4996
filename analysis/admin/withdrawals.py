"""Withdrawn versions of plugins, to read; they are withdrawn by `manage.py withdraw`."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from analysis.admin.scoped import ReadOnlyAdmin
from analysis.models.withdrawal import PluginWithdrawal
from evidence.admin.standing import standing_of
from evidence.permissions import Act


@admin.register(PluginWithdrawal)
class PluginWithdrawalAdmin(ReadOnlyAdmin):
    """Which versions should not be relied on, and why. Members of any review may read all of them."""

    list_display = ("plugin", "version", "withdrawn_at", "withdrawn_by", "reason")
    list_display_links = ("plugin", "version")
    list_filter = ("plugin", "withdrawn_at")
    search_fields = ("plugin", "version", "reason")
    fields = readonly_fields = ("plugin", "version", "reason", "withdrawn_at", "withdrawn_by")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Give all rows: a plugin serves every review."""
        return PluginWithdrawal.objects.select_related("withdrawn_by")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the person is a member of any review."""
        return standing_of(request).may_somewhere(Act.VIEW)
