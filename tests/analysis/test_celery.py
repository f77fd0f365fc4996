"""With a broker the same tasks go through Celery: a real worker, a real broker, a real database file."""

import os
import subprocess
import sys
import time
from pathlib import Path

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
import django; django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from tests.analysis.builders import make_small_review
from analysis.services import refresh
small = make_small_review()
outcome = refresh(by=small.owner, analysis=small.analysis())
assert outcome.snapshot is None and outcome.computed == 3, outcome
"""
COUNT = """
import django; django.setup()
from analysis.models import Run, Snapshot
print(Run.objects.filter(status="succeeded").count(), Snapshot.objects.count(), Run.objects.filter(attempt=1).count())
"""
SECONDS_TO_WAIT = 120


def run_python(code: str, env: dict[str, str]) -> str:
    """Run Python code of the project in a process of its own; give what it prints."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_worker_computes_what_was_queued_and_makes_the_snapshot(tmp_path):
    with servers.redis() as url:
        env = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DATABASE_URL": f"sqlite:///{tmp_path / 'quorum.sqlite3'}",
            "BROKER_URL": url,
            "SECRET_KEY": "only for tests",
        }
        run_python(PREPARE, env)
        assert run_python(COUNT, env) == "0 0 0"
        words = ["-m", "celery", "-A", "config", "worker", "--pool", "solo", "--loglevel", "WARNING"]
        with (tmp_path / "worker.log").open("wb") as log:
            worker = subprocess.Popen([sys.executable, *words], env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            assert wait_for("3 1 3", env), (tmp_path / "worker.log").read_text()
        finally:
            worker.terminate()
            worker.wait(30)


def wait_for(expected: str, env: dict[str, str]) -> bool:
    """Wait until the database says what is expected."""
    deadline = time.monotonic() + SECONDS_TO_WAIT
    while time.monotonic() < deadline:
        if run_python(COUNT, env) == expected:
            return True
        time.sleep(1)
    return False
