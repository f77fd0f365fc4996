"""SECURITY.md says what stands against each threat, and the tests that it names exist."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KINDS = {
    "Spoofing",
    "Tampering",
    "Repudiation",
    "Information disclosure",
    "Denial of service",
    "Elevation of privilege",
}


def rows() -> list[list[str]]:
    """Give the rows of the table of threats."""
    lines = (ROOT / "SECURITY.md").read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("| ")]
    return [row for row in cells if row[0] != "Kind"]


def all_tests() -> set[str]:
    """Give the names of all tests."""
    found = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    return {name for name in found if name.startswith("test_")}


def test_every_threat_has_a_defence_and_tests_that_exist():
    known, missing = all_tests(), []
    for kind, who, defence, tests in rows():
        named = re.findall(r"`(\w+)`", tests)
        assert kind in KINDS
        assert who
        assert defence
        assert named, who
        missing += [name for name in named if name not in known]
    assert not missing


def test_no_kind_of_threat_is_left_out():
    assert {row[0] for row in rows()} == KINDS
    assert len(rows()) >= 20
