"""Which analyses of a review would give something else now, told without computing or writing anything.

The evidence is read once. Where it is, digest for digest, what an analysis was last brought up to date with, only the
definition of the analysis is compared. Where it is not, only the studies that differ are derived, before and after:
an analysis that makes the same of them is not stale.
"""

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import Any, NamedTuple

from django.db.models import Max
from pydantic import ValidationError as InvalidValue

from analysis import canonical
from analysis.contract import EXTRAS, Need
from analysis.derivation import DerivationError, Rules, derive
from analysis.derivation.alternatives import find_families
from analysis.freezing import take_content
from analysis.models import Analysis, Freeze, PlanEvent, Refresh, RefreshEnd, Run, Step
from analysis.registry import UnknownPlugin, get_plugin, upstream_names
from evidence.models import Review

Row = dict[str, Any]
# As many keys as every database takes in one statement.
KEYS_AT_ONCE = 900


class Cause(StrEnum):
    """Why an analysis is stale."""

    NEVER_RUN = "never_run"
    FAILED = "failed"
    DEFINITION = "definition"
    EVIDENCE = "evidence"
    CANNOT_RUN = "cannot_run"


SENTENCES = {
    Cause.NEVER_RUN: "The analysis has not been run yet.",
    Cause.FAILED: "The last attempt to bring the analysis up to date failed, or was cancelled.",
    Cause.DEFINITION: "Rules, steps, parameters or plugin versions were changed since the analysis was run.",
    Cause.EVIDENCE: "The evidence that the analysis reads has changed since it was run.",
    Cause.CANNOT_RUN: "The analysis cannot run as it is: {error}",
}


@dataclass(frozen=True, slots=True)
class Stale:
    """An analysis that would give something else now, and why."""

    analysis: Analysis
    cause: Cause
    says: str


class Evidence(NamedTuple):
    """The evidence of a review as it is now, with the text and the digest that a freeze of it has."""

    content: Row
    text: str
    digest: str


def read_evidence(review: Review) -> Evidence:
    """Give the evidence as it is now, without keeping it."""
    with _collector_paused():
        content = take_content(review)
    text = canonical.to_text(content)
    return Evidence(content, text, canonical.digest(text))


@contextmanager
def _collector_paused() -> Iterator[None]:
    """Keep the garbage collector from looking through rows that are all still needed; it takes as long as reading."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def stale_analyses(
    *, review: Review, evidence: Evidence | None = None, analyses: Iterable[Analysis] | None = None
) -> list[Stale]:
    """Give the analyses of a review that would give something else now; one that workers are at is not among them.

    Parameters
    ----------
    evidence : as `read_evidence` gives it, where it was read already
    analyses : those of the review to look at; by default all that are not dropped from the plan
    """
    rows = analyses_in_plan(review) if analyses is None else list(analyses)
    last = _last_refreshes(review)
    asked = [last[row.pk] for row in rows if row.pk in last]
    runs = _read_runs(asked)
    steps = _read_steps(review)
    differences = Differences(evidence or read_evidence(review))
    found = (_judge(row, steps.get(row.pk, {}), last.get(row.pk), runs, differences) for row in rows)
    return [one for one in found if one is not None]


def _judge(
    analysis: Analysis, steps: dict[str, Row], last: Row | None, runs: dict[str, Row], differences: "Differences"
) -> Stale | None:
    """Say why an analysis is stale; None where it is not."""
    if last is None:
        return _stale(analysis, Cause.NEVER_RUN)
    if last["end__outcome"] in RefreshEnd.WITHOUT_SNAPSHOT:
        return _stale(analysis, Cause.FAILED)
    try:
        rules = Rules.model_validate(analysis.rules)
        if rules.model_dump(mode="json") != canonical.from_text(last["dataset__rules"]):
            return _stale(analysis, Cause.DEFINITION)
        if _defined(steps) != _computed(last, runs):
            return _stale(analysis, Cause.DEFINITION)
        extras = {frozenset[Need](), *(get_plugin(name).needs & EXTRAS for name in steps)}
        is_touched = differences.touch(last, rules, extras)
    except (InvalidValue, UnknownPlugin, DerivationError) as error:
        return _stale(analysis, Cause.CANNOT_RUN, error=str(error))
    return _stale(analysis, Cause.EVIDENCE) if is_touched else None


def _stale(analysis: Analysis, cause: Cause, **words: str) -> Stale:
    return Stale(analysis, cause, SENTENCES[cause].format(**words))


def _defined(steps: dict[str, Row]) -> dict[str, Any]:
    """Give what the steps of an analysis ask for: version, parameters and what they read, by plugin."""
    found = {}
    for name, params in steps.items():
        plugin = get_plugin(name)
        reads = {other for other in upstream_names(plugin) if other in steps}
        found[name] = (plugin.version, plugin.params.model_validate(params).model_dump(mode="json"), reads)
    return found


def _computed(last: Row, runs: dict[str, Row]) -> dict[str, Any]:
    """Give what the last refresh asked for, in the same form."""
    rows = [runs[key] for key in canonical.from_text(last["run_keys"]) if key in runs]
    found = {}
    for row in rows:
        reads = set(canonical.from_text(row["upstream"]))
        found[row["plugin"]] = (row["plugin_version"], canonical.from_text(row["params"]), reads)
    return found


class Differences:
    """What lies between the evidence now and the freezes that analyses were last brought up to date with."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence
        self._before: dict[int, Between] = {}

    def touch(self, last: Row, rules: Rules, extras: set[frozenset[Need]]) -> bool:
        """Whether the rules make something else of the evidence now than they made of that of the last refresh.

        Raises
        ------
        DerivationError : the rules name something that the evidence does not have any more
        """
        if last["freeze__digest"] == self.evidence.digest:
            return False
        pk = last["freeze_id"]
        if pk not in self._before:
            old = Freeze.objects.values_list("content", flat=True).get(pk=pk)
            self._before[pk] = Between(canonical.from_text(old), self.evidence.content)
        return any(self._before[pk].touches(rules, each) for each in extras)


