"""What a person says of two records: kept, so that they are not asked about again."""

from django.contrib.auth.models import User
from django.utils import timezone

from evidence.models import ChangeBatch, DoubtfulPair, Record
from evidence.services.recording import keep


def remember(
    *, by: User, record: Record, other_id: int, answer: str, act: ChangeBatch | None = None, reason: str = ""
) -> DoubtfulPair:
    """Keep an answer about two records; the caller has asked whether the person may give it."""
    first, second = sorted((record.pk, other_id))
    pair = DoubtfulPair.objects.filter(first=first, second=second).first()
    if pair is None:
        pair = DoubtfulPair(review=record.review, first_id=first, second_id=second)
    pair.answer, pair.answered_by, pair.answered_at, pair.act = answer, by, timezone.now(), act
    return keep(by=by, row=pair, reason=reason)
