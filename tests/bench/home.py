"""Time the home of a large review: `python -m tests.bench.home [studies]`.

Prints the median of the page, of the processor's time in it, and its number of queries, on SQLite in a file, for a
review with as many studies that two people have read, five analyses that pool all of them, and 2,000 records. On a
machine that does other things too, the processor's time is what says how long the page takes on a calm one.
"""

import os
import statistics
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

STUDIES, ANALYSES, RECORDS, RUNS = 500, 5, 2000, 21


def main(arguments: list[str]) -> int:
    """Measure in a database of its own."""
    studies = int(arguments[0]) if arguments else STUDIES
    with tempfile.TemporaryDirectory() as folder:
        os.environ["DATABASE_URL"] = f"sqlite:///{Path(folder) / 'home.sqlite3'}"
        os.environ.setdefault("SECRET_KEY", "only for tests")
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django

        django.setup()
        from django.apps import apps
        from django.conf import settings
        from django.core.management import call_command

        settings.MIGRATION_MODULES = {app.label: None for app in apps.get_app_configs()}
        settings.ALLOWED_HOSTS = ["testserver"]
        call_command("migrate", run_syncdb=True, verbosity=0)
        sys.stdout.write(measure(make_large(studies)) + "\n")
    return 0


def make_large(studies: int) -> Any:
    """Make the review; give its world."""
    from tests import factories
    from tests.analysis.test_admin_world import make_world
    from tests.screening_factories import make_records

    world = make_world(studies)
    for role in ("adjudicator", "reviewer", "statistician"):
        world.client(role)
    for study in world.review.studies.all():
        for role in ("adjudicator", "reviewer"):
            factories.make_complete_reading(study, world.people[role])
    make_records(world.review, RECORDS, by=world.owner)
    for _ in range(ANALYSES):
        world.snapshot()
    return world


def measure(world: Any) -> str:
    """Open the page as its owner and as a reader; give a line of a Markdown table for each."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.urls import reverse

    address, lines = reverse("admin:analysis_home", args=[world.review.slug]), []
    for role in ("owner", "reviewer"):
        client, times = world.client(role), []
        for _ in range(RUNS):
            start = (perf_counter(), process_time())
            assert client.get(address).status_code == 200
            times.append((perf_counter() - start[0], process_time() - start[1]))
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        whole, busy = (1000 * statistics.median(column) for column in zip(*times, strict=True))
        lines.append(f"| {role} | {whole:.0f} ms | {busy:.0f} ms | {len(queries)} |")
    return "\n".join(["| who | median | of the processor | queries |", "|---|---|---|---|", *lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
