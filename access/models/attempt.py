"""Attempts to come in that have not succeeded: what a lock-out is counted from."""

from django.db import models


class Attempt(models.Model):
    """One attempt that failed, or is under way; deleted when it succeeds, when a lock is lifted, and after a day."""

    class Door(models.TextChoices):
        PASSWORD = "password", "password"
        CODE = "code", "second step"

    door = models.CharField(max_length=10, choices=Door)
    account = models.CharField("name for signing in", max_length=150, db_index=True)
    network = models.CharField(max_length=45, db_index=True, help_text="The address; of IPv6, its network of 64 bits.")
    moment = models.DateTimeField("when", auto_now_add=True, db_index=True)

    class Meta:
        ordering = ["-moment", "-id"]
        verbose_name = "failed attempt"

    def __str__(self) -> str:
        return f"{self.account} from {self.network}"
