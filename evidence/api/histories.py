"""The history of a row as programs see it."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rest_framework import exceptions, serializers
from rest_framework.request import Request

from evidence.api.paging import WRONG_CURSOR, page, page_size_of, read_cursor, write_cursor
from evidence.models.fields import trim

KINDS = {"+": "created", "~": "changed", "-": "deleted"}
KIND_NAMES = tuple(KINDS.values())


class HistoryEntry(serializers.Serializer):
    """One change of a row."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(KIND_NAMES)
    at = serializers.DateTimeField()
    by = serializers.CharField(allow_null=True)
    reason = serializers.CharField(allow_blank=True)
    door = serializers.CharField(allow_blank=True, help_text="admin, api, import or command.")
    act = serializers.IntegerField(allow_null=True, help_text="The act on many rows that it was part of.")
    values = serializers.DictField(help_text="What the row said afterwards.")


class HistoryPage(serializers.Serializer):
    """A page of a history."""

    next = serializers.URLField(allow_null=True)
    results = HistoryEntry(many=True)


def read_history(request: Request, row: Any) -> dict[str, Any]:
    """Give a page of the history of a row, the newest first."""
    size = page_size_of(request)
    entries = row.history.select_related("history_user").order_by("-history_id")
    cursor = request.query_params.get("cursor")
    if cursor:
        (before,) = read_cursor(cursor, length=1)
        if not isinstance(before, int) or not 0 < before < 2**63:
            raise exceptions.ParseError(WRONG_CURSOR)
        entries = entries.filter(history_id__lt=before)
    found = list(entries[: size + 1])
    following = write_cursor([found[size - 1].history_id]) if len(found) > size else None
    return page(request, [_entry(one, row) for one in found[:size]], following)


def _entry(entry: Any, row: Any) -> dict[str, Any]:
    return {
        "id": entry.history_id,
        "kind": KINDS[entry.history_type],
        "at": entry.history_date.isoformat(),
        "by": entry.history_user.username if entry.history_user else None,
        "reason": entry.history_change_reason or "",
        "door": entry.history_door,
        "act": entry.history_batch,
        "values": {field.name: _plain(getattr(entry, field.attname)) for field in row._meta.concrete_fields},
    }


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        number = trim(value)
        return int(number) if number == number.to_integral_value() else float(number)
    return value.isoformat() if isinstance(value, date | datetime) else value
