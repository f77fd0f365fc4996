"""The production shape in small: a database, a broker, workers and beat, each a process that a test may kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import redis as redis_client

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = "plugins.pooling,plugins.sensitivity,plugins.small_study_effects,plugins.grade,tests.faults.slow_plugin"
SECONDS_TO_WAIT = 90
SETUP = "import django, json; django.setup()\n"
PREPARE = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.analysis.builders import make_small_review
small = make_small_review()
small.analysis()
print(json.dumps({"review": small.review.slug, "owner": small.owner.username}))
"""
ASK = """
from django.contrib.auth.models import User
from analysis.models import Analysis
from analysis.services import refresh, save_analysis
analysis = Analysis.objects.get()
owner = User.objects.get(username=%(owner)r)
steps = {"pooling": {}, "slow_plugin": {"seconds": %(seconds)r, "folder": %(folder)r}}
save_analysis(by=owner, analysis=analysis, steps=steps)
outcome = refresh(by=owner, analysis=analysis)
print(json.dumps({"computed": outcome.computed, "is_new": outcome.is_new}))
"""


RING_AGAIN = """
from analysis import tasks
from analysis.models import Run
for key in list(Run.objects.values_list("key", flat=True)) * 5:
    tasks.compute_run.delay(key)
print(json.dumps({}))
"""


class Plant:
    """Processes around one database and one broker."""

    def __init__(self, folder: Path, database: str, broker: str, owner: str) -> None:
        self.folder, self.owner = folder, owner
        self.env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": database,
            "BROKER_URL": broker,
            "SECRET_KEY": "only for tests",
            "PLUGINS": PLUGINS,
            "RUN_LEASE_SECONDS": "2",
            "QUEUE_PATIENCE_SECONDS": "2",
        }
        self.processes: list[subprocess.Popen[bytes]] = []

    def do(self, code: str, **env: str) -> Any:
        """Run Python code of the project in a process of its own; give the JSON that it prints last."""
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", SETUP + code],
            env=self.env | env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.strip().splitlines()[-1])

    def ask(self, *, seconds: float = 0.0) -> Any:
        """Ask for the analysis, with a step that takes so many seconds."""
        return self.do(ASK % {"owner": self.owner, "seconds": seconds, "folder": str(self.folder)})

    def state(self) -> Any:
        """Give what the rows say."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            runs = connection.execute("select plugin, status, attempt, error from analysis_run order by id").fetchall()
            numbers = connection.execute("select number from analysis_snapshot order by number").fetchall()
            ends = connection.execute("select outcome from analysis_refreshend order by id").fetchall()
        return {
            "runs": {plugin: status for plugin, status, _, _ in runs},
            "attempts": {plugin: attempt for plugin, _, attempt, _ in runs},
            "errors": {plugin: error for plugin, _, _, error in runs if error},
            "count": len(runs),
            "snapshots": [number for (number,) in numbers],
            "ends": [outcome for (outcome,) in ends],
        }

    def start(self, *words: str, **env: str) -> "subprocess.Popen[bytes]":
        """Start a process of celery in a group of its own."""
        command = [sys.executable, "-m", "celery", "-A", "config", *words, "--loglevel", "WARNING"]
        with (self.folder / f"{words[0]}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(
                command, env=self.env | env, cwd=ROOT, stdout=log, stderr=log, start_new_session=True
            )
        self.processes.append(process)
        return process

    def worker(self, *, pool: str = "prefork", **env: str) -> "subprocess.Popen[bytes]":
        """Start a worker with one child."""
        return self.start("worker", "--pool", pool, "--concurrency", "1", **env)

    def beat(self) -> "subprocess.Popen[bytes]":
        """Start beat, quick enough for a test."""
        place = self.folder / f"beat-{len(self.processes)}"
        return self.start("beat", "--schedule", str(place), "--max-interval", "1", SWEEP_SECONDS="1")

    @staticmethod
    def kill(process: "subprocess.Popen[bytes]", how: int = signal.SIGKILL) -> None:
        """Send a signal to a process and its children, and wait for its end."""
        os.killpg(process.pid, how)
        process.wait(60)

    def stop(self) -> None:
        """Stop everything that still runs."""
        for process in self.processes:
            if process.poll() is None:
                self.kill(process)

    def cut_database(self) -> None:
        """Cut every connection to the database but our own, as a restart of PostgreSQL does."""
        with psycopg.connect(self.env["DATABASE_URL"], autocommit=True) as connection:
            connection.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            )

    def logs(self) -> str:
        """Give the last words of all processes."""
        return "\n".join(f"{path.name}: {path.read_text()[-2000:]}" for path in sorted(self.folder.glob("*.log")))

    def wait_until(self, holds: Callable[[Any], bool]) -> Any:
        """Wait until the state is as wanted; give it."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        state = None
        while time.monotonic() < deadline:
            state = self.state()
            if holds(state):
                return state
            time.sleep(0.2)
        raise AssertionError(f"It stays {state}.\n{self.logs()}")

    def wait_for_begin(self, attempts: int = 1) -> None:
        """Wait until the slow step was begun so many times."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while len(list(self.folder.glob("began-*"))) < attempts:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)


def is_published(state: Any) -> bool:
    """Whether every run succeeded, once, and one snapshot came of it."""
    return set(state["runs"].values()) == {"succeeded"} and state["snapshots"] == [1]


class Ground:
    """One PostgreSQL and one Redis-compatible server for many plants: each gets a copy of a prepared database."""

    def __init__(self, database: str, broker: str) -> None:
        self.database, self.broker, self.plants = database, broker, 0
        self.owner = ""

    def prepare(self, folder: Path) -> None:
        """Make the tables and a small review in the database that the others are copies of."""
        self._sql("create database prepared")
        self.owner = Plant(folder, self._named("prepared"), self.broker, "").do(PREPARE)["owner"]

    @contextmanager
    def plant(self, folder: Path) -> Iterator[Plant]:
        """Give a plant with a database of its own and an empty broker."""
        self.plants += 1
        name = f"plant_{self.plants}"
        self._sql(f"create database {name} template prepared")
        with redis_client.Redis.from_url(self.broker) as client:
            client.flushall()
        made = Plant(folder, self._named(name), self.broker, self.owner)
        try:
            yield made
        finally:
            made.stop()

    def _named(self, name: str) -> str:
        return f"{self.database.rpartition('/')[0]}/{name}"

    def _sql(self, statement: LiteralString) -> None:
        with psycopg.connect(self.database, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Give a new PostgreSQL and a new Redis-compatible server, prepared."""
    with servers.postgres() as database, servers.redis() as broker:
        made = Ground(database, broker)
        made.prepare(folder)
        yield made
