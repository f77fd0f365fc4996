"""Packing a stored snapshot into a bundle."""

from datetime import datetime
from typing import Any

from analysis import canonical
from analysis.bundling.archive import BadBundle, write_zip
from analysis.bundling.parts import Bundle, DatasetPart, RunPart, find_faults, texts_of
from analysis.models import Analysis, Run, Snapshot
from evidence.models import EvidenceRow, Review

REVIEW_FIELDS = (
    *("title", "slug", "status", "registration", "registered_on", "protocol_url", "question"),
    *("population", "intervention", "comparator", "outcome", "study_design", "citation"),
)
ANALYSIS_FIELDS = ("slug", "title", "question", "kind", "position")
UNREADABLE = "What is stored of the snapshot cannot be read: {error}."
NO_PREDECESSORS = "Snapshot {number} cannot be bundled: of its {expected} predecessors, {found} are stored."


def pack(snapshot: Snapshot) -> bytes:
    """Give the bundle of a snapshot as a zip file; an equal snapshot gives equal bytes.

    Raises
    ------
    BadBundle : what is stored of the snapshot was changed, or a predecessor is missing
    """
    try:
        bundle = gather(snapshot)
        faults = list(find_faults(bundle))
        texts = {} if faults else texts_of(bundle)
    except (ValueError, LookupError, TypeError) as error:
        raise error if isinstance(error, BadBundle) else BadBundle(UNREADABLE.format(error=error)) from error
    if faults:
        raise BadBundle(faults[0])
    return write_zip(texts)


def gather(snapshot: Snapshot) -> Bundle:
    """Give a stored snapshot as a bundle."""
    earlier = Snapshot.objects.filter(analysis=snapshot.analysis_id, number__lt=snapshot.number).order_by("number")
    chain = tuple(earlier.values_list("manifest", flat=True))
    if len(chain) != snapshot.number - 1:
        raise BadBundle(NO_PREDECESSORS.format(number=snapshot.number, expected=snapshot.number - 1, found=len(chain)))
    links = snapshot.snapshot_runs.select_related("run__dataset", "run__requested_by").order_by("pk")
    runs = [link.run for link in links]
    rows = [snapshot.dataset, *(run.dataset for run in runs)]
    return Bundle(
        snapshot=snapshot.digest,
        manifest=snapshot.manifest,
        chain=chain,
        freeze=snapshot.freeze.content,
        datasets={row.digest: DatasetPart(row.digest, rules=row.rules, content=row.content) for row in rows},
        runs=tuple(_run(run) for run in runs),
        record=canonical.to_text(_record(snapshot, runs)),
    )


def _run(run: Run) -> RunPart:
    texts = {name: getattr(run, name) for name in ("params", "upstream", "result", "environment")}
    return RunPart(key=run.key, plugin=run.plugin, version=run.plugin_version, dataset=run.dataset.digest, **texts)


def _record(snapshot: Snapshot, runs: list[Run]) -> dict[str, Any]:
    """Say who did what and when, and what review and analysis were called when the snapshot was made."""
    when = snapshot.made_at
    review = as_of(snapshot.analysis.review, Review, when)
    analysis = as_of(snapshot.analysis, Analysis, when)
    return {
        "review": {name: _plain(getattr(review, name)) for name in REVIEW_FIELDS},
        "analysis": {name: _plain(getattr(analysis, name)) for name in ANALYSIS_FIELDS},
        "freeze": _done(snapshot.freeze.taken_by, snapshot.freeze.taken_at),
        "snapshot": _done(snapshot.made_by, snapshot.made_at),
        **_standing(snapshot),
        "runs": {
            run.plugin: {
                **_done(run.requested_by, run.requested_at),
                "attempt": run.attempt,
                **{name: _plain(getattr(run, name)) for name in ("claimed_at", "claimed_by")},
                **{name: _plain(getattr(run, name)) for name in ("finished_at", "finished_by")},
            }
            for run in runs
        },
    }


def _standing(snapshot: Snapshot) -> dict[str, Any]:
    """Give who signed the snapshot off and who published it, as far as anybody did."""
    signed, published = getattr(snapshot, "sign_off", None), getattr(snapshot, "publication", None)
    found: dict[str, Any] = {}
    if signed is not None:
        found["sign_off"] = {
            **_done(signed.signed_by, signed.signed_at),
            **{name: getattr(signed, name) for name in ("role", "reason", "digest")},
        }
    if published is not None:
        found["publication"] = {
            **_done(published.published_by, published.published_at),
            **{name: getattr(published, name) for name in ("role", "note", "warnings", "digest")},
        }
    return found


def as_of(row: EvidenceRow, model: type[EvidenceRow], when: datetime) -> Any:
    """Give a row as it was at a time; as it is where its history begins later."""
    try:
        return row.history.as_of(when)
    except model.DoesNotExist:
        return row


def _done(by: Any, at: datetime) -> dict[str, str]:
    return {"by": by.get_username(), "at": at.isoformat()}


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value
