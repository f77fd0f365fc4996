"""What tests of split runs have in common: the plugin is listed, and messages are collected."""

import pytest
from django.db import transaction

from analysis import dispatching, registry


@pytest.fixture(autouse=True)
def _listed(settings):
    """List the plugin that splits its work."""
    settings.PLUGINS = [*settings.PLUGINS, "tests.scaling.splitting_plugin"]
    registry.all_plugins.cache_clear()
    yield
    registry.all_plugins.cache_clear()


@pytest.fixture
def bells(monkeypatch, settings) -> list[tuple[str, str, str]]:
    """Let a broker be configured, and collect the messages (task, row, queue) instead of sending them."""
    settings.BROKER_URL = "redis://nowhere"
    rung: list[tuple[str, str, str]] = []
    monkeypatch.setattr(dispatching, "_tell", lambda task, key, queue, run_key: rung.append((task, key, queue)))
    monkeypatch.setattr(transaction, "on_commit", lambda call, **options: call())
    return rung
