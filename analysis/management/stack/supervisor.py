"""Starting services in order, watching them, stopping them in reverse; nothing is restarted."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.management.stack.folder import StackFailure

START_SECONDS = 60.0
LOOK_SECONDS = 0.1
TAIL_LINES = 12
SET_PARENT_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)

NO_ANSWER = "{name} did not answer within {seconds:.0f} s; its log is {log}.\n{tail}"
ENDED_EARLY = "{name} ended with exit status {status} before it answered; its log is {log}.\n{tail}"
ENDED = "{name} ended by itself with exit status {status}, so the stack stops; its log is {log}.\n{tail}"
FAILED_STEP = "{name} failed with exit status {status}; its log is {log}.\n{tail}"
KILLED = (
    "{name} did not end within {seconds:.0f} s and was killed; a run it was computing is taken over at the next start."
)


@dataclass(frozen=True, slots=True)
class Service:
    """A program that runs until it is stopped.

    `is_healthy` asks it; `says` is what a person should know once it answers; `identity` is the user it runs as, as
    arguments of subprocess; it ends after `stop_signal` within `grace_seconds`.
    """

    name: str
    command: tuple[str, ...]
    is_healthy: Callable[[], bool]
    says: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    stop_signal: signal.Signals = signal.SIGTERM
    grace_seconds: float = 10.0
    identity: Mapping[str, Any] = field(default_factory=dict)


class Stopped(Exception):
    """Somebody asked the stack to stop."""


class Supervisor:
    """The services that run, the last one started last."""

    def __init__(self, *, logs: Path, folder: Path, say: Callable[[str], object]) -> None:
        self.logs = logs
        self.folder = folder
        self.say = say
        self.asked = 0
        self.running: list[tuple[Service, subprocess.Popen[bytes]]] = []

    def listen(self) -> None:
        """Take Ctrl-C and SIGTERM as the wish to stop; the second one as the wish to stop at once."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask)

    def _ask(self, number: int, frame: object) -> None:
        self.asked += 1

    def run_step(self, name: str, command: tuple[str, ...], env: Mapping[str, str]) -> None:
        """Run a program that ends by itself, such as a migration.

        Raises
        ------
        StackFailure : it failed
        Stopped : somebody asked to stop
        """
        started = time.monotonic()
        process = self._spawn(name, command, env, signal.SIGTERM, {})
        while process.poll() is None:
            if self.asked:
                process.terminate()
                process.wait()
                raise Stopped
            time.sleep(LOOK_SECONDS)
        if process.returncode:
            raise StackFailure(self._sentence(FAILED_STEP, name, process.returncode))
        self.say(f"{name:<10} done in {time.monotonic() - started:.1f} s")

    def start(self, service: Service) -> None:
        """Start a service and wait until it answers.

        Raises
        ------
        StackFailure : it ended or did not answer
        Stopped : somebody asked to stop
        """
        started = time.monotonic()
        process = self._spawn(service.name, service.command, service.env, service.stop_signal, dict(service.identity))
        self.running.append((service, process))
        while True:
            if self.asked:
                raise Stopped
            self._check_all(ENDED_EARLY, only=process)
            if service.is_healthy():
                break
            if time.monotonic() - started > START_SECONDS:
                raise StackFailure(self._sentence(NO_ANSWER, service.name, None, seconds=START_SECONDS))
            time.sleep(LOOK_SECONDS)
        self.say(f"{service.name:<10} ready in {time.monotonic() - started:.1f} s  {service.says}".rstrip())

    def watch(self) -> None:
        """Wait until somebody asks to stop; raise StackFailure where a service ends by itself."""
        while not self.asked:
            self._check_all(ENDED)
            time.sleep(LOOK_SECONDS)

    def stop(self) -> bool:
        """Stop all services, the last one started first; give whether all ended in time."""
        in_time = True
        for service, process in reversed(self.running):
            in_time &= self._stop(service, process)
        self.running.clear()
        return in_time

    def _stop(self, service: Service, process: "subprocess.Popen[bytes]") -> bool:
        started, asked = time.monotonic(), self.asked
        if process.poll() is None:
            process.send_signal(service.stop_signal)
        while (
            process.poll() is None
            and time.monotonic() - started < service.grace_seconds
            and self.asked <= max(asked, 1)
        ):
            time.sleep(LOOK_SECONDS)
        in_time = process.poll() is not None
        # What it started belongs to its session; nothing of it may stay behind.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if in_time:
            self.say(f"{service.name:<10} stopped in {time.monotonic() - started:.1f} s")
        else:
            self.say(KILLED.format(name=service.name, seconds=time.monotonic() - started))
        return in_time

    def _check_all(self, sentence: str, *, only: "subprocess.Popen[bytes] | None" = None) -> None:
        for service, process in self.running:
            if process.poll() is not None:
                words = sentence if only in (None, process) else ENDED
                raise StackFailure(self._sentence(words, service.name, process.returncode))

    def _sentence(self, words: str, name: str, status: int | None, **more: float) -> str:
        log = self.logs / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines()[-TAIL_LINES:]
        tail = "\n".join(f"    {line}" for line in lines)
        return words.format(name=name, status=status, log=log, tail=tail, **more).rstrip()

    def _spawn(
        self,
        name: str,
        command: tuple[str, ...],
        env: Mapping[str, str],
        at_end: signal.Signals,
        identity: dict[str, Any],
    ) -> "subprocess.Popen[bytes]":
        """Start a program in a session of its own, so that Ctrl-C reaches it through its supervisor only."""
        with (self.logs / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_ends_with_parent(at_end),
                **identity,
            )


def _ends_with_parent(number: signal.Signals) -> Callable[[], None] | None:
    """Give what makes a child end when its supervisor is killed; None where the system has no such thing."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    return lambda: prctl(SET_PARENT_DEATH_SIGNAL, int(number), 0, 0, 0)
