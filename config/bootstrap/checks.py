"""The checks of `make check`: each is named, its output shown only where it fails, and the first failure ends it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from . import ROOT
from .progress import Failure, Outcome, say, step

# No check may touch or need the local database.
NO_DATABASE = {"DATABASE_URL": "sqlite://:memory:", "SECRET_KEY": "only for checks"}
PRODUCTION = {"PRODUCTION": "1", "SECRET_KEY": "only-for-checks-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGH"}
WARNINGS = ("--fail-level", "WARNING")
AUDIT = "known weaknesses of the packages: pip-audit"
FOUND = re.compile(r"Found \d+ known vulnerabilit")
NOT_AUDITED = "  not audited: no index of known weaknesses can be asked from this machine"


@dataclass(frozen=True, slots=True)
class Check:
    """A name to show, and a program of the environment with its words."""

    name: str
    words: tuple[str, ...]
    env: Mapping[str, str] = field(default_factory=dict)


def all_checks() -> list[Check]:
    """Every check, the quick ones first."""
    return [
        Check("style: ruff check", ("ruff", "check")),
        Check("format: ruff format --check (make format mends it)", ("ruff", "format", "--check")),
        Check("layers: lint-imports", ("lint-imports", "--no-logo")),
        Check("models and migrations agree: makemigrations --check", _manage("makemigrations", "--check", "--dry-run")),
        Check("Django: manage.py check", _manage("check", *WARNINGS)),
        Check("Django, as deployed: manage.py check --deploy", _manage("check", "--deploy", *WARNINGS), PRODUCTION),
        Check("types: mypy", ("mypy",)),
    ]


def run_all(programs: Path, env: Mapping[str, str]) -> int:
    """Run the checks in turn; a Failure carries the output of the first that fails."""
    for check in all_checks():
        program, *words = check.words
        outcome = step(check.name, [programs / program, *words], cwd=ROOT, env={**env, **NO_DATABASE, **check.env})
        if outcome.status != 0:
            raise Failure(f"{outcome.output.rstrip()}\n\nThe check stopped at: {check.name}")
    audit(programs, env)
    return 0


def audit(programs: Path, env: Mapping[str, str]) -> Outcome:
    """Ask whether weaknesses of the installed packages are known; where nobody can be asked, say so and go on."""
    words: list[str | Path] = [programs / "pip-audit", "--local", "--progress-spinner", "off", "--timeout", "15"]
    outcome = step(AUDIT, words, cwd=ROOT, env=env)
    if FOUND.search(outcome.output):
        raise Failure(f"{outcome.output.rstrip()}\n\nThe check stopped at: {AUDIT}")
    if outcome.status != 0:
        say(NOT_AUDITED)
    return outcome


def _manage(*words: str) -> tuple[str, ...]:
    return ("python", "manage.py", *words)
