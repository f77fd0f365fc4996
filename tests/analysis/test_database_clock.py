"""What leases and due times are held against does not depend on the clock of the process that asks."""

import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.utils import timezone

from analysis.models.database_clock import read_clock

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def test_clock_is_that_of_the_database_where_it_has_one(monkeypatch):
    right = timezone.now()
    monkeypatch.setattr(timezone, "now", lambda: right + HOUR)
    ahead = read_clock() - right
    has_its_own = connection.vendor == "postgresql"
    assert (ahead < HOUR / 2) == has_its_own
    assert (ahead == HOUR) != has_its_own


def test_clock_goes_on_within_a_transaction():
    with transaction.atomic():
        first = read_clock()
        time.sleep(0.001)
        assert read_clock() > first
    assert first.utcoffset() == timedelta(0)
