"""The production shape in small: a database, a broker, workers and beat, each a process that a test may kill."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import redis as redis_client

ROOT = Path(__file__).resolve().parents[2]
WRONG_CLOCK = Path(__file__).with_name("wrong_clock")
BUILT_IN = "plugins.pooling,plugins.sensitivity,plugins.small_study_effects,plugins.grade"
PLUGINS = f"{BUILT_IN},tests.faults.slow_plugin"
SECONDS_TO_WAIT = 120
LEASE_SECONDS = 3
SETUP = "import django, json; django.setup()\n"
ASK = """
from django.contrib.auth.models import User
from analysis import dispatching
from analysis.models import Analysis
from analysis.services import refresh, save_analysis
analysis = Analysis.objects.get()
owner = User.objects.get(username=%(owner)r)
dispatching.COMPUTE_RUN = %(task)r
save_analysis(by=owner, analysis=analysis, steps={"pooling": {}, "slow_plugin": %(slow)r})
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
            "RUN_LEASE_SECONDS": str(LEASE_SECONDS),
            "QUEUE_PATIENCE_SECONDS": "2",
            "SWEEP_SECONDS": "1",
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

    def ask(self, *, task: str = "analysis.compute_run", env: dict[str, str] | None = None, **slow: Any) -> Any:
        """Ask for the analysis, with parameters of the slow step; the workers are told of runs as this task."""
        given = {"folder": str(self.folder), **slow}
        return self.do(ASK % {"owner": self.owner, "task": task, "slow": given}, **(env or {}))

    def state(self) -> Any:
        """Give what the rows say."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            runs = connection.execute("select plugin, status, attempt, error from analysis_run order by id").fetchall()
            numbers = connection.execute("select number from analysis_snapshot order by number").fetchall()
            ends = connection.execute("select outcome from analysis_refreshend order by id").fetchall()
            (asked,) = connection.execute("select count(*) from analysis_refresh").fetchone() or (0,)
        return {
            "runs": {plugin: status for plugin, status, _, _ in runs},
            "attempts": {plugin: attempt for plugin, _, attempt, _ in runs},
            "errors": {plugin: error for plugin, _, _, error in runs if error},
            "count": len(runs),
            "snapshots": [number for (number,) in numbers],
            "ends": [outcome for (outcome,) in ends],
            "asked": asked,
        }

    def claimer(self, plugin: str = "slow_plugin") -> int:
        """Give the number of the process that computes a plugin's run."""
        with psycopg.connect(self.env["DATABASE_URL"]) as connection:
            row = connection.execute("select claimed_by from analysis_run where plugin = %s", [plugin]).fetchone()
        assert row is not None
        return int(row[0].rpartition(":")[2])

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

    def beat(self, **env: str) -> "subprocess.Popen[bytes]":
        """Start beat, quick enough for a test."""
        place = self.folder / f"beat-{len(self.processes)}"
        return self.start("beat", "--schedule", str(place), "--max-interval", "1", **env)

    def clock(self, seconds: float, *, name: str = "clock") -> dict[str, str]:
        """Give the environment of a process whose clock is so many seconds ahead; call it again to let it jump."""
        file = self.folder / name
        half = file.with_suffix(".half")
        half.write_text(str(seconds))
        half.replace(file)
        return {"PYTHONPATH": str(WRONG_CLOCK), "WRONG_CLOCK": str(file)}

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
        """Cut every connection to the database but our own."""
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
            time.sleep(0.25)
        raise AssertionError(f"It stays {state}.\n{self.logs()}")

    def wait_for_log(self, words: str) -> None:
        """Wait until a process has said something."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while not any(words in path.read_text() for path in self.folder.glob("*.log")):
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)

    def wait_for_begin(self, attempts: int = 1) -> None:
        """Wait until the slow step was begun so many times."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while len(list(self.folder.glob("began-*"))) < attempts:
            assert time.monotonic() < deadline, self.logs()
            time.sleep(0.05)

    def wait_for_silence(self) -> None:
        """Wait until the workers have taken every message from the broker."""
        deadline = time.monotonic() + SECONDS_TO_WAIT
        with redis_client.Redis.from_url(self.env["BROKER_URL"]) as client:
            while any(client.type(key) == b"list" for key in client.scan_iter()):
                assert time.monotonic() < deadline, self.logs()
                time.sleep(0.05)

    def let_go(self) -> None:
        """Let the slow step come to its end."""
        (self.folder / "go").touch()


def has_snapshot(state: Any) -> bool:
    """Whether every run succeeded, once, and one snapshot came of it."""
    return set(state["runs"].values()) == {"succeeded"} and state["snapshots"] == [1] and has_ended(state)


def has_ended(state: Any) -> bool:
    """Whether everything that was asked for came to an end."""
    return state["asked"] == len(state["ends"])
