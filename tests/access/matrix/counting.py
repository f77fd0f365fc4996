"""What the run of the tests shows at its end: how many triples of person, address and verb were walked."""

from typing import Any

TRIPLES = "triples"


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the number of triples that were walked and found as the table says."""
    reports = [report for report in terminalreporter.getreports("passed") if report.when == "call"]
    counts = [value for report in reports for name, value in report.user_properties if name == TRIPLES]
    if counts:
        terminalreporter.section("who may what")
        terminalreporter.line(f"{sum(counts):,} triples of person, address and verb walked in {len(counts)} tests")
