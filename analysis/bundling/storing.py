"""Storing the snapshot of a bundle as it was, in a database that does not have it."""

from datetime import date, datetime
from typing import Any, NamedTuple

from django.contrib.auth.models import User
from django.db import models, transaction

from analysis import canonical
from analysis.bundling.packing import REVIEW_FIELDS
from analysis.bundling.parts import Bundle, RunPart
from analysis.models import Analysis, Dataset, Freeze, Run, Snapshot, SnapshotRun, Step
from analysis.services.planning import note_beginning
from evidence.models import Review
from evidence.permissions import Act, require
from evidence.services import create_review

REASON = "Imported with snapshot {number} from a bundle."
OTHER_SNAPSHOT = "The analysis “{analysis}” has another snapshot {number} here; nothing was stored."
OTHER_CHAIN = "Snapshot {number} of “{analysis}” here is not the predecessor that the bundle names; nothing was stored."
OTHER_RESULT = "The run {key} of “{plugin}” is stored here with another result or has none; nothing was stored."
OTHER_REVIEW = "The same evidence belongs to another review here, “{review}”; nothing was stored."
NO_RECORD = "“record.json” was changed: it does not say who did what and when ({error}); nothing was stored."
NOT_PREDECESSORS = (
    "Its {count} predecessors are in the bundle as manifests only and were not stored: `verify --chain` calls them "
    "missing until their own bundles are stored too."
)
# A file can say anything: who stands by a snapshot here, says so here.
STOOD_BY = (
    "The bundle says that {by} signed the snapshot off as {role} on {date}{more}. It is stored as a draft: a sign-off "
    "holds only where that person gave it."
)
AND_PUBLISHED = ", and that {by} published it on {date}"


class NotStored(ValueError):
    """A bundle does not fit what the database holds."""


class Stored(NamedTuple):
    """The snapshot, whether this made it, and what a person should know."""

    snapshot: Snapshot
    is_new: bool
    messages: tuple[str, ...] = ()


@transaction.atomic
def store(*, by: User, bundle: Bundle) -> Stored:
    """Store review, analysis, freeze, datasets, runs and snapshot of a bundle, each only where it is not there.

    Rows keep their times. They keep their people where users of these names exist; `by` stands in for the others.

    Raises
    ------
    NotAllowed : the review is here, and the person's role in it does not cover running analyses
    NotStored : something here contradicts the bundle
    """
    found = Snapshot.objects.filter(digest=bundle.snapshot).first()
    if found is not None:
        require(by, Act.ANALYSE, found.analysis.review)
        return Stored(found, is_new=False)
    try:
        return _store(by, bundle, canonical.from_text(bundle.record))
    except (LookupError, TypeError) as error:
        raise NotStored(NO_RECORD.format(error=error)) from error


def _store(by: User, bundle: Bundle, record: dict[str, Any]) -> Stored:
    people = _People(by, {user.get_username(): user for user in User.objects.all()})
    analysis = _analysis(by, _review(by, bundle, record), bundle, record)
    _check_place(analysis, bundle)
    freeze = _freeze(analysis, bundle, record["freeze"], people)
    datasets = {digest: _dataset(freeze, digest, bundle) for digest in sorted(bundle.datasets)}
    runs = [_run(datasets[run.dataset], run, record["runs"][run.plugin], people) for run in bundle.runs]
    snapshot = Snapshot(
        analysis=analysis,
        number=bundle.number,
        freeze=freeze,
        dataset=datasets[bundle.stated["content"]["dataset"]],
        manifest=bundle.manifest,
        digest=bundle.snapshot,
        made_by=people.find(record["snapshot"]["by"]),
    )
    snapshot.save()
    _keep_times(snapshot, made_at=record["snapshot"]["at"])
    for run in runs:
        SnapshotRun(snapshot=snapshot, run=run).save()
    before = Snapshot.objects.filter(analysis=analysis, number__lt=bundle.number).count()
    missing = bundle.number - 1 - before
    said = [NOT_PREDECESSORS.format(count=missing)] if missing else []
    return Stored(snapshot, is_new=True, messages=(*said, *_stood_by(record)))


def _stood_by(record: dict[str, Any]) -> tuple[str, ...]:
    """Say who stood by the snapshot where it comes from."""
    signed, published = record.get("sign_off"), record.get("publication")
    if signed is None:
        return ()
    more = "" if published is None else AND_PUBLISHED.format(by=published["by"], date=published["at"][:10])
    return (STOOD_BY.format(by=signed["by"], role=signed["role"], date=signed["at"][:10], more=more),)


