"""The queue of a review put in a new order by what its readers have settled; and how much may be left to find."""

from contextlib import suppress

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from analysis.prioritising import METHOD, Stopping, TooFewLabels, rank, stopping_estimate
from evidence.models import Membership, Review, ScreeningPolicy, ScreeningRanking
from evidence.models.screening_policy import Order
from evidence.permissions import Act, require
from evidence.services import screening

# A new order is due once this many records, and this share of what it has learned from, are newly settled.
FEWEST_NEW = 10
SHARE_NEW = 0.05
NOT_CHOSEN = "This review reads its records in another order; an owner can choose “likely includes first” in its rules."


def rank_records(*, by: User, review: Review) -> ScreeningRanking:
    """Learn from what is settled and put the waiting records in order, likeliest to be included first.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    ValidationError : the review has chosen another order, or there is too little to learn from
    """
    require(by, Act.RECORD, review)
    if screening.policy_of(review).order != Order.PRIORITY:
        raise ValidationError(NOT_CHOSEN)
    texts = screening.read_texts(review)
    try:
        places = rank([text.text for text in texts], [text.is_included for text in texts])
    except TooFewLabels as error:
        raise ValidationError(str(error)) from error
    ranks = {texts[place].record: number for number, place in enumerate(places, start=1)}
    labels = [text.is_included for text in texts]
    return screening.put_ranks(
        by=by,
        review=review,
        ranks=ranks,
        method=METHOD,
        learned_from=len(labels) - labels.count(None),
        included=labels.count(True),
    )


def estimate_left(review: Review) -> Stopping | None:
    """Give what can be said about unread records; None where they were not read in an order that allows it.

    The settled records have to be a random sample, or the likeliest ones first; the order in which they were found may
    be that of their relevance in a database, or any other. Only what was settled since the order was chosen is taken
    as a sample.
    """
    policy = screening.policy_of(review)
    since = screening.order_since(policy) if policy.pk else None
    if policy.order == Order.FOUND or since is None:
        return None
    settled = screening.settled_in_order(review)
    return stopping_estimate(
        [row.is_included for row in settled],
        screening.screened_count(review),
        sample_from=sum(row.settled_at < since for row in settled),
        is_ranked=policy.order == Order.PRIORITY,
    )


def is_due(review: Review) -> bool:
    """Whether enough has been settled since the queue was last put in order."""
    settled = screening.settled_counts(review)
    if min(settled) < 1:
        return False
    last = ScreeningRanking.objects.filter(review=review).first()
    learned_from = last.learned_from if last is not None else 0
    return last is None or sum(settled) - learned_from >= max(FEWEST_NEW, SHARE_NEW * learned_from)


def rank_due() -> list[ScreeningRanking]:
    """Put every queue in order for which that is due, in the name of who chose this order for the review."""
    made = []
    for policy in ScreeningPolicy.objects.filter(order=Order.PRIORITY).select_related("review").order_by("pk"):
        person = _chosen_by(policy)
        if person is not None and is_due(policy.review):
            with suppress(ValidationError):  # the order was changed, or answers were taken back, at this moment
                made.append(rank_records(by=person, review=policy.review))
    return made


def _chosen_by(policy: ScreeningPolicy) -> User | None:
    """Give who last set the rules, or an owner where that person has left the team."""
    owners = Membership.objects.filter(review=policy.review, role=Membership.Role.OWNER).select_related("user")
    people = [owner.user for owner in owners.order_by("pk")]
    last = policy.history.select_related("history_user").first()
    setter = last.history_user if last is not None else None
    return setter if setter in people else next(iter(people), None)
