"""The second step of signing in: a secret shared with a person's telephone, and codes for when it is lost."""

from django.conf import settings
from django.db import models

from evidence.models.constraints import together


class SecondStep(models.Model):
    """That a person signs in with a code as well; the secret that the codes come from is kept sealed."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="second_step")
    sealed_secret = models.TextField()
    last_counter = models.BigIntegerField(
        default=0, help_text="The time step of the last code that was taken; no code of it, or before it, counts again."
    )
    made_at = models.DateTimeField("set up at", auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="set up by"
    )

    class Meta:
        ordering = ["user"]

    def __str__(self) -> str:
        return f"second step of {self.user}"


class RecoveryCode(models.Model):
    """A code that stands in for the telephone once; kept as its digest."""

    step = models.ForeignKey(SecondStep, on_delete=models.CASCADE, related_name="codes")
    digest = models.CharField(max_length=64)
    used_at = models.DateTimeField(null=True, blank=True)
    used_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["step", "id"]
        constraints = [
            together("used_at", "used_by", table="recoverycode", sentence="Say who used the code, and when."),
            models.UniqueConstraint(
                fields=["step", "digest"],
                name="recoverycode_once",
                violation_error_message="The person has this code already.",
            ),
        ]

    def __str__(self) -> str:
        return f"recovery code of {self.step.user}, {'used' if self.used_at else 'unused'}"
