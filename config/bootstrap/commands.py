"""What the Makefile's targets do, once the Python is known to be new enough."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from . import ROOT, checks, ports
from .environment import PYTHON, VENV, ensure
from .explain import explain_migrate, explain_os_error
from .progress import Failure, say, step

RUNTIME = "requirements.txt"
DEVELOPMENT = "requirements-dev.txt"
BENCH = "requirements-bench.txt"
INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Run one target; every failure that can be foreseen ends in a sentence."""
    name, *rest = arguments or ["help"]
    if name not in TARGETS:
        sys.stderr.write(f"There is no target {name!r}; `make help` lists them.\n")
        return 2
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        return TARGETS[name](rest)
    except Failure as failure:
        sys.stderr.write(f"{failure}\n")
    except OSError as error:
        sys.stderr.write(explain_os_error(error) + "\n")
    except KeyboardInterrupt:
        sys.stderr.write(f"\nInterrupted. `make {name}` goes on from here; nothing was lost.\n")
        return INTERRUPTED
    return 1


def project_env(**more: str) -> dict[str, str]:
    """The environment of every program that runs Quorum's code."""
    return os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings", "OPENBLAS_NUM_THREADS": "1"} | more


def run(*command: str | Path, **env: str) -> int:
    """Run a program that speaks for itself; returns its exit status."""
    process = subprocess.Popen(command, cwd=ROOT, env=project_env(**env))
    try:
        return process.wait()
    except BaseException:  # also Ctrl-C: what was started here ends here
        process.terminate()
        process.wait()
        raise


def replace_by(*command: str | Path) -> NoReturn:
    """Become another program, so that signals reach it directly; does not return."""
    sys.stdout.flush()
    os.chdir(ROOT)
    os.execve(command[0], [str(word) for word in command], project_env())


def migrate() -> None:
    """Bring the database up to date; makes it where there is none."""
    command = [str(PYTHON), "manage.py", "migrate", "--verbosity", "0"]
    outcome = step("Preparing the database", command, cwd=ROOT, env=project_env())
    if outcome.status != 0:
        raise Failure(explain_migrate(outcome))


def demo(rest: Sequence[str]) -> int:
    """The example review, and what to do next."""
    port = ports.chosen_port()
    ensure(RUNTIME, "demo")
    migrate()
    status = run(PYTHON, "manage.py", "demo", *rest)
    if status == 0:
        again = "" if port == ports.DEFAULT_PORT else f" PORT={port}"
        free = f"See it in the browser: make serve{again}, then open http://{ports.HOST}:{port}/"
        say(free if ports.is_free(port) else ports.occupied_sentence(port))
    return status


def serve(rest: Sequence[str]) -> int:
    """The site on the loopback address, until Ctrl-C."""
    port = ports.chosen_port()
    if not ports.is_free(port):
        raise Failure(ports.occupied_sentence(port))
    ensure(RUNTIME, "serve")
    migrate()
    (ROOT / "staticfiles").mkdir(exist_ok=True)  # empty: files are found where they are; without it whitenoise warns
    say(f"Quorum is at http://{ports.HOST}:{port}/ (Ctrl-C stops it).")
    say("Sign in with the account that `make demo` printed, or make one: .venv/bin/python manage.py createsuperuser")
    # The production server, in one process: pages of errors never show a traceback, and nothing is reloaded.
    options = ["--worker-class", "gthread", "--threads", "4", "--no-control-socket", "--log-level", "warning"]
    return replace_by(PYTHON, "-m", "gunicorn", "config.wsgi", "--bind", f"{ports.HOST}:{port}", *options, *rest)


def worker(rest: Sequence[str]) -> int:
    """A process that computes runs for a broker."""
    if not os.environ.get("BROKER_URL"):
        raise Failure(
            "A worker needs a broker: make worker BROKER_URL=redis://127.0.0.1:6379/0\n"
            "Without one, runs are computed by the site itself and no worker is needed."
        )
    ensure(RUNTIME, "worker")
    migrate()
    return replace_by(PYTHON, "-m", "celery", "-A", "config", "worker", "--loglevel", "INFO", *rest)


def stack(rest: Sequence[str]) -> int:
    """Everything that production has, on the loopback address, until Ctrl-C."""
    port = ports.chosen_port()
    ensure(DEVELOPMENT, "stack")
    return replace_by(PYTHON, "manage.py", "stack", "--port", str(port), *rest)


def verify(rest: Sequence[str]) -> int:
    """Recompute stored runs and compare."""
    ensure(RUNTIME, "verify")
    migrate()
    return run(PYTHON, "manage.py", "verify", *rest)


def test(rest: Sequence[str]) -> int:
    """All tests on SQLite, then those that use a database on PostgreSQL; with arguments, pytest with these."""
    ensure(DEVELOPMENT, "test")
    secret = {"SECRET_KEY": "only for tests"}
    # One more than processors: many tests wait for servers that they start.
    parallel = ["-n", str((os.cpu_count() or 1) + 1), "--dist", "worksteal"]
    if rest:
        return run(PYTHON, "-m", "pytest", *rest, **secret)
    say("Tests on SQLite")
    on_sqlite = run(PYTHON, "-m", "pytest", *parallel, **secret)
    say("Tests that use a database, on PostgreSQL")
    on_postgres = run(PYTHON, "-m", "tests.with_postgres", "--", *parallel, **secret)
    return on_sqlite or on_postgres


def bench(rest: Sequence[str]) -> int:
    """The engine beside other programs, then the queue of a large review; or the part that is named first."""
    ensure(BENCH, "bench")
    if rest[:1] and rest[0] in ("screening", "throughput", "home"):
        return run(PYTHON, "-m", f"tests.bench.{rest[0]}", *rest[1:])
    engine = run(PYTHON, "-m", "tests.bench", *rest)
    return engine if rest else engine or run(PYTHON, "-m", "tests.bench.screening")


def check(rest: Sequence[str]) -> int:
    """Every check that a machine can make, up to the first that fails."""
    ensure(DEVELOPMENT, "check")
    return checks.run_all(VENV / "bin", project_env())


def tidy(rest: Sequence[str]) -> int:
    """Format the Python files and mend what ruff can mend."""
    ensure(DEVELOPMENT, "format")
    return run(PYTHON, "-m", "ruff", "format") or run(PYTHON, "-m", "ruff", "check", "--fix")


def clean(rest: Sequence[str]) -> int:
    """Remove the environment and the local data, after saying so."""
    found = [path for path in (VENV, ROOT / "staticfiles", ROOT / "var") if path.exists()]
    if not found:
        say("There is nothing to remove.")
        return 0
    say("This removes, for good:")
    for path in found:
        say(f"  {path.relative_to(ROOT)}/" + ("  with the database and everything in it" if path.name == "var" else ""))
    if os.environ.get("CONFIRM") != "yes":
        if not sys.stdin.isatty():
            raise Failure("Nothing was removed. To remove it: make clean CONFIRM=yes")
        if input("Type yes to remove them: ").strip().lower() != "yes":
            raise Failure("Nothing was removed.")
    for path in found:
        shutil.rmtree(path)
    say("Removed.")
    return 0


TARGETS: dict[str, Callable[[Sequence[str]], int]] = {
    "demo": demo,
    "serve": serve,
    "worker": worker,
    "stack": stack,
    "verify": verify,
    "test": test,
    "bench": bench,
    "check": check,
    "format": tidy,
    "clean": clean,
}
