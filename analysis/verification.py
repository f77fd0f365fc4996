"""Checking what is stored: digests, and every result recomputed from its stored inputs."""

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

from analysis import canonical
from analysis.derivation import Rules, derive
from analysis.execution import VersionChanged, call_plugin
from analysis.models import Dataset, Freeze, Run, Snapshot, dataset_digest, run_key
from analysis.registry import UnknownPlugin

# Other machines and library versions may differ in the last bits of a float64; real changes are far above.
RELATIVE_TOLERANCE = 1e-9
ABSOLUTE_TOLERANCE = 1e-12


class Discrepancy(NamedTuple):
    """Something stored that is not what it should be: which row, and what about it."""

    what: str
    sentence: str


def verify_freezes() -> Iterator[list[Discrepancy]]:
    """Check each freeze: its digest."""
    for freeze in Freeze.objects.order_by("pk").iterator():
        yield list(_digest(f"Freeze {freeze.pk}", freeze.content, freeze.digest, "content"))


def verify_datasets() -> Iterator[list[Discrepancy]]:
    """Check each dataset: its digest, and that its freeze and rules give it again."""
    for row in Dataset.objects.select_related("freeze__review").order_by("pk").iterator():
        what = f"Dataset {row.pk}"
        found = list(_dataset_digest(what, row))
        try:
            rules = Rules.model_validate_json(row.rules)
            again = derive(canonical.from_text(row.freeze.content), rules).model_dump(mode="json")
            found += _differences(what, canonical.from_text(row.content), again)
        except (ValueError, KeyError, TypeError) as error:
            found.append(Discrepancy(what, f"It cannot be derived again from freeze {row.freeze_id}: {error}"))
        yield found


def verify_runs() -> Iterator[list[Discrepancy]]:
    """Check each succeeded run: its key, its digest, and that computing it again gives its result."""
    for run in Run.objects.filter(status=Run.Status.SUCCEEDED).select_related("dataset").order_by("pk").iterator():
        yield list(verify_run(run))


def verify_run(run: Run) -> Iterator[Discrepancy]:
    """Check one run."""
    what = f"Run {run.key[:12]} ({run.plugin} {run.plugin_version}{_used_by(run)})"
    try:
        upstream = canonical.from_text(run.upstream)
        parts = {"dataset": run.dataset.digest, "plugin": run.plugin, "version": run.plugin_version}
        if run_key(**parts, params=run.params, upstream=upstream) != run.key:
            yield Discrepancy(what, "Its key is not the digest of its inputs: one of them was changed.")
        yield from _digest(what, run.result, run.result_digest, "result")
        changed = [name for name, key in upstream.items() if not _is_intact(key)]
        if changed:
            yield Discrepancy(
                what, f"It was not computed again: the result of “{changed[0]}” that it reads was changed."
            )
            return
        again = canonical.from_text(canonical.to_text(call_plugin(run).model_dump(mode="json")))
        yield from _differences(what, canonical.from_text(run.result), again)
    except (VersionChanged, UnknownPlugin) as error:
        yield Discrepancy(what, f"It cannot be computed again here: {error}")
    except ValueError as error:
        yield Discrepancy(what, f"Its stored inputs or result cannot be read: {error}")


def _is_intact(key: str) -> bool:
    """Whether the result of a run has its stored digest."""
    run = Run.objects.get(key=key)
    return canonical.digest(run.result) == run.result_digest


def verify_snapshots() -> Iterator[list[Discrepancy]]:
    """Check each snapshot: its digest, its parts, and that it names its predecessor."""
    previous: dict[int, Snapshot] = {}
    rows = Snapshot.objects.select_related("analysis", "freeze", "dataset").prefetch_related("runs")
    for snapshot in rows.order_by("analysis_id", "number"):
        yield list(_snapshot(snapshot, previous.get(snapshot.analysis_id)))
        previous[snapshot.analysis_id] = snapshot


def _snapshot(snapshot: Snapshot, before: Snapshot | None) -> Iterator[Discrepancy]:
    what = f"Snapshot {snapshot.number} of “{snapshot.analysis.slug}”"
    yield from _digest(what, snapshot.manifest, snapshot.digest, "manifest")
    try:
        manifest = canonical.from_text(snapshot.manifest)
        content = manifest["content"]
        stored = {run.plugin: {"key": run.key, "result": run.result_digest} for run in snapshot.runs.all()}
        parts = [
            ("number", manifest["number"], snapshot.number),
            ("freeze", manifest["freeze"], snapshot.freeze.digest),
            ("dataset", content["dataset"], snapshot.dataset.digest),
            ("runs", content["runs"], stored),
            ("predecessor", manifest["previous"], before.digest if before else None),
        ]
    except (ValueError, KeyError, TypeError) as error:
        yield Discrepancy(what, f"Its manifest cannot be read: {error}")
        return
    for name, written, found in parts:
        if written != found:
            yield Discrepancy(what, f"Its manifest names another {name} than the one that is stored.")


def _used_by(run: Run) -> str:
    """Name the snapshots that a run is part of."""
    names = [f"{row.analysis.slug} {row.number}" for row in run.snapshots.select_related("analysis").all()[:3]]
    return f"; in snapshot {', '.join(names)}" if names else ""


def _digest(what: str, text: str, digest: str, part: str) -> Iterator[Discrepancy]:
    if canonical.digest(text) != digest:
        yield Discrepancy(what, f"Its {part} does not have the stored digest {digest[:12]}: it was changed.")


def _dataset_digest(what: str, row: Dataset) -> Iterator[Discrepancy]:
    if dataset_digest(review=row.freeze.review, rules=row.rules, content=row.content) != row.digest:
        yield Discrepancy(what, f"Its content does not have the stored digest {row.digest[:12]}: it was changed.")


def _differences(what: str, stored: Any, again: Any) -> list[Discrepancy]:
    return [
        Discrepancy(what, f"{path} is stored as {first!r}, computed again it is {second!r}.")
        for path, first, second in compare(stored, again)
    ]


def compare(stored: Any, again: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Give where two plain values differ beyond the tolerance: the path, the stored and the new value."""
    if isinstance(stored, dict) and isinstance(again, dict):
        for name in sorted({*stored, *again}):
            here = f"{path}.{name}" if path else name
            yield from compare(stored.get(name), again.get(name), here)
    elif isinstance(stored, list) and isinstance(again, list) and len(stored) == len(again):
        for position, (first, second) in enumerate(zip(stored, again, strict=True)):
            yield from compare(first, second, f"{path}[{position}]")
    elif not _equal(stored, again):
        yield path, stored, again


def _equal(first: Any, second: Any) -> bool:
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (first, second))
    if numbers:
        return math.isclose(first, second, rel_tol=RELATIVE_TOLERANCE, abs_tol=ABSOLUTE_TOLERANCE)
    return bool(first == second)


CHECKS = {
    "freezes": verify_freezes,
    "datasets": verify_datasets,
    "runs": verify_runs,
    "snapshots": verify_snapshots,
}
