"""Accounts as requests need them: the person, and whether they have a second step, in one query."""

from typing import Any

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import User


class AccountBackend(ModelBackend):
    """Names and passwords, as Django checks them."""

    def get_user(self, user_id: Any) -> User | None:
        """Give the person of a session, None where the account is gone or switched off."""
        user = User.objects.select_related("second_step").filter(pk=user_id).first()
        return user if user is not None and self.user_can_authenticate(user) else None
