"""Bringing an analysis up to date: freeze, derive, run what is new, make a snapshot of what changed."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis import canonical, tasks
from analysis.contract import EXTRAS, Need
from analysis.derivation import DerivationError, derive
from analysis.dispatching import advance
from analysis.execution import RunFailed
from analysis.models import Analysis, Dataset, Freeze, Refresh, RefreshEnd, Run, Snapshot, Step, dataset_digest, run_key
from analysis.registry import all_plugins, get_plugin, upstream_names
from analysis.services.planning import is_dropped
from analysis.services.staleness import Evidence, read_evidence, stale_analyses
from evidence.models import Review
from evidence.permissions import Act, require


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What a refresh came to.

    `computed` and `reused` count runs; `snapshot` is the analysis' current one, None while workers are at it; `is_new`
    tells whether this refresh made it; `failure` is a sentence where a step failed.
    """

    analysis: Analysis
    computed: int
    reused: int
    snapshot: Snapshot | None
    is_new: bool
    failure: str = ""


def refresh(*, by: User, analysis: Analysis) -> Refreshed:
    """Bring one analysis up to date, as `refresh_many` does."""
    return next(refresh_many(by=by, analyses=[analysis]))


def refresh_many(*, by: User, analyses: Iterable[Analysis]) -> Iterator[Refreshed]:
    """Bring analyses up to date, one after another; the evidence of a review is frozen once for all of them.

    Asking twice gives the first answer: equal inputs are computed once.
    Without a broker the runs are computed before this returns; with one they are queued for the workers.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the rules of the analysis do not fit the evidence, it has no steps, or it is dropped
    """
    frozen: dict[int, Frozen] = {}
    for analysis in analyses:
        require(by, Act.ANALYSE, analysis.review)
        if is_dropped(analysis):
            raise ValidationError(f"“{analysis}” is dropped from the plan; take it up again before it is run.")
        if analysis.review_id not in frozen:
            frozen[analysis.review_id] = take_freeze(by=by, review=analysis.review)
        yield _refresh(by, analysis, frozen[analysis.review_id])


def refresh_stale(*, by: User, review: Review, analyses: Iterable[Analysis] | None = None) -> Iterator[Refreshed]:
    """Bring up to date the analyses of a review that would give something else now; leave the others alone.

    The evidence is read once. By default all analyses are looked at that are not dropped from the plan.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the rules of an analysis do not fit the evidence, or it has no steps
    """
    require(by, Act.ANALYSE, review)
    evidence = read_evidence(review)
    stale = stale_analyses(review=review, evidence=evidence, analyses=analyses)
    if stale:
        frozen = take_freeze(by=by, review=review, evidence=evidence)
        for one in stale:
            yield _refresh(by, one.analysis, frozen)


def _refresh(by: User, analysis: Analysis, frozen: "Frozen") -> Refreshed:
    with transaction.atomic():
        asked = _ask(by, analysis, frozen)
        pending = list(
            Run.objects.filter(key__in=asked.keys).exclude(status=Run.Status.SUCCEEDED).values("key", "status")
        )
        for run in pending:
            Run.objects.retry(run["key"])
    waiting = [key for key in asked.keys if key in {run["key"] for run in pending}]
    before = _latest(analysis)
    failure = _dispatch(asked, waiting)
    after = _latest(analysis)
    is_current = after is not None and after.dataset_id == asked.dataset_id
    return Refreshed(
        analysis=analysis,
        computed=len(waiting),
        reused=len(asked.keys) - len(waiting),
        snapshot=after if is_current else None,
        is_new=after is not None and after != before,
        failure=failure,
    )


def _latest(analysis: Analysis) -> Snapshot | None:
    return Snapshot.objects.filter(analysis=analysis).order_by("-number").first()


