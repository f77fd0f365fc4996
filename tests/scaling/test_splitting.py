"""A run that is split gives one answer, whoever computes its parts, and whatever is lost on the way."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from analysis import canonical, dispatching, execution, registry, tasks
from analysis.contract import Dataset
from analysis.execution import RunFailed, compute, compute_part
from analysis.models import Analysis, AppendOnly, RefreshEnd, Run, RunPart, Snapshot
from analysis.models.leasing import MOST_LOSSES
from analysis.services import refresh, save_analysis
from analysis.testing import check_plugin, quiet
from analysis.verification.recomputing import Verdict, judge_result
from tests.analysis.builders import SmallReview, make_small_review
from tests.scaling import splitting_plugin

pytestmark = pytest.mark.django_db
NAME = "splitting_plugin"


def save(**params: object) -> tuple[SmallReview, Analysis]:
    """Save an analysis with the plugin that splits its work."""
    small = make_small_review()
    rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}
    row = Analysis(review=small.review, slug="parts", title="Parts", rules=rules)
    return small, save_analysis(by=small.owner, analysis=row, steps={NAME: params})


def ask(**params: object) -> Run:
    """Ask for the analysis; give its run."""
    small, analysis = save(**params)
    refresh(by=small.owner, analysis=analysis)
    return Run.objects.get(plugin=NAME)


def in_one_go(run: Run) -> str:
    """Give what the plugin makes of the run's inputs in one process."""
    plugin = splitting_plugin.plugin
    dataset, params = Dataset.model_validate_json(run.dataset.content), plugin.params.model_validate_json(run.params)
    return canonical.to_text(plugin.run(dataset, params, {}, quiet).model_dump(mode="json"))


def work(key: str) -> None:
    """Do what a worker does with the message of a run."""
    tasks.compute_run(key)
    tasks.advance_after(key)


def work_part(key: str) -> None:
    """Do what a worker does with the message of a part."""
    tasks.compute_part(key)
    tasks.advance_after(key.partition(":")[0])


def parts_of(run: Run) -> list[RunPart]:
    return list(RunPart.objects.filter(run=run).order_by("number"))


def lose(key: str, *, losses: int = 0) -> None:
    """Let the worker of a part be gone: it holds the row, and its lease has run out."""
    past = timezone.now() - timedelta(seconds=5)
    RunPart.objects.claim(key, worker="gone", now=past, lease_until=past)
    RunPart.objects.filter(key=key)._change(losses=losses)


# One answer -----------------------------------------------------------------------------------------------------------


def test_plugin_that_splits_conforms():
    check_plugin(splitting_plugin.plugin)


def test_without_a_broker_parts_are_computed_here_and_give_what_one_go_gives():
    run = ask(parts=5)
    assert run.status == "succeeded"
    assert run.result == in_one_go(run)
    assert run.result_digest == canonical.digest(run.result)
    assert [part.status for part in parts_of(run)] == ["succeeded"] * 5
    assert canonical.from_text(run.result)["count"] == 5000
    assert Snapshot.objects.count() == 1


@pytest.mark.parametrize("count", [0, 1])
def test_work_that_is_not_worth_splitting_has_no_parts(count):
    run = ask(parts=count)
    assert run.status == "succeeded"
    assert run.attempt == 1
    assert run.result == in_one_go(run)
    assert not RunPart.objects.exists()


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (2, 4, 1, 3)])
def test_order_in_which_parts_are_computed_changes_nothing(order, bells):
    run = ask(parts=4)
    work(run.key)
    for number in order:
        work_part(f"{run.key}:{number}")
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("succeeded", 2)  # split, and joined
    assert run.result == in_one_go(run)
    assert RefreshEnd.objects.get().outcome == "new_snapshot"


def test_verification_computes_the_same_in_one_process():
    run = ask(parts=4)
    found = judge_result(
        plugin=run.plugin,
        version=run.plugin_version,
        dataset=run.dataset.content,
        params=run.params,
        upstream={},
        result=run.result,
        environment=run.environment,
    )
    assert (found.verdict, found.digest) == (Verdict.SAME, run.result_digest)


def test_answers_are_dropped_with_the_result_and_their_digests_stay(bells):
    run = ask(parts=2)
    work(run.key)
    work_part(f"{run.key}:1")
    first = RunPart.objects.get(number=1)
    assert canonical.digest(first.answer) == first.answer_digest
    work_part(f"{run.key}:2")
    assert {part.answer for part in parts_of(run)} == {""}
    assert RunPart.objects.get(number=1).answer_digest == first.answer_digest


def test_progress_is_the_share_of_parts_that_are_computed(bells):
    run = ask(parts=4)
    work(run.key)
    shares = []
    for number in (1, 2, 3):
        work_part(f"{run.key}:{number}")
        run.refresh_from_db()
        shares.append((run.status, run.progress, run.progress_says))
    assert shares == [("split", n / 4, f"{n} of 4 parts are computed") for n in (1, 2, 3)]


# Bells ----------------------------------------------------------------------------------------------------------------


