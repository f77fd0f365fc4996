"""Accounts, with what administrators do to them kept in the log."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse

from access.services.locking import lift
from evidence.admin.standing import person_of
from evidence.services.noting import Kind, note

TOLD = {
    "username": "name for signing in",
    "email": "e-mail address",
    "is_active": "in use",
    "is_staff": "may open the site",
    "is_superuser": "administrator of the site",
    "groups": "groups",
    "user_permissions": "permissions",
}

admin.site.unregister(User)


@admin.register(User)
class AccountAdmin(UserAdmin):
    """Django's page of an account."""

    list_display = ("username", "email", "first_name", "last_name", "is_active", "is_superuser", "last_login")
    actions = ("lift_locks",)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Show what was done to an account; who may not is refused alike whether there is one or not."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)

    @admin.action(description="Lift the lock of these accounts")
    def lift_locks(self, request: HttpRequest, queryset: Any) -> None:
        """Let them try again at once."""
        names = sorted(queryset.order_by().values_list("username", flat=True))
        for name in names:
            lift(by=person_of(request), account=name)
        messages.success(request, f"Unlocked: {', '.join(names)}.")

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep what was changed beside Django's own note."""
        changed = [field for part in message if isinstance(part, dict) for field in changed_fields(part)]
        note(
            Kind.ACCOUNT_CHANGED, by=person_of(request), account=obj.get_username(), says=", ".join(changed) or "saved"
        )
        return super().log_change(request, obj, message)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """Keep that an account was made."""
        note(Kind.ACCOUNT_CHANGED, by=person_of(request), account=obj.get_username(), says="made")
        return super().log_addition(request, obj, message)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and keep what of the account's rights changed to what."""
        super().save_model(request, obj, form, change)
        rights = [name for name in ("is_active", "is_staff", "is_superuser") if name in form.changed_data]
        if change and rights:
            says = ", ".join(f"{TOLD[name]}: {'yes' if getattr(obj, name) else 'no'}" for name in rights)
            note(Kind.ACCOUNT_CHANGED, by=person_of(request), account=obj.get_username(), says=says)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        """Delete an account that nothing refers to, and keep that it was."""
        name = obj.get_username()
        super().delete_model(request, obj)
        note(Kind.ACCOUNT_CHANGED, by=person_of(request), account=name, says="deleted")


def changed_fields(part: dict[str, Any]) -> list[str]:
    """Give the names of fields in one part of what Django notes of a change."""
    return [str(name) for name in part.get("changed", {}).get("fields", ())]
