"""The process that forks one child for each run, watches its clock, and says how it ended.

The server has one thread, loads the plugins before it forks, and runs no plugin itself. It is the parent of all
children, so that the number of a process that it kills cannot have passed to another one.
"""

import gc
import json
import os
import select
import signal
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from typing import Any

HEADER = struct.Struct("!d")
IDLE_MILLISECONDS = 3_600_000

# What the engine imports only where it is used. A child would import it anew for each run.
WARM_MODULES = ("scipy.special", "scipy.linalg.lapack", "scipy.optimize", "analysis.engine")


@dataclass(slots=True)
class Running:
    """A child: where its end is told, when its time is up, and whether it was."""

    status: int
    deadline: float
    timed_out: bool = False


class Server:
    """Children by process number, and the socket on which a worker asks for them."""

    def __init__(self, control: socket.socket) -> None:
        self.control = control
        self.running: dict[int, Running] = {}
        self.poller = select.poll()
        self.poller.register(control.fileno(), select.POLLIN)
        self.wake, alarm = os.pipe()
        os.set_blocking(self.wake, False)
        os.set_blocking(alarm, False)
        self.alarm = alarm
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        signal.set_wakeup_fd(alarm, warn_on_full_buffer=False)
        self.poller.register(self.wake, select.POLLIN)

    def serve(self) -> socket.socket | None:
        """Serve until the worker is gone; give, in a child, the socket of its run, and None in the server."""
        while True:
            for descriptor, _ in self.poller.poll(self._milliseconds()):
                if descriptor == self.wake:
                    os.read(self.wake, 4096)
                elif descriptor == self.control.fileno():
                    received = self._receive()
                    if received is None:
                        self._stop_all()
                        return None
                    channel = self._start(*received)
                    if channel is not None:
                        return channel
                else:
                    self._stop_unwatched(descriptor)
            self._stop_late()
            self._reap()

    def _milliseconds(self) -> int:
        if not self.running:
            return IDLE_MILLISECONDS
        left = min(child.deadline for child in self.running.values()) - time.monotonic()
        return max(0, int(left * 1000) + 1)

    def _receive(self) -> tuple[float, int, int] | None:
        """Give the seconds of a run, the socket for its child and the pipe for its end; None where nobody asks."""
        with suppress(ConnectionResetError):
            header, descriptors, _, _ = socket.recv_fds(self.control, HEADER.size, 2)
            if len(header) == HEADER.size and len(descriptors) == 2:
                return HEADER.unpack(header)[0], descriptors[0], descriptors[1]
        return None

    def _start(self, seconds: float, channel: int, status: int) -> socket.socket | None:
        """Fork a child; give, in the child, the socket of its run."""
        try:
            number = os.fork()
        except OSError as error:
            _tell(status, refused=error.strerror)
            os.close(status)
            os.close(channel)
            return None
        if number:
            os.close(channel)
            _tell(status, started=number)
            self.running[number] = Running(status=status, deadline=time.monotonic() + seconds)
            self.poller.register(status, 0)  # an error is reported when nobody listens any more
            return None
        os.setsid()
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self.control.close()
        others = [child.status for child in self.running.values()]
        for descriptor in (self.wake, self.alarm, status, *others):
            os.close(descriptor)
        return socket.socket(fileno=channel)

    def _stop_unwatched(self, status: int) -> None:
        """Stop the child whose worker does not wait for it any more."""
        for number, child in self.running.items():
            if child.status == status:
                kill(number)
                self.poller.unregister(status)

    def _stop_late(self) -> None:
        now = time.monotonic()
        for number, child in self.running.items():
            if child.deadline <= now and not child.timed_out:
                child.timed_out = True
                child.deadline = now + IDLE_MILLISECONDS / 1000
                kill(number)

    def _stop_all(self) -> None:
        for number in self.running:
            kill(number)

    def _reap(self) -> None:
        """Tell the end of each child that has ended, and end what it left behind in its process group."""
        for number, child in list(self.running.items()):
            if os.waitid(os.P_PID, number, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                continue
            kill(number)
            code = os.waitstatus_to_exitcode(os.waitpid(number, 0)[1])
            ended = {"signal": -code} if code < 0 else {"status": code}
            _tell(child.status, timed_out=child.timed_out, **ended)
            with suppress(KeyError):
                self.poller.unregister(child.status)
            os.close(child.status)
            del self.running[number]


def kill(number: int) -> None:
    """Kill a child and its process group; before it has a group of its own there is only the child."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(number, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGKILL)


def _tell(pipe: int, **said: Any) -> None:
    with suppress(BrokenPipeError):
        os.write(pipe, json.dumps(said).encode() + b"\n")


def warm_up(modules: list[str]) -> None:
    """Import what runs need, and keep it out of the garbage collector, so that children share its memory.

    A module that cannot be imported is left to the run that needs it, where it is an error with a sentence.
    """
    for name in (*WARM_MODULES, *modules):
        with suppress(ImportError):
            import_module(name)
    gc.collect()
    gc.freeze()
