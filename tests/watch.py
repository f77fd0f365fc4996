"""Runs one server until standard input closes, then stops it and removes its folder.

Standard input closes when whoever asked for the server lets go of it or ends, in whatever way: at the end of a test
session, by SIGTERM, even by SIGKILL. So no server outlives its tests. Until then each line of it is an order, answered
by a line on standard output: the number of a signal stops the server by it, `start` starts it again on the same data.
Used by tests/servers.py.
"""

import pwd
import select
import shutil
import signal
import subprocess
import sys
from pathlib import Path

LOOK_SECONDS = 0.1
GRACE_SECONDS = 10
START = "start"
DONE = "done\n"


def watch(folder: Path, user: str, command: list[str]) -> int:
    """Run the server; returns 0 if it ran until it was let go, 1 if it ended by itself, with its last words."""
    server: subprocess.Popen[bytes] | None = launch(folder, user, command)
    while server is None or server.poll() is None:
        if not select.select([sys.stdin], [], [], LOOK_SECONDS)[0]:
            continue
        order = sys.stdin.readline().strip()
        if not order:
            break
        if order == START:
            server = launch(folder, user, command)
        elif server is not None:
            stop(server, int(order))
            server = None
        sys.stdout.write(DONE)
        sys.stdout.flush()
    has_ended = server is not None and server.poll() is not None
    if has_ended:
        sys.stderr.write((folder / "log").read_text(errors="replace")[-2000:])
    elif server is not None:
        stop(server, signal.SIGINT)
    shutil.rmtree(folder, ignore_errors=True)
    return int(has_ended)


def launch(folder: Path, user: str, command: list[str]) -> "subprocess.Popen[bytes]":
    """Start the server as the user."""
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    with (folder / "log").open("ab") as log:
        return subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **identity
        )


def stop(server: "subprocess.Popen[bytes]", how: int) -> None:
    """Ask the server to end; end it where it does not. SIGINT does not wait for its clients."""
    server.send_signal(how)
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(watch(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
