"""A deploy in the middle: what asks and what computes have different code."""

import pytest

from tests.faults.plant import BUILT_IN, has_ended, has_snapshot

OLD: dict[str, str] = {}
NEW = {"PLUGINS": f"{BUILT_IN},tests.faults.slow_plugin_next"}
WITHOUT = {"PLUGINS": BUILT_IN}
SENTENCE = "The run asks for slow_plugin {asked}, but version {installed} is installed."


def test_worker_without_the_plugin_fails_the_run_with_a_sentence(works, recovery):
    works.ask()
    worker = works.worker(**WITHOUT)
    works.beat()

    with recovery("a worker does not know the plugin; asked again after the deploy"):
        state = works.wait_until(has_ended)
        assert state["runs"] == {"pooling": "succeeded", "slow_plugin": "failed"}
        assert "There is no plugin “slow_plugin”" in state["errors"]["slow_plugin"]
        assert (state["snapshots"], state["ends"]) == ([], ["failed"])
        works.kill(worker)
        works.worker()
        works.ask()
        works.wait_until(has_snapshot)


@pytest.mark.parametrize(
    ("asked", "installed", "versions"),
    [(NEW, OLD, ("2.0.0", "1.0.0")), (OLD, NEW, ("1.0.0", "2.0.0"))],
    ids=["old_worker", "new_worker"],
)
def test_version_of_a_plugin_that_changed_between_request_and_computing(works, recovery, asked, installed, versions):
    works.ask(env=asked)
    worker = works.worker(**installed)
    works.beat()

    version = "a newer" if versions > ("2", "") else "an older"
    with recovery(f"a run asks for {version} version of a plugin than the worker has; asked again after the deploy"):
        state = works.wait_until(has_ended)
        assert state["runs"] == {"pooling": "succeeded", "slow_plugin": "failed"}
        assert SENTENCE.format(asked=versions[0], installed=versions[1]) in state["errors"]["slow_plugin"]
        assert state["snapshots"] == []
        works.kill(worker)
        works.worker(**NEW)
        works.ask(env=NEW)
        state = works.wait_until(lambda now: has_ended(now) and now["snapshots"] == [1])
    assert state["runs"] == {"pooling": "succeeded", "slow_plugin": "succeeded"}
    assert state["ends"] == ["failed", "new_snapshot"]


def test_task_that_an_old_worker_does_not_know_is_rung_again(works, recovery):
    works.ask(task="analysis.compute_run_as_of_tomorrow")
    works.worker()

    with recovery("an old worker throws away a message of a task that it does not know"):
        works.wait_for_log("unregistered task")
        assert set(works.state()["runs"].values()) == {"queued"}
        works.beat()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}
