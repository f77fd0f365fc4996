"""The conformance suite: whether a plugin keeps the contract. Public, and without Django.

    from analysis.testing import check_plugin, conformance_checks

    def test_my_plugin_conforms():
        check_plugin(plugin)

    @pytest.mark.parametrize(("name", "check"), conformance_checks())
    def test_my_plugin(name, check):
        check(plugin)

A plugin with `after` reads results of others: `upstream_for(dataset)` gives them, by name, as plain data.
"""

from collections.abc import Iterator
from typing import Any

from analysis.contract import Plugin
from analysis.testing.behaviour import BEHAVIOUR
from analysis.testing.declaration import DECLARATION
from analysis.testing.errors import ConformanceError
from analysis.testing.samples import MEASURES, SIZES, sample_dataset
from analysis.testing.subject import Check, Subject, UpstreamFor, quiet

__all__ = [
    "MEASURES",
    "SIZES",
    "Check",
    "ConformanceError",
    "check_plugin",
    "conformance_checks",
    "quiet",
    "sample_dataset",
]


class _Bound:
    """A check that takes a plugin; it has a name, so that pytest can show it."""

    def __init__(self, check: Check) -> None:
        self.check = check
        self.__name__ = check.__name__

    def __call__(self, plugin: Plugin[Any, Any], *, upstream_for: UpstreamFor | None = None) -> None:
        self.check(Subject(plugin=plugin, upstream_for=upstream_for))


def conformance_checks() -> Iterator[tuple[str, _Bound]]:
    """Give the name of each check and the check, to be called as `check(plugin, upstream_for=...)`."""
    for check in (*DECLARATION, *BEHAVIOUR):
        yield check.__name__, _Bound(check)


def check_plugin(plugin: Plugin[Any, Any], *, upstream_for: UpstreamFor | None = None) -> None:
    """Run all checks.

    Raises
    ------
    ConformanceError : the first promise of the contract that the plugin does not keep, as a sentence
    """
    for _, check in conformance_checks():
        check(plugin, upstream_for=upstream_for)
