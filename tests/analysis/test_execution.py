"""A run is computed once: claimed by one worker, fenced against late ones, failed with a sentence."""

import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.db import OperationalError
from django.utils import timezone

from analysis import canonical, execution, registry
from analysis.contract import Dataset
from analysis.execution import RunFailed, compute
from analysis.models import Analysis, Run, Snapshot
from analysis.models.run import RunQuerySet
from analysis.services import refresh, save_analysis
from analysis.snapshotting import NotFinished, make_snapshot
from analysis.testing import quiet
from tests.analysis.builders import SmallReview, make_small_review

pytestmark = pytest.mark.django_db


def queue_runs(monkeypatch) -> tuple[object, list[str]]:
    """Ask for an analysis without computing; give the small review and the keys of its runs."""
    small = make_small_review()
    analysis = small.analysis()
    monkeypatch.setattr("analysis.services.refreshing._dispatch", lambda asked, waiting: "")
    refresh(by=small.owner, analysis=analysis)
    return small, analysis.refreshes.get().keys


@pytest.fixture
def misbehaving(settings):
    """List a plugin that does what its parameters say."""
    settings.PLUGINS = [*settings.PLUGINS, "tests.analysis.misbehaving"]
    registry.all_plugins.cache_clear()
    yield
    registry.all_plugins.cache_clear()


def ask_misbehaving(**params: str) -> tuple[SmallReview, Analysis]:
    """Save an analysis with pooling and a plugin that misbehaves."""
    small = make_small_review()
    rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}
    row = Analysis(review=small.review, slug="strange", title="Strange", rules=rules)
    return small, save_analysis(by=small.owner, analysis=row, steps={"pooling": {}, "misbehaving": params})


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


SENTENCES = {
    "raise_sentence": "The third trial has no variance.",
    "crash": "The plugin misbehaving 1.0.0 crashed (SIGSEGV) before it gave a result.",
    "end_process": "The plugin misbehaving 1.0.0 ended its process (exit status 3) before it gave a result.",
    "loop": "The plugin misbehaving 1.0.0 was stopped after 0.3 seconds.",
    "give_dictionary": "The plugin misbehaving 1.0.0 gave a value of the type dict where its result is a Result.",
    "give_wrong_field": (
        "The plugin misbehaving 1.0.0 gave a result that is not what it declares: “number”: input should be a valid "
        "number, unable to parse string as a number (got 'many')."
    ),
}


@pytest.mark.parametrize("does", SENTENCES)
@pytest.mark.usefixtures("misbehaving")
def test_misbehaving_plugin_is_a_failed_run_with_a_sentence_and_harms_nothing_else(does, settings):
    settings.PLUGIN_SECONDS = 0.3 if does == "loop" else 30
    small, analysis = ask_misbehaving(does=does)
    outcome = refresh(by=small.owner, analysis=analysis)
    run = Run.objects.get(plugin="misbehaving")
    assert outcome.failure == f"The step “misbehaving” failed: {SENTENCES[does]}"
    assert outcome.snapshot is None
    assert (run.status, run.error, run.result) == (Run.Status.FAILED, SENTENCES[does], "")
    assert not Snapshot.objects.exists()
    settings.PLUGIN_SECONDS = 30
    assert refresh(by=small.owner, analysis=small.analysis("after")).snapshot.number == 1


@pytest.mark.usefixtures("misbehaving")
def test_failed_run_is_tried_again_when_asked_again(settings):
    small, analysis = ask_misbehaving(does="wait", text="0.5")
    settings.PLUGIN_SECONDS = 0.1
    refresh(by=small.owner, analysis=analysis)
    settings.PLUGIN_SECONDS = 30
    outcome = refresh(by=small.owner, analysis=analysis)
    assert outcome.failure == ""
    assert outcome.snapshot.number == 1
    assert Run.objects.get(plugin="misbehaving").attempt == 2


@pytest.mark.usefixtures("misbehaving")
def test_progress_is_noted_in_the_row(monkeypatch):
    noted = []
    original = RunQuerySet.report

    def report(self, key, *, attempt, progress, says):
        noted.append((progress, says))
        return original(self, key, attempt=attempt, progress=progress, says=says)

    monkeypatch.setattr(RunQuerySet, "report", report)
    small, analysis = ask_misbehaving(does="tell_progress")
    assert refresh(by=small.owner, analysis=analysis).failure == ""
    assert noted[-1] == (1.0, "All done")


def test_result_is_the_same_as_in_this_process(monkeypatch):
    _, keys = queue_runs(monkeypatch)
    compute(keys[0])
    run = Run.objects.get(key=keys[0])
    plugin = registry.get_plugin(run.plugin)
    dataset = Dataset.model_validate_json(run.dataset.content)
    here = plugin.run(dataset, plugin.params.model_validate_json(run.params), {}, quiet)
    assert canonical.to_text(here.model_dump(mode="json")) == run.result


def test_downstream_run_waits_for_its_upstream(monkeypatch):
    queue_runs(monkeypatch)
    grade = Run.objects.get(plugin="grade").key
    with pytest.raises(RunFailed, match="reads the result of “pooling”, which has not succeeded"):
        compute(grade)


def test_unfinished_runs_make_no_snapshot(monkeypatch):
    small, keys = queue_runs(monkeypatch)
    compute(keys[0])
    with pytest.raises(NotFinished, match="is queued"):
        make_snapshot(small.review.analyses.get().refreshes.get().pk)
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
    original = execution.ask

    def slow(job, **options):
        deadline = timezone.now() + timedelta(seconds=20)
        first = Run.objects.get(key=keys[0]).lease_until
        while timezone.now() < deadline and not seen:
            time.sleep(0.05)
            seen.extend(lease for lease in [Run.objects.get(key=keys[0]).lease_until] if lease > first)
        return original(job, **options)

    monkeypatch.setattr(execution, "ask", slow)
    assert execution.compute(keys[0]) is True
    assert seen, "the lease was never renewed"
    assert small.review.pk


@pytest.mark.parametrize(("is_there", "status"), [(False, "running"), (True, "failed")])
def test_run_is_left_to_another_worker_where_the_database_went_away(monkeypatch, is_there, status):
    _, keys = queue_runs(monkeypatch)
    stand_in = SimpleNamespace(in_atomic_block=True, connection=object() if is_there else None)

    def lose(job, **options):
        raise OperationalError("the server closed the connection")

    monkeypatch.setattr(execution, "connection", stand_in)
    monkeypatch.setattr(execution, "ask", lose)
    with pytest.raises(RunFailed if is_there else OperationalError, match="the server closed the connection"):
        execution.compute(keys[0])
    assert Run.objects.get(key=keys[0]).status == status
