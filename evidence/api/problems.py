"""Refusals as problem details (RFC 9457): the sentences of the pages, by field where they are about one."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any

from django.core.exceptions import NON_FIELD_ERRORS, PermissionDenied, ValidationError
from django.db import IntegrityError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import exception_handler, set_rollback

MEDIA_TYPE = "application/problem+json"
NOT_FOUND = "There is nothing at this address that you may read."
LOG_IN = "Log in, or send a personal token as “Authorization: Bearer qrm_…”."
JUST_SAVED = (
    "Somebody else has saved the same, or something that it depends on, a moment ago. Read it again, then decide."
)
STILL_USED = "This cannot be deleted: it is still used by other rows."


class Refusal(exceptions.APIException):
    """A request that is answered with a problem: a status, a sentence, and what else a program needs to go on."""

    def __init__(self, status: int, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status_code = status
        self.more = more


def answer_problem(error: Exception, context: dict[str, Any]) -> Response | None:
    """Give the answer to what a view raised; None lets the error pass, as nobody foresaw it."""
    found = _problem_of(error)
    if found is None:
        return None
    status, detail, more = found
    headers = {}
    if isinstance(error, exceptions.APIException):
        made = exception_handler(error, context)
        headers = (
            {} if made is None else {name: made[name] for name in ("WWW-Authenticate", "Retry-After") if name in made}
        )
    set_rollback()
    return Response(problem(status, detail, **more), status=status, headers=headers, content_type=MEDIA_TYPE)


def problem(status: int, detail: str, **more: Any) -> dict[str, Any]:
    """Give a problem as plain data."""
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}


def _problem_of(error: Exception) -> tuple[int, str, dict[str, Any]] | None:
    """Give the status, the sentence and the rest of what an error is answered with."""
    if isinstance(error, Refusal):
        return error.status_code, str(error.detail), error.more
    if isinstance(error, ValidationError):
        return 422, _joined(sentences := list(_sentences(error))), {"errors": sentences}
    if isinstance(error, ProtectedError | RestrictedError):
        return 409, STILL_USED, {}
    if isinstance(error, IntegrityError):
        return 409, JUST_SAVED, {}
    if isinstance(error, Http404):
        return 404, NOT_FOUND, {}
    if isinstance(error, PermissionDenied):
        return 403, str(error) or "Your role does not cover it.", {}
    if isinstance(error, exceptions.ValidationError):
        return 400, _joined(plain := list(_plain(error.detail))), {"errors": plain}
    if isinstance(error, exceptions.NotAuthenticated):
        return error.status_code, LOG_IN, {}
    if isinstance(error, exceptions.APIException):
        return error.status_code, _as_sentence(str(error.detail)), {}
    return None


def _sentences(error: ValidationError) -> Iterator[dict[str, str]]:
    by_field = error.message_dict if hasattr(error, "error_dict") else {NON_FIELD_ERRORS: error.messages}
    for name, texts in by_field.items():
        for text in texts:
            yield {"field": "" if name == NON_FIELD_ERRORS else name, "says": text}


def _plain(detail: Any, name: str = "") -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            yield from _plain(inner, str(key))
    elif isinstance(detail, list | tuple):
        for inner in detail:
            yield from _plain(inner, name)
    else:
        yield {"field": name, "says": str(detail)}


def _joined(sentences: list[dict[str, str]]) -> str:
    return " ".join(row["says"] for row in sentences) or "The request breaks a rule."


def _as_sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."


def errors_of(error: ValidationError) -> list[dict[str, str]]:
    """Give the sentences of a refusal with the fields they are about."""
    return list(_sentences(error))


def no_such_address(request: HttpRequest, **parts: Any) -> HttpResponse:
    """Answer requests to addresses that the interface does not have."""
    return JsonResponse(problem(404, NOT_FOUND), status=404, content_type=MEDIA_TYPE)
