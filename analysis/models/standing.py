"""Who stands by a snapshot: it is signed off by one named person, and published by one."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from analysis.models.snapshot import Snapshot
from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck

DIGEST_HELP = "SHA-256 of the manifest that the person saw."


class SignOff(AppendOnlyRow):
    """That a person stands by a snapshot, in which role and why."""

    review_path = "snapshot__analysis__review"

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="sign_off")
    role = models.CharField(max_length=20)
    reason = models.TextField()
    digest = models.CharField(max_length=64, help_text=DIGEST_HELP)
    signed_at = models.DateTimeField(auto_now_add=True)
    signed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-signed_at"]
        constraints = [
            FieldCheck(
                field="reason",
                condition=~Q(reason=""),
                name="signoff_has_a_reason",
                sentence="Say on what grounds the snapshot is signed off.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.snapshot}, signed off by {self.signed_by}"


class Publication(AppendOnlyRow):
    """That a signed snapshot is what the review tells its readers, from when on, and who decided so."""

    review_path = "snapshot__analysis__review"

    snapshot = models.OneToOneField(Snapshot, on_delete=models.PROTECT, related_name="publication")
    role = models.CharField(max_length=20)
    note = models.TextField(blank=True, help_text="What readers are told about this version, in a sentence or two.")
    warnings = models.TextField(blank=True, help_text="What the person was warned of and published all the same.")
    digest = models.CharField(max_length=64, help_text=DIGEST_HELP)
    published_at = models.DateTimeField(auto_now_add=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-published_at"]

    def __str__(self) -> str:
        return f"{self.snapshot}, published by {self.published_by}"
