"""Setting the rules that a review screens by, also while it is under way."""

from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from evidence.models import Review, ScreeningPolicy, ScreeningState
from evidence.permissions import Act, require
from evidence.services.recording import record
from evidence.services.screening.docket import Docket, held_states, in_parts, store
from evidence.services.screening.queueing import place_in_queue, policy_of, readers_needed
from evidence.verdicts import Status


@transaction.atomic
def set_policy(*, by: User, review: Review, **fields: Any) -> ScreeningPolicy:
    """Change the rules that a review screens by; what is not named stays.

    Records that wait are from now on read by as many people as the new rules say: where one is enough, an answer that
    is there counts at once; where two are needed, a record that nobody has answered waits for two. What is settled or
    in conflict stays as it is. The order changes for all.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : a field breaks a rule; the sentences are by field, and nothing is changed
    """
    require(by, Act.MANAGE, review)
    # Without its key: whoever holds a state may be adding a row that refers to the review.
    Review.objects.select_for_update(no_key=True).get(pk=review.pk)
    policy = policy_of(review)
    for name, value in fields.items():
        setattr(policy, name, value)
    states = held_states(review)  # all of them, before the new rules are written: see Docket
    record(by=by, row=policy)
    _apply(policy, states)
    return policy


def _apply(policy: ScreeningPolicy, states: list[ScreeningState]) -> None:
    """Bring the states of a review under its rules."""
    settled_now: list[int] = []
    for part in in_parts(states):
        changed = []
        for state in part:
            place = place_in_queue(policy, state.stage, state.record_id, state.priority)
            is_open = state.status in (Status.WAITING, Status.REMOVED) and not state.is_disclosed
            needed = readers_needed(policy, state.stage, state.record_id) if is_open else state.needed
            if (place, needed) != (state.place, state.needed):
                if state.answered and needed != state.needed:
                    settled_now.append(state.record_id)
                state.place, state.needed = place, needed
                changed.append(state)
        store(changed, also=["place"])
    for record_ids in in_parts(settled_now):
        Docket(policy.review, record_ids).write()
