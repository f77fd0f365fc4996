"""An import or a change of many rows at once, as one act that can be undone as a whole."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceRow
from evidence.models.constraints import FieldCheck, together
from evidence.models.doors import Door
from evidence.models.review import Review


class ChangeBatch(EvidenceRow):
    """One act on many rows: the history of each of them names it."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="change_batches")
    what = models.CharField(max_length=200, help_text="What was done, such as: import of the folder lbp_review.")
    door = models.CharField(max_length=10, choices=Door)
    made_at = models.DateTimeField(auto_now_add=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True, editable=False)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.PROTECT, related_name="+"
    )
    undone_because = models.TextField(blank=True, editable=False)

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = "act on many rows"
        verbose_name_plural = "acts on many rows"
        constraints = [
            together("undone_at", "undone_by", table="changebatch", sentence="Say who undid it, and when."),
            FieldCheck(
                field="undone_because",
                condition=Q(undone_at__isnull=True) | ~Q(undone_because=""),
                name="changebatch_undone_because",
                sentence="Say why it is undone.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.what} ({self.made_at:%Y-%m-%d %H:%M})"
