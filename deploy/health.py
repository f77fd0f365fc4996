"""Whether parts of Quorum are well: `python deploy/health.py web worker beat`; exit status 0, or 1 with a sentence.

web     gives its page for signing in (asked as the proxy asks: with the name of the site, by HTTPS)
worker  of this machine answers through the broker (quorum@HOST, or WORKER_PREFIX@HOST)
beat    runs (by the file with its process number, /tmp/beat.pid or BEAT_PID)
"""

import http.client
import os
import socket
import sys
from pathlib import Path

TIMEOUT_SECONDS = 8


def check_web() -> str:
    """Give what is wrong with the site, "" where it is well."""
    port = int(os.environ.get("PORT") or 8000)
    name = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    headers = {"Host": name, "X-Forwarded-Proto": "https"}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=TIMEOUT_SECONDS)
    try:
        connection.request("GET", "/admin/login/", headers=headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"The site does not answer on port {port}: {error}."
    finally:
        connection.close()
    return "" if status == http.client.OK else f"The site answers with status {status}."


def check_worker() -> str:
    """Give what is wrong with the worker of this machine, "" where it is well."""
    from celery import Celery
    from celery.exceptions import CeleryError
    from kombu.exceptions import KombuError

    prefix = os.environ.get("WORKER_PREFIX") or "quorum"
    name = os.environ.get("WORKER_NAME") or f"{prefix}@{socket.gethostname()}"
    app = Celery("health", broker=os.environ["BROKER_URL"], set_as_current=False)
    try:
        answers = app.control.ping(destination=[name], timeout=TIMEOUT_SECONDS / 2)
    except (OSError, CeleryError, KombuError) as error:
        return f"The broker does not answer: {error}."
    return "" if answers else f"The worker {name} does not answer."


def check_beat() -> str:
    """Give what is wrong with beat, "" where it is well."""
    path = Path(os.environ.get("BEAT_PID") or "/tmp/beat.pid")  # noqa: S108
    try:
        os.kill(int(path.read_text()), 0)
    except PermissionError:
        return ""  # it runs, as another user
    except (OSError, ValueError) as error:
        return f"Beat does not run ({path}: {error})."
    return ""


CHECKS = {"web": check_web, "worker": check_worker, "beat": check_beat}


def main(names: list[str]) -> int:
    """Check the named parts, say what is wrong; give the exit status."""
    unknown = [name for name in names if name not in CHECKS]
    if unknown or not names:
        sys.stderr.write("Name what to check: web, worker or beat.\n")
        return 2
    problems = [problem for name in names if (problem := CHECKS[name]())]
    sys.stderr.write("".join(f"{problem}\n" for problem in problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
