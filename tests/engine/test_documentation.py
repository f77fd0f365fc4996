"""docs/engine.md says what is true: its example prints its comment, its names exist, and the face is complete."""

import contextlib
import io
import re
from pathlib import Path

from analysis import engine

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "engine.md").read_text(encoding="utf-8")


def test_example_prints_what_its_comment_says() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    printed = io.StringIO()

    with contextlib.redirect_stdout(printed):
        exec(code, {})

    (expected,) = re.findall(r"# (.*)$", code, flags=re.MULTILINE)
    assert printed.getvalue().strip() == expected


def test_every_function_of_the_table_exists() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and "`" in line]
    names = {name for row in rows for name in re.findall(r"`([a-z_]+|[A-Z][A-Za-z]+|MEASURES)(?:\(|`)", row)}

    assert len(names) > 50
    assert not [name for name in sorted(names) if not hasattr(engine, name)]


def test_every_public_name_can_be_had() -> None:
    assert len(engine.__all__) > 200
    for name in engine.__all__:
        assert getattr(engine, name) is not None


def test_the_options_are_those_of_the_page() -> None:
    for name in (*engine.TAU2_METHODS, *engine.CI_METHODS):
        assert re.search(rf"\b{name}\b", PAGE), name
