"""What happened to the doors of the site: who came in, who did not, and who let whom do what."""

from django.conf import settings
from django.db import models

from evidence.models.append_only import AppendOnlyRow


class SecurityEvent(AppendOnlyRow):
    """One event that an officer for security may ask about; kept as it was noted."""

    class Kind(models.TextChoices):
        SIGNED_IN = "signed_in", "signed in"
        SIGN_IN_FAILED = "sign_in_failed", "sign-in failed"
        LOCKED_OUT = "locked_out", "locked out"
        LOCK_LIFTED = "lock_lifted", "lock lifted"
        SIGNED_OUT = "signed_out", "signed out"
        PASSWORD_CHANGED = "password_changed", "password changed"
        ACCOUNT_CHANGED = "account_changed", "account changed"
        STEP_SET_UP = "step_set_up", "second step set up"
        STEP_REMOVED = "step_removed", "second step removed"
        STEP_PASSED = "step_passed", "second step passed"
        STEP_FAILED = "step_failed", "second step failed"
        CODES_MADE = "codes_made", "recovery codes made"
        CODE_USED = "code_used", "recovery code used"
        INVITED = "invited", "invited"
        INVITATION_WITHDRAWN = "invitation_withdrawn", "invitation withdrawn"
        INVITATION_ACCEPTED = "invitation_accepted", "invitation accepted"
        ROLE_CHANGED = "role_changed", "role changed"
        TOKEN_MADE = "token_made", "token made"
        TOKEN_REVOKED = "token_revoked", "token revoked"
        WEBHOOK_CHANGED = "webhook_changed", "webhook changed"
        EXPORTED = "exported", "exported"

    kind = models.CharField(max_length=24, choices=Kind, db_index=True)
    account = models.CharField(
        max_length=150, blank=True, db_index=True, help_text="The name for signing in that it is about, if any."
    )
    says = models.CharField(max_length=300, blank=True, help_text="What happened, where the kind does not say it.")
    address = models.CharField(max_length=45, blank=True, help_text="The network address that it came from.")
    made_at = models.DateTimeField("when", auto_now_add=True, db_index=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+", verbose_name="by"
    )

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-made_at", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.account or self.says}"
