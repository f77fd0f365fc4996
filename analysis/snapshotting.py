"""Making a snapshot of what an analysis gives now, if it differs from the last one."""

from typing import Any

from django.db import transaction

from analysis import canonical
from analysis.models import Analysis, Dataset, Refresh, Run, Snapshot, SnapshotRun

MANIFEST_FORMAT = 1


class NotFinished(RuntimeError):
    """A run of the analysis has not succeeded, so no snapshot can be made."""

    def __init__(self, run: Run) -> None:
        detail = f": {run.error}" if run.error else ""
        super().__init__(f"The step “{run.plugin}” is {run.get_status_display().lower()}{detail}")


@transaction.atomic
def make_snapshot(refresh_pk: int) -> Snapshot:
    """Give the snapshot of a refresh: the last one where nothing changed, else a new one with the next number.

    Raises
    ------
    NotFinished : a run has not succeeded
    """
    related = Refresh.objects.select_related("analysis", "freeze", "dataset", "requested_by")
    refresh = related.defer("freeze__content", "dataset__content").get(pk=refresh_pk)
    analysis = Analysis.objects.select_for_update(of=("self",)).select_related("review").get(pk=refresh.analysis_id)
    rows = Run.objects.filter(key__in=refresh.keys).defer("result", "params", "environment")
    found = {run.key: run for run in rows}
    runs = [found[key] for key in refresh.keys]
    for run in runs:
        if run.status != Run.Status.SUCCEEDED:
            raise NotFinished(run)
    last = Snapshot.objects.filter(analysis=analysis).order_by("-number").first()
    content = describe(analysis, refresh.dataset, runs)
    if last is not None and canonical.from_text(last.manifest)["content"] == content:
        return last
    return _write(refresh, runs, content, last)


def _write(refresh: Refresh, runs: list[Run], content: dict[str, Any], last: Snapshot | None) -> Snapshot:
    number = 1 if last is None else last.number + 1
    manifest = {
        "format": MANIFEST_FORMAT,
        "number": number,
        "previous": None if last is None else last.digest,
        "freeze": refresh.freeze.digest,
        "content": content,
    }
    text = canonical.to_text(manifest)
    snapshot = Snapshot(
        analysis=refresh.analysis,
        number=number,
        freeze=refresh.freeze,
        dataset=refresh.dataset,
        manifest=text,
        digest=canonical.digest(text),
        made_by=refresh.requested_by,
    )
    snapshot.save()
    for run in runs:
        SnapshotRun(snapshot=snapshot, run=run).save()
    return snapshot


def describe(analysis: Analysis, dataset: Dataset, runs: list[Run]) -> dict[str, Any]:
    """Give what a snapshot stands for: the definition of the analysis and the digests of its dataset and results.

    The freeze is not part of it: evidence that the analysis does not read may change without making a new snapshot.
    """
    return {
        "review": analysis.review.slug,
        "analysis": analysis.slug,
        "rules": canonical.from_text(dataset.rules),
        "dataset": dataset.digest,
        "runs": {run.plugin: {"key": run.key, "result": run.result_digest} for run in runs},
    }
