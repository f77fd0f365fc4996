"""What a person may see and do, read from their memberships once: one answer for the pages and for programs."""

from typing import Any

from django.db.models import Model

from evidence.models import Assessment, EvidenceQuerySet, Extraction, Membership, Review
from evidence.permissions import (
    ACTS_BY_ROLE,
    Act,
    act_to_change,
    is_one_of_two,
    may_read_assessment,
    may_read_extraction,
    readable_assessments,
    readable_extractions,
)
from evidence.services.judging import is_reader_of_two


class Standing:
    """The reviews and roles of one person."""

    def __init__(self, user: Any) -> None:
        self.user = user
        self.is_superuser = bool(user.is_superuser)
        memberships = Membership.objects.filter(user=user) if user.is_authenticated else Membership.objects.none()
        self._roles: dict[int, str] = dict(memberships.order_by().values_list("review_id", "role"))

    def may(self, act: Act, review_id: int | None) -> bool:
        """Whether the person may do this in the review."""
        return self.is_superuser or act in ACTS_BY_ROLE.get(self._roles.get(review_id or 0, ""), frozenset())

    def may_somewhere(self, act: Act) -> bool:
        """Whether there is a review in which the person may do this."""
        return self.is_superuser or any(act in ACTS_BY_ROLE[role] for role in self._roles.values())

    def reviews(self, act: Act) -> EvidenceQuerySet:
        """Give the reviews in which the person may do this."""
        if self.is_superuser:
            return Review.objects.all()
        return Review.objects.filter(pk__in=[pk for pk in self._roles if self.may(act, pk)])

    def readable(self, rows: EvidenceQuerySet) -> EvidenceQuerySet:
        """Narrow rows to the person's reviews and, in those, to extractions and assessments that they may read."""
        rows = rows.visible_to(self.user)
        path = holder_path(rows.model)
        if rows.model is Assessment or path == "assessment":
            return rows.filter(readable_assessments(self.user, path or ""))
        return rows if path is None else rows.filter(readable_extractions(self.user, path))

    def may_read(self, row: Any) -> bool:
        """Whether the person may read the row: its review, and the extraction or assessment that it is part of."""
        review_id = row.owning_review.pk
        holder = holder_of(row)
        if holder is None or holder.is_consensus or holder.reviewer_id == self.user.pk:
            return self.may(Act.VIEW, review_id)
        if isinstance(holder, Assessment):
            return may_read_assessment(self.user, holder)
        return may_read_extraction(self.user, holder)

    def may_write(self, row: Any) -> bool:
        """Whether the person may change the row.

        Nobody writes in another reader's name. A reader's own extraction is closed once complete, so that agreement
        cannot be rewritten; the consensus may be corrected at any time, by who is not one of its two readers, and its
        history tells by whom and when.
        """
        if not self.may(act_to_change(row), row.owning_review.pk):
            return False
        holder = holder_of(row)
        if isinstance(holder, Extraction) and holder.is_consensus:
            return holder.study_id is None or not is_one_of_two(self.user, holder.study)
        if holder is None:
            return True
        if holder.is_consensus:
            return not is_reader_of_two(self.user, holder)
        final = (Extraction.Status.COMPLETE, Assessment.Status.SUBMITTED)
        closed = isinstance(holder, Extraction | Assessment) and holder is not row and holder.status in final
        return not closed and bool(holder.reviewer_id == self.user.pk)


def holder_path(model: type[Model]) -> str | None:
    """Give the lookup from a row to the extraction or assessment that it is part of; None where there is none."""
    if hasattr(model, "is_consensus"):
        return ""
    path: str = getattr(model, "review_path", "")
    return path.removesuffix("__study__review") if path.endswith("__study__review") else None


def holder_of(row: Any) -> Any:
    """Give the extraction or assessment that the row is part of; None where there is none."""
    path = holder_path(type(row))
    if path is None:
        return None
    for step in filter(None, path.split("__")):
        row = getattr(row, step)
    return row
