"""Time the queue of a large review: `python -m tests.bench.screening [records [SQLite|PostgreSQL]]`.

Prints a table in Markdown: how long until the next record is handed out, in the situations that could be slow.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

RECORDS, STUDIES, RUNS, AT_ONCE = 100_000, 5_000, 41, 2_500
ABSTRACT = "title_abstract"
WORDS = [
    *("trial", "exercise", "motor", "control", "back", "pain", "adults", "disability", "yoga", "walking", "cohort"),
    *("surgery", "knee", "imaging", "mouse", "children", "fracture", "vitamin", "registry", "results", "methods"),
]
# Situations: what one person has answered alone, what another has, and the order of the queue.
SITUATIONS = (
    ("nobody has answered anything", 0, 0, "found"),
    ("the reader is half of the review ahead of all others", 0.5, 0, "found"),
    ("another is half of the review ahead", 0.5, 0.5, "found"),
    ("the same, at random", 0.5, 0.5, "random"),
    ("the same, likely includes first", 0.5, 0.5, "priority"),
)


def main(arguments: list[str]) -> int:
    """Measure both databases, or, told of one by DATABASE_URL, that one."""
    count = int(arguments[0]) if arguments else RECORDS
    if os.environ.get("QUORUM_BENCH_DATABASE"):
        sys.stdout.write("\n".join(_measure(count)) + "\n")
        return 0
    heads = (
        "| database | situation | next record | page | answer and next page |",
        "|---|---|---|---|---|",
    )
    sys.stdout.write(
        f"Medians of {RUNS} in milliseconds, in brackets of the processor in this process; {count:,} records.\n\n"
    )
    sys.stdout.write("\n".join(heads) + "\n")
    for name, url in _databases(arguments[1:]):
        environment = {**os.environ, "DATABASE_URL": url, "QUORUM_BENCH_DATABASE": name, "SECRET_KEY": "only for tests"}
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.screening", str(count)]
        subprocess.run(command, env={**environment, "DJANGO_SETTINGS_MODULE": "config.settings"}, check=True)
    return 0


def _databases(named: list[str]) -> Iterator[tuple[str, str]]:
    """Give an empty SQLite file and an empty PostgreSQL, or the one that is named."""
    from tests import servers

    if "SQLite" in (named or ["SQLite"]):
        with tempfile.TemporaryDirectory() as folder:
            yield "SQLite", f"sqlite:///{Path(folder) / 'screening.sqlite3'}"
    if "PostgreSQL" in (named or ["PostgreSQL"]):
        with servers.postgres() as url:
            yield "PostgreSQL", url


def _measure(count: int) -> Iterator[str]:
    """Give the lines of the table for the database of the environment."""
    import django

    django.setup()
    from django.apps import apps
    from django.conf import settings
    from django.core.management import call_command

    settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}  # tables straight from the models
    settings.ALLOWED_HOSTS = ["testserver"]
    call_command("migrate", run_syncdb=True, verbosity=0)
    name = os.environ["QUORUM_BENCH_DATABASE"]
    from tests.factories import make_review, make_user
    from tests.screening_factories import make_owner, make_reason, make_team

    review = make_review()
    owner = make_owner(review)
    anna, ben = make_team(review, "anna", "ben")
    make_reason(review)
    make_user(is_superuser=True)
    with _told(f"{name}: adding {count} records, {STUDIES} studies"):
        _fill(review, owner, count)
    done = {anna.pk: 0, ben.pk: 0}
    for words, by_anna, by_ben, order in SITUATIONS:
        with _told(f"{name}: {words}"):
            for person, share in ((anna, by_anna), (ben, by_ben)):
                _answer(review, person, done[person.pk], int(share * count))
                done[person.pk] = max(done[person.pk], int(share * count))
            _order(review, owner, order)
            _gather_statistics()
        reader = make_team(review, "carl")[0] if by_ben else anna
        answered, handed, shown = _times(review, reader)
        yield f"| {name} | {words} | {handed} | {shown} | {answered} |"
    yield from _others(name, review, owner)


def _fill(review: Any, owner: Any, count: int) -> None:
    """Add studies, and records with abstracts of 150 words."""
    from evidence.models import Study
    from evidence.services import screening
    from tests.factories import make_search_round

    Study.objects.bulk_create(
        Study(review=review, code=f"study_{number}", label=f"Study {number}") for number in range(STUDIES)
    )
    chance, search_round = random.Random(7), make_search_round(review)
    for start in range(0, count, AT_ONCE):
        rows = [
            {
                "title": f"{' '.join(chance.choices(WORDS, k=10))} {number}",
                "abstract": " ".join(chance.choices(WORDS, k=150)),
                "doi": f"10.1000/{number}",
                "year": 1990 + number % 35,
            }
            for number in range(start, min(start + AT_ONCE, count))
        ]
        screening.add_records(by=owner, search_round=search_round, rows=rows)


def _answer(review: Any, person: Any, start: int, end: int) -> None:
    """Let a person answer the records from one place to another, yesterday."""
    from django.db import connection
    from django.utils import timezone

    from evidence.services import screening

    records = list(review.records.order_by("pk")[start:end])
    for place in range(0, len(records), AT_ONCE):
        given = [screening.Given(record, "exclude") for record in records[place : place + AT_ONCE]]
        screening.decide_many(by=person, review=review, stage=ABSTRACT, given=given)
    with connection.cursor() as cursor:  # nobody answers so many in a day
        yesterday = timezone.now() - timedelta(days=1)
        cursor.execute("UPDATE evidence_screeningdecision SET decided_at = %s", [yesterday])


def _order(review: Any, owner: Any, order: str) -> None:
    from evidence.models import ScreeningState
    from evidence.services import screening

    screening.set_policy(by=owner, review=review, order=order)
    if order == "priority":
        waiting = ScreeningState.objects.filter(review=review, stage=ABSTRACT, status="waiting")
        pks = list(waiting.values_list("record", flat=True))
        random.Random(3).shuffle(pks)
        ranks = {pk: place for place, pk in enumerate(pks, start=1)}
        screening.put_ranks(by=owner, review=review, ranks=ranks, method="chance", learned_from=0, included=0)


def _gather_statistics() -> None:
    """Let the planner know the tables, as a server does by itself after some minutes."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _times(review: Any, reader: Any) -> list[str]:
    """Give the median times of the service, of the page, and of an answer followed by the next page."""
    from django.test import Client

    from evidence.models import ScreeningTicket
    from evidence.services import screening

    def hand_out() -> None:
        state = screening.next_record(by=reader, review=review, stage=ABSTRACT)
        assert state is not None

    def forget() -> None:
        ScreeningTicket.objects.filter(reader=reader).delete()

    client, address = Client(), f"/admin/evidence/record/screening/{review.slug}/queue/{ABSTRACT}/"
    client.force_login(reader)

    def show() -> None:
        assert client.get(address).status_code == 200

    def answer() -> None:
        page = client.post(address, {"record": waiting.record_id, "answer": "include"}, follow=True)
        assert page.status_code == 200

    def take() -> None:
        nonlocal waiting
        waiting = screening.next_record(by=reader, review=review, stage=ABSTRACT)

    waiting: Any = None
    return [_median(answer, take), _median(hand_out, forget), _median(show, forget)]


def _median(run: Callable[[], None], before: Callable[[], None]) -> str:
    """Give the median time of a run by the clock, and in brackets of the processor."""
    times, of_processor = [], []
    for _ in range(RUNS):
        before()
        started, started_processor = perf_counter(), process_time()
        run()
        times.append(perf_counter() - started)
        of_processor.append(process_time() - started_processor)
    return f"{1000 * statistics.median(times):.0f} ({1000 * statistics.median(of_processor):.0f})"


def _others(name: str, review: Any, owner: Any) -> Iterator[str]:
    """Give the times of the other pages, for a person who may see all of them."""
    from django.test import Client

    client, board = Client(), f"/admin/evidence/record/screening/{review.slug}/"
    client.force_login(owner)
    pages = (("the board", ""), ("the list of records", "records/"), ("a search by two words", "records/?q=yoga+9999"))
    for words, page in pages:

        def show(page: str = page) -> None:
            assert client.get(board + page).status_code == 200

        yield f"| {name} | {words} | – | {_median(show, lambda: None)} | – |"


@contextmanager
def _told(words: str) -> Iterator[None]:
    started = perf_counter()
    yield
    sys.stderr.write(f"{words}: {perf_counter() - started:.0f} s\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
