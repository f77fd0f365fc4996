"""Running analyses from the admin: what a person is told afterwards, and how far queued runs have come."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.text import get_text_list

from analysis.models import Analysis, Refresh, Run
from analysis.services import Refreshed, refresh
from analysis.services.withdrawing import warnings_for_new
from analysis.snapshotting import NotFinished

UNFINISHED = (Run.Status.QUEUED, Run.Status.RUNNING, Run.Status.SPLIT)


def run_and_tell(request: HttpRequest, analysis: Analysis, *, start: str = "") -> None:
    """Bring an analysis up to date and say what came of it; `start` names the analysis where there are several."""
    try:
        done = refresh(by=request.user, analysis=analysis)  # type: ignore[arg-type]
    except (ValidationError, NotFinished) as error:
        said = " ".join(error.messages) if isinstance(error, ValidationError) else f"{error}."
        messages.error(request, f"{start}{said}")
        return
    level, said = sentence_of(done)
    messages.add_message(request, level, f"{start}{said}")
    for warning in warnings_for_new(done.snapshot) if done.snapshot else ():
        messages.warning(request, f"{start}{warning}")


def sentence_of(done: Refreshed) -> tuple[int, str]:
    """Give what a refresh came to, as a level of message and a sentence."""
    runs = f"{counted(done.computed, 'run')} computed, {done.reused} reused"
    if done.failure:
        return messages.ERROR, done.failure
    if settings.BROKER_URL and (done.computed or done.snapshot is None):
        return messages.INFO, f"Queued: {counted(done.computed, 'run')} for the workers, {done.reused} reused."
    if done.snapshot is None:
        return messages.WARNING, f"No snapshot was made: {runs}."
    if done.is_new:
        return messages.SUCCESS, f"Snapshot {done.snapshot.number} made: {runs}."
    if done.computed:
        return messages.SUCCESS, f"Snapshot {done.snapshot.number} is still current: {runs}."
    return messages.INFO, f"Nothing changed: 0 runs computed; snapshot {done.snapshot.number} is still current."


def counted(number: int, noun: str) -> str:
    """Give a number with its noun."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def latest_runs(analysis: Analysis) -> list[Run]:
    """Give the runs of the latest request, in the order of computing, without their results."""
    asked = Refresh.objects.filter(analysis=analysis).first()
    if asked is None:
        return []
    found = {run.key: run for run in Run.objects.filter(key__in=asked.keys).defer("result", "params", "environment")}
    return [found[key] for key in asked.keys if key in found]


def progress_of(runs: list[Run]) -> dict[str, Any]:
    """Give how far runs have come, as plain data for the page."""
    unfinished = [run for run in runs if run.status in UNFINISHED]
    failed = [run for run in runs if run.status == Run.Status.FAILED]
    return {
        "is_done": bool(failed) or not unfinished,
        "says": _says(runs, unfinished, failed),
        "runs": [
            {
                "key": run.key,
                "plugin": run.plugin,
                "status": run.status,
                "status_says": run.get_status_display(),
                "progress": 1 if run.status == Run.Status.SUCCEEDED else run.progress,
                "says": run.progress_says or run.error,
            }
            for run in runs
        ],
    }


def _says(runs: list[Run], unfinished: list[Run], failed: list[Run]) -> str:
    if failed:
        return f"Failed: {get_text_list([run.plugin for run in failed], 'and')}."
    return f"{len(runs) - len(unfinished)} of {counted(len(runs), 'run')} done."
