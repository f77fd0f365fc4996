"""Many readers at once on a real database: nobody gets a record too many, and none is left with too few."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests import servers
from tests.evidence.screening.crowd import RECORDS

ENVIRONMENT = {"SECRET_KEY": "only for tests", "DJANGO_SETTINGS_MODULE": "config.settings"}
ROOT = Path(__file__).resolve().parents[3]


def run_on(url: str) -> dict[str, Any]:
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.evidence.screening.crowd"],
        env={**os.environ, **ENVIRONMENT, "DATABASE_URL": url},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return report


@pytest.fixture(scope="module", params=["postgresql", "sqlite"])
def report(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    if request.param == "sqlite":
        yield run_on(f"sqlite:///{tmp_path_factory.mktemp('crowd') / 'crowd.sqlite3'}")
        return
    with servers.postgres() as url:
        yield run_on(url)


def test_who_is_handed_a_record_can_answer_it_and_each_gets_as_many_readers_as_it_needs(report: Any) -> None:
    orderly = report["orderly"]

    assert set(orderly["happened"]) == {"answered"}
    assert {said.partition(",")[0] for said in orderly["readers"] if "0 of" not in said} == {"1 of 1", "2 of 2"}
    at_abstracts = sum(count for said, count in orderly["readers"].items() if "waiting" not in said)
    assert at_abstracts == RECORDS
    assert orderly["wrong"] == []


def test_whatever_happens_at_once_states_follow_from_decisions_and_nobody_is_a_reader_too_many(report: Any) -> None:
    chaos = report["chaos"]

    kinds = {"next", "decide", "many", "undo", "adjudicate", "skip", "duplicate", "refused"}
    assert set(chaos["happened"]) <= kinds
    assert "next" in chaos["happened"]
    assert {int(said.partition(" ")[0]) for said in chaos["readers"]} <= {0, 1, 2}
    assert chaos["wrong"] == []
