"""Who may do what in a review: one table for all doors."""

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied

from evidence.models import Assessment, Extraction, Membership, Review

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User

    Person = User | AnonymousUser

Role = Membership.Role


class Act(StrEnum):
    """Something that a member may do."""

    VIEW = "view the review"
    RECORD = "record evidence"
    ADJUDICATE = "change the consensus"
    ANALYSE = "run analyses"
    SIGN = "rate certainty and sign off snapshots"
    PUBLISH = "publish snapshots"
    MANAGE = "manage the review and its team"


ACTS_BY_ROLE: dict[str, frozenset[Act]] = {
    Role.OWNER: frozenset(Act),
    Role.ADJUDICATOR: frozenset({Act.VIEW, Act.RECORD, Act.ADJUDICATE, Act.ANALYSE, Act.SIGN}),
    Role.REVIEWER: frozenset({Act.VIEW, Act.RECORD}),
    Role.STATISTICIAN: frozenset({Act.VIEW, Act.ANALYSE}),
    Role.VIEWER: frozenset({Act.VIEW}),
}


class NotAllowed(PermissionDenied):
    """A person's role does not cover what they asked for."""

    def __init__(self, *, who: "Person", act: Act, review: Review) -> None:
        roles = [role for role, acts in ACTS_BY_ROLE.items() if act in acts]
        super().__init__(f"{who} may not {act} in “{review}”: that needs the role {' or '.join(roles)}.")


def acts_of(user: "Person", review: Review) -> frozenset[Act]:
    """Give what the user may do in the review; a superuser may do everything."""
    if getattr(user, "is_superuser", False):
        return frozenset(Act)
    if user.pk is None:
        return frozenset()
    role = Membership.objects.filter(review=review, user_id=user.pk).values_list("role", flat=True).first()
    return ACTS_BY_ROLE.get(role or "", frozenset())


def may(user: "Person", act: Act, review: Review) -> bool:
    """Whether the user may do this in the review."""
    return act in acts_of(user, review)


def require(user: "Person", act: Act, review: Review) -> None:
    """Raise NotAllowed where the user may not do this in the review."""
    if not may(user, act, review):
        raise NotAllowed(who=user, act=act, review=review)


def act_to_change(row: Any) -> Act:
    """Give the act that changing this row of evidence is.

    Rows of the consensus need an adjudicator; rows about the review itself need its owner; all others are recording.
    """
    if isinstance(row, Review | Membership):
        return Act.MANAGE
    holder = _holder(row)
    return Act.ADJUDICATE if holder is not None and holder.is_consensus else Act.RECORD


def require_change(user: "Person", row: Any) -> None:
    """Raise NotAllowed where the user may not change this row of evidence, from what is stored or to what it is now.

    What another reviewer extracted or judged needs an adjudicator, as the consensus does.
    """
    stored = None if row.pk is None else type(row)._default_manager.filter(pk=row.pk).first()
    for version in filter(None, (stored, row)):
        holder = _holder(version)
        is_others = holder is not None and holder.reviewer_id != getattr(user, "pk", None)
        require(user, Act.ADJUDICATE if is_others else act_to_change(version), version.owning_review)


def _holder(row: Any) -> Extraction | Assessment | None:
    """Give the extraction or assessment that the row is part of, None for a row of the review itself."""
    holder = row
    while holder is not None and not isinstance(holder, Extraction | Assessment):
        holder = next(
            (getattr(holder, name) for name in ("extraction", "arm", "assessment") if hasattr(holder, name)), None
        )
    return holder


def may_read_extraction(user: "Person", extraction: Extraction) -> bool:
    """Whether the user may read an extraction: their own, the consensus, and all for those who adjudicate."""
    if extraction.is_consensus or extraction.reviewer_id == getattr(user, "pk", None):
        return may(user, Act.VIEW, extraction.study.review)
    return may(user, Act.ADJUDICATE, extraction.study.review)
