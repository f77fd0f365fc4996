"""A database with requests that nobody has computed yet, and workers that are timed while they compute them."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
import redis as redis_client
from celery import Celery

from tests import servers
from tests.bench.throughput.asking import RING
from tests.bench.throughput.hosts import Host
from tests.bench.throughput.processors import Usage, parent_of, processor_seconds

ROOT = Path(__file__).resolve().parents[3]
SECONDS_TO_START = 120
SECONDS_TO_WAIT = 3600
QUEUES = ("dispatch", "short", "long")
SETUP = "import django, json; django.setup()\n"


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one trial: `busy` is the processor seconds of each kind of program, `digest` that of one result."""

    workers: int
    hosts: str
    runs: int
    seconds: float
    busy: Usage
    load: float
    digest: str

    @property
    def rate(self) -> float:
        """Runs per second."""
        return self.runs / self.seconds


class Works:
    """One PostgreSQL and one Redis-compatible server, and a prepared database that each trial has a copy of."""

    def __init__(self, folder: Path, database: servers.Server, broker: servers.Server) -> None:
        self.folder, self.database, self.broker = folder, database, broker
        self.trials = 0

    def env(self, host: Host | None = None, database: str = "postgres") -> dict[str, str]:
        """Give the settings of a program on a host."""
        place = host.servers if host is not None else "127.0.0.1"
        url = f"{self.database.url.rpartition('/')[0]}/{database}"
        return {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": url.replace("127.0.0.1", place),
            "BROKER_URL": self.broker.url.replace("127.0.0.1", place),
            "SECRET_KEY": "only for measuring",
            "OPENBLAS_NUM_THREADS": "1",
            "QUEUE_PATIENCE_SECONDS": "3600",
        }

    def do(self, code: str, env: dict[str, str]) -> Any:
        """Run Python code of the project; give the JSON that it prints last."""
        command = [sys.executable, "-W", "ignore", "-c", SETUP + code]
        done = subprocess.run(command, env=env, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise RuntimeError(done.stderr)
        return json.loads(done.stdout.strip().splitlines()[-1])

    def sql(self, statement: LiteralString, database: str = "postgres") -> list[Any]:
        """Give the rows of a statement, none where it has none."""
        url = f"{self.database.url.rpartition('/')[0]}/{database}"
        with psycopg.connect(url, autocommit=True) as connection:
            found = connection.execute(statement)
            return found.fetchall() if found.description else []

    def prepare(self, name: str, code: str, **numbers: int) -> float:
        """Make a database in which everything is asked for; give the seconds that asking took in one process."""
        self.sql(f"create database {name}")  # type: ignore[arg-type]
        for word, number in numbers.items():
            code = code.replace(word.upper(), str(number))
        seconds = float(self.do(code, self.env(database=name))["seconds"])
        self.sql("update analysis_run set last_rung = null", name)
        self.sql("vacuum analyze", name)
        return seconds

    def run_trial(self, prepared: str, workers: int, hosts: Sequence[Host]) -> Trial:
        """Let so many worker processes, spread over the hosts, compute all that was asked for; give the figures."""
        self.trials += 1
        name = f"trial_{self.trials}"
        self.sql(f"create database {name} template {prepared}")  # type: ignore[arg-type]
        with redis_client.Redis.from_url(self.broker.url) as client:
            client.flushall()
        (runs,) = self.sql("select count(*) from analysis_run", name)[0]
        with self._workers(name, workers, hosts) as started:
            self.do(RING, self.env(database=name))
            programs = {"workers": started, **self._servers()}
            before, load = processor_seconds(programs), os.getloadavg()[0]
            began = time.monotonic()
            self._open_queues()
            self._wait(name, runs)
            seconds = time.monotonic() - began
            busy = processor_seconds(programs) - before
        (ended,) = self.sql("select count(*) from analysis_refreshend where outcome = 'new_snapshot'", name)[0]
        if ended != runs:
            raise RuntimeError(f"{runs} runs were asked for, and {ended} snapshots were made.")
        (digest,) = self.sql("select min(result_digest) from analysis_run", name)[0]
        self.sql(f"drop database {name} with (force)")  # type: ignore[arg-type]
        return Trial(workers, ", ".join(host.name for host in hosts), runs, seconds, busy, load, digest)

    def _servers(self) -> dict[str, list[int]]:
        """Give the numbers of the servers' processes."""
        with psycopg.connect(self.database.url) as connection:
            postgres = parent_of(connection.info.backend_pid)
        with redis_client.Redis.from_url(self.broker.url) as client:
            return {"postgres": [postgres], "redis": [int(client.info()["process_id"])]}

    @contextmanager
    def _workers(self, database: str, count: int, hosts: Sequence[Host]) -> Iterator[list[int]]:
        """Start a worker on each host with its share of the processes; they wait at a queue that stays empty."""
        processes = []
        try:
            for place, host in enumerate(hosts):
                share = len(range(place, count, len(hosts)))
                words = ("worker", "--loglevel", "WARNING", "--concurrency", str(share), "--queues", "closed")
                node = ("--hostname", f"bench-{place}@%h", "--without-mingle", "--without-gossip")
                with (self.folder / f"worker-{self.trials}-{place}.log").open("wb") as log:
                    command = [*host.prefix, sys.executable, "-m", "celery", "-A", "config", *words, *node]
                    env = self.env(host, database)
                    kept = {"env": env, "cwd": ROOT, "stdout": log, "stderr": log, "start_new_session": True}
                    processes.append(subprocess.Popen(command, **kept))
            self._wait_for_workers(len(hosts))
            yield [process.pid for process in processes]
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait(60)

    def _control(self) -> Any:
        return Celery("bench", broker=self.broker.url, set_as_current=False).control

    def _wait_for_workers(self, count: int) -> None:
        deadline = time.monotonic() + SECONDS_TO_START
        while len(self._control().ping(timeout=1.0)) < count:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The workers did not start:\n{self._logs()}")

    def _open_queues(self) -> None:
        """Let the workers take from the queues, in the order of the settings."""
        control = self._control()
        for queue in QUEUES:
            control.add_consumer(queue)

    def _wait(self, database: str, runs: int) -> None:
        deadline = time.monotonic() + SECONDS_TO_WAIT
        while self.sql("select count(*) from analysis_refreshend", database)[0][0] < runs:
            if time.monotonic() > deadline:
                raise RuntimeError(f"The workers did not come to an end:\n{self._logs()}")
            time.sleep(0.2)

    def _logs(self) -> str:
        return "\n".join(path.read_text()[-2000:] for path in sorted(self.folder.glob("*.log")))


@contextmanager
def open_works(folder: Path, address: str = "") -> Iterator[Works]:
    """Start the servers; `address` is where they answer beside the loopback address."""
    with servers.postgres_server(address) as database, servers.redis_server(address) as broker:
        yield Works(folder, database, broker)
