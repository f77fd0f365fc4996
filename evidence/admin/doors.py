"""What comes through the admin is noted as such in the history."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from evidence.models.doors import Door, through


class DoorMiddleware:
    """Opens the door of the admin for requests to its pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer a request."""
        if not request.path.startswith(reverse("admin:index")):
            return self.get_response(request)
        with through(Door.ADMIN):
            return self.get_response(request)
