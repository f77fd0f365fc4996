"""What all views have in common, and lists and rows to read, with their history."""

from typing import Any, ClassVar

from django.db import models
from django.http import HttpRequest, HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from evidence.api.describing import PAGING
from evidence.api.histories import HistoryPage, read_history
from evidence.api.paging import CursorPages, ordered, require_whole
from evidence.api.problems import MEDIA_TYPE
from evidence.api.queries import require_plain
from evidence.api.rendering import TABLES, Problems, Table
from evidence.api.versions import is_known, tag_of
from evidence.models.doors import Door, through
from evidence.permissions import Scope
from evidence.standing import Standing

UNKNOWN_HERE = "“{name}” is not something that this address can be asked; it understands {known}."
NULL_LETTER = "Null characters are not allowed."
UNKNOWN_FIELDS = "There is no field {unknown}; “fields” takes some of {known}."


class Entrance:
    """The door of programs: what is written through it is noted as such, and refusals are problem details."""

    writing_scope: ClassVar[str] = Scope.WRITE
    asks_plainly: ClassVar[bool] = True  # False: where a part of a page is named by a word without a value
    request: Any

    def dispatch(self, request: HttpRequest, *args: Any, **parts: Any) -> HttpResponseBase:
        """Answer a request."""
        with through(Door.API):
            return super().dispatch(request, *args, **parts)  # type: ignore[misc]

    def initial(self, request: Request, *args: Any, **parts: Any) -> None:
        """Let in who may enter, with a question that says each thing once."""
        super().initial(request, *args, **parts)  # type: ignore[misc]
        if self.asks_plainly:
            require_plain(request)

    def finalize_response(self, request: Request, response: Any, *args: Any, **parts: Any) -> Any:
        """Write problems as such, whatever form the answer would have had, unless a browser asks."""
        done = super().finalize_response(request, response, *args, **parts)  # type: ignore[misc]
        is_problem = getattr(done, "content_type", None) == MEDIA_TYPE
        if is_problem and done.accepted_renderer.format != "api":
            done.accepted_renderer, done.accepted_media_type = Problems(), MEDIA_TYPE
        elif is_problem:
            done.content_type = None
        return done

    @property
    def standing(self) -> Standing:
        """What the person may see and do."""
        found: Standing | None = getattr(self.request, "standing_here", None)
        if found is None:
            found = Standing(self.request.user)
            self.request.standing_here = found
        return found

    @property
    def person(self) -> Any:
        """Who asks; nobody without an account comes as far as here."""
        return self.request.user

    @property
    def only(self) -> tuple[str, ...]:
        """The fields that the query asks for, none where it asks for all."""
        asked = self.request.query_params.get("fields", "")
        return tuple(name.strip() for name in asked.split(",")) if asked else ()

    def understand(self, *known: str) -> None:
        """Refuse what an address cannot be asked."""
        for name, value in self.request.query_params.items():
            if "\x00" in value:
                raise exceptions.ParseError(NULL_LETTER)
            if name not in (*known, "format"):
                raise exceptions.ParseError(UNKNOWN_HERE.format(name=name[:80], known=", ".join((*known, "format"))))

    def chosen(self, data: dict[str, Any]) -> dict[str, Any]:
        """Give the fields that the query asks for."""
        unknown = [f"“{name[:80]}”" for name in self.only if name not in data]
        if unknown:
            raise exceptions.ParseError(UNKNOWN_FIELDS.format(unknown=", ".join(unknown), known=", ".join(data)))
        return {name: value for name, value in data.items() if name in self.only} if self.only else data

    def answer(self, data: Any, tag: str | None = None) -> Response:
        """Give data with its version, or 304 where the program has it."""
        tag = tag or tag_of(data)
        headers = {"ETag": tag}
        return Response(status=304, headers=headers) if is_known(self.request, tag) else Response(data, headers=headers)


class Rows(Entrance, GenericViewSet):
    """A list of rows, and each of them, as far as the person may read them."""

    model: ClassVar[type[models.Model]]
    serializer_class: Any
    related: ClassVar[tuple[str, ...]] = ()
    search_fields: ClassVar[tuple[str, ...]] = ()
    ordering: ClassVar[str] = "id"
    ordering_fields: ClassVar[tuple[str, ...]] = ()
    columns: ClassVar[dict[str, str]] = {}
    pagination_class = CursorPages
    lookup_value_regex = "[0-9]{1,18}"
    lookup_field = "pk"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> Any:
        """Give the rows that the person may read."""
        rows = self.model._default_manager.all()
        if getattr(self, "swagger_fake_view", False):
            return rows.none()
        return self.readable(rows).select_related(*self.related)

    def readable(self, rows: Any) -> Any:
        """Narrow rows to those that the person may read, as on the pages."""
        return self.standing.readable(rows)

    def get_renderers(self) -> list[Any]:
        """Offer tables where the resource declares columns, also to a verb that is refused as such."""
        tables = TABLES if self.columns and self.action in ("list", None) else ()
        return [*super().get_renderers(), *(kind() for kind in tables)]

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the rows which fields the query asks for."""
        return {**super().get_serializer_context(), "only": self.only if self.action == "list" else ()}

    def data_of(self, row: Any) -> dict[str, Any]:
        """Give a row as plain data, whole."""
        kind = self.get_serializer_class()
        return dict(kind(row, context={**self.get_serializer_context(), "only": ()}).data)

    def list(self, request: Request) -> Response:
        """Give a page of rows; a table has all of them."""
        if self.only:
            row: Any = self.get_serializer()
            row.get_fields()  # an unknown field is refused, also where there is no row
        rows = self.filter_queryset(self.get_queryset())
        if isinstance(request.accepted_renderer, Table):
            require_whole(request)
            return Response({"results": self.get_serializer(ordered(rows, request, self), many=True).data})
        found = self.get_serializer(self.paginate_queryset(rows), many=True).data
        paginator = self.paginator
        assert isinstance(paginator, CursorPages)
        return self.answer(paginator.get_paginated_response(found).data)

    def retrieve(self, request: Request, id: str) -> Response:
        """Give one row."""
        self.understand("fields")
        whole = self.data_of(self.get_object())
        return self.answer(self.chosen(whole), tag_of(whole))

    def get_object(self) -> Any:
        """Give the row of the address; what filters a list does not hide a row."""
        row = self.get_queryset().filter(pk=self.kwargs["id"]).first()
        if row is None:
            raise exceptions.NotFound("There is nothing at this address that you may read.")
        return row


class KeptRows(Rows):
    """Rows of evidence, of which every change is kept."""

    @extend_schema(responses=HistoryPage, parameters=PAGING)
    @action(detail=True, methods=["get"], filter_backends=[], pagination_class=None)
    def history(self, request: Request, id: str) -> Response:
        """Give who changed the row, when, why and through which door, the newest first."""
        self.understand("cursor", "page_size")
        row = self.get_object()
        self.require_past(row)
        return self.answer(read_history(request, row))

    def require_past(self, row: Any) -> None:
        """Refuse who may read the row, but not what it said before: nobody, unless a resource says otherwise."""
