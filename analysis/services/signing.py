"""Standing by a snapshot: signing it off, and publishing what is signed."""

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from analysis.models import Analysis, Publication, SignOff, Snapshot
from analysis.services.rating import current_certainty, is_stale
from analysis.services.withdrawing import warnings_for
from evidence.models import Membership
from evidence.permissions import Act, require

SIGNED = "Snapshot {number} is already signed off."
UNSIGNED = "Snapshot {number} is a draft: somebody has to sign it off before it is published."
PUBLISHED = "Snapshot {number} is already published."
OVERTAKEN = "Snapshot {later} is published; an earlier one cannot be published after it."
STALE_RATING = "The certainty was rated on other results than those of this snapshot."
UNRATED = "Nobody has rated the certainty of the evidence."
CONFIRM = "Read the warnings, and tick that it is to be published all the same."


@transaction.atomic
def sign_off(*, by: User, snapshot: Snapshot, reason: str) -> SignOff:
    """Sign a snapshot off: this person, in their role, on these grounds.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : there is no reason, or the snapshot is signed off already
    """
    require(by, Act.SIGN, snapshot.analysis.review)
    _hold(snapshot)
    if SignOff.objects.filter(snapshot=snapshot).exists():
        raise ValidationError(SIGNED.format(number=snapshot.number))
    row = SignOff(
        snapshot=snapshot, role=_role(by, snapshot), reason=reason.strip(), digest=snapshot.digest, signed_by=by
    )
    row.full_clean()
    row.save()
    return row


@transaction.atomic
def publish(*, by: User, snapshot: Snapshot, note: str = "", is_confirmed: bool = False) -> Publication:
    """Publish a snapshot that is signed off; what there is to warn of has to be confirmed, and is kept with it.

    Raises
    ------
    NotAllowed : the person's role does not cover it
    ValidationError : the snapshot is a draft, is published, or a later one is; or warnings are not confirmed
    """
    require(by, Act.PUBLISH, snapshot.analysis.review)
    _hold(snapshot)
    _require_publishable(snapshot)
    warnings = warnings_before_publishing(snapshot)
    if warnings and not is_confirmed:
        raise ValidationError([*warnings, CONFIRM])
    row = Publication(
        snapshot=snapshot,
        role=_role(by, snapshot),
        note=note.strip(),
        warnings="\n".join(warnings),
        digest=snapshot.digest,
        published_by=by,
    )
    row.full_clean()
    row.save()
    return row


def warnings_before_publishing(snapshot: Snapshot) -> list[str]:
    """Give what a person must know before a snapshot is published: withdrawn plugins, a rating that is not of it."""
    found = warnings_for(snapshot)
    if "grade" in set(snapshot.runs.values_list("plugin", flat=True)):
        rating = current_certainty(snapshot.analysis)
        if rating is None:
            found.append(UNRATED)
        elif is_stale(rating, snapshot):
            found.append(STALE_RATING)
    return found


def _require_publishable(snapshot: Snapshot) -> None:
    if not SignOff.objects.filter(snapshot=snapshot).exists():
        raise ValidationError(UNSIGNED.format(number=snapshot.number))
    if Publication.objects.filter(snapshot=snapshot).exists():
        raise ValidationError(PUBLISHED.format(number=snapshot.number))
    later = Snapshot.objects.filter(
        analysis=snapshot.analysis_id, number__gt=snapshot.number, publication__isnull=False
    ).first()
    if later is not None:
        raise ValidationError(OVERTAKEN.format(later=later.number))


def _hold(snapshot: Snapshot) -> None:
    """Let one person at a time stand by the snapshots of an analysis."""
    Analysis.objects.select_for_update().get(pk=snapshot.analysis_id)


def _role(by: User, snapshot: Snapshot) -> str:
    role = Membership.objects.filter(review=snapshot.analysis.review, user=by).values_list("role", flat=True).first()
    return role or "superuser"
