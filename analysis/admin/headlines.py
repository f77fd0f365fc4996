"""The current numbers of analyses: the latest snapshot with its pooled result and its certainty, in few queries."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max

from analysis import canonical
from analysis.models import Analysis, Certainty, Snapshot, SnapshotRun
from evidence.models import ComparatorType, Outcome


@dataclass(slots=True)
class Headline:
    """One snapshot in numbers. `pooling` is the result of pooling, empty where there is none."""

    snapshot: Snapshot
    pooling: dict[str, Any] = field(default_factory=dict)
    grade_key: str = ""


@dataclass(slots=True)
class Summary:
    """One analysis in a list: its words and its latest numbers."""

    outcome: str
    comparators: str
    headline: Headline | None = None
    certainty: Certainty | None = None

    @property
    def is_stale(self) -> bool:
        """Whether the rating looked at other results than the latest."""
        return (
            self.certainty is not None
            and self.headline is not None
            and self.certainty.run.key != self.headline.grade_key
        )


def read_headlines(snapshots: Iterable[Snapshot]) -> dict[int, Headline]:
    """Give the numbers of snapshots, by key, in one query."""
    found = {snapshot.pk: Headline(snapshot) for snapshot in snapshots}
    rows = SnapshotRun.objects.filter(snapshot__in=found, run__plugin__in=("pooling", "grade"))
    values = rows.values_list("snapshot_id", "run__plugin", "run__key", "run__result")
    for snapshot_id, plugin, key, result in values:
        if plugin == "pooling":
            found[snapshot_id].pooling = canonical.from_text(result)
        else:
            found[snapshot_id].grade_key = key
    return found


def read_summaries(analyses: Iterable[Analysis]) -> dict[int, Summary]:
    """Give what a list shows of analyses, by key, in a number of queries that does not depend on theirs."""
    rows = {analysis.pk: analysis for analysis in analyses}
    found = {pk: Summary(*words) for pk, words in _words(rows).items()}
    latest = Snapshot.objects.filter(analysis__in=rows).order_by().values("analysis").annotate(last=Max("number"))
    last = {row["analysis"]: row["last"] for row in latest}
    snapshots = Snapshot.objects.filter(analysis__in=rows, number__in=set(last.values())).defer("manifest")
    current = [snapshot for snapshot in snapshots if snapshot.number == last[snapshot.analysis_id]]
    for headline in read_headlines(current).values():
        found[headline.snapshot.analysis_id].headline = headline
    for rating in Certainty.objects.filter(analysis__in=rows).select_related("run").defer("run__result"):
        if found[rating.analysis_id].certainty is None:
            found[rating.analysis_id].certainty = rating
    return found


def _words(analyses: dict[int, Analysis]) -> dict[int, tuple[str, str]]:
    """Give the names of outcomes and comparators that rules refer to by code."""
    reviews = {analysis.review_id for analysis in analyses.values()}
    names: list[dict[tuple[int, str], str]] = [
        {
            (review, code): name
            for review, code, name in model.objects.filter(review__in=reviews).values_list("review", "code", "name")
        }
        for model in (Outcome, ComparatorType)
    ]
    outcomes, comparators = names
    words = {}
    for pk, analysis in analyses.items():
        outcome, codes = analysis.rules.get("outcome", ""), analysis.rules.get("comparators", [])
        named = [comparators.get((analysis.review_id, code), code) for code in codes]
        words[pk] = (outcomes.get((analysis.review_id, outcome), outcome), _listed(named))
    return words


def _listed(names: list[str]) -> str:
    """Give the names, or how many there are where a list would take too much room."""
    return ", ".join(names) if len(names) < 4 else f"{names[0]} and {len(names) - 1} others"
