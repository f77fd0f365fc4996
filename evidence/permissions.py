"""Who may do what in a review: one table for all doors."""

from collections.abc import Iterable
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Coalesce

from evidence.models import (
    Assessment,
    ExclusionReason,
    Extraction,
    ExtractionPolicy,
    FormDraft,
    Membership,
    Review,
    ReviewTool,
    ScreeningPolicy,
    Study,
)

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


class Scope(StrEnum):
    """What a program may do with a personal token, of all that its person may do."""

    READ = "read"
    WRITE = "write"
    ANALYSE = "analyse"


SCOPE_SENTENCES: dict[str, str] = {
    Scope.READ: "read what you may read",
    Scope.WRITE: "record evidence, judge, screen, and manage reviews and webhooks, as you may",
    Scope.ANALYSE: "run analyses, as you may",
}


class NotAllowed(PermissionDenied):
    """A person's role does not cover what they asked for."""

    def __init__(self, *, who: "Person", act: Act, review: Review) -> None:
        roles = [role for role, acts in ACTS_BY_ROLE.items() if act in acts]
        super().__init__(f"{who} may not {act} in “{review}”: that needs the role {' or '.join(roles)}.")


class NotTheirs(PermissionDenied):
    """A person asked to change what another reader extracted, or their own reading after they completed it."""


class NotIndependent(PermissionDenied):
    """One of the two readers of a study asked to settle what the two differ in."""

    def __init__(self, *, who: "Person", study: Study) -> None:
        super().__init__(f"{who} is one of the readers of “{study}”; another adjudicator settles what they differ in.")


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
    if isinstance(
        row, Review | Membership | ReviewTool | ScreeningPolicy | ExclusionReason | ExtractionPolicy | FormDraft
    ):
        return Act.MANAGE
    holder = _holder(row)
    return Act.ADJUDICATE if holder is not None and holder.is_consensus else Act.RECORD


def require_change(user: "Person", row: Any) -> None:
    """Raise NotAllowed where the user may not change this row of evidence, from what is stored or to what it is now.

    What another reviewer judged needs an adjudicator, as the consensus does. What they extracted nobody else changes.

    Raises
    ------
    NotTheirs : the row is part of another's reading, or of the person's own that is complete
    NotIndependent : the row is part of a consensus that the person's own reading stands behind
    """
    stored = None if row.pk is None else type(row)._default_manager.filter(pk=row.pk).first()
    for version in filter(None, (stored, row)):
        holder = _holder(version)
        if isinstance(holder, Extraction):
            _require_extraction(user, holder, version)
            continue
        is_others = holder is not None and holder.reviewer_id != getattr(user, "pk", None)
        require(user, Act.ADJUDICATE if is_others else act_to_change(version), version.owning_review)


def require_change_of_all(user: "Person", rows: Iterable[Any]) -> None:
    """Raise, as `require_change` does, where the user may not add one of these new rows; asked once for each holder."""
    seen = set()
    for row in rows:
        holder = _holder(row)
        key = (type(row), row.owning_review.pk) if holder is None else (type(holder), holder.pk)
        if key not in seen:
            seen.add(key)
            require_change(user, row)


def _holder(row: Any) -> Extraction | Assessment | None:
    """Give the extraction or assessment that the row is part of, None for a row of the review itself."""
    holder = row
    while holder is not None and not isinstance(holder, Extraction | Assessment):
        holder = next(
            (getattr(holder, name) for name in ("extraction", "arm", "assessment") if hasattr(holder, name)), None
        )
    return holder


def _require_extraction(user: "Person", holder: Extraction, row: Any) -> None:
    """Raise where the user may not change a row of this extraction."""
    study = holder.study
    if holder.is_consensus:
        require(user, Act.ADJUDICATE, study.review)
        if is_one_of_two(user, study):
            raise NotIndependent(who=user, study=study)
        return
    require(user, Act.RECORD, study.review)
    if holder.reviewer_id != user.pk:
        raise NotTheirs(f"This is the reading of {holder.reviewer}; nobody else changes it.")
    if holder is not row and Extraction.objects.filter(pk=holder.pk, status=Extraction.Status.COMPLETE).exists():
        raise NotTheirs(f"The reading of “{study}” is complete; reopen it, with a reason, before you change it.")


def readers_needed(review: Review) -> int:
    """Give how many people extract each study of the review."""
    is_single = ExtractionPolicy.objects.filter(review=review, readers=ExtractionPolicy.Readers.SINGLE).exists()
    return 1 if is_single else 2


