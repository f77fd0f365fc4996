"""The server of each worker process: started when it is first asked, ended with the process that asks."""

import atexit
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

from analysis.sandbox.server import HEADER

# What a process that runs plugins gets of the environment: no password, no address of a database or a broker.
KEPT_NAMES = frozenset({"PATH", "HOME", "LANG", "TMPDIR", "TEMP", "TMP", "TZ", "SYSTEMROOT", "VIRTUAL_ENV"})
KEPT_PREFIXES = ("PYTHON", "LC_", "LD_LIBRARY_", "DYLD_", "OPENBLAS_", "OMP_", "MKL_")
# One thread, or the last bits of a matrix product depend on the machine.
THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


@dataclass(slots=True)
class Launched:
    """A server that was started, and the socket on which it is asked."""

    process: subprocess.Popen[bytes]
    control: socket.socket


# By process: a worker that was forked from another starts a server of its own.
_launched: dict[int, Launched] = {}
_lock = threading.Lock()


def ask_server(*, seconds: float, channel: int, status: int, preload: Iterable[str]) -> None:
    """Hand a run's socket and pipe to the server of this process; start it where there is none, or it has ended."""
    header = HEADER.pack(seconds)
    with _lock:
        server = _launched.get(os.getpid())
        if server is not None and server.process.poll() is None:
            with suppress(BrokenPipeError, ConnectionResetError):
                socket.send_fds(server.control, [header], [channel, status])
                return
        _end()
        server = _launched[os.getpid()] = launch(preload)
        socket.send_fds(server.control, [header], [channel, status])


def launch(modules: Iterable[str]) -> Launched:
    """Start a server that has loaded these modules."""
    mine, servers = socket.socketpair()
    with servers:
        command = [*python(), "serve", *modules]
        process = subprocess.Popen(command, stdin=servers.fileno(), env=environment(), start_new_session=True)
    return Launched(process, mine)


def stop_server() -> None:
    """End the server of this process and all that it runs."""
    with _lock:
        _end()


def _end() -> None:
    server = _launched.pop(os.getpid(), None)
    if server is None:
        return
    server.control.close()
    try:
        server.process.wait(5)
    except subprocess.TimeoutExpired:
        server.process.kill()
        server.process.wait()


atexit.register(stop_server)


def python() -> list[str]:
    """Give the command of a Python that runs this package and finds modules only where this process finds them."""
    return [sys.executable, "-P", "-m", "analysis.sandbox"]


def environment() -> dict[str, str]:
    """Give the environment of a process that runs plugins.

    The order of sets is the same in every process, so that a plugin that depends on it gives the same twice.
    """
    kept = {name: value for name, value in os.environ.items() if name in KEPT_NAMES or name.startswith(KEPT_PREFIXES)}
    found = os.pathsep.join(os.path.abspath(entry) for entry in sys.path)
    return {**dict.fromkeys(THREADS, "1"), **kept, "PYTHONPATH": found, "PYTHONHASHSEED": "0"}
