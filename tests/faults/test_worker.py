"""Workers that are killed, stopped, or short of memory in the middle of a run; tasks that are delivered too often."""

import os
import signal
import time

from tests.faults.memory import limit_address_space, limit_as_the_kernel_does
from tests.faults.plant import RING_AGAIN, has_ended, has_snapshot


def test_worker_killed_in_the_middle_of_a_run(works, recovery):
    works.ask(waits=True)
    worker = works.worker()
    works.beat()
    works.wait_for_begin()
    works.kill(worker)

    with recovery("a worker is killed (SIGKILL) in the middle of a run"):
        works.worker()
        state = works.wait_until(has_snapshot)
    assert state["attempts"]["slow_plugin"] == 2
    assert state["count"] == 2
    assert state["ends"] == ["new_snapshot"]


def test_process_of_the_pool_killed_alone(works, recovery):
    works.ask(waits=True)
    worker = works.worker()
    works.beat()
    works.wait_for_begin()
    child = works.claimer()
    assert child != worker.pid
    os.kill(child, signal.SIGKILL)

    with recovery("the process of the pool that computes is killed alone, its worker lives"):
        state = works.wait_until(has_snapshot)
    assert worker.poll() is None
    assert "WorkerLostError" in works.logs()
    assert state["attempts"]["slow_plugin"] == 2
    assert works.claimer() != child


def test_kernel_kills_the_process_that_is_out_of_memory(works, recovery):
    works.ask(waits=True, megabytes=24)
    worker = works.worker()
    works.beat()
    works.wait_for_begin()
    child = works.claimer()
    with limit_as_the_kernel_does(child, megabytes=16) as how:
        works.let_go()
        with recovery(f"a worker's process is killed for its memory ({how})"):
            state = works.wait_until(has_snapshot)
        assert worker.poll() is None
        assert "signal 9" in works.logs()
        assert state["attempts"]["slow_plugin"] == 2
        assert works.claimer() != child


def test_memory_refused_to_a_worker_fails_the_run_with_a_sentence(works, recovery):
    works.ask(waits=True, megabytes=24)
    worker = works.worker()
    works.beat()
    works.wait_for_begin()
    limit_address_space(works.claimer(), more_megabytes=16)
    works.let_go()

    with recovery("memory is refused to a worker (RLIMIT_AS): the run fails, and is computed when asked for again"):
        state = works.wait_until(has_ended)
        assert state["runs"]["slow_plugin"] == "failed"
        assert "MemoryError" in state["errors"]["slow_plugin"]
        assert state["snapshots"] == []
        works.kill(worker)
        works.worker()
        works.ask(waits=True, megabytes=24)
        works.wait_until(has_snapshot)


def test_worker_asked_to_stop_finishes_its_run_first(works, recovery):
    works.ask(waits=True)
    worker = works.worker()
    works.wait_for_begin()
    worker.send_signal(signal.SIGTERM)
    works.wait_for_log("Warm shutdown")
    with recovery("a worker is asked to stop (SIGTERM) in the middle of a run"):
        works.let_go()
        assert worker.wait(60) == 0
        state = works.state()
        assert state["runs"]["slow_plugin"] == "succeeded"
        works.worker()
        works.beat()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


def test_one_task_delivered_five_times_to_two_workers(works, recovery):
    works.ask(waits=True)
    works.do(RING_AGAIN)
    works.worker()
    works.worker()
    works.beat()
    works.wait_for_begin()
    works.wait_for_silence()

    with recovery("one task is delivered six times, to two workers at once"):
        works.let_go()
        works.wait_until(has_snapshot)
    time.sleep(1)
    state = works.state()
    assert has_snapshot(state)
    assert set(state["attempts"].values()) == {1}


def test_beat_started_twice_sweeps_without_doubling_anything(works, recovery):
    works.beat()
    works.beat()
    works.ask(waits=True)
    works.worker()
    works.worker()
    works.wait_for_begin()
    time.sleep(2)  # for some sweeps of both

    with recovery("beat is started twice"):
        works.let_go()
        works.wait_until(has_snapshot)
    time.sleep(1)
    state = works.state()
    assert has_snapshot(state)
    assert set(state["attempts"].values()) == {1}
