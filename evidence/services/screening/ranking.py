"""The door for a prioritised order: what was settled goes out, ranks come in. How ranks are made is not known here."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Max, OuterRef, Subquery

from evidence.models import Review, ScreeningDecision, ScreeningPolicy, ScreeningRanking, ScreeningState
from evidence.permissions import Act, require
from evidence.services.screening.docket import in_parts, store
from evidence.services.screening.queueing import place_in_queue, policy_of
from evidence.verdicts import SETTLED, Stage, Status


@dataclass(frozen=True, slots=True)
class Text:
    """A record as a model reads it; `is_included` is None where it is not settled."""

    record: int
    text: str
    is_included: bool | None


@dataclass(frozen=True, slots=True)
class Settled:
    """Whether a record was included, and when that was settled."""

    is_included: bool
    settled_at: datetime


def read_texts(review: Review) -> list[Text]:
    """Give title and abstract of all records that are screened, and what was settled by them.

    An answer of one reader while another is waited for is not given: a queue that has learned from it would show the
    other reader what it was.
    """
    found = []
    states = ScreeningState.objects.filter(review=review, stage=Stage.TITLE_ABSTRACT).exclude(status=Status.REMOVED)
    rows = states.order_by("record").values_list("record", "record__title", "record__abstract", "status")
    for record, title, abstract, status in rows.iterator(chunk_size=2000):
        is_included = status == Status.INCLUDED if status in SETTLED else None
        found.append(Text(record, f"{title} {abstract}", is_included))
    return found


def settled_in_order(review: Review) -> list[Settled]:
    """Give the records that are settled by title and abstract, in the order in which they were."""
    last = ScreeningDecision.objects.filter(record=OuterRef("record"), stage=Stage.TITLE_ABSTRACT).order_by()
    settled_at = Subquery(last.values("record").annotate(last=Max("decided_at")).values("last"))
    states = ScreeningState.objects.filter(review=review, stage=Stage.TITLE_ABSTRACT, status__in=SETTLED)
    rows = states.annotate(settled_at=settled_at).order_by("settled_at", "pk").values_list("status", "settled_at")
    return [Settled(status == Status.INCLUDED, at) for status, at in rows]


def order_since(policy: ScreeningPolicy) -> datetime | None:
    """Give since when the review reads in the order that it has now, None where nobody has chosen one."""
    since = None
    for order, at in policy.history.order_by("-history_date", "-history_id").values_list("order", "history_date"):
        if order != policy.order:
            break
        since = at
    return since


def put_ranks(
    *, by: User, review: Review, ranks: Mapping[int, int], method: str, learned_from: int, included: int
) -> ScreeningRanking:
    """Write the rank of each waiting record, 1 for the first; the queue follows where the review has chosen so.

    Ranks are written in parts, each in a transaction of its own: while all are held, no reader would be given a record.
    A record without a rank keeps the one it has. Nothing is excluded by a rank.

    Raises
    ------
    NotAllowed : the person does not screen in the review
    """
    require(by, Act.RECORD, review)
    policy = policy_of(review)
    for part in in_parts(sorted(ranks)):
        with transaction.atomic():
            held = ScreeningState.objects.select_for_update().filter(record__in=part, review=review)
            states = list(held.filter(stage=Stage.TITLE_ABSTRACT).order_by("pk"))
            for state in states:
                state.priority = ranks[state.record_id]
                state.place = place_in_queue(policy, state.stage, state.record_id, state.priority)
            store(states, also=["priority", "place"])
    made = ScreeningRanking(
        review=review,
        method=method,
        learned_from=learned_from,
        included=included,
        ranked=len(ranks),
        ranked_by=by,
    )
    made.save()
    return made


def settled_counts(review: Review) -> tuple[int, int]:
    """Count the records that are included and those that are excluded by title and abstract."""
    states = ScreeningState.objects.filter(review=review, stage=Stage.TITLE_ABSTRACT)
    included, excluded = (states.filter(status=status).count() for status in SETTLED)
    return included, excluded


def screened_count(review: Review) -> int:
    """Count the records that are read by title and abstract, or wait to be."""
    return (
        ScreeningState.objects.filter(review=review, stage=Stage.TITLE_ABSTRACT).exclude(status=Status.REMOVED).count()
    )
