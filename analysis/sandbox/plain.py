"""A fresh process for one run, for systems on which a server cannot fork safely."""

import os
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import Any

from analysis.sandbox.job import Job
from analysis.sandbox.launching import environment, python
from analysis.sandbox.replies import LONGEST_LINE, Replies

SECONDS_TO_START = 60
SECONDS_TO_END = 5


def ask_process(job: Job, replies: Replies) -> str | tuple[str, ...]:
    """Give the canonical text of the result; raise PluginStopped where there is none."""
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen([*python(), "once"], **pipes, env=environment(), start_new_session=True) as process:
        watch = Watch(process)
        try:
            watch.start(SECONDS_TO_START)
            _exchange(job, process, replies, watch)
        finally:
            watch.stop()
            _kill(process)
    code = process.returncode
    ended = {"signal": -code} if code < 0 else {"status": code}
    return replies.result({"timed_out": watch.rang, **ended})


def _exchange(job: Job, process: "subprocess.Popen[bytes]", replies: Replies, watch: "Watch") -> None:
    """Send the job when the process is ready, and take its lines until it ends."""
    if process.stdin is None or process.stdout is None:
        return
    ready = process.stdout.readline()
    if not ready:
        return
    watch.start(job.seconds)
    with suppress(BrokenPipeError):
        process.stdin.write(job.to_line())
        process.stdin.flush()
    while line := process.stdout.readline(LONGEST_LINE + 1):
        if line.endswith(b"\n") or len(line) > LONGEST_LINE:
            replies.feed(line)
            replies.pass_on()
        if replies.answer:
            break
    with suppress(subprocess.TimeoutExpired):
        process.wait(SECONDS_TO_END)


class Watch:
    """The clock of a process: when the time is up, the process is killed."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self.process = process
        self.rang = False
        self.timer = threading.Timer(0, self._ring)

    def start(self, seconds: float) -> None:
        """Start, or start again, with this time."""
        self.stop()
        self.timer = threading.Timer(seconds, self._ring)
        self.timer.daemon = True
        self.timer.start()

    def stop(self) -> None:
        """Stop the clock."""
        self.timer.cancel()

    def _ring(self) -> None:
        self.rang = True
        _kill(self.process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a process and its group, if it still runs."""
    if process.returncode is not None:
        return
    if sys.platform != "win32":
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
