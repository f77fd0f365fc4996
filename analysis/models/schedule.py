"""When analyses are brought up to date by themselves, and what came of each time."""

from zoneinfo import available_timezones

from celery.schedules import ParseException, crontab
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from analysis.models.analysis import Analysis
from evidence.models import EvidenceRow, Review
from evidence.models.append_only import AppendOnlyRow
from evidence.models.constraints import FieldCheck

CRON_FIELDS = ("minute", "hour", "day_of_month", "month_of_year", "day_of_week")


class Schedule(EvidenceRow):
    """When the analyses of a review, or one of them, are brought up to date: by cron or by interval."""

    class Unit(models.TextChoices):
        MINUTES = "minutes", "minutes"
        HOURS = "hours", "hours"
        DAYS = "days", "days"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="schedules")
    analysis = models.ForeignKey(
        Analysis,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="schedules",
        help_text="Empty: all analyses of the review that are not dropped.",
    )
    cron = models.CharField(
        max_length=100,
        blank=True,
        help_text="Minute, hour, day of month, month, day of week, such as 0 3 * * 1 (Mondays at 3). Or an interval.",
    )
    every = models.PositiveIntegerField(null=True, blank=True, help_text="Interval: every so many units.")
    unit = models.CharField(max_length=10, choices=Unit, blank=True)
    time_zone = models.CharField(
        max_length=60, default="UTC", help_text="Of the cron expression, such as Europe/Berlin."
    )
    is_paused = models.BooleanField("paused", default=False)
    only_if_changed = models.BooleanField(
        "only if the evidence changed",
        default=True,
        help_text="Otherwise stored results that are still current are also computed again and compared.",
    )
    runs_as = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="In whose name; the person needs a role that covers running analyses.",
    )
    due_next = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["review", "id"]
        constraints = [
            FieldCheck(
                field="every",
                condition=Q(every__isnull=True) | Q(every__gte=1),
                name="schedule_every_at_least_one",
                sentence="An interval is at least 1.",
            ),
            FieldCheck(
                field="cron",
                condition=Q(every__isnull=True, unit="") & ~Q(cron="") | Q(every__isnull=False, cron="") & ~Q(unit=""),
                name="schedule_cron_or_interval",
                sentence="Give either a cron expression, or an interval with its unit.",
            ),
        ]

    def __str__(self) -> str:
        what = self.analysis or f"all analyses of {self.review}"
        return f"{what}: {self.cron or f'every {self.every} {self.unit}'}"

    def clean(self) -> None:
        """Refuse an analysis of another review, an unknown time zone, and a cron expression that cannot be read."""
        if self.analysis is not None and self.analysis.review_id != self.review_id:
            raise ValidationError({"analysis": "The analysis belongs to another review."})
        if self.time_zone not in available_timezones():
            raise ValidationError({"time_zone": f"There is no time zone “{self.time_zone}”; one is Europe/Berlin."})
        if self.cron:
            self.parse_cron()

    def parse_cron(self) -> crontab:
        """Give the cron expression as celery reads it.

        Raises
        ------
        ValidationError : it has not five fields, or one of them cannot be read
        """
        fields = self.cron.split()
        if len(fields) != len(CRON_FIELDS):
            raise ValidationError({"cron": f"A cron expression has five fields, got {len(fields)}: 0 3 * * 1."})
        try:
            return crontab(**dict(zip(CRON_FIELDS, fields, strict=True)))
        except (ParseException, ValueError) as error:
            raise ValidationError({"cron": f"The cron expression cannot be read: {error}."}) from error


class ScheduleRun(AppendOnlyRow):
    """What came of one time that a schedule was due."""

    class Outcome(models.TextChoices):
        UNCHANGED = "unchanged", "Nothing had changed"
        REFRESHED = "refreshed", "Brought up to date"
        QUEUED = "queued", "Queued for the workers"
        FAILED = "failed", "Failed"

    review_path = "schedule__review"

    schedule = models.ForeignKey(Schedule, on_delete=models.PROTECT, related_name="runs")
    due = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    says = models.TextField(blank=True)
    computed = models.PositiveIntegerField(default=0, help_text="Runs that were computed or queued.")
    reused = models.PositiveIntegerField(default=0, help_text="Runs that were known already.")
    snapshots = models.PositiveIntegerField(default=0, help_text="Snapshots that are new.")
    finished_at = models.DateTimeField(auto_now_add=True)
    finished_by = models.CharField(max_length=120, help_text="The process that did it.")

    class Meta(AppendOnlyRow.Meta):
        ordering = ["-due", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["schedule", "due"],
                name="schedulerun_once",
                violation_error_message="The schedule ran at this time already.",
            )
        ]

    def __str__(self) -> str:
        return f"{self.schedule}, due {self.due:%Y-%m-%d %H:%M}: {self.get_outcome_display().lower()}"
