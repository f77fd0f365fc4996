"""How much one person, and one address, may ask in a minute.

Requests are counted in the cache by steps that nothing comes between, so that processes which share a cache share the
limit. There is one count for each minute of the clock. Of the minute before, as much counts as still lies in the last
60 seconds, as though its requests had come evenly.
"""

from typing import Any

from django.conf import settings
from django.core.cache import cache
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle


class Rate(SimpleRateThrottle):
    """A limit that is counted in the cache; a request that is refused does not count."""

    num_requests: int
    duration: int
    before: int
    here: int
    passed: float

    def allow_request(self, request: Request, view: Any) -> bool:
        """Count a request; False where there were too many."""
        key = self.get_cache_key(request, view)
        if key is None:
            return True
        number, seconds = divmod(self.timer(), self.duration)
        place, last = f"{key}_{int(number)}", f"{key}_{int(number) - 1}"
        found = cache.get_many([place, last])
        self.before, self.here, self.passed = found.get(last, 0), found.get(place, 0), seconds / self.duration
        if self.is_over(self.here + 1):
            return False
        if place not in found:
            cache.add(place, 0, 2 * self.duration)
        try:
            count = cache.incr(place)
        except ValueError:  # the cache could not keep it: what cannot be counted is let in
            return True
        return not self.is_over(count)

    def is_over(self, count: int) -> bool:
        """Whether so many requests of this minute are too many."""
        return self.before * (1 - self.passed) + count > self.num_requests

    def wait(self) -> float:
        """Give after how many seconds there is room for one more request, if no other comes in between."""
        room = self.num_requests - 1
        if self.here <= room:
            share, carried = 1 - (room - self.here) / max(self.before, 1), 0.0
        else:
            share, carried = 1 - room / self.here, 1.0
        return max(share + carried - self.passed, 0) * self.duration


class PersonRate(Rate):
    """Requests of one person, whichever token or session they come with."""

    scope = "person"

    def get_rate(self) -> str:
        """Give the limit of the settings."""
        return str(settings.API_PERSON_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str | None:
        """Give where the requests of the person are counted; strangers are counted by address only."""
        user = request.user
        return self.cache_format % {"scope": self.scope, "ident": user.pk} if user.is_authenticated else None


class AddressRate(Rate):
    """Requests from one network address, whoever sends them."""

    scope = "address"

    def get_rate(self) -> str:
        """Give the limit of the settings."""
        return str(settings.API_ADDRESS_RATE)

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Give where the requests of the address are counted."""
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
