"""A skipped test is a failed session where QUORUM_FORBID_SKIPS is set, as it is in CI."""

import pytest


class NoSkips:
    """Collects skips and expected failures, of tests and of whole modules, and lists them at the end."""

    def __init__(self) -> None:
        self.found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test that was skipped, or marked as expected to fail."""
        if report.skipped or hasattr(report, "wasxfail"):
            self.found.append(_line(report))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a module that was skipped as a whole."""
        if report.skipped:
            self.found.append(_line(report))

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Fail a session that would have passed."""
        if self.found and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Say what was skipped and why that is a failure here."""
        if self.found:
            terminalreporter.section("skips are forbidden here (QUORUM_FORBID_SKIPS)", red=True)
            for line in self.found:
                terminalreporter.line(line)


def _line(report: pytest.TestReport | pytest.CollectReport) -> str:
    reason = getattr(report, "wasxfail", "")
    if not reason:
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    return f"{report.nodeid}: {reason}"
