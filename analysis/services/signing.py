"""Standing by a snapshot."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.models import SignOff, Snapshot
from evidence.models import Membership
from evidence.permissions import Act, require


@transaction.atomic
def sign_off(*, by: User, snapshot: Snapshot, reason: str) -> SignOff:
    """Sign a snapshot off: this person, in their role, on these grounds.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : there is no reason, or the snapshot is signed off already
    """
    require(by, Act.SIGN, snapshot.analysis.review)
    if SignOff.objects.filter(snapshot=snapshot).exists():
        raise ValidationError(f"Snapshot {snapshot.number} is already signed off.")
    role = Membership.objects.filter(review=snapshot.analysis.review, user=by).values_list("role", flat=True).first()
    row = SignOff(snapshot=snapshot, role=role or "superuser", reason=reason, signed_by=by)
    row.full_clean()
    row.save()
    return row
