"""The second step: setting it up, passing it, and what to do when the telephone is lost."""

import secrets
import time
from base64 import b32encode
from hashlib import sha256

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from access.models import Attempt, RecoveryCode, SecondStep
from access.sealing import CannotOpen, seal, unseal
from access.services.locking import begin_attempt, fail, succeed
from access.totp import DIGITS, matching_counter
from evidence.services.noting import Kind, note

CODES = 10
CODE_BYTES = 10
WRONG = "This is not the code that your telephone shows now. Check its clock, wait for the next code and try again."
WRONG_OR_USED = (
    "This code does not count: it is not the one that your telephone shows now, or it was used already. Each code, "
    "also each recovery code, counts once."
)
UNREADABLE = (
    "The second step of this account can no longer be read, since the key of the site was changed. Use a recovery "
    "code, or ask an administrator of the site to remove it."
)
EXISTS = "The account has a second step already; remove it before you set up another telephone."


def step_of(user: User) -> SecondStep | None:
    """Give the second step of a person, None where they have none."""
    try:
        return user.second_step
    except SecondStep.DoesNotExist:
        return None


@transaction.atomic
def set_up(*, by: User, secret: str, code: str) -> tuple[SecondStep, list[str]]:
    """Keep the secret that a telephone now has, as its first code proves; give the recovery codes, to be shown once.

    Raises
    ------
    ValidationError : the code is not of this secret, or the person has a second step
    """
    counter = matching_counter(secret, tidy(code), moment=time.time())
    if counter is None:
        raise ValidationError({"code": WRONG})
    list(User.objects.select_for_update().filter(pk=by.pk).values_list("pk"))
    if SecondStep.objects.filter(user=by).exists():
        raise ValidationError(EXISTS)
    step = SecondStep(user=by, sealed_secret=seal(secret), last_counter=counter, made_by=by)
    step.save()
    note(Kind.STEP_SET_UP, by=by)
    return step, _make_codes(step)


def renew_codes(*, by: User) -> list[str]:
    """Make new recovery codes, to be shown once; those from before no longer count.

    Raises
    ------
    ValidationError : the person has no second step
    """
    with transaction.atomic():
        step = SecondStep.objects.select_for_update().filter(user=by).first()
        if step is None:
            raise ValidationError("Set up the second step first.")
        step.codes.all().delete()
        note(Kind.CODES_MADE, by=by)
        return _make_codes(step)


def pass_step(*, by: User, code: str) -> SecondStep:
    """Take a code of the telephone, or a recovery code; give the step that it passes.

    Raises
    ------
    LockedOut : there were too many wrong ones
    ValidationError : the code does not count
    """
    step = SecondStep.objects.filter(user=by).first()
    if step is None:
        raise ValidationError("The account has no second step.")
    attempt = begin_attempt(Attempt.Door.CODE, by.get_username())
    try:
        _take(by, step, tidy(code))
    except ValidationError:
        fail(attempt, kind=Kind.STEP_FAILED, by=by)
        raise
    succeed(attempt)
    return step


def remove(*, by: User, user: User, code: str = "") -> None:
    """Remove the second step of a person: they prove it with a code; an administrator of the site needs none.

    Raises
    ------
    PermissionDenied : it is another's, and the person is no administrator of the site
    LockedOut, ValidationError : it is their own, and the code does not count
    """
    if by.pk != user.pk and not by.is_superuser:
        raise PermissionDenied("The second step of somebody else is removed by administrators of the site.")
    if by.pk == user.pk:
        pass_step(by=by, code=code)
    SecondStep.objects.filter(user=user).delete()
    note(Kind.STEP_REMOVED, by=by, account=user.get_username())


def codes_left(step: SecondStep) -> int:
    """Give how many recovery codes are unused."""
    return step.codes.filter(used_at__isnull=True).count()


def tidy(code: str) -> str:
    """Give a code as it is compared: without the spaces and strokes that people read it by."""
    return "".join(letter for letter in code if letter.isalnum()).upper()


def _take(by: User, step: SecondStep, code: str) -> None:
    """Take a code, by one statement that only one caller wins.

    Raises
    ------
    ValidationError : it does not count
    """
    if len(code) != DIGITS:
        mine = RecoveryCode.objects.filter(step=step, digest=_digest(code), used_at__isnull=True)
        if mine.update(used_at=timezone.now(), used_by=by) != 1:
            raise ValidationError({"code": WRONG_OR_USED})
        note(Kind.CODE_USED, by=by, says=f"{codes_left(step)} left")
        return
    try:
        counter = matching_counter(unseal(step.sealed_secret), code, moment=time.time())
    except CannotOpen as error:
        raise ValidationError({"code": UNREADABLE}) from error
    newer = SecondStep.objects.filter(pk=step.pk, last_counter__lt=counter or 0)
    if counter is None or newer.update(last_counter=counter) != 1:
        raise ValidationError({"code": WRONG_OR_USED})
    note(Kind.STEP_PASSED, by=by)


def _make_codes(step: SecondStep) -> list[str]:
    """Make recovery codes; give them as they are shown."""
    codes = [b32encode(secrets.token_bytes(CODE_BYTES)).decode() for _ in range(CODES)]
    RecoveryCode.objects.bulk_create([RecoveryCode(step=step, digest=_digest(code)) for code in codes])
    return ["-".join(code[start : start + 4] for start in range(0, len(code), 4)) for code in codes]


def _digest(code: str) -> str:
    return sha256(code.encode()).hexdigest()
