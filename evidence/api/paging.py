"""Long lists in pages that stay whole while rows come and go: each page begins after the last row of the one before."""

import base64
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet
from rest_framework import exceptions
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

PAGE_SIZE, LARGEST_PAGE = 50, 500
WRONG_CURSOR = "The cursor is not one that this list gave; begin again without it."
NO_CURSOR = "A table is given whole; leave “cursor” out."
WRONG_ORDER = "“{asked}” is no order of this list; it has {known}, each also with a minus sign before it."
WRONG_SIZE = f"page_size is a whole number from 1 to {LARGEST_PAGE}."


def order_of(request: Request, view: Any) -> tuple[str, bool]:
    """Give the field that a list is ordered by, and whether from the highest down."""
    asked = request.query_params.get("ordering", "") or view.ordering
    name = asked.removeprefix("-")
    known = ("id", *view.ordering_fields)
    if name not in known:
        raise exceptions.ParseError(WRONG_ORDER.format(asked=asked, known=", ".join(known)))
    return name, asked.startswith("-")


def ordered(rows: Any, request: Request, view: Any) -> Any:
    """Give rows in the order that is asked for, and by key where it says nothing."""
    name, is_falling = order_of(request, view)
    field = F(name)
    return rows.order_by(field.desc(nulls_last=True) if is_falling else field.asc(nulls_last=True), "pk")


def require_whole(request: Request) -> None:
    """Refuse a part of a table, which is given whole; of how many rows pages have, what is no number."""
    page_size_of(request)
    if "cursor" in request.query_params:
        raise exceptions.ParseError(NO_CURSOR)


class CursorPages(BasePagination):
    """Pages of a list of rows, ordered by one field and then by key; empty values come last."""

    def paginate_queryset(self, queryset: Any, request: Request, view: Any = None) -> list[Any]:
        """Give the rows of the page that is asked for."""
        self.request = request
        size = page_size_of(request)
        name, is_falling = order_of(request, view)
        rows = ordered(queryset, request, view)
        cursor = request.query_params.get("cursor")
        if cursor:
            rows = rows.filter(_after(queryset, name, is_falling, read_cursor(cursor, length=3)))
        found = list(rows[: size + 1])
        self.next_cursor = None
        if len(found) > size:
            last = found[size - 1]
            value = getattr(last, queryset.model._meta.get_field(name).attname)
            self.next_cursor = write_cursor([name, None if value is None else str(value), last.pk])
        return found[:size]

    def get_paginated_response(self, data: Any) -> Response:
        """Give a page with the address of the next one."""
        return Response(page(self.request, data, self.next_cursor))

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe a page."""
        return page_schema(schema)


def page(request: Request, rows: list[Any], cursor: str | None) -> dict[str, Any]:
    """Give a page as plain data."""
    address = None if cursor is None else replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return {"next": address, "results": rows}


def page_schema(schema: dict[str, Any]) -> dict[str, Any]:
    """Describe a page of rows of this schema."""
    address = {
        "type": ["string", "null"],
        "format": "uri",
        "description": "Address of the next page, null on the last.",
    }
    properties = {"next": address, "results": schema}
    return {"type": "object", "required": ["next", "results"], "properties": properties}


def page_size_of(request: Request) -> int:
    """Give how many rows a page has."""
    asked = request.query_params.get("page_size", "")
    if not asked:
        return PAGE_SIZE
    if not (asked.isascii() and asked.isdecimal() and len(asked) < 6 and 1 <= int(asked) <= LARGEST_PAGE):
        raise exceptions.ParseError(WRONG_SIZE)
    return int(asked)


def write_cursor(parts: list[Any]) -> str:
    """Give a cursor."""
    return base64.urlsafe_b64encode(json.dumps(parts, ensure_ascii=False).encode()).decode().rstrip("=")


def read_cursor(text: str, *, length: int) -> list[Any]:
    """Give the parts of a cursor; refuse what no list gave."""
    try:
        parts = json.loads(base64.b64decode(text.encode() + b"=" * (-len(text) % 4), altchars=b"-_", validate=True))
    except (ValueError, RecursionError) as error:
        raise exceptions.ParseError(WRONG_CURSOR) from error
    is_plain = (
        isinstance(parts, list) and len(parts) == length and all(isinstance(one, str | int | None) for one in parts)
    )
    if not is_plain or "\x00" in (text := "".join(map(str, parts))) or any("\ud800" <= one <= "\udfff" for one in text):
        raise exceptions.ParseError(WRONG_CURSOR)
    return parts


def _after(queryset: QuerySet[Any], name: str, is_falling: bool, parts: list[Any]) -> Q:
    """Give the condition that a row comes after the one that the cursor names."""
    known, text, pk = parts
    field = queryset.model._meta.get_field(name)
    try:
        value = None if text is None else field.to_python(text)
    except ValidationError as error:
        raise exceptions.ParseError(WRONG_CURSOR) from error
    if (
        known != name
        or not isinstance(pk, int)
        or not 0 < pk < 2**63
        or (isinstance(value, int) and abs(value) >= 2**63)
    ):
        raise exceptions.ParseError(WRONG_CURSOR)
    empty = Q(**{f"{name}__isnull": True})
    if value is None:
        return empty & Q(pk__gt=pk)
    later = Q(**{f"{name}__{'lt' if is_falling else 'gt'}": value}) | (Q(**{name: value}) & Q(pk__gt=pk))
    return later | empty if getattr(field, "null", False) else later
