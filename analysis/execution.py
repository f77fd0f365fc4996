"""Computing one run: claim its row, read its inputs, let the plugin run apart, store what came out."""

import os
import platform
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from pydantic import ValidationError

from analysis import canonical
from analysis.contract import Result
from analysis.models import Run
from analysis.models.analysis import problem_sentence
from analysis.models.database_clock import read_clock
from analysis.registry import AnyPlugin, get_plugin, load
from analysis.sandbox import Job, PluginStopped, ask

BROKEN_RESULT = "{label} gave a result that is not what it declares: {text}"
RECORDED_PACKAGES = ("numpy", "scipy", "pydantic", "Django")


class RunFailed(RuntimeError):
    """A run failed; its row says why."""

    def __init__(self, run: Run, sentence: str) -> None:
        super().__init__(f"The step “{run.plugin}” failed: {sentence}")


class MissingUpstream(RuntimeError):
    """A run reads the result of another that has not succeeded."""

    def __init__(self, plugin: str, status: str) -> None:
        super().__init__(f"It reads the result of “{plugin}”, which has not succeeded (it is {status}).")


class VersionChanged(RuntimeError):
    """The plugin that is installed is not the one that the run was requested of."""

    def __init__(self, run: Run, plugin: AnyPlugin) -> None:
        super().__init__(
            f"The run asks for {run.plugin} {run.plugin_version}, but version {plugin.version} is installed."
        )


def compute(key: str) -> bool:
    """Compute the run with this key, unless another worker has it or it is done; give whether we computed it.

    Raises
    ------
    RunFailed : the plugin, or reading what it needs, failed; the row is marked as failed with the reason
    """
    worker = worker_name()
    now = read_clock()
    attempt = Run.objects.claim(key, worker=worker, now=now, lease_until=now + _lease())
    if attempt is None:
        return False
    run = Run.objects.select_related("dataset").get(key=key)
    try:
        with heartbeat(key, attempt):
            text = canonical.to_text(call_plugin(run, attempt=attempt).model_dump(mode="json"))
    except Exception as error:
        sentence = str(error) or f"The plugin stopped with {type(error).__name__}."
        _finish(key, attempt, worker, status=Run.Status.FAILED, error=sentence)
        raise RunFailed(run, sentence) from error
    outcome = {"result": text, "result_digest": canonical.digest(text), "environment": environment_text()}
    return _finish(key, attempt, worker, status=Run.Status.SUCCEEDED, progress=1.0, progress_says="", **outcome)


def call_plugin(run: Run, *, attempt: int | None = None) -> Result:
    """Give what the plugin makes of the run's stored inputs; with an attempt, its progress is noted in the row.

    The plugin runs in a process of its own, within the limits that the settings set.

    Raises
    ------
    VersionChanged : another version of the plugin is installed
    MissingUpstream : a run that this one reads has not succeeded
    PluginStopped : the plugin failed, was stopped, or its result is not what it declares
    """
    plugin = get_plugin(run.plugin)
    if plugin.version != run.plugin_version:
        raise VersionChanged(run, plugin)
    job = job_of(run)

    def report(fraction: float, says: str) -> None:
        if attempt is not None:
            Run.objects.report(run.key, attempt=attempt, progress=fraction, says=says)

    text = ask(job, report=report, preload=settings.PLUGINS)
    try:
        result: Result = plugin.result.model_validate_json(text)
    except ValidationError as error:
        raise PluginStopped(BROKEN_RESULT.format(label=job.label, text=problem_sentence(error.errors()[0]))) from error
    return result


def job_of(run: Run) -> Job:
    """Give what a run asks of its plugin, with the limits of the settings."""
    return Job(
        module=next(path for path in settings.PLUGINS if load(path).name == run.plugin),
        plugin=run.plugin,
        version=run.plugin_version,
        dataset=run.dataset.content,
        params=run.params,
        upstream=_upstream(run),
        seconds=settings.PLUGIN_SECONDS,
        memory_mb=settings.PLUGIN_MEMORY_MB,
        search_path=tuple(os.path.abspath(entry) for entry in sys.path),
    )


def _upstream(run: Run) -> dict[str, str]:
    """Give the stored results that the run reads, by plugin."""
    results = {}
    for name, key in canonical.from_text(run.upstream).items():
        other = Run.objects.get(key=key)
        if other.status != Run.Status.SUCCEEDED:
            raise MissingUpstream(name, other.get_status_display().lower())
        results[name] = other.result
    return results


def _finish(key: str, attempt: int, worker: str, **outcome: Any) -> bool:
    return Run.objects.finish(key, attempt=attempt, now=read_clock(), worker=worker, **outcome)


def _lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


@contextmanager
def heartbeat(key: str, attempt: int) -> Iterator[None]:
    """Renew the lease every third of its length while the block runs, so that only a dead worker loses its run.

    Runs inside a transaction are not renewed: another connection could not see them, and nobody can take them over.
    """
    if connection.in_atomic_block:
        yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.RUN_LEASE_SECONDS / 3):
            with suppress(OperationalError):  # a database that is busy or away for a moment: the next beat tries again
                if not Run.objects.renew(key, attempt=attempt, lease_until=read_clock() + _lease()):
                    break
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{key[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def worker_name() -> str:
    """Name this process: host and process number."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


def environment_text() -> str:
    """Give the versions that results may depend on, as canonical JSON."""
    packages = {name: version(name) for name in RECORDED_PACKAGES}
    return canonical.to_text({"python": platform.python_version(), "machine": platform.machine(), **packages})
