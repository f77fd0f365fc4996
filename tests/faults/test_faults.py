"""Whatever fails, every run that was asked for ends, once, with a result or a reason; nothing is lost or doubled."""

import signal
import time

import pytest
import redis as redis_client

from tests.faults.plant import RING_AGAIN, ground, is_published


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    with ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def works(base, tmp_path):
    with base.plant(tmp_path) as made:
        yield made


def test_worker_killed_in_the_middle_of_a_run(works):
    works.ask(seconds=60)
    worker = works.worker()
    works.beat()
    works.wait_for_begin()
    works.kill(worker)
    killed_at = time.monotonic()

    works.worker()
    state = works.wait_until(is_published)
    print(f"recovery: {time.monotonic() - killed_at:.1f} s")  # noqa: T201 - what the fault table shows
    assert state["attempts"]["slow_plugin"] == 2
    assert state["count"] == 2
    assert state["ends"] == ["new_snapshot"]


def test_worker_asked_to_stop_finishes_its_run_first(works):
    works.ask(seconds=3)
    worker = works.worker()
    works.wait_for_begin()
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(60) == 0

    state = works.state()
    assert state["runs"]["slow_plugin"] == "succeeded"
    assert state["attempts"]["slow_plugin"] == 1


def test_broker_emptied_before_anybody_could_read_it(works):
    works.ask()
    with redis_client.Redis.from_url(works.env["BROKER_URL"]) as client:
        client.flushall()
    works.worker()
    works.beat()

    state = works.wait_until(is_published)
    assert set(state["attempts"].values()) == {1}


def test_beat_started_twice_sweeps_without_doubling_anything(works):
    works.beat()
    works.beat()
    works.ask(seconds=2)
    works.worker()
    works.worker()

    works.wait_until(is_published)
    time.sleep(3)
    state = works.state()
    assert is_published(state)
    assert set(state["attempts"].values()) == {1}


def test_worker_with_other_code_fails_the_run_with_a_sentence_and_harms_nothing(works):
    works.ask()
    works.worker(PLUGINS="plugins.pooling,plugins.sensitivity,plugins.small_study_effects,plugins.grade")
    works.beat()

    state = works.wait_until(lambda now: now["ends"] == ["failed"])
    assert state["runs"] == {"pooling": "succeeded", "slow_plugin": "failed"}
    assert "There is no plugin “slow_plugin”" in state["errors"]["slow_plugin"]
    assert state["snapshots"] == []


def test_one_task_delivered_five_times_to_two_workers(works):
    works.ask(seconds=2)
    works.do(RING_AGAIN)
    works.worker()
    works.worker()
    works.beat()

    works.wait_until(is_published)
    time.sleep(2)
    state = works.state()
    assert is_published(state)
    assert set(state["attempts"].values()) == {1}


def test_every_database_connection_is_cut_in_the_middle_of_a_run(works):
    works.ask(seconds=6)
    works.worker()
    works.beat()
    works.wait_for_begin()
    works.cut_database()
    cut_at = time.monotonic()

    state = works.wait_until(is_published)
    print(f"recovery: {time.monotonic() - cut_at:.1f} s")  # noqa: T201 - what the fault table shows
    assert state["count"] == 2
    assert state["ends"] == ["new_snapshot"]


def test_every_broker_connection_is_cut_in_the_middle_of_a_run(works):
    works.ask(seconds=4)
    works.worker()
    works.beat()
    works.wait_for_begin()
    with redis_client.Redis.from_url(works.env["BROKER_URL"]) as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)

    state = works.wait_until(is_published)
    assert state["ends"] == ["new_snapshot"]
    assert state["count"] == 2
