"""What a site refuses, as exceptions whose text is the site's own sentence."""

from dataclasses import dataclass, field
from typing import Any

import httpx


@dataclass
class Refused(Exception):
    """The site refused a request; `says` is why, in sentences, and `errors` gives them by field."""

    status: int
    says: str
    errors: list[dict[str, str]] = field(default_factory=list)
    problem: dict[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.says


class NotAllowed(Refused):
    """Nobody is logged in (401), or the role or the scope of the token does not cover it (403)."""


class NotFound(Refused):
    """There is nothing there that the person may read."""


class RuleBroken(Refused):
    """What was sent breaks a rule, or cannot be read."""


class Stale(Refused):
    """Somebody has changed the row since it was read."""

    @property
    def current(self) -> dict[str, Any]:
        """The row as it is stored now."""
        found: dict[str, Any] = self.problem.get("current", {})
        return found

    @property
    def yours(self) -> dict[str, Any]:
        """What was sent."""
        found: dict[str, Any] = self.problem.get("yours", {})
        return found


class TooMany(Refused):
    """Too many requests in a minute; `seconds` says how long to wait."""

    seconds: int = 0


KINDS: dict[int, type[Refused]] = {
    400: RuleBroken,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    412: Stale,
    422: RuleBroken,
    429: TooMany,
}


def refusal_of(response: httpx.Response) -> Refused:
    """Give the exception for an answer that is a refusal."""
    try:
        problem = response.json()
    except ValueError:
        problem = {}
    kind = KINDS.get(response.status_code, Refused)
    says = str(problem.get("detail") or f"The site answered {response.status_code} {response.reason_phrase}.")
    refused = kind(response.status_code, says, problem.get("errors", []), problem)
    if isinstance(refused, TooMany):
        refused.seconds = int(response.headers.get("Retry-After", "1"))
    return refused
