"""Rating the certainty of evidence (GRADE): the plugin proposes, people rate.

Where the review asks for two raters, each rates without seeing the other; then one of them, or a third person, records
the consensus. Nothing is changed: a rating is undone by a new one.
"""

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis import canonical
from analysis.models import DOMAINS, Analysis, Certainty, Level, Run, Snapshot
from analysis.models.certainty import RATE_UPS, IndependentRating, Rating, RatingPolicy
from evidence.models import Review
from evidence.permissions import Act, require

LEVELS = [Level.HIGH, Level.MODERATE, Level.LOW, Level.VERY_LOW]
RATERS = 2


@transaction.atomic
def set_rating_policy(*, by: User, review: Review, raters_needed: int, reason: str = "") -> RatingPolicy:
    """Say whether one person rates the certainty in a review, or two independently before a consensus.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : another number than 1 or 2
    """
    require(by, Act.MANAGE, review)
    row = RatingPolicy.objects.filter(review=review).first() or RatingPolicy(review=review)
    row.raters_needed = raters_needed
    row.full_clean()
    row.stamp(by, reason)
    row.save()
    return row


def raters_needed(review: Review) -> int:
    """Give how many people rate the certainty in a review."""
    policy = RatingPolicy.objects.filter(review=review).first()
    return policy.raters_needed if policy else RatingPolicy.Raters.ONE


@transaction.atomic
def rate_certainty(
    *,
    by: User,
    analysis: Analysis,
    run: Run,
    levels_down: Mapping[str, int],
    justification: str,
    levels_up: Mapping[str, int] | None = None,
    departures: Mapping[str, str] | None = None,
) -> Rating:
    """Rate the certainty of an analysis on the grounds of a GRADE run.

    Where the review asks for two raters this is the person's own rating, which others see when two have rated.

    Parameters
    ----------
    levels_down : levels by domain, all five
    levels_up : levels by reason to rate up; 0 where not named
    departures : why, for each domain or reason that is rated other than proposed

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a domain is missing or unknown, a level out of range, a justification missing, the run not part of
        the analysis, or two people have rated these results already
    """
    require(by, Act.SIGN, analysis.review)
    values = _values(analysis, run, levels_down, levels_up or {}, departures or {})
    values |= {"analysis": analysis, "run": run, "rated_by": by, "justification": justification}
    if raters_needed(analysis.review) == RatingPolicy.Raters.ONE:
        return _store(Certainty(**values, basis=Certainty.Basis.SINGLE))
    if len(own_ratings(analysis, run)) >= RATERS:
        raise ValidationError("Two people have rated these results independently; record their consensus.")
    return _store(IndependentRating(**values))


@transaction.atomic
def agree_certainty(
    *,
    by: User,
    analysis: Analysis,
    run: Run,
    levels_down: Mapping[str, int],
    justification: str,
    levels_up: Mapping[str, int] | None = None,
    departures: Mapping[str, str] | None = None,
) -> Certainty:
    """Record the consensus of two independent ratings; by one of the raters or a third person.

    Raises
    ------
    NotAllowed, ValidationError : as `rate_certainty`, and where fewer than two people have rated these results
    """
    require(by, Act.SIGN, analysis.review)
    values = _values(analysis, run, levels_down, levels_up or {}, departures or {})
    rated = len(own_ratings(analysis, run))
    if rated < RATERS:
        raise ValidationError(f"A consensus needs two independent ratings of these results; there are {rated}.")
    values |= {"analysis": analysis, "run": run, "rated_by": by, "justification": justification}
    row = Certainty(**values, basis=Certainty.Basis.CONSENSUS)
    _store(row)
    return row


