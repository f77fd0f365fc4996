"""The migrations make an empty database on both servers, and what they make is what the models say."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests import servers

ROOT = Path(__file__).resolve().parent.parent
# Every table is there and can be read as its model reads it.
READ_ALL = """
import django; django.setup()
from django.apps import apps
models = [model for model in apps.get_models() if model._meta.managed]
assert len(models) > 60
for model in models:
    list(model._base_manager.all()[:1])
"""


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """Give the address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'empty.sqlite3'}"
        return
    with servers.postgres() as url:
        yield url


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_migrations_make_what_the_models_say(kind: str, tmp_path: Path) -> None:
    with database(kind, tmp_path) as url:
        env = os.environ | {"DATABASE_URL": url, "SECRET_KEY": "only for tests", "VAR_DIR": str(tmp_path)}
        env["DJANGO_SETTINGS_MODULE"] = "config.settings"
        for words in (
            ("manage.py", "migrate", "--verbosity", "0"),
            ("manage.py", "migrate", "--check"),
            ("manage.py", "makemigrations", "--check", "--dry-run"),
            ("-c", READ_ALL),
        ):
            done = subprocess.run(
                [sys.executable, "-W", "ignore", *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
