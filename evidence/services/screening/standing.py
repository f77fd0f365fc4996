"""How far screening has come, told without telling anybody what another reader has answered too early."""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime

from django.contrib.auth.models import User
from django.db.models import Count, Max, Q
from django.utils import timezone

from evidence.models import Membership, Record, Review, ScreeningDecision, ScreeningState, ScreeningTicket
from evidence.permissions import ACTS_BY_ROLE, Act
from evidence.verdicts import Answer, Stage, Status


@dataclass(slots=True)
class Reader:
    """How far one person has come at one stage: whom they are, never what they said."""

    person: User
    answered: int = 0
    left: int = 0
    in_hand: int = 0
    settled_by: int = 0


@dataclass(slots=True)
class StageStanding:
    """How many records stand where at one stage."""

    stage: Stage
    waits_for_first: int = 0
    waits_for_second: int = 0
    conflict: int = 0
    included: int = 0
    excluded: int = 0
    readers: list[Reader] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All records at the stage."""
        return self.waits_for_first + self.waits_for_second + self.conflict + self.included + self.excluded

    @property
    def waiting(self) -> int:
        """Records that wait for readers."""
        return self.waits_for_first + self.waits_for_second


@dataclass(frozen=True, slots=True)
class FirstAnswer:
    """The first independent answer of one person about one record: what agreement is computed from."""

    record: int
    reader: int
    answer: str
    reason: int | None


@dataclass(frozen=True, slots=True)
class Batch:
    """What one person answered at once."""

    mark: str
    stage: str
    count: int
    answered_at: datetime


def read_standing(review: Review) -> list[StageStanding]:
    """Give where the records of a review stand, by stage and by person."""
    stages, half_read = count_stages(review)
    for stage, standing in stages.items():
        standing.readers = _readers(review, standing, half_read[stage])
    return list(stages.values())


def count_stages(review: Review) -> tuple[dict[Stage, StageStanding], dict[str, Counter[int]]]:
    """Give how many records stand where at each stage, and how many wait for a second reader by their first, at once.

    What waits for a person is what waits at all, without what they were the first to read.
    """
    stages = {stage: StageStanding(stage) for stage in Stage}
    half_read: dict[str, Counter[int]] = defaultdict(Counter)
    rows = ScreeningState.objects.filter(review=review).order_by().values_list("stage", "status", "first_reader")
    for stage, status, first_reader, count in rows.annotate(count=Count("pk")):
        standing = stages[Stage(stage)]
        if status == Status.WAITING and first_reader is None:
            standing.waits_for_first += count
        elif status == Status.WAITING:
            standing.waits_for_second += count
            half_read[stage][first_reader] += count
        elif status != Status.REMOVED:
            setattr(standing, status, getattr(standing, status) + count)
    return stages, half_read


def _readers(review: Review, standing: StageStanding, half_read: Counter[int]) -> list[Reader]:
    readers = {person.pk: Reader(person) for person in screeners_of(review)}
    events = ScreeningDecision.objects.filter(record__review=review, stage=standing.stage).order_by()
    counted = events.values_list("decided_by").annotate(
        answered=Count("record", distinct=True, filter=Q(is_adjudication=False) & ~Q(answer=Answer.WITHDRAWN)),
        settled=Count("record", distinct=True, filter=Q(is_adjudication=True)),
    )
    gone = User.objects.in_bulk({person for person, *_ in counted} - readers.keys())
    readers |= {pk: Reader(person) for pk, person in gone.items()}
    for person, answered, settled in counted:
        readers[person].answered, readers[person].settled_by = answered, settled
    tickets = ScreeningTicket.objects.filter(
        state__review=review, state__stage=standing.stage, lease_until__gt=timezone.now(), is_skipped=False
    )
    for person, count in tickets.order_by().values_list("reader").annotate(count=Count("pk")):
        if person in readers:
            readers[person].in_hand = count
    for pk, reader in readers.items():
        reader.left = 0 if pk in gone else standing.waiting - half_read[pk]
    return sorted(readers.values(), key=lambda reader: str(reader.person))


def screeners_of(review: Review) -> list[User]:
    """Give the members who screen."""
    roles = [role for role, acts in ACTS_BY_ROLE.items() if Act.RECORD in acts]
    members = Membership.objects.filter(review=review, role__in=roles).select_related("user")
    return [member.user for member in members.order_by("user__username")]


def left_for(*, by: User, review: Review, stage: str) -> int:
    """Count the records that still wait for the person."""
    waiting = ScreeningState.objects.filter(review=review, stage=stage, status=Status.WAITING)
    # Two counts of index ranges; leaving out while counting would look at each row.
    return waiting.count() - waiting.filter(first_reader=by).count()


def answered_today(*, by: User, review: Review, stage: str) -> int:
    """Count the records that the person has answered since midnight."""
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    own = ScreeningDecision.objects.filter(decided_by=by, stage=stage, decided_at__gte=midnight, is_adjudication=False)
    given = own.filter(record__review=review).exclude(answer=Answer.WITHDRAWN)
    return given.aggregate(count=Count("record", distinct=True))["count"] or 0


def recent_batches(*, by: User, review: Review, most: int = 3) -> list[Batch]:
    """Give what the person answered at once lately, newest first, unless all of it was taken back."""
    given = ScreeningDecision.objects.filter(decided_by=by, record__review=review).exclude(batch="").order_by()
    standing = Count("pk", filter=~Q(answer=Answer.WITHDRAWN)) - Count("pk", filter=Q(answer=Answer.WITHDRAWN))
    rows = given.values_list("batch").annotate(count=standing, last=Max("decided_at"), stage=Max("stage"))
    newest = rows.filter(count__gt=0).order_by("-last")[:most]
    return [Batch(batch, Stage(stage).label, count, last) for batch, count, last, stage in newest]


def readable_decisions(*, by: User, record: Record) -> list[ScreeningDecision]:
    """Give the decisions about a record that the person may see, oldest first."""
    rows = ScreeningDecision.objects.filter(record=record).visible_to(by)
    return list(rows.select_related("decided_by", "reason").order_by("stage", "pk"))


def first_answers(*, review: Review, stage: str) -> list[FirstAnswer]:
    """Give each reader's first independent answer, on records that two readers had to answer and have answered.

    What a person answered later, after taking the first answer back too, is not among them: agreement cannot be
    rewritten. Nothing is given of a record that still waits for a reader.
    """
    complete = ScreeningState.objects.filter(review=review, stage=stage, is_disclosed=True, needed__gt=1)
    events = ScreeningDecision.objects.filter(stage=stage, record__in=complete.values("record"), is_adjudication=False)
    found: dict[tuple[int, int], FirstAnswer] = {}
    rows = events.exclude(answer=Answer.WITHDRAWN).order_by("pk")
    for record, reader, answer, reason in rows.values_list("record", "decided_by", "answer", "reason"):
        found.setdefault((record, reader), FirstAnswer(record, reader, answer, reason))
    return list(found.values())
