"""Who asks, and whether they may: personal tokens, sessions, and the scopes of a token."""

from typing import Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, SessionAuthentication, get_authorization_header
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from evidence.models import AccessToken
from evidence.permissions import Scope
from evidence.services.tokens import find_token

REALM = 'Bearer realm="Quorum"'
NOT_KNOWN = "The token is unknown, revoked or no longer valid; make another one on the page of your tokens."
WRONG_HEADER = "Send a personal token as “Authorization: Bearer qrm_…”."
TOO_SMALL = "The token may not do this: it lacks the scope “{scope}”."


class TokenIdentity(BaseAuthentication):
    """The person of a personal token, sent as a bearer token."""

    def authenticate(self, request: Request) -> tuple[Any, AccessToken] | None:
        """Give the person and the token; None where none was sent."""
        parts = get_authorization_header(request).split()
        if not parts:
            return None
        if parts[0].lower() != b"bearer" or len(parts) != 2 or not parts[1].isascii():
            raise exceptions.AuthenticationFailed(WRONG_HEADER)
        token = find_token(parts[1].decode("ascii"))
        if token is None:
            raise exceptions.AuthenticationFailed(NOT_KNOWN)
        return token.issued_by, token

    def authenticate_header(self, request: Request) -> str:
        """Say how to log in."""
        return REALM


class SessionIdentity(SessionAuthentication):
    """The person who is logged in to the pages; what they send needs the form token of the pages."""


class MayEnter(BasePermission):
    """Those whom the pages let in, with the scope that the request needs where they come with a token."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether the person, and their token, may send such a request at all; services decide about rows."""
        user = request.user
        if not (user.is_authenticated and user.is_active):
            return False
        if not user.is_staff:
            raise exceptions.PermissionDenied("This account is not let in to the pages, nor here.")
        scope = scope_of(request, view)
        if isinstance(request.auth, AccessToken) and scope not in request.auth.scope_set:
            raise exceptions.PermissionDenied(TOO_SMALL.format(scope=scope))
        return True


def scope_of(request: Request, view: Any) -> str:
    """Give the scope that a request needs."""
    return Scope.READ if request.method in SAFE_METHODS else str(view.writing_scope)
