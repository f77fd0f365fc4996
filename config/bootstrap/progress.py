"""Running a program with a sign of life: a spinner on a terminal, plain lines elsewhere."""

import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SPINNER = "|/-\\"
FRAME_SECONDS = 0.1
# Where no spinner can turn, a line says this often that the work goes on.
REMINDER_SECONDS = 20.0


class Failure(Exception):
    """Something a user can mend; its text is the sentence that says how."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended and what it printed."""

    status: int
    output: str

    def tail(self, lines: int = 8) -> str:
        """The last lines of the output, indented, for the end of a sentence."""
        kept = [line for line in self.output.splitlines() if line.strip()][-lines:]
        return "\n".join("    " + line for line in kept)


def say(text: str = "") -> None:
    """Print a line now, also where the output is a file."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def step(title: str, command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str]) -> Outcome:
    """Run a program under a title and return how it ended; its output is kept, not shown."""
    show = _Spinner(title) if sys.stdout.isatty() else _Lines(title)
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait(process, show)
        except BaseException:  # also Ctrl-C: what was started here ends here
            process.terminate()
            process.wait()
            raise
        finally:
            show.end(process.returncode == 0)
        log.seek(0)
        return Outcome(process.returncode, log.read().decode(errors="replace"))


def _wait(process: "subprocess.Popen[bytes]", show: "_Lines | _Spinner") -> None:
    while True:
        try:
            process.wait(timeout=FRAME_SECONDS)
        except subprocess.TimeoutExpired:
            show.tick()
        else:
            return


class _Lines:
    """A line when the work starts, one when it took a second or more, and a reminder in between."""

    def __init__(self, title: str) -> None:
        self.start = time.monotonic()
        self.reminders = 0
        say(f"{title} ...")

    def tick(self) -> None:
        elapsed = time.monotonic() - self.start
        if elapsed > (self.reminders + 1) * REMINDER_SECONDS:
            self.reminders += 1
            say(f"  still at work after {elapsed:.0f} s")

    def end(self, went_well: bool) -> None:
        elapsed = time.monotonic() - self.start
        if not went_well:
            say(f"  failed after {elapsed:.1f} s")
        elif elapsed >= 1:
            say(f"  done in {elapsed:.1f} s")


class _Spinner:
    """One line that turns and counts the seconds, replaced by the time it took."""

    def __init__(self, title: str) -> None:
        self.start = time.monotonic()
        self.title = title
        self.frame = 0
        self.tick()

    def tick(self) -> None:
        self.frame += 1
        mark = SPINNER[self.frame % len(SPINNER)]
        self._draw(f"{mark} {self.title} ... {time.monotonic() - self.start:.0f} s")

    def end(self, went_well: bool) -> None:
        ended = "done" if went_well else "failed"
        self._draw(f"  {self.title}: {ended} in {time.monotonic() - self.start:.1f} s\n")

    def _draw(self, text: str) -> None:
        sys.stdout.write(f"\r\033[K{text}")
        sys.stdout.flush()
