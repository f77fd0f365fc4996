"""docs/pool.md says what the command does: its examples are run, its lists are those of the code."""

import json
import re
from pathlib import Path

import pytest

from analysis.desk.options import GROUPS
from analysis.desk.plain import NAMES
from analysis.engine.effects import MEASURES
from tests.command.asking import BCG, ask

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "pool.md").read_text(encoding="utf-8")
COMMAND = "$ python manage.py pool bcg.csv "
EXAMPLES = [block.removeprefix(COMMAND).partition("\n") for block in re.findall(r"```console\n(.*?)\n```", PAGE, re.S)]


def test_table_is_the_one_that_the_examples_use():
    assert re.search(r"```csv\n(.*?)```", PAGE, re.S).group(1) == BCG


@pytest.mark.parametrize(("arguments", "printed"), [(one[0], one[2]) for one in EXAMPLES])
def test_example_prints_what_the_page_shows(arguments, printed):
    reply = ask(BCG, *arguments.split())

    assert reply.status == 0
    if "--json" in arguments:
        assert_equal_json(reply.answer, printed)
    else:
        # The page leaves out what comes before three dots.
        assert printed.startswith("...\n") or reply.out == printed + "\n"
        assert reply.out.endswith(printed.removeprefix("...\n") + "\n")


def assert_equal_json(answer, printed):
    """The page breaks the line and ends it at three dots; the last digits may differ from machine to machine."""
    shown = json.loads(printed.replace("\n", " ").removesuffix(", ...") + "}")
    assert list(shown) == list(answer)[: len(shown)]
    for name, value in shown.items():
        assert answer[name] == (pytest.approx(value, rel=1e-9) if isinstance(value, float) else value)


def test_page_names_every_option_measure_and_key():
    prose = re.sub(r"```.*?```", "", PAGE, flags=re.S)
    words = set(re.findall(r"`([^`]+)`", prose)) | set(re.findall(r"--[a-z0-9-]+", prose))

    assert not {option for options in GROUPS.values() for option in options} - words
    assert not set(MEASURES) - words
    assert not set(NAMES) - words


def test_page_lists_the_columns_of_every_measure():
    for name, measure in MEASURES.items():
        line = next(line for line in PAGE.splitlines() if line.startswith("|") and f"`{name}`" in line)
        for columns in measure.columns:
            assert f"`{' '.join(columns)}`" in line


def test_page_shows_real_refusals():
    refused = PAGE.rpartition("```text\n")[2].partition("\n```")[0].splitlines()
    level = ask(BCG, "--measure", "RR", "--level", "95").err.strip()
    method = ask(BCG, "--measure", "RR", "--tau2-method", "FE").err.strip()
    several = ask(BCG).err.strip()

    assert {level, method, several} <= set(refused)
