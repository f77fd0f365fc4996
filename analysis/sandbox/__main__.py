"""`python -m analysis.sandbox serve MODULE...` forks a child per run; `... once` runs the one job of its input."""

import os
import socket
import sys
from typing import NoReturn

from analysis.sandbox.answering import answer
from analysis.sandbox.job import Job
from analysis.sandbox.limits import turn_away


def main() -> None:
    """Serve, or run one job, as the first argument says."""
    if sys.argv[1] == "once":
        answer_once()
    from analysis.sandbox.server import Server, warm_up  # not on every system

    control = socket.socket(fileno=os.dup(0))
    control.set_inheritable(False)
    turn_away(0)
    warm_up(sys.argv[2:])
    channel = Server(control).serve()
    if channel is not None:
        turn_away(0, 1, 2)
        with channel.makefile("rb") as lines:
            line = lines.readline()
        answer(Job.from_line(line), channel.sendall)


def answer_once() -> NoReturn:
    """Run the job of standard input; lines go to what was standard output, which the plugin no longer reaches."""
    out = os.fdopen(os.dup(1), "wb", buffering=0)
    out.write(b'{"ready":true}\n')
    job = Job.from_line(sys.stdin.buffer.readline())
    turn_away(0, 1, 2)

    def send(line: bytes) -> None:
        view = memoryview(line)
        while view:
            view = view[out.write(view) or 0 :]

    answer(job, send)


if __name__ == "__main__":
    main()
