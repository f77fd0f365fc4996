"""That a version of a plugin is withdrawn: what it computed should not be relied on."""

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck


class PluginWithdrawal(AppendOnlyRow):
    """One withdrawn version of a plugin, and why. It belongs to no review: the plugin serves them all."""

    plugin = models.CharField(max_length=60)
    version = models.CharField(
        max_length=20, validators=[RegexValidator(r"^\d+\.\d+\.\d+$", "Give the version as major.minor.patch.")]
    )
    reason = models.TextField(help_text="What is wrong with its results, for those who used them.")
    withdrawn_at = models.DateTimeField(auto_now_add=True)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-withdrawn_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["plugin", "version"],
                name="pluginwithdrawal_once",
                violation_error_message="This version of the plugin is withdrawn already.",
            ),
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="pluginwithdrawal_has_a_reason",
                sentence="Say why the version is withdrawn.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plugin} {self.version}"
