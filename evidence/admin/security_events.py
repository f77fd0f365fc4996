"""The log of what concerns security: for administrators of the site, to read."""

from django.contrib import admin

from evidence.admin.restricted import RestrictedAdmin
from evidence.models import SecurityEvent


@admin.register(SecurityEvent)
class SecurityEventAdmin(RestrictedAdmin):
    """Events, the newest first: they name people of all reviews, and nobody adds, changes or deletes one."""

    actions = None
    date_hierarchy = "made_at"
    list_display = ("made_at", "kind", "account", "made_by", "address", "says")
    list_display_links = ("made_at",)
    list_filter = ("kind",)
    list_select_related = ("made_by",)
    search_fields = ("account", "address", "says", "made_by__username")
    fields = ("made_at", "kind", "account", "made_by", "address", "says")
