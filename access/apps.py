"""The app that keeps the doors."""

from django.apps import AppConfig


class AccessConfig(AppConfig):
    """Signing in, the second step and invitations."""

    name = "access"
    verbose_name = "Access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Register the checks that stop the start where the site would be open."""
        from access import checks  # noqa: F401  (the checks register themselves on import)
