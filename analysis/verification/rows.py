"""Checks of stored rows, kind by kind: their digests, and that they come about again."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from analysis import canonical
from analysis.contract import Need
from analysis.derivation import Rules, derive
from analysis.models import Dataset, Freeze, Run, Snapshot, dataset_digest, run_key
from analysis.verification.comparing import compare
from analysis.verification.recomputing import UNREADABLE, Outcome, Verdict, differing, judge_result

CHANGED_PART = "Its {part} does not have the stored digest {digest}: it was changed."
CHANGED_KEY = "Its key is not the digest of its inputs: one of them was changed."
CHANGED_UPSTREAM = "It was not computed again: the result of “{name}” that it reads was changed."
NOT_DERIVED = "It cannot be derived again from freeze {freeze}: {error}"
OTHER_PART = "Its manifest names another {part} than the one that is stored."
BAD_MANIFEST = "Its manifest cannot be read: {error}"


@dataclass(frozen=True, slots=True)
class Checked:
    """One stored row and how it fared: its kind, its name for a reader, its digest or key, the outcome."""

    kind: str
    what: str
    digest: str
    outcome: Outcome


def check_freezes(rows: Iterable[Freeze]) -> Iterator[Checked]:
    """Check each freeze: its digest."""
    for row in rows:
        sentences = list(_digest(row.content, row.digest, "content"))
        yield Checked("freeze", f"Freeze {row.pk}", row.digest, _outcome(sentences))


def check_datasets(rows: Iterable[Dataset]) -> Iterator[Checked]:
    """Check each dataset: its digest, and that its freeze and rules give it again."""
    for row in rows:
        sentences = []
        if dataset_digest(review=row.freeze.review, rules=row.rules, content=row.content) != row.digest:
            sentences.append(CHANGED_PART.format(part="content", digest=row.digest[:12]))
        yield Checked("dataset", f"Dataset {row.pk}", row.digest, _outcome(sentences, _derive_again(row)))


def _derive_again(row: Dataset) -> Outcome:
    """Derive a dataset from its freeze, with the extras that it holds, and compare."""
    try:
        stored = canonical.from_text(row.content)
        extras = frozenset(Need(name) for name in stored.get("holds", ()))
        rules = Rules.model_validate_json(row.rules)
        again = derive(canonical.from_text(row.freeze.content), rules, extras).model_dump(mode="json")
    except UNREADABLE as error:
        sentence = NOT_DERIVED.format(freeze=row.freeze_id, error=error)
        return Outcome(Verdict.CANNOT, (sentence,), is_error=True)
    found = list(compare(stored, again))
    return differing(found) if found else Outcome(Verdict.SAME)


def check_runs(rows: Iterable[Run]) -> Iterator[Checked]:
    """Check each succeeded run: its key, its digest, and that computing it again gives its result."""
    for row in rows:
        what = f"Run {row.key[:12]} ({row.plugin} {row.plugin_version}{_used_by(row)})"
        yield Checked("run", what, row.key, _run(row))


def _run(run: Run) -> Outcome:
    sentences = list(_digest(run.result, run.result_digest, "result"))
    try:
        keys = canonical.from_text(run.upstream)
        parts = {"dataset": run.dataset.digest, "plugin": run.plugin, "version": run.plugin_version}
        if run_key(**parts, params=run.params, upstream=keys) != run.key:
            sentences.insert(0, CHANGED_KEY)
        others = {row.key: row for row in Run.objects.filter(key__in=keys.values())}
        upstream = {name: others[key] for name, key in keys.items()}
    except UNREADABLE as error:
        return _outcome([*sentences, f"Its stored inputs cannot be read: {error}"])
    for name, other in upstream.items():
        if canonical.digest(other.result) != other.result_digest:
            again = Outcome(Verdict.CANNOT, (CHANGED_UPSTREAM.format(name=name),), is_error=True)
            return _outcome(sentences, again)
    again = judge_result(
        plugin=run.plugin,
        version=run.plugin_version,
        dataset=run.dataset.content,
        params=run.params,
        upstream={name: canonical.from_text(other.result) for name, other in upstream.items()},
        result=run.result,
        environment=run.environment,
    )
    return _outcome(sentences, again)


def check_snapshots(rows: Iterable[Snapshot]) -> Iterator[Checked]:
    """Check each snapshot: its digest, its parts, and that it names its predecessor."""
    for row in rows:
        what = f"Snapshot {row.number} of “{row.analysis.slug}”"
        yield Checked("snapshot", what, row.digest, _outcome(list(_snapshot(row))))


def _snapshot(snapshot: Snapshot) -> Iterator[str]:
    yield from _digest(snapshot.manifest, snapshot.digest, "manifest")
    earlier = Snapshot.objects.filter(analysis=snapshot.analysis_id, number__lt=snapshot.number)
    before = earlier.order_by("-number").values_list("digest", flat=True).first()
    try:
        manifest = canonical.from_text(snapshot.manifest)
        content = manifest["content"]
        stored = {run.plugin: {"key": run.key, "result": run.result_digest} for run in snapshot.runs.all()}
        parts = [
            ("number", manifest["number"], snapshot.number),
            ("freeze", manifest["freeze"], snapshot.freeze.digest),
            ("dataset", content["dataset"], snapshot.dataset.digest),
            ("runs", content["runs"], stored),
            ("predecessor", manifest["previous"], before),
        ]
    except UNREADABLE as error:
        yield BAD_MANIFEST.format(error=error)
        return
    for name, written, found in parts:
        if written != found:
            yield OTHER_PART.format(part=name)


def _used_by(run: Run) -> str:
    """Name the snapshots that a run is part of."""
    names = [f"{row.analysis.slug} {row.number}" for row in run.snapshots.select_related("analysis").all()[:3]]
    return f"; in snapshot {', '.join(names)}" if names else ""


def _digest(text: str, digest: str, part: str) -> Iterator[str]:
    if canonical.digest(text) != digest:
        yield CHANGED_PART.format(part=part, digest=digest[:12])


def _outcome(sentences: list[str], again: Outcome | None = None) -> Outcome:
    """Give the outcome of a row: changed where a digest says so, else as computing it again went."""
    again = again or Outcome(Verdict.SAME)
    if not sentences:
        return again
    return Outcome(
        Verdict.CHANGED,
        (*sentences, *again.sentences),
        is_error=True,
        path=again.path,
        relative_difference=again.relative_difference,
    )


CHECKS: dict[str, Callable[[Any], Iterator[Checked]]] = {
    "freezes": check_freezes,
    "datasets": check_datasets,
    "runs": check_runs,
    "snapshots": check_snapshots,
}
