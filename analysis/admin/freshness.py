"""Whether an analysis would give something else than its latest snapshot, told without computing any run."""

from analysis.models import Analysis, Snapshot
from analysis.services.staleness import Cause, stale_analyses

SENTENCES = {
    Cause.DEFINITION: "Rules, steps, parameters or plugin versions were changed since snapshot {number}.",
    Cause.EVIDENCE: "The evidence that this analysis reads has changed since snapshot {number}.",
}


def what_changed(analysis: Analysis, snapshot: Snapshot) -> str:
    """Say what is different from the latest snapshot, "" where running would change nothing."""
    found = stale_analyses(review=analysis.review, analyses=[analysis])
    if not found:
        return ""
    return SENTENCES.get(found[0].cause, found[0].says).format(number=snapshot.number)
