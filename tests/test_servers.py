"""The test servers start, answer, and are gone afterwards, also when whoever started them is killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, suppress
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis as redis_client

from tests import servers

ROOT = Path(__file__).resolve().parents[1]
GONE_SECONDS = 15
HOLD = """
import sys, time
from tests import servers
with getattr(servers, sys.argv[1])() as url:
    print(url, flush=True)
    time.sleep(60)
"""

Server = Callable[[], AbstractContextManager[str]]
both = pytest.mark.parametrize("server", [servers.postgres, servers.redis], ids=["postgres", "redis"])


def listens(url: str) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", urlsplit(url).port or 0)) == 0


def test_postgres_answers_in_unicode() -> None:
    with servers.postgres() as url, psycopg.connect(url) as connection:
        assert connection.execute("select upper('jä'), current_setting('fsync')").fetchone() == ("JÄ", "off")


def test_redis_answers() -> None:
    with servers.redis() as url, redis_client.Redis.from_url(url) as client:
        client.set("key", "value")
        assert client.get("key") == b"value"


@both
def test_server_is_gone_after_a_failure(server: Server) -> None:
    with ExitStack() as stack:
        stack.enter_context(suppress(KeyError))
        url = stack.enter_context(server())
        assert listens(url)
        raise KeyError
    assert not listens(url)


@both
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_server_is_gone_after_its_parent_was_killed(server: Server, number: signal.Signals) -> None:
    command = [sys.executable, "-c", HOLD, server.__name__]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        url = parent.stdout.readline().strip()
        assert listens(url)
        os.kill(parent.pid, number)
    deadline = time.monotonic() + GONE_SECONDS
    while listens(url) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not listens(url)


def test_a_server_that_cannot_start_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setattr(servers, "free_port", lambda: taken.getsockname()[1])
        with pytest.raises(servers.ServerDidNotStart, match="in use"), servers.redis():
            pass
