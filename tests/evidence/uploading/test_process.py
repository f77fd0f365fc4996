"""The work in a process of its own, on SQLite and PostgreSQL: its progress is seen, its death leaves nothing behind."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from tests import servers

PATIENCE = 2
# What a site does: a file is sent, the page asks how far it is, somebody confirms, and once the process is killed.
STORY = """
import django, json, os, signal, sys, time; django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}  # straight from the models
call_command("migrate", run_syncdb=True, verbosity=0)
from evidence.models import Study, Upload
from evidence.uploading import confirm, stage_of, start_again, told_of
from evidence.uploading.keeping import progress_path
from tests.evidence.uploading.folders import make_team, many_studies, send

def wait(until, *, seconds=200):
    seen, end = set(), time.monotonic() + seconds
    while time.monotonic() < end:
        upload = Upload.objects.get()
        seen.add((upload.status, stage_of(upload).done > 1, Study.objects.count()))
        if until(upload):
            return upload, sorted(seen)
        time.sleep(0.01)
    raise SystemExit(f"waited in vain, saw {seen}")

def process_of(upload):
    for _ in range(20000):
        told = json.loads(progress_path(upload).read_text())
        if told["process"] != os.getpid() and told["done"] > 1:
            return told["process"]
        time.sleep(0.005)
    raise SystemExit(f"never saw the process at work, but {told}")

review, cara = make_team()
send(cara, review, many_studies(COUNT))
upload, reading = wait(lambda upload: upload.status == "previewed")
confirm(by=cara, upload=upload)
wait(lambda upload: upload.status == "writing")
os.kill(process_of(upload), signal.SIGKILL)
upload, lost = wait(lambda upload: stage_of(upload).is_lost)
after_kill = [upload.status, Study.objects.count()]
start_again(by=cara, upload=upload)
upload, _ = wait(lambda upload: upload.status == "previewed")
promise = told_of(upload).promise()
confirm(by=cara, upload=upload)
upload, writing = wait(lambda upload: upload.status == "loaded")
print(json.dumps({"reading": reading, "writing": writing, "after_kill": after_kill, "promise": promise,
    "studies": Study.objects.count(), "act": upload.act_id, "attempt": upload.attempt, "said": upload.said}))
"""
COUNT = 4000


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'site.sqlite3'}"
    else:
        with servers.postgres() as url:
            yield url


def told(url: str, folder: Path) -> dict[str, Any]:
    """Let the story happen on a database; give what it tells."""
    env = {
        **os.environ,
        "DATABASE_URL": url,
        "SECRET_KEY": "only for tests",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "UPLOAD_DIR": str(folder / "uploads"),
        "UPLOAD_PATIENCE_SECONDS": str(PATIENCE),
    }
    script = STORY.replace("COUNT", str(COUNT))
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script],
        env=env,
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        check=False,
    )
    logs = "\n".join(path.read_text() for path in (folder / "uploads").glob("*.log"))
    assert done.returncode == 0, done.stderr + logs
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_process_tells_how_far_it_is_and_its_death_leaves_nothing_behind(kind: str, tmp_path: Path) -> None:
    with database(kind, tmp_path) as url:
        found = told(url, tmp_path)

    assert found["promise"] == f"Add {COUNT} studies"
    # While it worked its progress was seen, and none of its rows.
    assert ["reading", True, 0] in found["reading"]
    assert ["writing", True, 0] in found["writing"]
    assert {seen[2] for seen in found["writing"]} <= {0, COUNT}
    assert found["after_kill"] == ["writing", 0]
    assert (found["studies"], found["attempt"], found["said"]) == (COUNT, 2, "")
    assert found["act"] is not None
