"""A request comes to its end whatever is lost on the way: messages, workers, or the moment to make a snapshot."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from analysis import dispatching, tasks
from analysis.models import Refresh, RefreshEnd, Run, Snapshot
from analysis.models.leasing import MOST_LOSSES
from analysis.services import refresh
from evidence.models import ArmResult
from evidence.services import record
from tests.analysis.builders import make_small_review

pytestmark = pytest.mark.django_db


@pytest.fixture
def bells(monkeypatch, settings):
    """Let a broker be configured, and collect the messages instead of sending them."""
    settings.BROKER_URL = "redis://nowhere"
    rung: list[str] = []
    monkeypatch.setattr(dispatching, "_tell", lambda task, key, queue, run_key: rung.append(key))
    monkeypatch.setattr(transaction, "on_commit", lambda call, **options: call())
    return rung


def plugins_of(keys):
    return [Run.objects.get(key=key).plugin for key in keys]


def expire(key, losses=0):
    """Let the worker of a run be gone: it holds the row, and its lease has run out."""
    past = timezone.now() - timedelta(seconds=5)
    Run.objects.claim(key, worker="gone", now=past, lease_until=past)
    Run.objects.filter(key=key)._change(losses=losses)


def compute(key):
    """Do what a worker does with one message."""
    tasks.compute_run(key)
    tasks.advance_after(key)


def test_workers_are_told_of_what_can_begin_and_of_the_rest_when_it_can(bells):
    small = make_small_review()
    done = refresh(by=small.owner, analysis=small.analysis())
    assert done.snapshot is None
    assert sorted(plugins_of(bells)) == ["pooling", "sensitivity"]

    first, second = list(bells)
    compute(first)
    assert len(bells) == 2
    compute(second)
    assert plugins_of(bells)[2:] == ["grade"]
    assert not Snapshot.objects.exists()
    compute(bells[2])
    assert Snapshot.objects.get().number == 1
    assert RefreshEnd.objects.get().outcome == "new_snapshot"


def test_message_that_is_lost_is_sent_again_after_a_while(bells, settings):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    dispatching.sweep()
    assert len(bells) == 2

    settings.QUEUE_PATIENCE_SECONDS = 0
    dispatching.sweep()
    assert len(bells) == 4


def test_run_of_a_dead_worker_is_taken_over(bells, settings):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    key = bells[0]
    expire(key)
    settings.QUEUE_PATIENCE_SECONDS = 0
    dispatching.sweep()
    assert bells.count(key) == 2

    compute(key)
    run = Run.objects.get(key=key)
    assert (run.status, run.attempt, run.losses) == ("succeeded", 2, 1)


def test_run_that_killed_its_workers_fails_with_a_sentence_and_ends_the_request(bells):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    key = bells[0]
    expire(key, losses=MOST_LOSSES)
    assert Run.objects.claim(key, worker="next", now=timezone.now(), lease_until=timezone.now()) is None

    assert dispatching.sweep()["given_up"] == 1
    run = Run.objects.get(key=key)
    assert run.status == "failed"
    assert "worker was lost 3 times" in run.error
    end = RefreshEnd.objects.get()
    assert end.outcome == "failed"
    assert run.plugin in end.says


def test_living_worker_is_left_alone(bells, settings):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    settings.QUEUE_PATIENCE_SECONDS = 0
    soon = timezone.now() + timedelta(seconds=60)
    Run.objects.claim(bells[0], worker="alive", now=timezone.now(), lease_until=soon)
    Run.objects.filter(key=bells[0])._change(losses=MOST_LOSSES)
    dispatching.sweep()
    assert bells.count(bells[0]) == 1
    assert Run.objects.get(key=bells[0]).status == "running"


def test_snapshot_that_was_missed_is_made_up_for(bells):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    for key in Refresh.objects.get().keys:
        tasks.compute_run(key)  # the worker is gone before it can bring on what waits
    assert not Snapshot.objects.exists()

    dispatching.sweep()
    assert Snapshot.objects.count() == 1
    dispatching.sweep()
    assert Snapshot.objects.count() == 1


def test_request_that_cannot_be_brought_on_does_not_keep_the_others(bells, monkeypatch):
    small = make_small_review()
    for slug in ("one", "two"):
        refresh(by=small.owner, analysis=small.analysis(slug))
    for key in Refresh.objects.order_by("pk")[0].keys:  # both wait for the same runs
        tasks.compute_run(key)
    first = Refresh.objects.order_by("pk").first()
    original = dispatching.make_snapshot

    def make_snapshot(pk):
        if pk == first.pk:
            raise RuntimeError("the folder is full")
        return original(pk)

    monkeypatch.setattr(dispatching, "make_snapshot", make_snapshot)
    with pytest.raises(RuntimeError, match="the folder is full"):
        dispatching.sweep()
    assert Snapshot.objects.get().analysis.slug == "two"

    monkeypatch.undo()
    dispatching.sweep()
    assert Snapshot.objects.count() == 2


def test_two_requests_that_wait_for_one_run_are_both_brought_on(bells):
    small = make_small_review()
    for slug in ("one", "two"):
        refresh(by=small.owner, analysis=small.analysis(slug))
    assert len(bells) == 2  # the same rules give the same dataset and runs
    for key in list(bells):
        compute(key)
    compute(bells[-1])
    assert sorted(Snapshot.objects.values_list("analysis__slug", flat=True)) == ["one", "two"]


def test_message_delivered_twice_computes_once_and_makes_one_snapshot(bells):
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    for key in Refresh.objects.get().keys:
        compute(key)
        compute(key)
    assert set(Run.objects.values_list("attempt", flat=True)) == {1}
    assert (Snapshot.objects.count(), RefreshEnd.objects.count()) == (1, 1)


def test_failed_request_is_asked_anew_and_may_succeed(monkeypatch):
    small = make_small_review()
    analysis = small.analysis()
    with monkeypatch.context() as patch:
        patch.setattr("analysis.execution.call_plugin", lambda run, **options: 1 / 0)
        failed = refresh(by=small.owner, analysis=analysis)
    assert failed.failure
    assert RefreshEnd.objects.get().outcome == "failed"

    again = refresh(by=small.owner, analysis=analysis)
    assert again.is_new
    assert sorted(RefreshEnd.objects.values_list("outcome", flat=True)) == ["failed", "new_snapshot"]


def test_request_that_changes_nothing_says_so():
    small = make_small_review()
    analysis = small.analysis()
    refresh(by=small.owner, analysis=analysis)
    row = ArmResult.objects.filter(week=12).first()
    row.page = "413"
    record(by=small.owner, row=row)
    refresh(by=small.owner, analysis=analysis)
    assert list(RefreshEnd.objects.order_by("pk").values_list("outcome", flat=True))[-1] == "unchanged"
    assert Snapshot.objects.count() == 1
