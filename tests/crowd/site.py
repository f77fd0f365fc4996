"""A site of its own: a database, a review with people, and gunicorn in front of it."""

import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests import servers

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60
PREPARE = """
import django, json; django.setup()
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
# Tables straight from the models, which is quicker.
settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
call_command("migrate", run_syncdb=True, verbosity=0)
from access.sessions import SessionStore
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from tests import factories
review = factories.make_review(slug="crowd")
instrument = factories.make_instrument(factories.make_outcome(review))
kind = factories.make_comparator_type(review)
def enter(user):
    session = SessionStore()
    session[SESSION_KEY], session[HASH_SESSION_KEY] = str(user.pk), user.get_session_auth_hash()
    session[BACKEND_SESSION_KEY] = "access.backend.AccountBackend"
    session.save()
    return session.session_key
people = []
for number in range(%(people)d):
    user = factories.make_user(f"reader{number}")
    factories.make_membership(review, user, "adjudicator")
    people.append(enter(user))
full = []
for number in range(%(studies)d):
    study = factories.make_study(review)
    extraction = factories.make_extraction(study)
    for label in ("Exercise", "Usual care"):
        factories.make_arm_result(factories.make_arm(extraction, label=label), instrument=instrument, note="")
    full.append(study.pk)
empty = [factories.make_study(review).pk for _ in range(%(empty)d)]
print(json.dumps({"review": review.pk, "people": people, "full": full, "empty": empty, "kind": kind.pk}))
"""


@contextmanager
def site(folder: Path, **sizes: int) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """A running site; yields its address, the address of its database, and the keys of what is in it."""
    with servers.postgres() as database:
        env = {
            **os.environ,
            "DATABASE_URL": database,
            "SECRET_KEY": "only for tests",
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "VAR_DIR": str(folder),
        }
        done = subprocess.run(
            [sys.executable, "-W", "ignore", "-c", PREPARE % sizes],
            env=env,
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        port = servers.free_port()
        address = f"http://127.0.0.1:{port}"
        words = f"-m gunicorn config.wsgi --bind 127.0.0.1:{port} --worker-class gthread --workers 2 --threads 4"
        with (folder / "web.log").open("wb") as log:
            web = subprocess.Popen([sys.executable, *words.split()], env=env, cwd=ROOT, stdout=log, stderr=log)
        try:
            _wait_for(address, web, folder / "web.log")
            yield address, database, json.loads(done.stdout.strip().splitlines()[-1])
        finally:
            web.terminate()
            web.wait(30)


def _wait_for(address: str, web: "subprocess.Popen[bytes]", log: Path) -> None:
    """Wait until the site answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and web.poll() is None:
        try:
            urllib.request.urlopen(f"{address}/admin/login/", timeout=5).close()
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise AssertionError(f"The site did not start: {log.read_text()[-2000:]}")
