"""The tests that use a database, on PostgreSQL: `python -m tests.with_postgres -- <pytest arguments>`."""

import os
import signal
import subprocess
import sys

from tests.servers import postgres

SELECTION = ("--database-only", "-m", "not browser and not walk")


def main(arguments: list[str]) -> int:
    """Start PostgreSQL, run pytest against it, stop it; returns pytest's exit status."""
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with postgres() as url:
        command = [sys.executable, "-m", "pytest", *SELECTION, *arguments]
        pytest = subprocess.Popen(command, env=os.environ | {"DATABASE_URL": url})
        try:
            return pytest.wait()
        except KeyboardInterrupt:
            pytest.terminate()
            return pytest.wait() or 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
