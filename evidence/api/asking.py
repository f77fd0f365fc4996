"""Small bodies that are no rows: read by name, and refused in sentences."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework import serializers
from rest_framework.request import Request

NO_OBJECT = "Send one JSON object."
UNKNOWN = "“{name}” is not something that can be sent here; known are {known}."
MISSING = "“{name}” is missing."
NO_TEXT = "“{name}” must be text."
NO_KEY = "“{name}” must be the key of a row, such as 30."
NO_TRUTH = "“{name}” must be true or false."
TOO_LONG = "“{name}” has at most {most} characters; these are {count}."
LONGEST_TEXT = 20_000
LONGEST_REASON = 80


class Reason(serializers.Serializer):
    """Why something is done."""

    reason = serializers.CharField(max_length=LONGEST_REASON)


def object_in(data: Any, *, known: Sequence[str]) -> dict[str, Any]:
    """Give a body that is an object with no other names than these."""
    if not isinstance(data, dict):
        raise ValidationError(NO_OBJECT)
    wrong = {
        name: [UNKNOWN.format(name=name[:80], known=", ".join(known) or "no names")]
        for name in data
        if name not in known
    }
    if wrong:
        raise ValidationError(wrong)
    return data


def text_in(data: dict[str, Any], name: str, *, is_needed: bool = False) -> str:
    """Give a text of a body, "" where it is not there."""
    value = data.get(name, "")
    if not isinstance(value, str) or "\x00" in value or len(value) > LONGEST_TEXT:
        raise ValidationError({name: [NO_TEXT.format(name=name)]})
    if is_needed and not value.strip():
        raise ValidationError({name: [MISSING.format(name=name)]})
    return value


def truth_in(data: dict[str, Any], name: str) -> bool:
    """Give true or false, false where it is not there."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise ValidationError({name: [NO_TRUTH.format(name=name)]})
    return value


def row_in(data: dict[str, Any], name: str, rows: Any, *, is_needed: bool = False) -> Any:
    """Give the row that a body names by its key, of the rows that may be named; None where it names none."""
    value = data.get(name)
    if value is None:
        if is_needed:
            raise ValidationError({name: [MISSING.format(name=name)]})
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**63:
        raise ValidationError({name: [NO_KEY.format(name=name)]})
    row = rows.filter(pk=value).first()
    if row is None:
        raise ValidationError({name: [f"“{value}” is not a {rows.model._meta.verbose_name} that you can choose."]})
    return row


def reason_in(request: Request) -> str:
    """Give the reason that is all of a body."""
    text = text_in(object_in(request.data, known=["reason"]), "reason", is_needed=True)
    if len(text) > LONGEST_REASON:
        raise ValidationError({"reason": [TOO_LONG.format(name="reason", most=LONGEST_REASON, count=len(text))]})
    return text.strip()