def is_one_of_two(user: "Person", study: Study) -> bool:
    """Whether the user has an own reading of the study, beside another's."""
    readings = Extraction.objects.filter(study=study, is_consensus=False).order_by()
    readers = list(readings.values_list("reviewer_id", flat=True))
    return user.pk in readers and len(readers) > 1


def may_read_extraction(user: "Person", extraction: Extraction) -> bool:
    """Whether the user may read an extraction: see `readable_extractions`."""
    if not may(user, Act.VIEW, extraction.study.review):
        return False
    if extraction.is_consensus or extraction.reviewer_id == user.pk:
        return True
    return Extraction.objects.filter(pk=extraction.pk).filter(readable_extractions(user)).exists()


def readable_extractions(user: "Person", path: str = "") -> Q:
    """Give the condition, on rows with this lookup to their extraction, that a member of the review may read it.

    The consensus and their own always. Another's reading only once every required reader has completed theirs, while
    the member has none of the study in work: then by its readers and by those who adjudicate. Who may still enter an
    own reading of a study therefore sees nobody's. This holds for superusers too.
    """
    to = f"{path}__" if path else ""
    complete = Extraction.Status.COMPLETE
    readings = Extraction.objects.order_by().filter(study=OuterRef(f"{to}study"), is_consensus=False)
    single = ExtractionPolicy.objects.order_by().filter(
        review=OuterRef(f"{to}study__review"), readers=ExtractionPolicy.Readers.SINGLE
    )
    others = readings.filter(status=complete).exclude(reviewer=OuterRef(f"{to}reviewer"))
    all_have_read = Q(**{f"{to}status": complete}) & (Q(Exists(single)) | Q(Exists(others)))
    in_work = Exists(readings.filter(reviewer=user.pk, status=Extraction.Status.DRAFT))
    adjudicating = [role for role, acts in ACTS_BY_ROLE.items() if Act.ADJUDICATE in acts]
    seats = Membership.objects.filter(user=user.pk, role__in=adjudicating, review=OuterRef(f"{to}study__review"))
    is_theirs = Q(Exists(readings.filter(reviewer=user.pk))) | Q(Exists(seats))
    if getattr(user, "is_superuser", False):
        is_theirs = Q()
    return (
        Q(**{f"{to}is_consensus": True}) | Q(**{f"{to}reviewer": user.pk}) | (all_have_read & ~Q(in_work) & is_theirs)
    )


def may_read_assessment(user: "Person", assessment: Assessment) -> bool:
    """Whether the user may read an assessment: see `readable_assessments`."""
    if not may(user, Act.VIEW, assessment.study.review):
        return False
    if assessment.is_consensus or assessment.reviewer_id == user.pk:
        return True
    return Assessment.objects.filter(pk=assessment.pk).filter(readable_assessments(user)).exists()


def readable_assessments(user: "Person", path: str = "") -> Q:
    """Give the condition, on rows with this lookup to their assessment, that a member of the review may read it.

    The consensus and their own always. Another reader's only once it and a second one of the same result are submitted,
    while the member has none of the study in work: then by the two readers and by those who adjudicate. This holds for
    superusers too, since nobody is independent who has read the other.
    """
    to = f"{path}__" if path else ""
    of_study = Assessment.objects.order_by().filter(study=OuterRef(f"{to}study"), is_consensus=False)
    of_result = of_study.filter(tool=OuterRef(f"{to}tool")).alias(about=Coalesce("outcome_id", Value(0)))
    submitted = of_result.filter(
        about=Coalesce(OuterRef(f"{to}outcome_id"), Value(0)), status=Assessment.Status.SUBMITTED
    )
    adjudicating = [role for role, acts in ACTS_BY_ROLE.items() if Act.ADJUDICATE in acts]
    seats = Membership.objects.filter(user=user.pk, role__in=adjudicating, review=OuterRef(f"{to}study__review"))
    is_theirs = Q(Exists(submitted.filter(reviewer=user.pk))) | Q(Exists(seats))
    if getattr(user, "is_superuser", False):
        is_theirs = Q()
    both = Q(**{f"{to}status": Assessment.Status.SUBMITTED}) & Q(
        Exists(submitted.exclude(reviewer=OuterRef(f"{to}reviewer")))
    )
    in_work = Exists(of_study.filter(reviewer=user.pk, status=Assessment.Status.DRAFT))
    return Q(**{f"{to}is_consensus": True}) | Q(**{f"{to}reviewer": user.pk}) | (both & ~Q(in_work) & is_theirs)