def test_parts_are_rung_in_the_queue_of_long_work_and_once(bells):
    run = ask(parts=3)
    assert bells == [("analysis.compute_run", run.key, "long")]
    work(run.key)
    expected = [("analysis.compute_part", f"{run.key}:{number}", "long") for number in (1, 2, 3)]
    assert bells[1:] == expected
    dispatching.sweep()
    assert bells[1:] == expected


def test_run_that_says_it_is_short_is_rung_in_the_other_queue(bells):
    run = ask(parts=1, is_long=False)
    assert bells == [("analysis.compute_run", run.key, "short")]


def test_plugin_that_cannot_say_whether_it_takes_long_keeps_nobody_waiting(bells, monkeypatch):
    def fail(params):
        raise KeyError("seconds")

    monkeypatch.setitem(registry.all_plugins(), NAME, replace(splitting_plugin.plugin, takes_long=fail))
    run = ask(parts=1)
    assert bells == [("analysis.compute_run", run.key, "long")]


def test_run_of_another_version_is_rung_where_it_fails_soon(bells):
    run = ask(parts=1)
    Run.objects.filter(pk=run.pk)._change(plugin_version="0.9.0")
    run.refresh_from_db()
    assert dispatching.queue_of(run) == "short"


def test_sweep_looks_at_many_requests_with_few_queries(bells, settings, django_assert_max_num_queries):
    small, analysis = save(parts=1)
    refresh(by=small.owner, analysis=analysis)
    for number in range(30):
        rules = {"outcome": "pain", "window": "short", "comparators": ["active"]}
        row = Analysis(review=small.review, slug=f"more-{number}", title=f"More {number}", rules=rules)
        steps = {"pooling": {"level": 0.5 + number / 100}}
        refresh(by=small.owner, analysis=save_analysis(by=small.owner, analysis=row, steps=steps))
    with django_assert_max_num_queries(6):
        assert dispatching.sweep() == {"given_up": 0, "unfinished": 31}


def test_lost_message_of_a_part_is_sent_again(bells, settings):
    run = ask(parts=2)
    work(run.key)
    work_part(f"{run.key}:1")
    settings.QUEUE_PATIENCE_SECONDS = 0
    dispatching.sweep()
    assert [key for _, key, _ in bells].count(f"{run.key}:2") == 2
    assert [key for _, key, _ in bells].count(f"{run.key}:1") == 1


def test_parts_that_nobody_joined_are_joined_by_the_sweep(bells, monkeypatch):
    run = ask(parts=2)
    work(run.key)
    with monkeypatch.context() as patch:
        patch.setattr(execution, "compute", lambda key: False)  # the worker of the last part is gone before it joins
        for number in (1, 2):
            compute_part(f"{run.key}:{number}")
    run.refresh_from_db()
    assert run.status == "split"
    bells.clear()
    dispatching.sweep()
    assert bells == [("analysis.compute_run", run.key, "long")]
    work(run.key)
    run.refresh_from_db()
    assert run.result == in_one_go(run)


# Fences and losses ----------------------------------------------------------------------------------------------------


def test_part_delivered_twice_is_computed_once(bells):
    run = ask(parts=2)
    work(run.key)
    assert compute_part(f"{run.key}:1") is True
    assert compute_part(f"{run.key}:1") is False
    assert RunPart.objects.get(number=1).attempt == 1


def test_run_whose_parts_are_not_computed_is_not_joined(bells):
    run = ask(parts=2)
    work(run.key)
    compute_part(f"{run.key}:1")
    assert compute(run.key) is False
    run.refresh_from_db()
    assert (run.status, run.attempt) == ("split", 1)


def test_part_of_a_lost_worker_is_taken_over_and_its_late_answer_refused(bells):
    run = ask(parts=2)
    work(run.key)
    lose(f"{run.key}:1")
    assert compute_part(f"{run.key}:1") is True
    late = RunPart.objects.finish(
        f"{run.key}:1", attempt=1, now=timezone.now(), worker="gone", status="succeeded", answer="x", answer_digest="x"
    )
    assert late is False
    first = RunPart.objects.get(number=1)
    assert (first.attempt, first.losses, first.status) == (2, 1, "succeeded")
    work_part(f"{run.key}:2")
    run.refresh_from_db()
    assert run.result == in_one_go(run)


def test_part_that_killed_its_workers_fails_the_run_with_a_sentence(bells):
    run = ask(parts=3)
    work(run.key)
    lose(f"{run.key}:2", losses=MOST_LOSSES)
    assert compute_part(f"{run.key}:2") is False
    assert dispatching.sweep()["given_up"] == 1
    run.refresh_from_db()
    assert run.status == "failed"
    assert run.error.startswith("For one of its parts: its worker was lost 3 times while computing it")
    assert run.error in RefreshEnd.objects.get().says