@dataclass
class Between:
    """Two states of the evidence of a review."""

    before: Row
    after: Row

    def touches(self, rules: Rules, extras: frozenset[Need]) -> bool:
        """Whether the rules make different datasets of the two.

        Studies are derived independently of each other, but for those of the same participants; so where everything
        but studies is the same, those that differ tell. The choices of alternatives are listed from all studies.
        """
        is_whole = not self.is_only_studies or Need.ALTERNATIVES in extras
        old, new = (self.before, self.after) if is_whole else self.parts
        return derive(old, rules, extras) != derive(new, rules, extras)

    @cached_property
    def is_only_studies(self) -> bool:
        """Whether definitions, words and the flow of records are the same."""
        return all(self.before.get(name) == self.after.get(name) for name in {*self.before, *self.after} - {"studies"})

    @cached_property
    def parts(self) -> tuple[Row, Row]:
        """Both states with the studies that differ, and those of the same participants, only."""
        old, new = self.before["studies"], self.after["studies"]
        changed = {code for code in {*old, *new} if old.get(code) != new.get(code)}
        families = [set(family) for studies in (old, new) for family in find_families(studies)]
        reached = [family for family in families if family & changed]
        while not all(family <= changed for family in reached):
            changed = changed.union(*reached)
            reached = [family for family in families if family & changed]
        return _part(self.before, changed), _part(self.after, changed)


def _part(content: Row, codes: set[str]) -> Row:
    return {**content, "studies": {code: row for code, row in content["studies"].items() if code in codes}}


def analyses_in_plan(review: Review) -> list[Analysis]:
    """Give the analyses that are not dropped from the plan."""
    kinds = (PlanEvent.Kind.DROPPED, PlanEvent.Kind.RESUMED)
    events = PlanEvent.objects.filter(analysis__review=review, kind__in=kinds).order_by("pk")
    state = dict(events.values_list("analysis_id", "kind"))
    rows = Analysis.objects.filter(review=review).order_by("position", "slug")
    return [row for row in rows if state.get(row.pk) != PlanEvent.Kind.DROPPED]


def _last_refreshes(review: Review) -> dict[int, Row]:
    """Give the last refresh of each analysis, by the key of the analysis, in one query."""
    latest = Refresh.objects.filter(analysis__review=review).values("analysis").annotate(last=Max("pk")).values("last")
    names = ("analysis_id", "freeze_id", "freeze__digest", "dataset__rules", "run_keys", "end__outcome")
    return {row["analysis_id"]: row for row in Refresh.objects.filter(pk__in=latest).order_by().values(*names)}


def _read_steps(review: Review) -> dict[int, dict[str, Row]]:
    """Give the parameters of each step by plugin, by the key of the analysis."""
    found: dict[int, dict[str, Row]] = {}
    rows = Step.objects.filter(analysis__review=review).order_by()
    for analysis, plugin, params in rows.values_list("analysis_id", "plugin", "params"):
        found.setdefault(analysis, {})[plugin] = params
    return found


def _read_runs(asked: list[Row]) -> dict[str, Row]:
    """Give what the runs of refreshes were asked with, by key."""
    keys = sorted({key for last in asked for key in canonical.from_text(last["run_keys"])})
    return {row["key"]: row for some in _in_parts(keys) for row in _described(some)}


def _described(keys: list[str]) -> Iterable[Row]:
    return Run.objects.filter(key__in=keys).order_by().values("key", "plugin", "plugin_version", "params", "upstream")


def _in_parts(keys: list[str]) -> Iterator[list[str]]:
    for first in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[first : first + KEYS_AT_ONCE]
