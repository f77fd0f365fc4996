"""Computing one run, or one part of it: claim its row, read its inputs, let the plugin run apart, store what came out.

A run whose plugin splits its work takes three steps: it is split and waits for its parts, each part is computed like a
run, and whoever computes the last part joins them.
"""

import os
import platform
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib.metadata import version
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection, transaction
from pydantic import ValidationError

from analysis import canonical
from analysis.contract import Result
from analysis.models import Run, RunPart
from analysis.models.analysis import problem_sentence
from analysis.models.database_clock import read_clock
from analysis.registry import AnyPlugin, get_plugin, load
from analysis.sandbox import Job, PluginStopped, Report, ask

BROKEN_RESULT = "{label} gave a result that is not what it declares: {text}"
# What Django raises where the database is busy, restarted, or out of reach.
AWAY = (OperationalError, InterfaceError)
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


@dataclass(frozen=True, slots=True)
class Hold:
    """A run or a part that this process has taken; `attempt` is its fencing token."""

    rows: Any
    key: str
    attempt: int

    @classmethod
    def take(cls, rows: Any, key: str) -> "Hold | None":
        """Take a row for the length of a lease; None where it is not ours."""
        now = read_clock()
        attempt = rows.claim(key, worker=worker_name(), now=now, lease_until=now + _lease())
        return None if attempt is None else cls(rows, key, attempt)

    def renew(self) -> bool:
        """Keep the row; False where another worker has taken it over."""
        return bool(self.rows.renew(self.key, attempt=self.attempt, lease_until=read_clock() + _lease()))

    def finish(self, **outcome: Any) -> bool:
        """Store how it ended; False (and nothing stored) where another worker has taken it over."""
        return bool(self.rows.finish(self.key, attempt=self.attempt, now=read_clock(), worker=worker_name(), **outcome))


def compute(key: str) -> bool:
    """Take the next step with the run of this key, unless another worker has it or it is done; give whether we did.

    Without a broker all steps are taken here, one after the other.

    Raises
    ------
    RunFailed : the plugin, or reading what it needs, failed; the row is marked as failed with the reason
    """
    hold = Hold.take(Run.objects, key)
    if hold is None:
        return _compute_parts(key)
    run = Run.objects.select_related("dataset").get(key=key)
    with _failing(run, hold):
        made = call_plugin(run, attempt=hold.attempt)
        text = "" if isinstance(made, tuple) else canonical.to_text(made.model_dump(mode="json"))
    if isinstance(made, tuple):
        return Run.objects.split(run, attempt=hold.attempt, texts=made) and (_compute_parts(key) or True)
    outcome: dict[str, Any] = {
        "result": text,
        "result_digest": canonical.digest(text),
        "environment": environment_text(),
    }
    outcome |= {"status": Run.Status.SUCCEEDED, "progress": 1.0, "progress_says": ""}
    if get_plugin(run.plugin).split is None:
        return hold.finish(**outcome)
    with transaction.atomic():
        is_stored = hold.finish(**outcome)
        if is_stored:
            RunPart.objects.drop_answers(run)
    return is_stored


def _compute_parts(key: str) -> bool:
    """Compute, without a broker, what is left of a run that is split; give whether there was anything."""
    if settings.BROKER_URL:
        return False
    left = RunPart.objects.filter(run__key=key, run__status=Run.Status.SPLIT).exclude(status=Run.Status.SUCCEEDED)
    computed = [compute_part(part) for part in list(left.order_by("number").values_list("key", flat=True))]
    return any(computed)


def compute_part(key: str) -> bool:
    """Compute the part with this key, unless another worker has it or it is done; give whether we computed it.

    Whoever computes the last part of a run joins all of them.

    Raises
    ------
    RunFailed : the plugin failed; the part and its run are marked as failed with the reason
    """
    part = RunPart.objects.select_related("run__dataset").filter(key=key).first()
    is_wanted = part is not None and part.run.status == Run.Status.SPLIT
    hold = Hold.take(RunPart.objects, key) if is_wanted else None
    if part is None or hold is None:
        return False
    with _failing(part.run, hold):
        text = str(ask_plugin(part.run, part=part.text))
    is_stored = hold.finish(status=Run.Status.SUCCEEDED, answer=text, answer_digest=canonical.digest(text))
    if is_stored and Run.objects.count_parts(part.run) == 0:
        compute(part.run.key)
    return is_stored