def test_worker_lost_while_it_joins_is_followed_by_another(bells, monkeypatch):
    run = ask(parts=2)
    work(run.key)
    with monkeypatch.context() as patch:
        patch.setattr(execution, "compute", lambda key: False)
        for number in (1, 2):
            compute_part(f"{run.key}:{number}")
    past = timezone.now() - timedelta(seconds=5)
    assert Run.objects.claim(run.key, worker="gone", now=past, lease_until=past) == 2
    work(run.key)
    run.refresh_from_db()
    assert (run.status, run.attempt, run.losses) == ("succeeded", 3, 1)
    assert run.result == in_one_go(run)
    assert {part.attempt for part in parts_of(run)} == {1}


def test_late_splitter_makes_no_parts(bells):
    run = ask(parts=2)
    past = timezone.now() - timedelta(seconds=5)
    late = Run.objects.claim(run.key, worker="late", now=past, lease_until=past)
    work(run.key)
    assert Run.objects.split(run, attempt=late, texts=["x"]) is False
    assert [part.of for part in parts_of(run)] == [2, 2]


# Failures -------------------------------------------------------------------------------------------------------------

SENTENCES = {
    "fail": "The second trial has no variance.",
    "die": f"The plugin {NAME} 1.0.0 crashed (SIGSEGV) before it gave a result.",
    "give_text": f"The plugin {NAME} 1.0.0 gave a value of the type str where its result is a Numbers.",
}


@pytest.mark.parametrize("does", SENTENCES)
def test_part_that_fails_fails_the_run_with_its_sentence(does):
    run = ask(parts=3, strange=2, does=does)
    assert (run.status, run.error) == ("failed", SENTENCES[does])
    assert RefreshEnd.objects.get().outcome == "failed"


def test_parts_of_a_failed_run_are_not_computed_any_more(bells):
    run = ask(parts=3, strange=2, does="fail")
    work(run.key)
    with pytest.raises(RunFailed, match="The second trial has no variance"):
        compute_part(f"{run.key}:2")
    assert compute_part(f"{run.key}:3") is False
    assert RunPart.objects.get(number=3).attempt == 0


def test_asking_again_computes_only_the_parts_that_are_missing(tmp_path):
    small, analysis = save(parts=4, strange=3, does="fail", folder=str(tmp_path))
    refresh(by=small.owner, analysis=analysis)
    assert Run.objects.get().status == "failed"
    (tmp_path / "mended").touch()
    again = refresh(by=small.owner, analysis=analysis)
    assert again.is_new
    run = Run.objects.get()
    assert run.result == in_one_go(run)
    assert [part.attempt for part in parts_of(run)] == [1, 1, 2, 1]


def test_join_that_fails_is_asked_again_without_computing_parts_again(tmp_path):
    small, analysis = save(parts=2, fails_to_join=True, folder=str(tmp_path))
    failed = refresh(by=small.owner, analysis=analysis)
    assert "The parts do not fit together." in failed.failure
    (tmp_path / "mended").touch()
    assert refresh(by=small.owner, analysis=analysis).is_new
    assert {part.attempt for part in parts_of(Run.objects.get())} == {1}


def test_process_that_ended_between_parts_is_followed_by_the_next_request(monkeypatch):
    small, analysis = save(parts=3)
    with monkeypatch.context() as patch:
        patch.setattr(execution, "compute_part", lambda key: False)  # the process ends after it has split the run
        refresh(by=small.owner, analysis=analysis)
    assert Run.objects.get().status == "split"
    assert refresh(by=small.owner, analysis=analysis).is_new
    run = Run.objects.get()
    assert run.result == in_one_go(run)


def test_other_parts_of_the_same_version_replace_those_there_are(bells):
    run = ask(parts=3)
    work(run.key)
    compute_part(f"{run.key}:1")
    RunPart.objects.lay_out(run, ["a", "b"])
    assert [(part.text, part.of, part.status) for part in parts_of(run)] == [("a", 2, "queued"), ("b", 2, "queued")]


# The rows -------------------------------------------------------------------------------------------------------------


def test_part_is_kept_as_it_was_computed():
    run = ask(parts=2)
    part = parts_of(run)[0]
    with pytest.raises(AppendOnly):
        part.save()
    with pytest.raises(AppendOnly):
        part.delete()
    with pytest.raises(AppendOnly):
        RunPart.objects.all().update(answer="x")
    with pytest.raises(AppendOnly):
        RunPart.objects.all().delete()


@pytest.mark.parametrize(
    "fields",
    [
        {"number": 1},  # there already
        {"number": 4},
        {"number": 0},
        {"number": 3, "status": "succeeded"},
        {"number": 3, "status": "failed"},
        {"number": 3, "claimed_by": "somebody"},
        {"number": 3, "finished_by": "somebody"},
    ],
)
def test_database_refuses_a_part_that_cannot_be(fields, bells):
    run = ask(parts=2)
    work(run.key)
    with pytest.raises(IntegrityError), transaction.atomic():
        RunPart(run=run, of=3, key="x", text="x", **fields).save()


def test_split_that_is_not_the_plugins_run_stops_the_start(monkeypatch):
    other = replace(splitting_plugin.plugin, run=lambda *given: None)
    monkeypatch.setattr(splitting_plugin, "plugin", other)
    with pytest.raises(registry.BadPlugin, match="splits its work, but its run is not that of the split"):
        registry.load("tests.scaling.splitting_plugin")
