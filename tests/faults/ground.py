"""The servers under the plants of one test process, and what must hold of every database after every fault."""

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import LiteralString

import psycopg
import redis as redis_client
from psycopg.rows import dict_row

from tests import servers
from tests.faults.plant import Plant

PREPARE = """
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
# Tables straight from the models, which is quicker.
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
call_command("migrate", run_syncdb=True, verbosity=0)
from tests.analysis.builders import make_small_review
small = make_small_review()
small.analysis()
print(json.dumps({"owner": small.owner.username}))
"""


class Ground:
    """One PostgreSQL and one Redis-compatible server for many plants: each gets a copy of a prepared database."""

    def __init__(self, database: servers.Server, broker: servers.Server) -> None:
        self.database, self.broker, self.plants = database, broker, 0
        self.owner = ""
        with psycopg.connect(database.url) as connection, redis_client.Redis.from_url(broker.url) as client:
            (postgres,) = connection.execute("show server_version").fetchone() or ("",)
            told = client.info("server")
        name = told.get("server_name", "redis")
        self.versions = f"PostgreSQL {postgres}, {name} {told.get(f'{name}_version')}"

    def prepare(self, folder: Path) -> None:
        """Make the tables and a small review in the database that the others are copies of."""
        self._sql("create database prepared")
        # A crash of the server, which a test may bring about, must not lose what was committed.
        self._sql("alter database prepared set synchronous_commit = on")
        self.owner = Plant(folder, self._named("prepared"), self.broker.url, "").do(PREPARE)["owner"]

    @contextmanager
    def plant(self, folder: Path) -> Iterator[Plant]:
        """Give a plant with a database of its own and an empty broker."""
        self.plants += 1
        name = f"plant_{self.plants}"
        self._sql(f"create database {name} template prepared")
        self._sql(f"alter database {name} set synchronous_commit = on")
        self.flush()
        made = Plant(folder, self._named(name), self.broker.url, self.owner)
        try:
            yield made
        finally:
            made.stop()

    def flush(self) -> None:
        """Empty the broker."""
        with redis_client.Redis.from_url(self.broker.url) as client:
            client.flushall()

    def _named(self, name: str) -> str:
        return f"{self.database.url.rpartition('/')[0]}/{name}"

    def _sql(self, statement: LiteralString) -> None:
        with psycopg.connect(self.database.url, autocommit=True) as connection:
            connection.execute(statement)


@contextmanager
def ground(folder: Path) -> Iterator[Ground]:
    """Give a new PostgreSQL and a new Redis-compatible server, prepared."""
    with servers.postgres_server() as database, servers.redis_server() as broker:
        made = Ground(database, broker)
        made.prepare(folder)
        yield made


def check_everything(plant: Plant) -> None:
    """Fail unless every run ended, with a result or a reason, once; and no snapshot is lost or doubled."""
    with psycopg.connect(plant.env["DATABASE_URL"], row_factory=dict_row) as connection:
        runs = connection.execute("select * from analysis_run").fetchall()
        ends = connection.execute(
            "select refresh.id, ended.outcome, ended.says, ended.snapshot_id from analysis_refresh refresh"
            " left join analysis_refreshend ended on ended.refresh_id = refresh.id"
        ).fetchall()
        snapshots = connection.execute("select * from analysis_snapshot order by number").fetchall()
        parts = connection.execute(
            "select snapshot_id, count(*) as runs, count(*) filter (where status = 'succeeded') as succeeded"
            " from analysis_snapshotrun part join analysis_run run on run.id = part.run_id group by snapshot_id"
        ).fetchall()

    assert len({run["key"] for run in runs}) == len(runs)
    for run in runs:
        assert run["status"] in ("succeeded", "failed"), run
        assert bool(run["error"]) == (run["status"] == "failed"), run
        assert run["lease_until"] is None, run
        if run["status"] == "succeeded":
            assert sha256(run["result"].encode()).hexdigest() == run["result_digest"], run["plugin"]
    for end in ends:
        assert end["outcome"] in ("new_snapshot", "unchanged", "failed"), end
        assert (end["snapshot_id"] is None) == (end["outcome"] == "failed") == bool(end["says"]), end
    made = [end["snapshot_id"] for end in ends if end["outcome"] == "new_snapshot"]
    assert sorted(made) == sorted(row["id"] for row in snapshots), "each snapshot comes of one request"
    assert [row["number"] for row in snapshots] == list(range(1, len(snapshots) + 1))
    assert len({row["digest"] for row in snapshots}) == len(snapshots)
    assert all(part["runs"] == part["succeeded"] == 2 for part in parts), parts
    assert len(parts) == len(snapshots)
