"""The documentation names every kind of file that comes in and every export."""

from pathlib import Path

import pytest

from evidence.exporters.formats import EXPORTS
from evidence.importers.formats import FORMATS

PAGE = (Path(__file__).parents[1] / "docs" / "importing.md").read_text(encoding="utf-8")
COMING_IN, GOING_OUT = PAGE.split("## Taking out")


@pytest.mark.parametrize("code", FORMATS)
def test_kind_of_file_is_documented(code: str) -> None:
    assert f"`{code}`" in COMING_IN


@pytest.mark.parametrize("code", EXPORTS)
def test_export_is_documented(code: str) -> None:
    assert f"`{code}`" in GOING_OUT
