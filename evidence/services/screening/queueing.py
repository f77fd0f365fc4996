"""How many readers a record needs and where it stands in the queue: both follow from the policy alone."""

import hashlib

from evidence.models import Review, ScreeningPolicy, ScreeningState
from evidence.models.screening_policy import Order, Readers
from evidence.verdicts import Stage

DRAWS = 1 << 40
BEHIND_ALL_RANKED = 1 << 41


def policy_of(review: Review) -> ScreeningPolicy:
    """Give the rules that a review screens by, the defaults where nobody has set any."""
    return ScreeningPolicy.objects.filter(review=review).first() or ScreeningPolicy(review=review)


def draw(seed: int, purpose: str, record_id: int) -> int:
    """Give a number from 0 to DRAWS - 1 that looks random and is always the same for the same record."""
    text = f"{seed}:{purpose}:{record_id}".encode()
    return int.from_bytes(hashlib.blake2b(text, digest_size=5).digest(), "big")


def readers_needed(policy: ScreeningPolicy, stage: str, record_id: int) -> int:
    """Give how many people have to read a record at a stage."""
    readers = policy.readers_at(stage)
    if readers == Readers.SAMPLE:
        is_drawn = draw(policy.seed, f"two readers, {stage}", record_id) * 100 < policy.share_at(stage) * DRAWS
        return 2 if is_drawn else 1
    return 2 if readers == Readers.DUAL else 1


def place_in_queue(policy: ScreeningPolicy, stage: str, record_id: int, priority: int | None) -> int:
    """Give where a record stands in the queue: smaller numbers come first.

    Records without a rank come behind all that have one, at random. Full texts have no ranks; they come as found.
    """
    if policy.order == Order.RANDOM:
        return draw(policy.seed, f"order, {stage}", record_id)
    if policy.order == Order.PRIORITY and stage == Stage.TITLE_ABSTRACT:
        return priority or BEHIND_ALL_RANKED + draw(policy.seed, f"order, {stage}", record_id)
    return record_id


def new_state(policy: ScreeningPolicy, stage: str, record_id: int) -> ScreeningState:
    """Give the state of a record that has just come to a stage, not saved."""
    return ScreeningState(
        review_id=policy.review_id,
        record_id=record_id,
        stage=stage,
        needed=readers_needed(policy, stage, record_id),
        place=place_in_queue(policy, stage, record_id, None),
    )
