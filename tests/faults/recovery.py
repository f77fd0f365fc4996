"""What the run of the tests shows at its end: each fault, and the seconds from it until everything was well again."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

import pytest

RECOVERY, SERVERS = "recovery", "servers"
HEAD = ("| fault | seconds until all was well | test |", "|---|---|---|")


class Stopwatch:
    """Measures how long it takes to recover from faults, and hands that to the report of a test."""

    def __init__(self, record: Any) -> None:
        self.record = record

    @contextmanager
    def __call__(self, fault: str) -> Iterator[None]:
        """Measure the block: from the fault to the moment when everything has come to its end."""
        began = monotonic()
        yield
        self.record(RECOVERY, [fault, round(monotonic() - began, 1)])


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table of faults, as it stands in docs/faults.md."""
    reports = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    noted = [(name, value, report) for report in reports for name, value in report.user_properties]
    rows = sorted((_short(report), *value) for name, value, report in noted if name == RECOVERY)
    if rows:
        terminalreporter.section("faults and recovery")
        for servers in sorted({value for name, value, _ in noted if name == SERVERS}):
            terminalreporter.line(servers)
        for line in (*HEAD, *(f"| {fault} | {seconds:.1f} | {test} |" for test, fault, seconds in rows)):
            terminalreporter.line(line)


def _short(report: pytest.TestReport) -> str:
    file, _, test = report.nodeid.partition("::")
    return f"{file.rpartition('/')[2].removesuffix('.py')}: {test.removeprefix('test_')}"
