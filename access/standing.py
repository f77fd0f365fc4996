"""What a signed-in person still has to do before they are let in."""

from enum import StrEnum
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User

from access.models import SecondStep
from access.services.stepping import step_of
from evidence.models import Membership

PROVED = "second_step_passed"
# Beside the roles of a review, the word for administrators of the site.
SUPERUSER = "superuser"


class Need(StrEnum):
    """What is missing."""

    NOTHING = "nothing"
    CODE = "the code of the second step"
    SET_UP = "a second step"


def must_have_step(user: User) -> bool:
    """Whether one of the person's roles needs a second step (the setting SECOND_STEP_FOR)."""
    asked = set(settings.SECOND_STEP_FOR)
    if not asked:
        return False
    if user.is_superuser and SUPERUSER in asked:
        return True
    return Membership.objects.filter(user=user, role__in=asked).exists()


def need_of(user: User, session: Any) -> Need:
    """Give what the person of a session still has to do."""
    step = step_of(user)
    if step is not None:
        return Need.NOTHING if session.get(PROVED) == mark_of(step) else Need.CODE
    return Need.SET_UP if must_have_step(user) else Need.NOTHING


def mark_of(step: SecondStep) -> str:
    """Give what a session holds that has passed this step; another telephone is another step."""
    return f"{step.pk}:{int(step.made_at.timestamp())}"
