"""The database is cut off, restarted, or crashes in the middle of a run."""

import signal

import pytest

from tests.faults.plant import has_snapshot

WAYS = {signal.SIGINT: "is restarted (fast)", signal.SIGQUIT: "crashes and is started"}


@pytest.mark.parametrize("how", WAYS, ids=["fast", "crash"])
def test_database_restarted_in_the_middle_of_a_run(works, base, recovery, how):
    works.ask(waits=True)
    works.worker()
    works.beat()
    works.wait_for_begin()
    base.database.stop(how)

    with recovery(f"PostgreSQL {WAYS[how]} in the middle of a run; from its return"):
        base.database.start()
        works.let_go()
        state = works.wait_until(has_snapshot)
    assert state["count"] == 2
    assert state["ends"] == ["new_snapshot"]
    # The worker that computed meanwhile kept its run, and stored it through a new connection.
    assert state["attempts"]["slow_plugin"] == 1


def test_every_database_connection_is_cut_in_the_middle_of_a_run(works, recovery):
    works.ask(waits=True)
    works.worker()
    works.beat()
    works.wait_for_begin()
    works.cut_database()

    with recovery("all connections to the database are cut in the middle of a run"):
        works.let_go()
        state = works.wait_until(has_snapshot)
    assert state["count"] == 2
    assert state["ends"] == ["new_snapshot"]
    # The worker that computed meanwhile kept its run, and stored it through a new connection.
    assert state["attempts"]["slow_plugin"] == 1
