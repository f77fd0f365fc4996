"""Rating the certainty of evidence (GRADE): the plugin proposes, a person rates."""

from collections.abc import Mapping

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis import canonical
from analysis.models import DOMAINS, Analysis, Certainty, Level, Run, Snapshot
from evidence.permissions import Act, require

LEVELS = [Level.HIGH, Level.MODERATE, Level.LOW, Level.VERY_LOW]


@transaction.atomic
def rate_certainty(
    *, by: User, analysis: Analysis, run: Run, levels_down: Mapping[str, int], justification: str
) -> Certainty:
    """Rate the certainty of an analysis on the grounds of a GRADE run: levels down by domain, from high.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a domain is missing or unknown, a level out of range, no justification, or the run is not part of
        the analysis
    """
    require(by, Act.SIGN, analysis.review)
    if set(levels_down) != set(DOMAINS):
        raise ValidationError(f"Rate each of the five domains: {', '.join(DOMAINS)}.")
    if run.plugin != "grade" or not Snapshot.objects.filter(analysis=analysis, runs=run).exists():
        raise ValidationError("A rating belongs to a GRADE run of a snapshot of the analysis.")
    level = LEVELS[min(sum(levels_down.values()), len(LEVELS) - 1)]
    row = Certainty(
        analysis=analysis, run=run, level=level, justification=justification, rated_by=by, **dict(levels_down)
    )
    row.full_clean()
    row.save()
    return row


def current_certainty(analysis: Analysis) -> Certainty | None:
    """Give the latest rating of an analysis."""
    return Certainty.objects.filter(analysis=analysis).order_by("-rated_at", "-pk").first()


def is_stale(certainty: Certainty, snapshot: Snapshot) -> bool:
    """Whether a rating looked at another run than the one of this snapshot."""
    runs = canonical.from_text(snapshot.manifest)["content"]["runs"]
    return bool(runs.get("grade", {}).get("key") != certainty.run.key)