def _ask(by: User, analysis: Analysis, frozen: "Frozen") -> Refresh:
    """Store the dataset and the runs that the analysis needs now, each only if it is new."""
    freeze = frozen.freeze
    dataset = make_dataset(frozen=frozen, analysis=analysis)
    datasets = {frozenset[Need](): dataset}
    keys: dict[str, str] = {}
    for step in ordered_steps(analysis):
        extras = get_plugin(step.plugin).needs & EXTRAS
        if extras not in datasets:
            datasets[extras] = make_dataset(frozen=frozen, analysis=analysis, extras=extras)
        keys[step.plugin] = _ask_run(by, datasets[extras], step, keys)
    text = canonical.to_text(list(keys.values()))
    last = Refresh.objects.filter(analysis=analysis).select_related("end").first()
    same = last is not None and (last.freeze_id, last.dataset_id, last.run_keys) == (freeze.pk, dataset.pk, text)
    if last is not None and same and not (last.is_finished and last.end.outcome in RefreshEnd.WITHOUT_SNAPSHOT):
        return last
    asked = Refresh(analysis=analysis, freeze=freeze, dataset=dataset, run_keys=text, requested_by=by)
    asked.save()
    return asked


class Frozen(NamedTuple):
    """A freeze and its content as plain data."""

    freeze: Freeze
    content: dict[str, Any]


def take_freeze(*, by: User, review: Review, evidence: Evidence | None = None) -> Frozen:
    """Give the freeze of the review's evidence as it is now (or was read); equal evidence gives the freeze there is."""
    content, text, digest = evidence or read_evidence(review)
    found = Freeze.objects.filter(digest=digest).first()
    return Frozen(found or Freeze.objects.create(review=review, digest=digest, content=text, taken_by=by), content)


def make_dataset(*, frozen: Frozen, analysis: Analysis, extras: frozenset[Need] = frozenset()) -> Dataset:
    """Give the dataset that the analysis makes of a freeze; an equal one is stored once.

    `extras` are what plugins need beside effects: a plugin reads a dataset with its own, so that a change of what only
    another plugin reads computes nothing again.

    Raises
    ------
    ValidationError : the rules name something that the evidence does not have
    """
    try:
        value = derive(frozen.content, analysis.parsed_rules, extras)
    except DerivationError as error:
        raise ValidationError({"rules": str(error)}) from error
    rules = canonical.to_text(analysis.parsed_rules.model_dump(mode="json"))
    content = canonical.to_text(value.model_dump(mode="json"))
    digest = dataset_digest(review=analysis.review, rules=rules, content=content)
    found = Dataset.objects.filter(digest=digest).first()
    return found or Dataset.objects.create(freeze=frozen.freeze, digest=digest, rules=rules, content=content)


def ordered_steps(analysis: Analysis) -> list[Step]:
    """Give the steps so that each comes after those whose results it reads.

    Raises
    ------
    ValidationError : there is no step, or a step reads results of a plugin that the analysis does not run
    """
    steps = {step.plugin: step for step in analysis.steps.all()}
    if not steps:
        raise ValidationError("The analysis has no steps; add at least one plugin, such as pooling.")
    for name in steps:
        for needed in get_plugin(name).after:
            if needed not in steps:
                raise ValidationError(f"The step “{name}” reads results of “{needed}”; add that step too.")
    order = {name: _depth(name) for name in all_plugins()}
    return sorted(steps.values(), key=lambda step: (order[step.plugin], step.plugin))


def _depth(name: str) -> int:
    """Give how many plugins have to run one after another before this one."""
    return max((1 + _depth(other) for other in upstream_names(get_plugin(name))), default=0)


def _ask_run(by: User, dataset: Dataset, step: Step, keys: dict[str, str]) -> str:
    plugin = get_plugin(step.plugin)
    params = canonical.to_text(plugin.params.model_validate(step.params).model_dump(mode="json"))
    upstream = {name: keys[name] for name in upstream_names(plugin) if name in keys}
    key = run_key(dataset=dataset.digest, plugin=plugin.name, version=plugin.version, params=params, upstream=upstream)
    values: dict[str, Any] = {
        "dataset": dataset,
        "plugin": plugin.name,
        "plugin_version": plugin.version,
        "params": params,
        "upstream": canonical.to_text(upstream),
        "requested_by": by,
    }
    Run.objects.get_or_create(key=key, defaults=values)
    return key


def _dispatch(asked: Refresh, waiting: list[str]) -> str:
    """Tell the workers of the request, or compute its runs here in order; give a sentence where one failed here."""
    if settings.BROKER_URL:
        advance(asked.pk)
        return ""
    failure = ""
    try:
        for key in waiting:
            tasks.compute_run(key)
    except RunFailed as error:
        failure = str(error)
    advance(asked.pk)
    return failure
