"""The next version of slow_plugin, for tests of a deploy in the middle."""

from dataclasses import replace

from tests.faults import slow_plugin

plugin = replace(slow_plugin.plugin, version="2.0.0")
