"""Fifty people edit one review at once: what was acknowledged is kept, and nothing is there twice."""

import random
import sys
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import psycopg
import pytest

from tests.crowd.reader import Reader
from tests.crowd.site import site
from tests.evidence.browsing import read_fields

PEOPLE, STUDIES, EMPTY, EDITS = 50, 8, 5, 1
# The note of the study, and the notes of the results of its two arms: three rows that everybody writes into.
FIELDS = ("note", "armresult-0-note", "armresult-1-note")


@pytest.fixture(scope="module")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("crowd")
    with site(folder, people=PEOPLE, studies=STUDIES, empty=EMPTY) as (address, database, keys):
        readers = [Reader(address, session) for session in keys["people"]]
        yield readers, database, keys, folder


def all_at_once(readers: list[Reader], work: Callable[[int, Reader], None]) -> None:
    with ThreadPoolExecutor(len(readers)) as pool:
        for outcome in [pool.submit(work, number, reader) for number, reader in enumerate(readers)]:
            outcome.result()


def report(what: str, readers: list[Reader], folder: Path) -> None:
    seconds = sorted(one for reader in readers for one in reader.seconds)
    answers = sum((reader.answers for reader in readers), Counter())
    slowest = seconds[int(len(seconds) * 0.95)]
    median_save = f"a save took {median(seconds):.2f} s at the median, {slowest:.2f} s at the 95th percentile"
    sys.stdout.write(f"\n{len(readers)} people, {what}: {dict(answers)}; {median_save}\n")
    assert "Traceback" not in (folder / "web.log").read_text()


def test_no_acknowledged_change_is_lost(crowd: Any) -> None:
    readers, database, keys, folder = crowd
    acknowledged: list[tuple[int, str, str]] = []

    def work(number: int, reader: Reader) -> None:
        chance = random.Random(number)
        for edit in range(EDITS):
            study, field = chance.choice(keys["full"]), chance.choice(FIELDS)
            reader.change(study, field, f"t{number}x{edit}")
            acknowledged.append((study, field, f"t{number}x{edit}"))

    all_at_once(readers, work)
    report("changes", readers, folder)
    with psycopg.connect(database) as connection:
        notes = dict(connection.execute("select id, note from evidence_study").fetchall())
        results = connection.execute(
            "select e.study_id, r.note from evidence_armresult r join evidence_arm a on a.id = r.arm_id"
            " join evidence_extraction e on e.id = a.extraction_id order by a.number"
        ).fetchall()
    kept = {study: text.split() for study, text in notes.items()}
    for study, text in results:
        kept[study] = [*kept[study], *text.split()]
    assert len(acknowledged) == PEOPLE * EDITS
    assert sorted((study, token) for study, tokens in kept.items() for token in tokens) == sorted(
        (study, token) for study, _, token in acknowledged
    )


def test_history_names_every_change_and_its_author(crowd: Any) -> None:
    _, database, _, _ = crowd
    with psycopg.connect(database) as connection:
        rows = connection.execute(
            "select u.username, h.note from evidence_historicalarmresult h join auth_user u on u.id = h.history_user_id"
        ).fetchall()
    tokens = {(name, text.split()[-1]) for name, text in rows if text}
    assert tokens
    assert all(token.startswith(name.replace("reader", "t") + "x") for name, token in tokens)


def test_consensus_is_begun_once_whoever_is_first(crowd: Any) -> None:
    readers, database, keys, folder = crowd

    paths = [
        f"/admin/evidence/study/{keys['empty'][number % EMPTY]}/change/?extraction=consensus"
        for number in range(PEOPLE)
    ]
    pages: dict[str, dict[str, str]] = {}
    for number, path in enumerate(paths[:EMPTY]):
        pages[path] = read_fields(readers[number].ask("GET", path).text)

    def work(number: int, reader: Reader) -> None:
        reader.ask("GET", "/admin/login/")
        arm = {"arms-0-number": str(number + 1), "arms-0-label": f"Arm of {number}", "arms-0-role": "experimental"}
        own = {"csrfmiddlewaretoken": reader.cookies["csrftoken"], "arms-TOTAL_FORMS": "1"}
        reader.save(paths[number], pages[paths[number]] | own | arm)

    all_at_once(readers, work)
    report("first arms", readers, folder)
    with psycopg.connect(database) as connection:
        counts = connection.execute(
            "select study_id, count(*) from evidence_extraction where is_consensus and study_id = any(%s) group by 1",
            [keys["empty"]],
        ).fetchall()
        arms = connection.execute(
            "select count(*) from evidence_arm a join evidence_extraction e on e.id = a.extraction_id"
            " where e.study_id = any(%s)",
            [keys["empty"]],
        ).fetchone()
    assert sorted(counts) == [(study, 1) for study in sorted(keys["empty"])]
    saved = sum(reader.answers["saved"] for reader in readers) - PEOPLE * EDITS
    assert arms == (saved,)
