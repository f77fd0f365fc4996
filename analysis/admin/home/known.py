"""What is known: each analysis with its current result, how certain it is, and how it stands."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Max
from django.utils.safestring import SafeString, mark_safe

from analysis.admin.headlines import Headline, read_headlines
from analysis.contract import MEASURE_NAMES
from analysis.figures.strip import draw_strip
from analysis.models import Analysis, Certainty, Snapshot
from analysis.services.touching import Touched, read_touches
from evidence.models import Outcome, Review


@dataclass(slots=True)
class Known:
    """One analysis on the home of its review."""

    analysis: Analysis
    touched: Touched
    outcome: Outcome | None = None
    headline: Headline | None = None
    certainty: Certainty | None = None
    published: int | None = None
    strip: SafeString | str = ""

    @property
    def pooling(self) -> Mapping[str, Any]:
        """The pooled result of the latest snapshot, empty where there is none."""
        return self.headline.pooling if self.headline else {}

    @property
    def snapshot(self) -> Snapshot | None:
        """The latest snapshot."""
        return self.headline.snapshot if self.headline else None

    @property
    def is_rating_stale(self) -> bool:
        """Whether the rating looked at other results than the latest."""
        return bool(self.certainty and self.headline and self.certainty.run.key != self.headline.grade_key)

    @property
    def measure_name(self) -> str:
        """The effect measure in words."""
        measure = self.pooling.get("measure", "")
        return MEASURE_NAMES.get(measure, measure).lower()

    @property
    def unit(self) -> str:
        """The unit that effects have, "" where they have none."""
        return self.outcome.unit if self.outcome is not None and self.pooling.get("measure") == "MD" else ""

    @property
    def study_count(self) -> int:
        """Number of different studies among the effects."""
        return len({row["label"] for row in self.pooling.get("studies", ())})

    @property
    def leans(self) -> str:
        """What the estimate says: "uncertain" if its interval holds the null, otherwise whom it favours."""
        estimate, lower, upper = (self.pooling.get(name) for name in ("estimate", "ci_lower", "ci_upper"))
        if not estimate or lower is None or upper is None or self.outcome is None:
            return ""
        if lower <= 0 <= upper:
            return "uncertain"
        return "experimental" if (estimate < 0) == (self.outcome.direction == "lower") else "comparator"


@dataclass(slots=True)
class WhatIsKnown:
    """All analyses of a review that are not dropped: the main ones, and the others."""

    main: list[Known] = field(default_factory=list)
    others: list[Known] = field(default_factory=list)

    @property
    def all(self) -> list[Known]:
        """All of them."""
        return [*self.main, *self.others]


def read_known(review: Review, analyses: list[Analysis]) -> WhatIsKnown:
    """Give what is known, in a number of queries that does not depend on studies or analyses."""
    touches = read_touches(review, analyses)
    found = {row.pk: Known(row, touches[row.pk]) for row in analyses}
    outcomes = {row.code: row for row in Outcome.objects.filter(review=review)}
    for known in found.values():
        known.outcome = outcomes.get(known.analysis.rules.get("outcome", ""))
    for headline in read_headlines(_latest(list(found))).values():
        known = found[headline.snapshot.analysis_id]
        known.headline = headline
        title = f"{known.analysis.title}: the estimate beside no difference"
        known.strip = mark_safe(draw_strip(headline.pooling, title=title))  # the renderer escapes what it is given  # noqa: S308
    newest = Certainty.objects.filter(analysis__in=found).order_by().values("analysis").annotate(last=Max("pk"))
    ratings = Certainty.objects.filter(pk__in=newest.values("last")).select_related("run")
    for rating in ratings.order_by().defer("run__result", "run__params", "run__environment"):
        found[rating.analysis_id].certainty = rating
    published = Snapshot.objects.filter(analysis__in=found, publication__isnull=False).order_by()
    for key, number in published.values_list("analysis").annotate(last=Max("number")):
        found[key].published = number
    rows = list(found.values())
    main = [row for row in rows if row.analysis.kind == Analysis.Kind.MAIN]
    return WhatIsKnown(main, [row for row in rows if row.analysis.kind != Analysis.Kind.MAIN])


def _latest(analyses: list[int]) -> list[Snapshot]:
    """Give the latest snapshot of each analysis, with what tells its state."""
    newest = Snapshot.objects.filter(analysis__in=analyses).order_by().values("analysis").annotate(last=Max("pk"))
    rows = Snapshot.objects.filter(pk__in=newest.values("last")).order_by()
    return list(rows.select_related("sign_off", "publication").defer("manifest"))
