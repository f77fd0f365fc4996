"""Time the files of a manuscript of a review of 58 studies: `python -m tests.bench.manuscripts [studies]`.

Prints a table in Markdown: wall clock, and seconds of the processor, for looking everything up and for each format.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

STUDIES, RUNS = 58, 3


def main(arguments: list[str]) -> int:
    """Measure in a process with a database of its own."""
    count = int(arguments[0]) if arguments else STUDIES
    if os.environ.get("QUORUM_BENCH_DATABASE"):
        sys.stdout.write("\n".join(_measure(count)) + "\n")
        return 0
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'bench.sqlite3'}"
        settings = {"DJANGO_SETTINGS_MODULE": "config.settings", "SECRET_KEY": "only for tests", "DATABASE_URL": url}
        environment = {**os.environ, **settings, "QUORUM_BENCH_DATABASE": "SQLite", "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, "-W", "ignore", "-m", "tests.bench.manuscripts", str(count)]
        subprocess.run(command, env=environment, check=True)
    return 0


def _measure(count: int) -> list[str]:
    """Give the lines of the table."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    manuscript = _manuscript(count)
    from analysis.reporting import FORMATS, build_document, write_document

    lines = ["| what | wall clock (s) | processor (s) | bytes |", "|---|---|---|---|"]
    document = build_document(manuscript)
    lines.append(_line("looking everything up", lambda: build_document(manuscript).title.encode()))
    lines += [
        _line(form.title, lambda name=name: write_document(document, name).content) for name, form in FORMATS.items()
    ]
    return [f"{count} studies; the best of {RUNS} runs each, warm.", "", *lines]


def _line(title: str, work: Any) -> str:
    """Give the best of some runs."""
    found = []
    for _ in range(RUNS):
        wall, processor = perf_counter(), process_time()
        size = len(work())
        found.append((perf_counter() - wall, process_time() - processor, size))
    wall, processor, size = min(found)
    return f"| {title} | {wall:.2f} | {processor:.2f} | {size or ''} |"


def _manuscript(count: int) -> Any:
    """Make a review with pooled studies, a main analysis, and a whole report of it."""
    from analysis.models import Analysis
    from analysis.services import refresh, save_analysis
    from analysis.services.manuscripts import begin_manuscript
    from tests import factories
    from tests.analysis.test_admin_world import STEPS, make_world

    world = make_world(count)
    for study in world.review.studies.all():
        factories.make_report(study, citation=f"Aasa B, Berglund L. Trial {study.pk}. J Pain. 2015;45(2):77-85.")
    for slug, steps in (("pain", STEPS), ("studies", {"pooling": {}, "summary": {}})):
        row = Analysis(review=world.review, slug=slug, title=f"Pain: {slug}", rules=world.rules())
        refresh(by=world.owner, analysis=save_analysis(by=world.owner, analysis=row, steps=steps))
    return begin_manuscript(by=world.owner, review=world.review, title="Bench", slug="bench", is_whole=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
