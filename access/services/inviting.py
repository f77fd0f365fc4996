"""Invitations: an account for each person, made by who is invited, never one that is shared."""

import secrets
from datetime import timedelta
from hashlib import sha256

from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone

from access.models import Invitation
from evidence.models import Membership, Review
from evidence.permissions import Act, require
from evidence.services.noting import Kind, note, note_role

TOKEN_BYTES = 32
USED = "This invitation was accepted, withdrawn or has expired. Ask the owner of the review for a new one."
HIDDEN = "A name has no characters that hide, or that turn what stands beside them."
SUBJECT = "Invitation to the review “{title}”"
WORDS = (
    "{who} invites you to take part in the review “{title}” as {role}.\n\nOpen this link to accept, until {until}:\n\n"
    "{link}\n\nIt works once, and it is yours alone: whoever opens it first takes your place.\n"
)
NOT_MAILED = ("consolemail", "console", "dummy", "filebased")


def invite(*, by: User, review: Review, email: str, role: str) -> tuple[Invitation, str]:
    """Invite somebody to a role in a review; give the invitation, and the token of its link, to be shown once.

    An open invitation of the same address to the same review is withdrawn: one link works at a time.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : there is no such address or role, or a member has the address
    """
    require(by, Act.MANAGE, review)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    until = timezone.now() + timedelta(days=settings.INVITATION_DAYS)
    row = Invitation(
        review=review, email=email, role=role, token_digest=digest_of(token), valid_until=until, made_by=by
    )
    row.full_clean()
    if Membership.objects.filter(review=review, user__email__iexact=row.email).exists():
        raise ValidationError({"email": "A member of the review has this address; change their role instead."})
    with transaction.atomic():
        for earlier in Invitation.objects.filter(review=review, email=row.email):
            if earlier.is_open:
                withdraw(by=by, invitation=earlier)
        row.stamp(by)
        row.save()
        note(Kind.INVITED, by=by, says=f"{row.email} to “{review}” as {row.role}")
    return row, token


@transaction.atomic
def withdraw(*, by: User, invitation: Invitation) -> None:
    """Let the link work no longer.

    Raises
    ------
    NotAllowed : the person does not manage the review
    ValidationError : it was accepted or withdrawn already
    """
    require(by, Act.MANAGE, invitation.review)
    row = Invitation.objects.select_for_update(of=("self",)).get(pk=invitation.pk)
    if row.accepted_at is not None or row.withdrawn_at is not None:
        raise ValidationError("The invitation was accepted or withdrawn already.")
    row.withdrawn_at, row.withdrawn_by = timezone.now(), by
    row.stamp(by)
    row.save()
    note(Kind.INVITATION_WITHDRAWN, by=by, says=f"{row.email} to “{row.review}”")


def mail(*, invitation: Invitation, link: str) -> bool:
    """Send the link where e-mail is configured; give whether it was handed over.

    Raises
    ------
    OSError, SMTPException : the mail server did not take it
    """
    if any(kind in settings.EMAIL_BACKEND for kind in NOT_MAILED):
        return False
    who, review = invitation.made_by.get_full_name() or invitation.made_by.get_username(), invitation.review
    until = timezone.localtime(invitation.valid_until).strftime("%d %B %Y")
    role = invitation.get_role_display().lower()
    words = WORDS.format(who=who, title=review.title, role=role, until=until, link=link)
    subject = " ".join(SUBJECT.format(title=review.title).split())
    return bool(send_mail(subject, words, None, [invitation.email]))


def invitation_of(token: str) -> Invitation | None:
    """Give the invitation whose link has this token, None where there is none or it works no longer."""
    row = Invitation.objects.select_related("review", "made_by").filter(token_digest=digest_of(token)).first()
    return row if row is not None and row.is_open else None


@transaction.atomic
def accept(*, by: User, invitation: Invitation) -> Membership:
    """Take the person into the review, once.

    Raises
    ------
    ValidationError : the link works no longer, or the person is a member already
    """
    row = Invitation.objects.select_for_update(of=("self",)).select_related("review").get(pk=invitation.pk)
    if not row.is_open:
        raise ValidationError(USED)
    if not by.is_active:
        raise ValidationError("This account is switched off.")
    if Membership.objects.filter(review=row.review, user=by).exists():
        raise ValidationError("You are a member of this review already; its owner can change your role.")
    membership = Membership(review=row.review, user=by, role=row.role)
    membership.full_clean()
    membership.stamp(by, "Accepted an invitation.")
    membership.save()
    row.accepted_at, row.accepted_by = timezone.now(), by
    row.stamp(by)
    row.save()
    if not by.is_staff:
        by.is_staff = True
        by.save(update_fields=["is_staff"])
    note(Kind.INVITATION_ACCEPTED, by=by, says=f"{row.email} to “{row.review}” as {row.role}")
    note_role(by=by, membership=membership)
    return membership


@transaction.atomic
def join(*, invitation: Invitation, username: str, name: str, password: str | None) -> User:
    """Make an account for who was invited, and take them into the review; give the account.

    Without a password the account comes in through another house only.

    Raises
    ------
    ValidationError : the name is taken or not allowed, the password is too weak, or the link works no longer
    """
    first, _, last = name.strip().rpartition(" ")
    user = User(username=username, first_name=first[:150], last_name=last[:150], email=invitation.email, is_staff=True)
    wrong: dict[str, list[str]] = {}
    try:
        user.full_clean(exclude=["password"])
    except ValidationError as error:
        wrong = {name: list(sentences) for name, sentences in error.message_dict.items()}
    if not name.isprintable():
        wrong["name"] = [HIDDEN]
    if User.objects.filter(username__iexact=username).exists():
        wrong["username"] = ["Somebody has this name already; choose another."]
    if password is not None:
        try:
            validate_password(password, user)
        except ValidationError as error:
            wrong["password"] = error.messages
    if wrong:
        raise ValidationError(wrong)
    user.set_password(password)
    user.save()
    accept(by=user, invitation=invitation)
    return user


def digest_of(token: str) -> str:
    """Give what is kept of a token."""
    return sha256(token.encode()).hexdigest()
