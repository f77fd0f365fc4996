"""Failed attempts, from which locks are counted, and lifting a lock."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from access.models import Attempt
from access.services.locking import is_locked, lift
from evidence.admin.restricted import RestrictedAdmin
from evidence.admin.standing import person_of


@admin.register(Attempt)
class AttemptAdmin(RestrictedAdmin):
    """Attempts of the last day that did not succeed."""

    list_display = ("account", "network", "door", "moment", "locked")
    list_display_links = None
    list_filter = ("door",)
    search_fields = ("account", "network")
    fields = ("account", "network", "door", "moment")
    actions = ("lift_locks",)

    @admin.display(description="locked", boolean=True)
    def locked(self, attempt: Any) -> bool:
        """Whether the name has to wait at this moment."""
        return is_locked(attempt.account)

    @admin.action(description="Lift the lock of these names")
    def lift_locks(self, request: HttpRequest, queryset: Any) -> None:
        """Let the names try again at once."""
        names = sorted(set(queryset.order_by().values_list("account", flat=True)))
        for name in names:
            lift(by=person_of(request), account=name)
        messages.success(request, f"Unlocked: {', '.join(names)}.")
