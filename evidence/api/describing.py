"""What OpenAPI says of the interface beside what its views declare: headers, refusals and kinds of tables."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.permissions import SAFE_METHODS

from evidence.api.problems import MEDIA_TYPE
from evidence.api.rendering import TABLES
from evidence.api.rows import sent_rows

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    required=True,
    description="The ETag of the version that the change is based on.",
)
IF_NONE_MATCH = OpenApiParameter(
    "If-None-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The ETag that the program has: where nothing changed since, the answer is 304 without a body.",
)
ONCE = OpenApiParameter(
    "Idempotency-Key",
    {"type": "string", "minLength": 1, "maxLength": 200, "pattern": "^[!-~]([ -~]*[!-~])?$"},
    OpenApiParameter.HEADER,
    description="A key that the program chooses, such as a UUID: the same request with the same key is done once.",
)
PAGING = [
    OpenApiParameter(
        "cursor",
        {"type": "string", "pattern": "^[A-Za-z0-9_-]+$"},
        description="Where the page begins: the “next” of the one before.",
    ),
    OpenApiParameter("page_size", {"type": "integer", "minimum": 1, "maximum": 500}, description="Rows of a page."),
]
NO_NULL = r"^[^\x00]+$"
# What any request may be refused with, and what only some are.
ALWAYS = {
    "400": "The request cannot be read.",
    "401": "Nobody is logged in, or the token is not valid.",
    "403": "The role, or the scope of the token, does not cover it.",
    "404": "There is nothing there that the person may read.",
    "406": "There is no answer in the form that was asked for.",
    "414": "The address is longer than 4,000 letters; the web server may say so itself, in a page.",
    "429": "Too many requests in a minute; Retry-After says when to go on.",
}
WRITING = {
    "409": "Other rows are in the way.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "422": "A rule is broken; the sentences say which, by field.",
}
EDITING = {
    "412": "Somebody has changed the row; the answer holds both versions.",
    "428": "If-Match is missing.",
}
# What single operations are refused with beside that.
ALONE = {"effects_list": {"422": "Neither a review nor a snapshot is named."}}
PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A refusal (RFC 9457), in sentences.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "The whole refusal as sentences for a person."},
        "errors": {
            "type": "array",
            "description": "The sentences one by one, each with the field it is about (empty: the row as a whole).",
            "items": {
                "type": "object",
                "required": ["field", "says"],
                "properties": {"field": {"type": "string"}, "says": {"type": "string"}},
            },
        },
        "current": {"type": "object", "description": "Of a stale change: the row as it is stored now."},
        "yours": {"type": "object", "description": "Of a stale change: what was sent."},
        "etag": {"type": "string", "description": "Of a stale change: the ETag of the row as it is now."},
    },
}


class TokenScheme(OpenApiAuthenticationExtension):
    """How a personal token is sent."""

    target_class = "evidence.api.identity.TokenIdentity"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe it."""
        return {"type": "http", "scheme": "bearer", "description": "A personal token, made on the page of your tokens."}


class SessionScheme(OpenApiAuthenticationExtension):
    """The session of the pages."""

    target_class = "evidence.api.identity.SessionIdentity"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        """Describe it."""
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}


class Schema(AutoSchema):
    """The description of one operation."""

    def get_override_parameters(self) -> list[Any]:
        """Give the headers, and the choice of fields, that an operation understands."""
        action = getattr(self.view, "action", None)
        if self.method in SAFE_METHODS:
            chooses = [self._choice_of_fields()] if action in ("list", "retrieve") else []
            pages = [self._orders(), *PAGING] if action == "list" and hasattr(self.view, "ordering_fields") else []
            return [*chooses, *pages, IF_NONE_MATCH]
        if self.method == "POST":
            return [ONCE] if action in ("create", "bulk") and getattr(self.view, "takes_keys", True) else []
        return [IF_MATCH]

    def _choice_of_fields(self) -> OpenApiParameter:
        """Describe the query that names the fields which are given."""
        view: Any = self.view
        row = getattr(view, "row_serializer", None) or view.get_serializer_class()
        return OpenApiParameter(
            "fields",
            {"type": "array", "minItems": 1, "items": {"type": "string", "enum": list(row().fields)}},
            description="Names of the fields that are given, separated by commas; all where it is missing.",
            style="form",
            explode=False,
        )

    def _orders(self) -> OpenApiParameter:
        """Describe the query that orders a list."""
        names = ("id", *getattr(self.view, "ordering_fields", ()))
        return OpenApiParameter(
            "ordering",
            {"type": "string", "enum": [*names, *(f"-{name}" for name in names)]},
            description="The field that rows are ordered by, with a minus sign from the highest down.",
        )

    def get_request_serializer(self) -> Any:
        """Give what is sent: of rows that programs write, the fields that may be written."""
        view: Any = self.view
        names, action = getattr(view, "written", ()), getattr(view, "action", None)
        if names and action in ("create", "partial_update"):
            return sent_rows(view.model, names)
        return super().get_request_serializer()

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Whether the answer is a list of what the serializer describes; some views describe their pages whole."""
        return False if getattr(self.view, "describes_pages", False) else bool(super()._is_list_view(serializer))

    def get_tags(self) -> list[str]:
        """Give the resource."""
        return [self.path.removeprefix("/api/v1/").split("/")[0]]


def add_refusals(result: dict[str, Any], generator: Any, request: Any, public: Any) -> dict[str, Any]:
    """Add to each operation what it may be refused with, and the kinds of tables that a list is given as."""
    parts = result.setdefault("components", {}).setdefault("schemas", {})
    parts["Problem"] = PROBLEM
    for name, part in parts.items():
        if name.endswith("Request"):
            part["additionalProperties"] = False
    for operations in result.get("paths", {}).values():
        for method, operation in operations.items():
            _describe_query(operation, parts)
            for status, description in _refusals(method, operation).items():
                operation["responses"].setdefault(status, _answer(status, description))
            for answer in operation["responses"].values():
                _describe_tables(answer.get("content", {}))
    return result


def _describe_query(operation: dict[str, Any], parts: dict[str, Any]) -> None:
    """Say that text of a query holds no null characters, and that rows have only the fields that are asked for."""
    asked = [one for one in operation.get("parameters", ()) if one["in"] == "query"]
    for one in asked:
        if one["schema"].get("type") == "string" and not {"enum", "pattern"} & set(one["schema"]):
            one["schema"]["pattern"] = NO_NULL
    if any(one["name"] == "fields" for one in asked):
        found = parts[_named(operation["responses"]["200"]["content"]["application/json"]["schema"])]
        rows = found["properties"].get("results")
        found = found if rows is None or "items" not in rows else parts[_named(rows["items"])]
        found.pop("required", None)


def _named(schema: dict[str, Any]) -> str:
    return str(schema["$ref"]).rpartition("/")[2]


def _refusals(method: str, operation: dict[str, Any]) -> dict[str, str]:
    headers = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "header"}
    found = ALWAYS if method == "get" else ALWAYS | WRITING
    found = found | ALONE.get(operation["operationId"], {})
    if method == "get":
        found = found | {"304": "Nothing has changed since."}
    return found | EDITING if "If-Match" in headers else found


def _answer(status: str, description: str) -> dict[str, Any]:
    if status == "304":
        return {"description": description}
    content: dict[str, Any] = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    if status == "414":
        content["text/html"] = {"schema": {"type": "string"}}
    return {"description": description, "content": content}


def _describe_tables(content: dict[str, Any]) -> None:
    for kind in TABLES:
        if kind.media_type in content:
            content[kind.media_type] = {"schema": {"type": "string", "description": "The whole list as one table."}}
