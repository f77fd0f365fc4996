"""Papers about a review: writing down what they claim, and answering what the checks found."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.claims import Claim
from analysis.models import FindingAnswer, Paper, PrintedClaim
from analysis.services.paper_findings import findings_of
from evidence.models import Membership, Review
from evidence.permissions import Act, may, require
from evidence.services.recording import erase, keep

PLACES = ("section", "page", "line", "table", "figure", "quote")
WORDS = (
    *("statement", "subject", "outcome", "measure", "unit", "main", "part_of", "relation", "rows", "column", "note"),
)
NOT_ASKED = "This is not asked any more: the claims were changed since the page was opened."
NO_MEMBER = "{person} is no member of the review; findings are given to its members."
NO_NOTE = "Say in a note how the finding is resolved."


@dataclass(frozen=True, slots=True)
class Brought:
    """What bringing claims in came to: how many are new, were changed and are the same."""

    new: int
    changed: int
    same: int


@transaction.atomic
def save_paper(*, by: User, review: Review, title: str, version: str, source: str = "") -> Paper:
    """Give the paper of this title and version, made where it is new.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a title or a version is missing
    """
    require(by, Act.ANALYSE, review)
    found = Paper.objects.filter(review=review, title=title.strip(), version=version.strip()).first()
    row = found or Paper(review=review, title=title.strip(), version=version.strip())
    if found is not None and row.source == source:
        return row
    row.source = source
    return keep(by=by, row=row)


@transaction.atomic
def save_claim(*, by: User, claim: PrintedClaim) -> PrintedClaim:
    """Save a new or changed claim.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a field breaks a rule, or its snapshot belongs to another review
    """
    require(by, Act.ANALYSE, claim.paper.review)
    if claim.snapshot is not None and claim.snapshot.analysis.review_id != claim.paper.review_id:
        raise ValidationError({"snapshot": "Choose a snapshot of the paper's own review."})
    return keep(by=by, row=claim)


@transaction.atomic
def bring_claims(*, by: User, paper: Paper, claims: Iterable[Claim]) -> Brought:
    """Bring claims into a paper: new codes are added, known ones changed where they differ, nothing is removed.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : a claim breaks a rule; nothing is saved
    """
    require(by, Act.ANALYSE, paper.review)
    stored = {row.code: row for row in PrintedClaim.objects.filter(paper=paper)}
    counts = {"new": 0, "changed": 0, "same": 0}
    last = max((row.position for row in stored.values()), default=0)
    for claim in claims:
        values = fields_of(claim)
        row = stored.get(claim.code)
        if row is not None and all(getattr(row, name) == value for name, value in values.items()):
            counts["same"] += 1
            continue
        counts["new" if row is None else "changed"] += 1
        if row is None:
            last += 1
            row = PrintedClaim(paper=paper, code=claim.code, position=last)
        for name, value in values.items():
            setattr(row, name, value)
        try:
            keep(by=by, row=row)
        except ValidationError as error:
            raise ValidationError([f"{claim.code}: {sentence}" for sentence in error.messages]) from error
    return Brought(**counts)


def fields_of(claim: Claim) -> dict[str, str]:
    """Give the fields of a row that holds this claim."""
    places = {name: getattr(claim.place, name) for name in PLACES}
    return {
        "quantity": claim.quantity.value,
        "as_printed": claim.text,
        **places,
        **{name: getattr(claim, name) for name in WORDS},
    }


@transaction.atomic
def remove_printed_claim(*, by: User, claim: PrintedClaim, reason: str = "") -> None:
    """Remove a claim; its history stays.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    require(by, Act.ANALYSE, claim.paper.review)
    erase(by=by, row=claim, reason=reason)


@transaction.atomic
def answer_finding(
    *, by: User, paper: Paper, key: str, status: str, note: str = "", assignee: User | None = None
) -> FindingAnswer:
    """Resolve a finding with a note, or give it to a member to look into.

    Raises
    ------
    NotAllowed : the person neither records nor analyses in the review
    ValidationError : the finding is not there any more, a note is missing, or the assignee is no member
    """
    if not may(by, Act.ANALYSE, paper.review):
        require(by, Act.RECORD, paper.review)
    found = next((one for one in findings_of(paper) if one.key == key and not one.holds), None)
    if found is None:
        raise ValidationError(NOT_ASKED)
    if status != FindingAnswer.Status.OPEN and not note.strip():
        raise ValidationError({"note": NO_NOTE})
    if assignee is not None and not Membership.objects.filter(review=paper.review, user=assignee).exists():
        raise ValidationError({"assignee": NO_MEMBER.format(person=assignee)})
    row = FindingAnswer.objects.filter(paper=paper, key=key).first() or FindingAnswer(paper=paper, key=key)
    row.says, row.status, row.note, row.assignee, row.answered_by = found.says, status, note.strip(), assignee, by
    return keep(by=by, row=row)


@transaction.atomic
def withdraw_answer(*, by: User, answer: FindingAnswer) -> None:
    """Take an answer back, so that the finding is open again; the history keeps it.

    Raises
    ------
    NotAllowed : the person neither records nor analyses in the review
    """
    if not may(by, Act.ANALYSE, answer.paper.review):
        require(by, Act.RECORD, answer.paper.review)
    erase(by=by, row=answer)
