"""No number of a plugin moves without a new version."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.plugins.answers import PLUGINS
from tests.plugins.golden_files import path_of, results_of

# Other processors add in another order; the search for tau2 ends at double precision. Both are far below this.
RELATIVE, ABSOLUTE = 1e-9, 1e-12


def leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Give every leaf of plain data with its path; empty containers are leaves."""
    if isinstance(value, dict) and value:
        for name, one in value.items():
            yield from leaves(one, f"{path}/{name}")
    elif isinstance(value, list) and value:
        for index, one in enumerate(value):
            yield from leaves(one, f"{path}/{index}")
    else:
        yield path, value


@pytest.mark.parametrize("plugin", PLUGINS, ids=lambda plugin: plugin.name)
def test_numbers_stay_as_they_are_in_this_version(plugin):
    path = path_of(plugin)
    assert path.exists(), f"There is no golden file {path.name}: write it by python -m tests.plugins.golden_files."
    stored = dict(leaves(json.loads(path.read_text(encoding="utf-8"))))
    present = dict(leaves(results_of(plugin)))

    moved = [name for name in stored.keys() | present.keys() if not same(stored, present, name)]

    assert not moved, f"{plugin.name} {plugin.version} gives other results: raise its version. First: {min(moved)}"


def same(stored: dict[str, Any], present: dict[str, Any], name: str) -> bool:
    """Whether both have the leaf and its values agree."""
    if name not in stored or name not in present:
        return False
    one, other = stored[name], present[name]
    if isinstance(one, float) and isinstance(other, float):
        return other == pytest.approx(one, rel=RELATIVE, abs=ABSOLUTE)
    return type(one) is type(other) and one == other
