"""Submitting an assessment, and taking it back into work."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import Assessment
from evidence.services.recording import record
from evidence.services.risk_of_bias.answering import hold, require_reader
from evidence.tools import OVERALL


def missing_of(assessment: Assessment) -> dict[str, list[str]]:
    """Give what is missing before the assessment can be submitted, in sentences, by domain."""
    tool, effect = assessment.definition, assessment.effect
    given = {row.question: row.answer for row in assessment.answers.all()}
    judged = {row.domain for row in assessment.judgements.all()}
    found: dict[str, list[str]] = {}
    if tool.effects and not effect:
        found[OVERALL] = ["The effect of interest is not chosen: start the assessment anew, with an effect."]
    for domain in tool.domains:
        unanswered = [question.number for question in tool.open_questions(domain, given, effect)]
        if unanswered:
            s = "" if len(unanswered) == 1 else "s"
            found.setdefault(domain, []).append(
                f"{tool.domain_name(domain)}: answer question{s} {', '.join(unanswered)}."
            )
        if domain not in judged:
            found.setdefault(domain, []).append(f"{tool.domain_name(domain)} is not judged yet.")
    if OVERALL not in judged and set(tool.domains) <= judged:
        found.setdefault(OVERALL, []).append("The overall judgement is missing.")
    return found


@transaction.atomic
def submit_assessment(*, by: User, assessment: Assessment) -> Assessment:
    """Say that the assessment is finished, now: its answers are final, and may be compared once a second reader's are.

    Raises
    ------
    NotAllowed, NotTheReader : the person may not submit it
    ValidationError : a question that is asked has no answer, a domain no judgement, or it is already submitted
    """
    held = hold(assessment)
    require_reader(by, held)
    if held.is_submitted:
        raise ValidationError("The assessment is already submitted.")
    if missing := missing_of(held):
        raise ValidationError([sentence for sentences in missing.values() for sentence in sentences])
    held.status = Assessment.Status.SUBMITTED
    held.submitted_at, held.submitted_by = timezone.now(), by
    return record(by=by, row=held, reason="submitted")


@transaction.atomic
def reopen_assessment(*, by: User, assessment: Assessment, reason: str) -> Assessment:
    """Take a submitted assessment back into work, with a reason; what was submitted before stays in its history."""
    held = hold(assessment)
    require_reader(by, held)
    if not held.is_submitted:
        raise ValidationError("The assessment is not submitted; it is in work.")
    if not reason.strip():
        raise ValidationError("Say why the assessment is taken back into work.")
    held.status = Assessment.Status.DRAFT
    held.submitted_at = held.submitted_by = None
    return record(by=by, row=held, reason=reason.strip())
