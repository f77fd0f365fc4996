"""`make check` asks for known weaknesses of packages, and goes on where nobody can be asked."""

import os
from pathlib import Path

import pytest

from config.bootstrap.checks import NOT_AUDITED, audit
from config.bootstrap.environment import VENV
from config.bootstrap.progress import Failure

WEAK = """Found 1 known vulnerability in 1 package
Name Version ID             Fix Versions
---- ------- -------------- ------------
x    1.0     PYSEC-2026-1   1.1"""
SILENT = "requests.exceptions.ConnectionError: HTTPSConnectionPool: Max retries exceeded"


def programs(folder: Path, says: str, status: int) -> Path:
    """Give a folder with a pip-audit that says this."""
    path = folder / "pip-audit"
    path.write_text(f"#!/bin/sh\ncat <<'END'\n{says}\nEND\nexit {status}\n")
    path.chmod(0o755)
    return folder


def test_known_weakness_stops_the_check_and_is_shown(tmp_path):
    with pytest.raises(Failure, match="PYSEC-2026-1"):
        audit(programs(tmp_path, WEAK, 1), dict(os.environ))


@pytest.mark.parametrize("says", [SILENT, "ERROR: Could not connect", "pip_audit._service.interface.ServiceError"])
def test_where_nobody_can_be_asked_one_line_says_so(tmp_path, capsys, says):
    audit(programs(tmp_path, says, 1), dict(os.environ))
    lines = capsys.readouterr().out.splitlines()
    assert lines.count(NOT_AUDITED) == 1


def test_nothing_is_said_where_nothing_is_known(tmp_path, capsys):
    audit(programs(tmp_path, "No known vulnerabilities found", 0), dict(os.environ))
    assert NOT_AUDITED not in capsys.readouterr().out


def test_the_program_itself_goes_on_where_nobody_answers(capsys):
    """The real pip-audit, whose way out leads to a port that nobody listens at."""
    env = {**os.environ, "HTTPS_PROXY": "http://127.0.0.1:9", "https_proxy": "http://127.0.0.1:9", "NO_PROXY": ""}
    outcome = audit(VENV / "bin", {**env, "no_proxy": ""})
    assert outcome.status != 0
    assert NOT_AUDITED in capsys.readouterr().out
