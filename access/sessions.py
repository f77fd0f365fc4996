"""Sessions in the database that end after a while without work, and after a working day in any case."""

import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

SINCE, SEEN = "signed_in_since", "seen_last"
# Work is noted no more often than this, so that few requests write.
NOTED_EVERY_SECONDS = 60


class SessionStore(DatabaseStore):
    """A session that says since when its person is signed in, and when they last did something."""

    def load(self) -> dict[str, Any]:
        """Give what is stored; of a session that is over, nothing."""
        stored: dict[str, Any] = super().load()
        if SESSION_KEY in stored and time.time() >= stored.get(SINCE, 0) + settings.SESSION_HOURS * 3600:
            self.delete()
            self._session_key = None
            return {}
        return stored

    def save(self, must_create: bool = False) -> None:
        """Store it, with the moments where somebody is signed in."""
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        if SESSION_KEY in data:
            data[SEEN] = int(time.time())
            data.setdefault(SINCE, data[SEEN])
        super().save(must_create=must_create)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Give the seconds until it ends if nothing more is done."""
        since = self.get(SINCE)
        if since is None:
            return int(settings.SESSION_COOKIE_AGE)
        left = since + settings.SESSION_HOURS * 3600 - time.time()
        return max(int(min(settings.SESSION_COOKIE_AGE, left)), 0)

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Give when it ends if nothing more is done."""
        return timezone.now() + timedelta(seconds=self.get_expiry_age())


def note_work(session: Any) -> None:
    """Note that the person of a session does something."""
    if SESSION_KEY in session and time.time() - session.get(SEEN, 0) > NOTED_EVERY_SECONDS:
        session[SEEN] = int(time.time())


def begin_anew(session: Any) -> None:
    """Count the hours of a session from now: its person has just shown who they are."""
    session.pop(SINCE, None)
