"""What the tests of the interface share."""

import pytest
from django.core.cache import cache


@pytest.fixture(autouse=True)
def no_requests_yet():
    """Let each test begin with no request counted: together they send more in a minute than an address may."""
    cache.clear()
