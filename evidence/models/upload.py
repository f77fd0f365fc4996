"""A file on its way into a review: what was sent, how far its import is, and what came of it."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from evidence.models.base import EvidenceQuerySet
from evidence.models.batch import ChangeBatch
from evidence.models.constraints import FieldCheck, together
from evidence.models.review import Review


class Upload(models.Model):
    """One file that somebody sent to be read into a review.

    It is read without writing anything (the preview), a person confirms what would happen, and it is written. What it
    changed is the act that it names, whose rows keep their history. The file itself is deleted after a while.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        READING = "reading", "being read"
        PREVIEWED = "previewed", "waits for a confirmation"
        WRITING = "writing", "being saved"
        LOADED = "loaded", "loaded"
        REFUSED = "refused", "refused"
        FAILED = "failed", "failed"
        DISCARDED = "discarded", "discarded"

    AT_WORK = (Status.WAITING, Status.READING, Status.WRITING)
    review_path = "review"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="uploads")
    format = models.CharField(max_length=40, help_text="Code of the format that the file is read as.")
    name = models.CharField("name of the file", max_length=255)
    size = models.PositiveBigIntegerField("size in bytes")
    digest = models.CharField("SHA-256", max_length=64)
    stored_as = models.CharField(max_length=80, blank=True, help_text="Where the file lies; empty once it is deleted.")
    answers = models.TextField(default="{}", help_text="What was answered to the questions of the format, as JSON.")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    attempt = models.PositiveIntegerField(default=1, help_text="How often its reading was begun.")
    preview = models.TextField(blank=True, help_text="What the import would do, or did, as JSON.")
    said = models.TextField(blank=True, help_text="Why it was not loaded, or has to be looked at again.")
    act = models.ForeignKey(ChangeBatch, null=True, blank=True, on_delete=models.PROTECT, related_name="uploads")
    made_at = models.DateTimeField("sent at", auto_now_add=True)
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", verbose_name="sent by"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True)
    confirmed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    loaded_at = models.DateTimeField(null=True, blank=True)
    loaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = EvidenceQuerySet.as_manager()

    class Meta:
        ordering = ["-made_at", "-id"]
        verbose_name = "import"
        constraints = [
            together(
                "confirmed_at", "confirmed_by", table="upload", sentence="Say who confirmed the import, and when."
            ),
            together("loaded_at", "loaded_by", table="upload", sentence="Say who loaded the file, and when."),
            FieldCheck(
                field="status",
                condition=Q(status="loaded", loaded_at__isnull=False)
                | (~Q(status="loaded") & Q(loaded_at__isnull=True)),
                name="upload_loaded_has_a_date",
                sentence="What is loaded has a date, and nothing else has one.",
            ),
            FieldCheck(
                field="act",
                condition=Q(act__isnull=True) | Q(status="loaded"),
                name="upload_act_is_loaded",
                sentence="Only what is loaded has changed anything.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_status_display()})"

    @property
    def owning_review(self) -> Review:
        """The review that the file is for."""
        return self.review

    @property
    def is_at_work(self) -> bool:
        """Whether the file waits for being read or saved, or is."""
        return self.status in self.AT_WORK

    @property
    def has_file(self) -> bool:
        """Whether the file is still kept."""
        return bool(self.stored_as)
