"""How much one person, and one address, may ask in a minute."""

from typing import Any

from django.conf import settings
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class PersonRate(SimpleRateThrottle):
    """Requests of one person, whichever token or session they come with."""

    scope = "person"

    def get_rate(self) -> str:
        """Give the limit of the settings."""
        return str(settings.API_PERSON_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Give where the requests of the person are counted; strangers are counted by address only."""
        user = request.user
        return self.cache_format % {"scope": self.scope, "ident": user.pk} if user.is_authenticated else None


class AddressRate(SimpleRateThrottle):
    """Requests from one network address, whoever sends them."""

    scope = "address"

    def get_rate(self) -> str:
        """Give the limit of the settings."""
        return str(settings.API_ADDRESS_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Give where the requests of the address are counted."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