class _People(NamedTuple):
    """Users by name, and who stands in for those that are not here."""

    importer: User
    known: dict[str, User]

    def find(self, name: str) -> User:
        """Give the user of this name, or the importer."""
        return self.known.get(name, self.importer)


def _keep_times(row: models.Model, **times: str) -> None:
    """Give a row that was just inserted the times that it had; its own door sets them to now and takes no change."""
    values = {name: datetime.fromisoformat(text) for name, text in times.items()}
    models.QuerySet.update(type(row)._default_manager.filter(pk=row.pk), **values)
    row.refresh_from_db(fields=values)


def _review(by: User, bundle: Bundle, record: dict[str, Any]) -> Review:
    found = Review.objects.filter(slug=bundle.review).first()
    if found is not None:
        require(by, Act.ANALYSE, found)
        return found
    fields = {name: record["review"][name] for name in REVIEW_FIELDS} | {"slug": bundle.review}
    if fields["registered_on"]:
        fields["registered_on"] = date.fromisoformat(fields["registered_on"])
    return create_review(by=by, **fields)


def _analysis(by: User, review: Review, bundle: Bundle, record: dict[str, Any]) -> Analysis:
    """Give the analysis; a new one has the rules and parameters of the snapshot, as they were."""
    found = Analysis.objects.filter(review=review, slug=bundle.analysis).first()
    if found is not None:
        return found
    reason = REASON.format(number=bundle.number)
    fields = record["analysis"] | {"slug": bundle.analysis}
    row = Analysis(review=review, rules=bundle.stated["content"]["rules"], **fields)
    row.stamp(by, reason)
    row.save()
    for run in bundle.runs:
        step = Step(analysis=row, plugin=run.plugin, params=canonical.from_text(run.params))
        step.stamp(by, reason)
        step.save()
    note_beginning(by=by, analysis=row)
    return row


def _check_place(analysis: Analysis, bundle: Bundle) -> None:
    """Refuse a snapshot whose place in the chain is taken, or whose neighbour is another one."""
    names = {"analysis": analysis.slug, "number": bundle.number}
    if Snapshot.objects.filter(analysis=analysis, number=bundle.number).exists():
        raise NotStored(OTHER_SNAPSHOT.format(**names))
    before = Snapshot.objects.filter(analysis=analysis, number=bundle.number - 1).first()
    if before is not None and before.digest != bundle.stated["previous"]:
        raise NotStored(OTHER_CHAIN.format(analysis=analysis.slug, number=before.number))


def _freeze(analysis: Analysis, bundle: Bundle, done: dict[str, str], people: _People) -> Freeze:
    digest = canonical.digest(bundle.freeze)
    found = Freeze.objects.filter(digest=digest).first()
    if found is not None:
        if found.review_id != analysis.review_id:
            raise NotStored(OTHER_REVIEW.format(review=found.review.slug))
        return found
    row = Freeze(review=analysis.review, digest=digest, content=bundle.freeze, taken_by=people.find(done["by"]))
    row.save()
    _keep_times(row, taken_at=done["at"])
    return row


def _dataset(freeze: Freeze, digest: str, bundle: Bundle) -> Dataset:
    found = Dataset.objects.filter(digest=digest).first()
    if found is not None:
        return found
    part = bundle.datasets[digest]
    row = Dataset(freeze=freeze, digest=digest, rules=part.rules, content=part.content)
    row.save()
    return row


def _run(dataset: Dataset, part: RunPart, done: dict[str, Any], people: _People) -> Run:
    digest = canonical.digest(part.result)
    found = Run.objects.filter(key=part.key).first()
    if found is not None:
        if found.result_digest != digest:
            raise NotStored(OTHER_RESULT.format(key=part.key[:12], plugin=part.plugin))
        return found
    times = {name: done[name] and datetime.fromisoformat(done[name]) for name in ("claimed_at", "finished_at")}
    row = Run(
        key=part.key,
        dataset=dataset,
        plugin=part.plugin,
        plugin_version=part.version,
        params=part.params,
        upstream=part.upstream,
        status=Run.Status.SUCCEEDED,
        attempt=done["attempt"],
        progress=1.0,
        result=part.result,
        result_digest=digest,
        environment=part.environment,
        requested_by=people.find(done["by"]),
        claimed_by=done["claimed_by"],
        finished_by=done["finished_by"],
        **times,
    )
    row.save()
    _keep_times(row, requested_at=done["at"])
    return row
