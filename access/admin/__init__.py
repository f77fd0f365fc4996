"""Accounts, locks, second steps and invitations in the admin."""

from access.admin import accounts, attempts, invitations, second_steps

__all__ = ["accounts", "attempts", "invitations", "second_steps"]
