"""Whether what a manuscript shows is still so: evidence that moved, and snapshots that are not the newest."""

from functools import cached_property

from analysis.models import Snapshot
from analysis.services.manuscripts.bindings import Numbers
from analysis.services.staleness import Evidence, analyses_in_plan, read_evidence, stale_analyses

NEWER = "Snapshot {number} of “{analysis}” is shown; snapshot {newest} is newer."
STALE = "“{analysis}” is stale. {says}"


class Freshness:
    """What is stale among the analyses of a review, worked out once and only where somebody asks."""

    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers

    @cached_property
    def evidence(self) -> Evidence:
        """The evidence as it is now."""
        return read_evidence(self.numbers.review)

    @cached_property
    def _stale(self) -> dict[int, str]:
        """Why an analysis is stale, by its key; one that is dropped from the plan is not looked at."""
        planned = {row.pk for row in analyses_in_plan(self.numbers.review)}
        rows = [row for row in self.numbers.analyses.values() if row.pk in planned]
        found = stale_analyses(review=self.numbers.review, evidence=self.evidence, analyses=rows)
        return {one.analysis.pk: one.says for one in found}

    def says(self, snapshot: Snapshot) -> str:
        """Give the sentences that tell why a snapshot is not what would come out now, "" where it is."""
        said = []
        newest = self.numbers.newest[snapshot.analysis_id]
        title = snapshot.analysis.title
        if newest.number > snapshot.number:
            said.append(NEWER.format(number=snapshot.number, analysis=title, newest=newest.number))
        if snapshot.analysis_id in self._stale:
            said.append(STALE.format(analysis=title, says=self._stale[snapshot.analysis_id]))
        return " ".join(said)