@contextmanager
def _failing(run: Run, hold: Hold) -> Iterator[None]:
    """Hold a row while the block runs. If the block fails, so does the row, with the reason; with a part, its run.

    Where the database went away the row is left: when the lease is over, another worker takes it.
    """
    try:
        with heartbeat(hold):
            yield
    except Exception as error:
        if isinstance(error, AWAY) and connection.connection is None:
            raise
        sentence = str(error) or f"The plugin stopped with {type(error).__name__}."
        if hold.finish(status=Run.Status.FAILED, error=sentence):
            Run.objects.fail_with_parts(now=read_clock())
        raise RunFailed(run, sentence) from error


def call_plugin(run: Run, *, attempt: int | None = None) -> Result | tuple[str, ...]:
    """Give what the plugin makes of the run's stored inputs, or the parts that it splits the work into.

    Of a run whose parts are all computed it is their joint result. With an attempt, progress is noted in the row.

    Raises
    ------
    VersionChanged : another version of the plugin is installed
    MissingUpstream : a run that this one reads has not succeeded
    PluginStopped : the plugin failed, was stopped, or its result is not what it declares
    """
    plugin = installed_plugin(run)
    answers = RunPart.objects.answers(run) if plugin.split is not None else ()

    def report(fraction: float, says: str) -> None:
        if attempt is not None and not answers:
            with _enduring_outages():
                Run.objects.report(run.key, attempt=attempt, progress=fraction, says=says)

    made = ask_plugin(run, report=report, answers=answers, may_split=not answers)
    if isinstance(made, tuple):
        return made
    try:
        result: Result = plugin.result.model_validate_json(made)
    except ValidationError as error:
        label = f"The plugin {run.plugin} {run.plugin_version}"
        raise PluginStopped(BROKEN_RESULT.format(label=label, text=problem_sentence(error.errors()[0]))) from error
    return result


def ask_plugin(run: Run, *, report: Report | None = None, **asked: Any) -> str | tuple[str, ...]:
    """Give what a plugin answers, in a process of its own, within the limits that the settings set.

    Raises
    ------
    VersionChanged, MissingUpstream, PluginStopped : as for `call_plugin`
    """
    installed_plugin(run)
    return ask(job_of(run, **asked), report=report, preload=settings.PLUGINS)


def installed_plugin(run: Run) -> AnyPlugin:
    """Give the plugin of a run; raise VersionChanged where another version is installed."""
    plugin = get_plugin(run.plugin)
    if plugin.version != run.plugin_version:
        raise VersionChanged(run, plugin)
    return plugin


def job_of(run: Run, **asked: Any) -> Job:
    """Give what a run asks of its plugin, with the limits of the settings; `asked` are the job's other fields."""
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
        **asked,
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


def _lease() -> timedelta:
    return timedelta(seconds=settings.RUN_LEASE_SECONDS)


@contextmanager
def heartbeat(hold: Hold) -> Iterator[None]:
    """Renew the lease every third of its length while the block runs, so that only a dead worker loses its row.

    Rows inside a transaction are not renewed: another connection could not see them, and nobody can take them over.
    """
    if connection.in_atomic_block:
        yield
        return
    done = threading.Event()

    def beat() -> None:
        while not done.wait(settings.RUN_LEASE_SECONDS / 3):
            is_ours = True
            with _enduring_outages():
                is_ours = hold.renew()
            if not is_ours:
                break
        connection.close()

    thread = threading.Thread(target=beat, name=f"heartbeat-{hold.key[:8]}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        _leave_dead_connection()


@contextmanager
def _enduring_outages() -> Iterator[None]:
    """Let a database be busy or away for a moment: the next statement opens a new connection."""
    try:
        yield
    except AWAY:
        if connection.in_atomic_block:
            raise
        connection.close()


def _leave_dead_connection() -> None:
    """Close a connection that died while a plugin computed, so that what comes next opens a new one."""
    if connection.connection is not None and not connection.is_usable():
        connection.close()


def worker_name() -> str:
    """Name this process: host and process number."""
    return f"{socket.gethostname()[:100]}:{os.getpid()}"


@cache
def environment_text() -> str:
    """Give the versions that results may depend on, as canonical JSON."""
    packages = {name: version(name) for name in RECORDED_PACKAGES}
    return canonical.to_text({"python": platform.python_version(), "machine": platform.machine(), **packages})
