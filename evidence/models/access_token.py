"""Personal tokens: by which programs of a person come in, and how far."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evidence.models.constraints import FieldCheck, together


class AccessToken(models.Model):
    """A key of one person for one program. The key itself is shown once and never stored; its digest is.

    A token opens never more than its person may do, and of that only what its scopes name.
    """

    name = models.CharField(max_length=80, help_text="What the token is for, such as R on my laptop.")
    digest = models.CharField(max_length=64, unique=True, editable=False, help_text="SHA-256 of the key.")
    hint = models.CharField(
        max_length=16, editable=False, help_text="The first letters of the key, to tell keys apart."
    )
    scopes = models.CharField(max_length=60, default="read", help_text="What a program may do with it.")
    valid_until = models.DateTimeField("valid until")
    last_use = models.DateTimeField("last used", null=True, blank=True, editable=False)
    issued_at = models.DateTimeField("made", auto_now_add=True)
    issued_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name="person",
        editable=False,
        on_delete=models.PROTECT,
        related_name="access_tokens",
    )
    revoked_at = models.DateTimeField("revoked", null=True, blank=True, editable=False)
    revoked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-issued_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issued_by", "name"],
                condition=Q(revoked_at__isnull=True),
                name="accesstoken_name_once_per_person",
                violation_error_message="You already have a token with this name; choose another, or revoke that one.",
            ),
            FieldCheck(
                field="name", condition=~Q(name=""), name="accesstoken_has_a_name", sentence="A token needs a name."
            ),
            together("revoked_at", "revoked_by", table="accesstoken", sentence="Say who revoked the token, and when."),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.hint}…)"

    @property
    def scope_set(self) -> frozenset[str]:
        """The scopes as a set."""
        return frozenset(self.scopes.split())
