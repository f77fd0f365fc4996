"""Servers for the tests of one process, a plant for each test, and a stopwatch for recovery."""

import pytest

from tests.faults.ground import check_everything, ground
from tests.faults.recovery import SERVERS, Stopwatch


@pytest.fixture(scope="session")
def base(tmp_path_factory):
    """Give a PostgreSQL and a Redis-compatible server."""
    with ground(tmp_path_factory.mktemp("ground")) as made:
        yield made


@pytest.fixture
def works(base, tmp_path, record_property):
    """Give a plant; when the test is over, everything must have come to an end, once."""
    record_property(SERVERS, base.versions)
    with base.plant(tmp_path) as made:
        yield made
        check_everything(made)


@pytest.fixture
def recovery(record_property):
    """Give a stopwatch: `with recovery("the fault"):` around what it takes until all is well."""
    return Stopwatch(record_property)
