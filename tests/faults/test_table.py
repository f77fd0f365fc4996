"""The table of faults in the documentation and the tests are the same: each line is a test, each test is in a line."""

import ast
import re
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
TABLE = TESTS.parent / "docs" / "faults.md"


def lines() -> list[list[str]]:
    """Give the lines of the table, each as its cells."""
    rows = [line for line in TABLE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows[1:]]


def named() -> list[tuple[str, str]]:
    """Give the files and the words of test names in the last column."""
    return [(file, words) for line in lines() for file, words in re.findall(r"(test_\w+): (\w+)", line[-1])]


def find_tests(file: str, *, here: bool = False) -> list[str]:
    """Give the names of the tests in the files of this name, in this folder or in all."""
    folder = Path(__file__).parent if here else TESTS
    found = [ast.parse(path.read_text(encoding="utf-8")) for path in folder.rglob(f"{file}.py")]
    return [node.name for tree in found for node in tree.body if isinstance(node, ast.FunctionDef)]


@pytest.mark.parametrize("line", lines(), ids=lambda line: line[0])
def test_line_names_tests_that_exist(line):
    assert re.fullmatch(r"(test_\w+: \w+)(, test_\w+: \w+)*", line[-1])
    for file, words in re.findall(r"(test_\w+): (\w+)", line[-1]):
        assert [name for name in find_tests(file) if words in name], f"{file} has no test with {words} in its name"


def test_every_test_of_a_fault_is_in_the_table():
    files = sorted(path.stem for path in Path(__file__).parent.glob("test_*.py") if path.stem != "test_table")
    tests = [(file, name) for file in files for name in find_tests(file, here=True) if name.startswith("test_")]
    assert tests
    missing = [pair for pair in tests if not any(file == pair[0] and words in pair[1] for file, words in named())]
    assert missing == []
