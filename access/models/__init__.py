"""What is kept about coming in. Fields, constraints and names; writes happen in access.services."""

from access.models.attempt import Attempt
from access.models.invitation import Invitation
from access.models.second_step import RecoveryCode, SecondStep

__all__ = ["Attempt", "Invitation", "RecoveryCode", "SecondStep"]