@transaction.atomic
def renew_certainty(*, by: User, certainty: Certainty, run: Run, reason: str) -> Certainty:
    """Keep a stale rating for new results, with the reason why it still holds; it stands beside the old one.

    What departs from the new proposal keeps its justification; where it had none the reason stands for it.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : there is no reason, the rating is not the analysis' latest, or it looked at these results
    """
    analysis = certainty.analysis
    require(by, Act.SIGN, analysis.review)
    reason = reason.strip()
    if not reason:
        raise ValidationError("Say why the rating still holds for the new results.")
    if certainty != current_certainty(analysis):
        raise ValidationError("Only the latest rating of an analysis can be renewed.")
    if certainty.run_id == run.pk:
        raise ValidationError("The rating looked at these results; there is nothing to renew.")
    why = {name: entry["justification"] for name, entry in certainty.departures.items()}
    levels = certainty.levels
    values = _values(
        analysis,
        run,
        {name: levels[name] for name in DOMAINS},
        {name: levels[name] for name in RATE_UPS},
        {name: why.get(name) or reason for name in levels},
    )
    values |= {"analysis": analysis, "run": run, "rated_by": by, "renews": certainty}
    row = Certainty(**values, justification=reason, basis=Certainty.Basis.RENEWAL)
    _store(row)
    return row


def _store(row: Rating) -> Rating:
    row.full_clean()
    row.save()
    return row


def _values(
    analysis: Analysis, run: Run, down: Mapping[str, int], up: Mapping[str, int], why: Mapping[str, str]
) -> dict[str, Any]:
    """Give the fields of a rating that follow from its levels: start, certainty and departures."""
    if set(down) != set(DOMAINS):
        raise ValidationError(f"Rate each of the five domains: {', '.join(DOMAINS)}.")
    if unknown := sorted(set(up) - set(RATE_UPS)):
        raise ValidationError(f"These are no reasons to rate up: {', '.join(unknown)}.")
    if run.plugin != "grade" or not Snapshot.objects.filter(analysis=analysis, runs=run).exists():
        raise ValidationError("A rating belongs to a GRADE run of a snapshot of the analysis.")
    proposal = canonical.from_text(run.result)
    levels = {**down, **dict.fromkeys(RATE_UPS, 0), **up}
    start = Level(proposal.get("start", Level.HIGH))
    place = LEVELS.index(start) + sum(down.values()) - sum(up.values())
    level = LEVELS[min(max(place, 0), len(LEVELS) - 1)]
    return {**levels, "start": start, "level": level, "departures": _departures(proposal, levels, why)}


def proposed_levels(proposal: Mapping[str, Any]) -> dict[str, int]:
    """Give the levels that a GRADE result proposes, by domain and reason; 0 where it proposes nothing."""
    found = dict.fromkeys((*DOMAINS, *RATE_UPS), 0)
    found |= {row["name"]: row["rate_down"] for row in proposal.get("domains", ())}
    return found | {row["name"]: row["rate_up"] for row in proposal.get("rate_ups", ())}


def _departures(proposal: Mapping[str, Any], levels: Mapping[str, int], why: Mapping[str, str]) -> dict[str, Any]:
    """Give what is rated other than proposed, with its justification; refuse what has none."""
    titles = DOMAINS | {name: title for name, (title, _) in RATE_UPS.items()}
    proposed = proposed_levels(proposal)
    departing = [name for name in titles if levels[name] != proposed[name]]
    silent = [name for name in departing if not why.get(name, "").strip()]
    if silent:
        raise ValidationError(
            [
                f"{titles[name]}: the rules propose {proposed[name]} and you rate {levels[name]}; say why."
                for name in silent
            ]
        )
    return {
        name: {"proposed": proposed[name], "rated": levels[name], "justification": why[name].strip()}
        for name in departing
    }


def current_certainty(analysis: Analysis) -> Certainty | None:
    """Give the latest rating of an analysis that counts; where two rate, the independent ones alone do not."""
    return Certainty.objects.filter(analysis=analysis).order_by("-rated_at", "-pk").first()


def is_stale(certainty: Certainty, snapshot: Snapshot) -> bool:
    """Whether a rating looked at another run than the one of this snapshot."""
    runs = canonical.from_text(snapshot.manifest)["content"]["runs"]
    return bool(runs.get("grade", {}).get("key") != certainty.run.key)


def own_ratings(analysis: Analysis, run: Run) -> list[IndependentRating]:
    """Give the independent ratings of a run, the latest of each person, in the order of their first ratings."""
    latest: dict[int, IndependentRating] = {}
    rows = IndependentRating.objects.filter(analysis=analysis, run=run).select_related("rated_by")
    for row in rows.order_by("rated_at", "pk"):
        latest[row.rated_by_id] = row
    return list(latest.values())
