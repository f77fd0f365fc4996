"""The site as it runs in production: PostgreSQL with a database for each trial, and gunicorn, while a block runs."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg

from tests.servers import free_port

ROOT = Path(__file__).resolve().parents[3]
START_SECONDS = 120
TEMPLATE = "filled"
# As in deploy/; connections are kept open longer than programs leave them idle. No limit of requests.
SHAPE = ("--worker-class", "gthread", "--workers", "2", "--threads", "4", "--graceful-timeout", "10", "--preload")
SHAPE += ("--keep-alive", "75")
FREE = {"API_PERSON_RATE": "100000000/minute", "API_ADDRESS_RATE": "100000000/minute"}


def env_for(url: str) -> dict[str, str]:
    """Give the environment of a program that works on the database."""
    settings = {"DATABASE_URL": url, "DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "only for trials"}
    return {**os.environ, **settings, **FREE, "OPENBLAS_NUM_THREADS": "1", "PYTHONWARNINGS": "ignore"}


def ask_world(url: str, *words: str) -> str:
    """Run `tests.bench.api.world` on a database; give what it prints."""
    command = [sys.executable, "-m", "tests.bench.api.world", *words]
    return subprocess.run(command, cwd=ROOT, env=env_for(url), stdout=subprocess.PIPE, text=True, check=True).stdout


class Databases:
    """Databases of one PostgreSQL: one that is filled once, and copies of it."""

    def __init__(self, url: str) -> None:
        self.url = url

    def named(self, name: str) -> str:
        """Give the address of a database."""
        return urlunsplit(urlsplit(self.url)._replace(path=f"/{name}"))

    def fill(self) -> dict[str, Any]:
        """Make and fill the database that is copied; give what is in it."""
        self._do(f"CREATE DATABASE {TEMPLATE}")
        found: dict[str, Any] = json.loads(ask_world(self.named(TEMPLATE)))
        return found

    def copy(self, name: str) -> str:
        """Give the address of a new copy."""
        self._do(f"CREATE DATABASE {name} TEMPLATE {TEMPLATE}")
        return self.named(name)

    def _do(self, statement: str) -> None:
        with psycopg.connect(self.url, autocommit=True) as connection:
            connection.execute(statement)


class Site:
    """A running web server."""

    def __init__(self, database: str, log: Path) -> None:
        self.database, self.log, self.port = database, log, free_port()
        self.address = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server, and wait for its first answer."""
        command = [sys.executable, "-m", "gunicorn", "config.wsgi", "--bind", f"127.0.0.1:{self.port}", *SHAPE]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--no-control-socket", "--timeout", "300"],
                cwd=ROOT,
                env=env_for(self.database),
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        end = time.monotonic() + START_SECONDS
        while time.monotonic() < end:
            try:
                if httpx.get(f"{self.address}/api/v1/").status_code == 401:
                    return
            except httpx.TransportError:
                time.sleep(0.2)
        raise RuntimeError(f"The server did not start: {self.log.read_text()}")

    def stop(self) -> None:
        """Let the server end in good order."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait()


@contextmanager
def running(database: str, log: Path) -> Iterator[Site]:
    """A running web server on a database."""
    site = Site(database, log)
    try:
        site.start()
        yield site
    finally:
        site.stop()
