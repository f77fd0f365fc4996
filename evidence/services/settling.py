"""Settling contradictions that a report prints."""

from decimal import Decimal

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.models import ArmResult, ContrastResult, Settlement
from evidence.services.recording import record


@transaction.atomic
def settle(
    *,
    by: User,
    result: ArmResult | ContrastResult,
    value: Decimal,
    ci_lower: Decimal | None = None,
    ci_upper: Decimal | None = None,
    reason: str,
) -> Settlement:
    """Decide what a contradictory result is to be read as; its printed numbers stay untouched.

    Raises
    ------
    ValidationError : the result is not marked as printed so, is already settled, or the settled numbers break a rule
    """
    if not result.is_printed_so:
        raise ValidationError("Only a result that is marked “printed so” can be settled; correct this one in place.")
    settlement = Settlement(
        value=value,
        ci_lower=ci_lower,  # type: ignore[misc]  # the stubs take a field with options for one that cannot be empty
        ci_upper=ci_upper,
        reason=reason,
        settled_at=timezone.now(),
        settled_by=by,
    )
    if isinstance(result, ContrastResult):
        settlement.extraction, settlement.contrast_result = result.extraction, result
    else:
        settlement.extraction, settlement.arm_result = result.arm.extraction, result
    return record(by=by, row=settlement)
