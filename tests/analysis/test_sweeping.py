"""Sweeps come in turn, however many messages there are and whatever a clock says."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from celery import current_app

from analysis import dispatching
from config.beat import SteadyScheduler

HOUR = timedelta(hours=1)


@pytest.fixture
def sweeps(monkeypatch, settings):
    """Count the sweeps of a process that has not swept yet, whose steady clock the test sets."""
    settings.SWEEP_SECONDS = 10.0
    done: list[float] = []
    monkeypatch.setattr(dispatching, "_swept_at", float("-inf"))
    monkeypatch.setattr(dispatching, "sweep", lambda: done.append(dispatching.time.monotonic()) or {})
    return done


def at(monkeypatch, seconds):
    monkeypatch.setattr(dispatching, "time", SimpleNamespace(monotonic=lambda: seconds))


def test_messages_that_piled_up_are_one_sweep(monkeypatch, sweeps):
    for seconds in (100.0, 100.1, 104.9, 105.0, 109.9, 115.0):
        at(monkeypatch, seconds)
        dispatching.sweep_in_turn()
    assert sweeps == [100.0, 105.0, 115.0]


def test_sweep_that_failed_is_made_up_for_at_once(monkeypatch, sweeps):
    at(monkeypatch, 100.0)
    with monkeypatch.context() as patch:
        patch.setattr(dispatching, "sweep", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            dispatching.sweep_in_turn()
    dispatching.sweep_in_turn()
    assert sweeps == [100.0]


class Schedule:
    """Beat's scheduler with a clock that the test sets and a broker that takes everything."""

    def __init__(self, monkeypatch, folder) -> None:
        self.now, self.rung = datetime(2026, 1, 1, tzinfo=UTC), []
        monkeypatch.setattr(current_app._get_current_object(), "now", lambda: self.now)
        self.beat = SteadyScheduler(app=current_app._get_current_object(), schedule_filename=str(folder / "beat"))
        monkeypatch.setattr(self.beat, "apply_entry", lambda entry, producer=None: self.rung.append(entry.name))
        self.beat.producer = None

    def tick(self) -> set[str]:
        """Ring all that is due, and give what it was."""
        self.rung.clear()
        while self.beat.tick() == 0:
            pass
        return set(self.rung)


@pytest.fixture
def schedule(monkeypatch, tmp_path):
    made = Schedule(monkeypatch, tmp_path)
    yield made
    made.beat.close()


def test_beat_goes_on_after_its_clock_was_put_back(schedule):
    schedule.now += HOUR
    assert schedule.tick() == {"sweep", "deliver_due", "run_due", "rank_due"}
    assert schedule.tick() == set()

    schedule.now -= HOUR
    assert schedule.tick() == set()
    schedule.now += timedelta(seconds=11)
    assert schedule.tick() == {"sweep"}
    schedule.now += timedelta(seconds=20)
    assert schedule.tick() == {"sweep", "deliver_due", "run_due"}
