"""Clocks that are wrong, or jump: leases and due times are held against the database's clock, which is right here."""

import os
import signal

import pytest

from tests.faults.plant import has_snapshot

HOUR = 3600
MEDDLE = """
import time
from datetime import UTC, datetime
from django.utils import timezone
from analysis import dispatching, execution
from analysis.models import Run
from analysis.models.database_clock import read_clock
key = Run.objects.get(plugin="slow_plugin").key
both = timezone.now(), datetime.fromtimestamp(time.time(), UTC)
ahead = [(moment - read_clock()).total_seconds() for moment in both]
dispatching.sweep()
print(json.dumps({"ahead": ahead, "took": execution.compute(key), "status": Run.objects.get(key=key).status}))
"""


def test_worker_whose_clock_is_ahead_takes_no_living_run_away(works, recovery):
    works.ask(waits=True)
    works.worker(**works.clock(-HOUR, name="behind"))
    works.wait_for_begin()
    ahead = works.clock(HOUR, name="ahead")

    works.worker(**ahead)
    works.beat(**ahead)
    done = works.do(MEDDLE, **ahead)
    assert done["ahead"] == pytest.approx([HOUR, HOUR], abs=60)
    assert (done["took"], done["status"]) == (False, "running")

    with recovery("the clock of a worker that computes is an hour behind, that of all others an hour ahead"):
        works.let_go()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}


def test_dead_worker_whose_clock_was_ahead_is_replaced_by_one_whose_clock_is_behind(works, recovery):
    works.ask(waits=True)
    worker = works.worker(**works.clock(HOUR, name="ahead"))
    works.wait_for_begin()
    works.kill(worker)

    with recovery("a worker whose clock is an hour ahead is killed, the others' is an hour behind"):
        behind = works.clock(-HOUR, name="behind")
        works.worker(**behind)
        works.beat(**behind)
        state = works.wait_until(has_snapshot)
    assert state["attempts"]["slow_plugin"] == 2


@pytest.mark.parametrize("jump", [HOUR, -HOUR], ids=["forward", "back"])
def test_clock_that_jumps_in_the_middle_of_a_run(works, recovery, jump):
    clock = works.clock(0)
    works.ask(waits=True)
    worker, beat = works.worker(**clock), works.beat(**clock)
    works.wait_for_begin()
    works.clock(jump)
    os.kill(works.claimer(), signal.SIGKILL)

    way = "forward" if jump > 0 else "back"
    with recovery(f"the clock jumps an hour {way} in the middle of a run, whose process is killed then"):
        state = works.wait_until(has_snapshot)
    assert state["attempts"]["slow_plugin"] == 2
    assert (worker.poll(), beat.poll()) == (None, None)


def test_worker_whose_clock_is_ahead_of_beats_still_hears_of_what_was_lost(works, base, recovery):
    works.ask()
    base.flush()

    with recovery("a worker's clock is an hour ahead of beat's, and its messages were lost"):
        works.worker(**works.clock(HOUR))
        works.beat()
        state = works.wait_until(has_snapshot)
    assert set(state["attempts"].values()) == {1}
