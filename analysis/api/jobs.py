"""Jobs: requests to bring an analysis up to date, how far they are, and their cancellation."""

from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from analysis.api.plain import KeptForEver
from analysis.models import Analysis, Refresh, RefreshEnd, Run
from analysis.services import cancel, refresh
from analysis.snapshotting import NotFinished
from evidence.api.asking import object_in, row_in
from evidence.api.filtering import filters_for
from evidence.api.problems import Refusal
from evidence.api.rows import PersonName, ReviewSlug, RowSerializer
from evidence.api.versions import tag_of
from evidence.permissions import Act, Scope

STATES = ("queued", "running", "succeeded", "failed", "cancelled")
AT_WORK = (Run.Status.RUNNING, Run.Status.SPLIT)
KEYS_AT_ONCE = 500


class RunInside(serializers.Serializer):
    """A run that a job needs."""

    id = serializers.IntegerField()
    key = serializers.CharField()
    plugin = serializers.CharField()
    status = serializers.ChoiceField(Run.Status.choices)
    progress = serializers.FloatField(help_text="A fraction.")
    says = serializers.CharField(allow_blank=True)


class JobSent(serializers.Serializer):
    """What is asked for."""

    analysis = serializers.IntegerField(min_value=1, help_text="Key of the analysis.")


class JobRow(RowSerializer):
    """A request to bring an analysis up to date."""

    review = ReviewSlug(source="analysis.review")
    analysis_slug = serializers.CharField(source="analysis.slug", read_only=True)
    status = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField(help_text="A fraction.")
    says = serializers.CharField(source="end.says", read_only=True, default="")
    outcome = serializers.ChoiceField(
        RefreshEnd.Outcome.choices, source="end.outcome", read_only=True, allow_null=True, default=None
    )
    snapshot = serializers.IntegerField(source="end.snapshot_id", read_only=True, allow_null=True, default=None)
    requested_by = PersonName(read_only=True)
    ended_at = serializers.DateTimeField(source="end.ended_at", read_only=True, allow_null=True, default=None)
    runs = serializers.SerializerMethodField()

    class Meta:
        model = Refresh
        fields = (
            *("id", "review", "analysis", "analysis_slug", "status", "progress", "says", "outcome", "snapshot"),
            *("requested_at", "requested_by", "ended_at", "runs"),
        )

    @extend_schema_field(serializers.ChoiceField(STATES))
    def get_status(self, job: Any) -> str:
        """Give where the job stands."""
        if job.is_finished:
            outcome = job.end.outcome
            return str(outcome) if outcome in RefreshEnd.WITHOUT_SNAPSHOT else "succeeded"
        return "running" if any(run.status != Run.Status.QUEUED for run in self._runs_of(job)) else "queued"

    @extend_schema_field(serializers.FloatField())
    def get_progress(self, job: Any) -> float:
        """Give how much of its runs is computed."""
        runs = self._runs_of(job)
        return sum(_progress(run) for run in runs) / len(runs) if runs else 1.0

    @extend_schema_field(RunInside(many=True))
    def get_runs(self, job: Any) -> list[dict[str, Any]]:
        """Give the runs in the order of computing."""
        return [
            {
                "id": run.pk,
                "key": run.key,
                "plugin": run.plugin,
                "status": run.status,
                "progress": _progress(run),
                "says": run.progress_says or run.error,
            }
            for run in self._runs_of(job)
        ]

    def _runs_of(self, job: Any) -> list[Run]:
        found = getattr(job, "runs_read", None)
        return read_runs([job])[job.pk] if found is None else found


def _progress(run: Run) -> float:
    return 1.0 if run.status == Run.Status.SUCCEEDED else float(run.progress)


def read_runs(jobs: list[Any]) -> dict[int, list[Run]]:
    """Give the runs of jobs, by the key of the job."""
    keys = sorted({key for job in jobs for key in job.keys})
    rows: dict[str, Run] = {}
    for start in range(0, len(keys), KEYS_AT_ONCE):
        some = Run.objects.filter(key__in=keys[start : start + KEYS_AT_ONCE]).order_by()
        rows |= {run.key: run for run in some.defer("result", "params", "environment", "upstream")}
    return {job.pk: [rows[key] for key in job.keys if key in rows] for job in jobs}


class Jobs(KeptForEver):
    """Requests to bring analyses up to date; the snapshot that one came to is named in it."""

    model = Refresh
    serializer_class = JobRow
    writing_scope = Scope.ANALYSE
    takes_keys = False  # asking twice gives the job that is there
    related = ("analysis__review", "requested_by", "end")
    filterset_class = filters_for(Refresh, ["analysis", "analysis_slug=analysis__slug"])
    search_fields = ("analysis__title", "analysis__slug")
    ordering_fields = ("requested_at",)
    http_method_names = ["get", "post", "head", "options"]

    def paginate_queryset(self, queryset: Any) -> Any:
        """Read the runs of all jobs of the page at once."""
        found = super().paginate_queryset(queryset)
        runs = read_runs(list(found or ()))
        for job in found or ():
            job.runs_read = runs[job.pk]
        return found

    @extend_schema(request=JobSent, responses={202: JobRow})
    def create(self, request: Request) -> Response:
        """Ask for an analysis to be brought up to date. Asking twice gives the job that is there."""
        self.understand()
        sent = object_in(request.data, known=["analysis"])
        rows = Analysis.objects.filter(review__in=self.standing.reviews(Act.VIEW)).select_related("review")
        analysis = row_in(sent, "analysis", rows, is_needed=True)
        try:
            refresh(by=self.person, analysis=analysis)
        except NotFinished as error:
            raise Refusal(409, f"{error}.") from error
        job = self.get_queryset().filter(analysis=analysis).order_by("-requested_at", "-id").first()
        shown = self.data_of(job)
        headers = {"Location": self.reverse_action("detail", args=[job.pk]), "ETag": tag_of(shown)}
        return Response(shown, status=202, headers=headers)

    @extend_schema(request=None, responses=JobRow)
    @action(detail=True, methods=["post"], filter_backends=[], pagination_class=None)
    def cancel(self, request: Request, id: str) -> Response:
        """Cancel a job that has not come to its end."""
        self.understand()
        cancel(by=self.person, refresh=self.get_object())
        shown = self.data_of(self.get_object())
        return Response(shown, headers={"ETag": tag_of(shown)})
