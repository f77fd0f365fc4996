"""Who has a second step; an administrator removes that of somebody who lost the telephone and the recovery codes."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest

from access.models import RecoveryCode, SecondStep
from access.services.stepping import remove
from evidence.admin.restricted import RestrictedAdmin
from evidence.admin.standing import person_of


@admin.register(SecondStep)
class SecondStepAdmin(RestrictedAdmin):
    """Second steps; never their secrets."""

    list_display = ("user", "made_at", "made_by")
    list_display_links = None
    list_select_related = ("user", "made_by")
    search_fields = ("user__username",)
    fields = ("user", "made_at", "made_by")
    actions = ("remove_steps",)

    @admin.action(description="Remove the second step of these people")
    def remove_steps(self, request: HttpRequest, queryset: Any) -> None:
        """Let people who cannot pass it sign in with their password, and set up another telephone."""
        others = [step.user for step in queryset.select_related("user") if step.user_id != request.user.pk]
        for user in others:
            remove(by=person_of(request), user=user)
        names = ", ".join(user.get_username() for user in others)
        messages.success(
            request, f"Removed: {names}." if others else "Your own you remove on the page of your account."
        )


@admin.register(RecoveryCode)
class RecoveryCodeAdmin(RestrictedAdmin):
    """Which recovery codes are used; never the codes."""

    list_display = ("step", "used_at", "used_by")
    list_display_links = None
    list_select_related = ("step__user", "used_by")
    search_fields = ("step__user__username",)
    fields = ("step", "used_at", "used_by")
    actions = None
