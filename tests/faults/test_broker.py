"""The broker is emptied, cut off, or really stopped and started again."""

import signal

import pytest
import redis as redis_client

from tests.faults.plant import has_snapshot

both_ways = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])


def test_broker_emptied_before_anybody_could_read_it(works, base, recovery):
    works.ask()
    base.flush()
    works.worker()
    works.beat()

    with recovery("the broker is emptied (FLUSHALL) before anybody read it"):
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


def test_broker_emptied_in_the_middle_of_a_run(works, base, recovery):
    works.ask(waits=True)
    works.worker()
    works.beat()
    works.wait_for_begin()
    base.flush()

    with recovery("the broker is emptied (FLUSHALL) in the middle of a run"):
        works.let_go()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


@both_ways
def test_broker_stopped_and_started_in_the_middle_of_a_run(works, base, recovery, how):
    works.ask(waits=True)
    works.worker()
    works.beat()
    works.wait_for_begin()
    base.broker.stop(how)
    works.let_go()
    works.wait_until(lambda now: now["runs"]["slow_plugin"] == "succeeded")

    with recovery(f"the broker is stopped ({how.name}) in the middle of a run, which ends; from its return, empty"):
        base.broker.start()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


def test_what_is_asked_while_the_broker_is_away_is_computed_when_it_is_back(works, base, recovery):
    works.worker()
    works.beat()
    base.broker.stop()
    try:
        assert works.ask()["computed"] == 2
        assert set(works.state()["runs"].values()) == {"queued"}
    finally:
        base.broker.start()

    with recovery("the analysis is asked for while the broker is away; from its return"):
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


def test_every_broker_connection_is_cut_in_the_middle_of_a_run(works, recovery):
    works.ask(waits=True)
    works.worker()
    works.beat()
    works.wait_for_begin()
    with redis_client.Redis.from_url(works.env["BROKER_URL"]) as client:
        client.client_kill_filter(_type="normal", skipme=True)
        client.client_kill_filter(_type="pubsub", skipme=True)

    with recovery("all connections to the broker are cut in the middle of a run"):
        works.let_go()
        state = works.wait_until(has_snapshot)
    assert state["ends"] == ["new_snapshot"]
    assert state["count"] == 2
