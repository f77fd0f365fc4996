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


def test_postgres_keeps_its_data_when_it_is_stopped_and_started() -> None:
    with servers.postgres_server() as server:
        with psycopg.connect(server.url, autocommit=True) as connection:
            connection.execute("create table kept as select 7 as number")
        server.stop(signal.SIGINT)
        assert not listens(server.url)
        server.start()
        with psycopg.connect(server.url) as connection:
            assert connection.execute("select number from kept").fetchone() == (7,)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_redis_is_empty_when_it_was_stopped_and_started(how: signal.Signals) -> None:
    with servers.redis_server() as server, redis_client.Redis.from_url(server.url) as client:
        client.set("key", "value")
        server.stop(how)
        assert not listens(server.url)
        server.start()
        assert client.get("key") is None


@both
def test_server_that_was_stopped_is_gone_after_its_block(server: Server) -> None:
    holding = servers.postgres_server if server is servers.postgres else servers.redis_server
    with holding() as held:
        held.stop()
    assert not listens(held.url)


def test_program_that_the_environment_names_is_the_one_that_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, ran = tmp_path / "redis-server", tmp_path / "ran"
    program.write_text(f'#!/bin/sh\ntouch "{ran}"\nexec "{servers.get_binary_path()}" "$@"\n')
    program.chmod(0o755)
    monkeypatch.setenv(servers.REDIS_SERVER, str(program))
    with servers.redis() as url, redis_client.Redis.from_url(url) as client:
        assert client.ping()
    assert ran.exists()


@pytest.mark.parametrize("name", [servers.POSTGRES_BIN, servers.REDIS_SERVER])
def test_program_of_the_machine_that_is_not_there_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "/nowhere/bin")
    server = servers.postgres if name == servers.POSTGRES_BIN else servers.redis
    with pytest.raises(servers.ServerDidNotStart, match=f"no program /nowhere/bin.*which {name} names"), server():
        pass


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
