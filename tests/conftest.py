"""What holds for every test: fast, alike on every machine, nothing written into var/, and no skip unseen."""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("SECRET_KEY", "only for tests")


import hypothesis
import pytest
from django.conf import settings
from django.db import connection

from tests import in_a_browser
from tests.access.matrix import counting
from tests.faults import recovery
from tests.no_skips import NoSkips

# No deadline: the first example of a property pays for imports. In CI the same examples every time.
hypothesis.settings.register_profile("quorum", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None, print_blob=True)

DATABASE_FIXTURES = {"db", "transactional_db", "live_server"}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option of the PostgreSQL pass."""
    parser.addoption("--database-only", action="store_true", help="run only the tests that use a database")


def pytest_configure(config: pytest.Config) -> None:
    """The profile of Hypothesis, the ban on skips, and a cheap password hash."""
    hypothesis.settings.load_profile("ci" if os.environ.get("CI") else "quorum")
    is_xdist_worker = hasattr(config, "workerinput")  # the controller sees the reports of all its workers
    if os.environ.get("QUORUM_FORBID_SKIPS") and not is_xdist_worker:
        config.pluginmanager.register(NoSkips())
    config.pluginmanager.register(in_a_browser)
    config.pluginmanager.register(recovery)  # here, as no process that only hands out tests reads tests/faults
    config.pluginmanager.register(counting)
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(scope="session", autouse=True)
def folders_of_their_own(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What the site writes goes to a temporary folder, never into var/ or staticfiles/ of the project."""
    folder = tmp_path_factory.mktemp("site")
    for name, path in (
        ("VAR_DIR", folder / "var"),
        ("STATIC_ROOT", folder / "staticfiles"),
        ("UPLOAD_DIR", folder / "uploads"),
    ):
        path.mkdir()
        setattr(settings, name, path)
    settings.UPLOADS_IN_PROCESS = True  # another process would not see the database of the tests


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as people have it.

    In memory the threads of a test's server share one connection, so that an error in one request breaks the
    transaction of another, and a second connection is refused at once where it should wait for a lock.
    """
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "tests.sqlite3")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """With --database-only, keep the tests that ask for a database, by mark or by fixture."""
    if not config.getoption("--database-only"):
        return
    kept = [item for item in items if _uses_database(item)]
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = kept


def _uses_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    return item.get_closest_marker("django_db") is not None or bool(fixtures & DATABASE_FIXTURES)
