"""A run is computed once: claimed by one worker, fenced against late ones, failed with a sentence."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from analysis import execution, registry
from analysis.execution import RunFailed, compute
from analysis.models import Run, Snapshot
from analysis.publishing import NotFinished, publish
from analysis.services import refresh
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


def queue_runs(monkeypatch) -> tuple[object, list[str]]:
    """Ask for an analysis without computing; give the small review and the keys of its runs."""
    small = make_small_review()
    analysis = small.analysis()
    monkeypatch.setattr("analysis.services.refreshing._dispatch", lambda asked, waiting: "")
    refresh(by=small.owner, analysis=analysis)
    return small, analysis.refreshes.get().keys


def break_pooling(monkeypatch, error: Exception) -> None:
    """Make the pooling plugin fail."""

    def run(dataset, params, upstream, progress):
        raise error

    broken = {**registry.all_plugins(), "pooling": replace(registry.get_plugin("pooling"), run=run)}
    monkeypatch.setattr(registry, "all_plugins", lambda: broken)


def test_run_delivered_twice_is_computed_once(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    assert compute(keys[0]) is True
    assert compute(keys[0]) is False
    assert Run.objects.get(key=keys[0]).attempt == 1


def test_run_held_by_a_living_worker_is_left_alone(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    now = timezone.now()
    Run.objects.claim(keys[0], worker="other:1", now=now, lease_until=now + timedelta(seconds=60))
    assert compute(keys[0]) is False
    assert Run.objects.get(key=keys[0]).status == Run.Status.RUNNING


def test_late_result_of_a_lost_worker_is_refused(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    past = timezone.now() - timedelta(seconds=5)
    lost = Run.objects.claim(keys[0], worker="lost:1", now=past, lease_until=past)
    assert compute(keys[0]) is True  # the lease ran out, so the run was free to take over
    stored = Run.objects.get(key=keys[0])
    late = Run.objects.finish(
        keys[0], attempt=lost, now=timezone.now(), worker="lost:1", status="failed", error="late", result=""
    )
    assert late is False
    assert Run.objects.get(key=keys[0]).result == stored.result
    assert (stored.attempt, stored.status) == (2, Run.Status.SUCCEEDED)


def test_progress_of_a_lost_worker_is_refused(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    past = timezone.now() - timedelta(seconds=5)
    lost = Run.objects.claim(keys[0], worker="lost:1", now=past, lease_until=past)
    Run.objects.claim(keys[0], worker="new:1", now=timezone.now(), lease_until=timezone.now() + timedelta(seconds=60))
    assert Run.objects.report(keys[0], attempt=lost, progress=0.5, says="half") is False
    assert Run.objects.renew(keys[0], attempt=lost, lease_until=timezone.now()) is False


def test_failing_plugin_marks_its_run_failed_with_the_sentence(monkeypatch):
    small = make_small_review()
    analysis = small.analysis()
    break_pooling(monkeypatch, ValueError("The third trial has no variance."))
    outcome = refresh(by=small.owner, analysis=analysis)
    run = Run.objects.get(plugin="pooling")
    assert outcome.failure == "The step “pooling” failed: The third trial has no variance."
    assert outcome.snapshot is None
    assert (run.status, run.error, run.result) == (Run.Status.FAILED, "The third trial has no variance.", "")
    assert not Snapshot.objects.exists()


def test_failed_run_is_tried_again_when_asked_again(monkeypatch):
    small = make_small_review()
    analysis = small.analysis()
    with monkeypatch.context() as patch:
        break_pooling(patch, RuntimeError("out of memory"))
        refresh(by=small.owner, analysis=analysis)
    outcome = refresh(by=small.owner, analysis=analysis)
    assert outcome.failure == ""
    assert outcome.snapshot.number == 1
    assert Run.objects.get(plugin="pooling").attempt == 2


def test_result_of_the_wrong_type_fails_the_run(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    wrong = replace(registry.get_plugin("pooling"), run=lambda dataset, params, upstream, progress: {"k": "many"})
    monkeypatch.setattr(registry, "all_plugins", lambda: {"pooling": wrong})
    with pytest.raises(RunFailed):
        compute(keys[0])
    assert Run.objects.get(key=keys[0]).status == Run.Status.FAILED


def test_downstream_run_waits_for_its_upstream(monkeypatch):
    queue_runs(monkeypatch)
    grade = Run.objects.get(plugin="grade").key
    with pytest.raises(RunFailed, match="reads the result of “pooling”, which has not succeeded"):
        compute(grade)


def test_unfinished_runs_are_not_published(monkeypatch):
    small, keys = queue_runs(monkeypatch)
    compute(keys[0])
    with pytest.raises(NotFinished, match="is queued"):
        publish(small.review.analyses.get().refreshes.get().pk)
    assert not Snapshot.objects.exists()


def test_environment_is_recorded(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    compute(keys[0])
    assert '"numpy":' in Run.objects.get(key=keys[0]).environment


@pytest.mark.django_db(transaction=True)
def test_heartbeat_renews_the_lease_while_the_plugin_works(monkeypatch, settings):
    settings.RUN_LEASE_SECONDS = 0.3
    small, keys = queue_runs(monkeypatch)
    seen = []
    original = registry.get_plugin("pooling")

    def slow(dataset, params, upstream, progress):
        deadline = timezone.now() + timedelta(seconds=20)
        first = Run.objects.get(key=keys[0]).lease_until
        while timezone.now() < deadline and not seen:
            time.sleep(0.05)
            seen.extend(lease for lease in [Run.objects.get(key=keys[0]).lease_until] if lease > first)
        return original.run(dataset, params, upstream, progress)

    monkeypatch.setattr(registry, "all_plugins", lambda: {"pooling": replace(original, run=slow)})
    assert execution.compute(keys[0]) is True
    assert seen, "the lease was never renewed"
    assert small.review.pk
