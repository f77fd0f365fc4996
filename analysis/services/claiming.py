"""Recording what a manuscript prints."""

from django.contrib.auth.models import User
from django.db import transaction

from analysis.models import Analysis, Claim
from evidence.permissions import Act, require


@transaction.atomic
def record_claim(
    *, by: User, analysis: Analysis, quantity: str, as_printed: str, measure: str = "", place: str = ""
) -> Claim:
    """Record a printed number of an analysis; the same number at the same place is updated.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : an unknown quantity
    """
    require(by, Act.ANALYSE, analysis.review)
    keys = {"analysis": analysis, "quantity": quantity, "measure": measure, "place": place}
    row = Claim.objects.filter(**keys).first() or Claim(**keys)
    if row.pk is not None and row.as_printed == as_printed:
        return row
    row.as_printed = as_printed
    row.full_clean()
    row.stamp(by)
    row.save()
    return row


@transaction.atomic
def remove_claim(*, by: User, claim: Claim) -> None:
    """Remove a printed number; its history stays.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    """
    require(by, Act.ANALYSE, claim.analysis.review)
    claim.stamp(by)
    claim.delete()
