"""The standing of the person behind a request, read once per request."""

from django.contrib.auth.models import User
from django.http import HttpRequest

from evidence.standing import Standing, holder_of, holder_path

__all__ = ["Standing", "holder_of", "holder_path", "person_of", "standing_of"]


def standing_of(request: HttpRequest) -> Standing:
    """Give the standing of the request's user."""
    found: Standing | None = getattr(request, "standing", None)
    if found is None or found.user != request.user:
        found = Standing(request.user)
        request.standing = found  # type: ignore[attr-defined]
    return found


def person_of(request: HttpRequest) -> User:
    """Give the logged-in person; the admin site lets nobody else in."""
    assert request.user.is_authenticated
    return request.user
