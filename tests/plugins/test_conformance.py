"""The plugins that come with Quorum keep the contract, by the suite that everybody can use."""

from functools import partial

import pytest

from analysis.testing import check_plugin, conformance_checks
from tests.plugins.answers import PLUGINS, upstream_of


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
@pytest.mark.parametrize(("name", "check"), list(conformance_checks()))
def test_plugin_keeps_the_contract(name, check, plugin):
    check(plugin, upstream_for=partial(upstream_of, plugin))


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_check_plugin_passes(plugin):
    check_plugin(plugin, upstream_for=partial(upstream_of, plugin))
