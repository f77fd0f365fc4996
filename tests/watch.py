"""Runs one server until standard input closes, then stops it and removes its folder.

Standard input closes when whoever asked for the server lets go of it or ends, in whatever way: at the end of a test
session, by SIGTERM, even by SIGKILL. So no server outlives its tests. Used by tests/servers.py.
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


def watch(folder: Path, user: str, command: list[str]) -> int:
    """Run the server; returns 0 if it ran until it was stopped, 1 if it ended by itself, with its last words."""
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, **identity
        )
    asked_to_stop = False
    while server.poll() is None and not asked_to_stop:
        asked_to_stop = bool(select.select([sys.stdin], [], [], LOOK_SECONDS)[0])
    if asked_to_stop:
        stop(server)
    else:
        sys.stderr.write((folder / "log").read_text(errors="replace")[-2000:])
    shutil.rmtree(folder, ignore_errors=True)
    return 0 if asked_to_stop else 1


def stop(server: "subprocess.Popen[bytes]") -> None:
    """Ask the server to end without waiting for its clients; end it where it does not."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(GRACE_SECONDS)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


if __name__ == "__main__":
    sys.exit(watch(Path(sys.argv[1]), sys.argv[2], sys.argv[3:]))
