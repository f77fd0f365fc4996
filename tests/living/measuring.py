"""How long it takes to find and to finish what one edit touches, and what the releases of a real database gave."""

import os
import platform
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import TextIO

import numpy as np

from analysis import engine
from analysis.models import Analysis, Refresh, Step
from analysis.services import refresh_many, refresh_stale
from analysis.services.staleness import read_evidence, stale_analyses
from tests.living.large import LargeReview, edit_one_sd, make_large_review
from tests.living.releases import YEARS, Release, metapsy_folder, read_release
from tests.living.telling import Story, own_effects, tell

STUDIES, ANALYSES, MANY = 500, 40, 10_000
RUNS = 5
BATCH = 500


def write_tables(out: TextIO) -> None:
    """Write the tables of docs/living.md."""
    cores = len(os.sched_getaffinity(0))
    out.write(f"Measured on {time.strftime('%Y-%m-%d')}: {cores} cores, {platform.system()} {platform.machine()}, ")
    out.write(f"Python {platform.python_version()}, SQLite, one process. Median of {RUNS}.\n\n")
    out.write(f"| {STUDIES} studies | seconds | of the processor |\n|---|---|---|\n")
    for what, (seconds, busy) in _time_edits():
        out.write(f"| {what} | {seconds:.2f} | {busy:.2f} |\n")
    folder = metapsy_folder()
    if folder is not None:
        _write_releases(out, [read_release(folder, year) for year in YEARS])


def _time_edits() -> Iterator[tuple[str, tuple[float, float]]]:
    """Give what was done, and how long it took."""
    large = make_large_review(studies=STUDIES)
    list(refresh_many(by=large.owner, analyses=large.analyses))
    yield (
        "reading and digesting the evidence once (part of each line below)",
        _time(lambda: read_evidence(large.review)),
    )
    yield f"{ANALYSES} analyses, nothing changed: looking for what is stale", _time(lambda: _expect(large, 0))
    yield (
        f"{ANALYSES} analyses, one SD edited: looking for the 2 that are stale",
        _time(lambda: _expect(large, 2), before=lambda: _edit_after_all(large)),
    )
    yield (
        "the same, and bringing these 2 up to date",
        _time(lambda: _refresh_stale(large), before=lambda: edit_one_sd(large)),
    )
    yield (
        f"one SD edited: bringing all {ANALYSES} up to date without asking which are stale",
        _time(lambda: list(refresh_many(by=large.owner, analyses=large.analyses)), before=lambda: edit_one_sd(large)),
    )
    _add_copies(large, MANY - ANALYSES)
    yield f"{MANY:,} analyses, nothing changed: looking for what is stale", _time(lambda: _expect(large, 0))
    edit_one_sd(large)
    yield (
        f"{MANY:,} analyses, one SD edited: looking for those that are stale",
        _time(lambda: _expect(large, MANY // ANALYSES * 2)),
    )


def _time(job: Callable[[], object], *, before: Callable[[], object] | None = None) -> tuple[float, float]:
    """Give the median time of a job in seconds, by the clock and of the processor.

    `before` is done before each run, and not timed.
    """
    times, busy = [], []
    for _ in range(RUNS):
        if before is not None:
            before()
        start, cpu = time.perf_counter(), time.process_time()
        job()
        times.append(time.perf_counter() - start)
        busy.append(time.process_time() - cpu)
    return median(times), median(busy)


def _expect(large: LargeReview, count: int) -> None:
    """Look for what is stale, and stop where it is not as many as known."""
    found = len(stale_analyses(review=large.review))
    if found != count:
        raise RuntimeError(f"{found} analyses are stale, not {count}")


def _edit_after_all(large: LargeReview) -> None:
    """Make everything up to date, then make one edit."""
    list(refresh_many(by=large.owner, analyses=large.analyses))
    edit_one_sd(large)


def _refresh_stale(large: LargeReview) -> None:
    """Bring up to date what is stale, and stop where that was not two runs."""
    computed = [one.computed for one in refresh_stale(by=large.owner, review=large.review)]
    if computed != [1, 1]:
        raise RuntimeError(f"{computed} runs were computed, not [1, 1]")


def _add_copies(large: LargeReview, count: int) -> None:
    """Add analyses that have the rules, the steps and the last refresh of those there are."""
    last = {row.analysis_id: row for row in Refresh.objects.order_by("pk")}
    steps = {analysis.pk: list(analysis.steps.all()) for analysis in large.analyses}
    sources = [large.analyses[number % len(large.analyses)] for number in range(count)]
    copies = [
        Analysis(review=large.review, slug=f"copy-{number}", title=f"Copy {number}", rules=source.rules)
        for number, source in enumerate(sources)
    ]
    Analysis.objects.bulk_create(copies, batch_size=BATCH)
    pairs = list(zip(copies, sources, strict=True))
    rows = [
        Step(analysis=copy, plugin=step.plugin, params=step.params) for copy, one in pairs for step in steps[one.pk]
    ]
    Step.objects.bulk_create(rows, batch_size=BATCH)
    asked = []
    for copy, source in pairs:
        names = ("freeze_id", "dataset_id", "run_keys", "requested_by_id")
        asked.append(Refresh(analysis=copy, **{name: getattr(last[source.pk], name) for name in names}))
    Refresh.objects.bulk_create(asked, batch_size=BATCH)


def _write_releases(out: TextIO, releases: list[Release]) -> None:
    """Write what the releases gave, beside what the effects give that the database has itself."""
    story = tell(releases)
    out.write(
        "\n| analysis | release | k | SMD | tau2 | of its own effects: SMD | tau2 |\n|---|---|---|---|---|---|---|\n"
    )
    for slug in story.chapters:
        for place, year in enumerate(YEARS):
            numbers = " | ".join(f"{value:.3f}" for value in _pool(story, slug, place))
            k = story.chapters[slug].datasets[place].k
            out.write(f"| {slug} | {year} | {k} | {numbers} |\n")
    out.write("\n| analysis | trials pooled newly | no longer | changed effect | SMD moved by | shares sum to |\n")
    out.write("|---|---|---|---|---|---|\n")
    for slug, chapter in story.chapters.items():
        status = [row.status for row in chapter.explanation.studies]
        counts = " | ".join(str(status.count(name)) for name in ("added", "removed", "changed"))
        shares = sum(row.estimate or 0.0 for row in chapter.explanation.contributions)
        change = chapter.explanation.movement("estimate").change
        out.write(f"| {slug} | {counts} | {change:.12f} | {shares:.12f} |\n")


def _pool(story: Story, slug: str, place: int) -> list[float]:
    """Give estimate and tau2 of Quorum's effects, and of the means of the database's own for the same results."""
    effects = story.chapters[slug].datasets[place].effects
    own = [np.mean(own_effects(effect, story.releases[place], slug), axis=0) for effect in effects]
    ours = engine.pool(np.array([effect.yi for effect in effects]), np.array([effect.vi for effect in effects]))
    theirs = engine.pool(np.array([row[0] for row in own]), np.array([row[1] ** 2 for row in own]))
    return [ours.estimate, ours.tau2, theirs.estimate, theirs.tau2]
