"""Limits of requests: over the last minute, shared by processes where there is a Redis, not in the way without it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from redis import Redis
from rest_framework.test import APIRequestFactory

from config.shared_cache import SharedCache
from evidence.api import rates
from evidence.api.rates import AddressRate
from tests import servers

ROOT = Path(__file__).resolve().parents[2]
# What a process of the web server does with 30 requests; it prints how many it let in.
PROCESS = """
import django; django.setup()
from rest_framework.test import APIRequestFactory
from evidence.api.rates import AddressRate
print(sum(AddressRate().allow_request(APIRequestFactory().get("/"), None) for _ in range(30)))
"""


class Clock:
    """A clock that is set by hand."""

    now = 6_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Clock:
    """A clock at the beginning of a minute, and a limit of 10 requests in a minute."""
    settings.API_ADDRESS_RATE = "10/minute"
    cache.clear()
    found = Clock()
    monkeypatch.setattr(AddressRate, "timer", found)
    return found


def ask(times: int = 1, address: str = "192.0.2.1") -> list[AddressRate]:
    """Ask some times; give the limit as each request that was refused met it."""
    met = [AddressRate() for _ in range(times)]
    request = APIRequestFactory().get("/", REMOTE_ADDR=address)
    return [one for one in met if not one.allow_request(request, None)]


def test_no_minute_holds_twice_the_limit(clock: Clock) -> None:
    clock.now += 50
    assert len(ask(12)) == 2
    assert ask(10, "192.0.2.2") == []
    clock.now += 10  # the next minute of the clock: all ten lie in the last 60 seconds
    assert len(ask(3)) == 3
    clock.now += 30  # five still count
    assert len(ask(9)) == 4
    clock.now += 90
    assert ask(10) == []


@pytest.mark.parametrize(("at", "times"), [(0, 10), (50, 10), (59, 11)])
def test_who_waits_as_long_as_is_said_is_let_in(clock: Clock, at: int, times: int) -> None:
    clock.now += at
    ask(times)
    for _ in range(8):
        (refused,) = ask()
        assert 0 < refused.wait() <= 120
        clock.now += refused.wait() - 1
        assert len(ask()) == 1
        clock.now += 1.001
        assert ask() == []


def test_processes_share_a_limit_through_redis() -> None:
    with servers.redis() as url:
        env = {
            **os.environ,
            "BROKER_URL": url,
            "API_ADDRESS_RATE": "40/day",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }
        command = [sys.executable, "-c", PROCESS]
        running = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True) for _ in range(2)]
        let_in = [int(process.communicate(timeout=120)[0]) for process in running]
        with Redis.from_url(url) as client:
            kept = {key: client.ttl(key) for key in client.keys("quorum:*")}
    assert sum(let_in) == 40, let_in
    assert len(kept) == 1
    assert all(0 < seconds <= 2 * 86400 for seconds in kept.values())


def test_requests_are_let_in_where_redis_does_not_answer(
    monkeypatch: pytest.MonkeyPatch, settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    settings.API_ADDRESS_RATE = "1/minute"
    silent = SharedCache(f"redis://127.0.0.1:{servers.free_port()}/0", {})
    monkeypatch.setattr(rates, "cache", silent)
    assert ask(3) == []
    assert "limits of requests are not kept meanwhile" in caplog.text
    silent.set("a", 1)
    assert (silent.get("a", 5), silent.delete("a")) == (5, False)


def test_queue_of_the_workers_is_not_cleared() -> None:
    with servers.redis() as url, Redis.from_url(url) as client:
        client.lpush("celery", "a run")
        with pytest.raises(NotImplementedError, match="queue of the workers"):
            SharedCache(url, {}).clear()
        assert client.llen("celery") == 1
