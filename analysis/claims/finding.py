"""What a check found: a question to a person, with its arithmetic; or that something holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import isfinite
from typing import TYPE_CHECKING

# A key is kept with each answer.
LONGEST_KEY = 400

if TYPE_CHECKING:
    from analysis.claims.claim import Claim
    from analysis.claims.document import Document


class Severity(StrEnum):
    """How a finding weighs, the heaviest first."""

    IMPOSSIBLE = "impossible"
    CONTRADICTION = "contradiction"
    RULE_BROKEN = "rule broken"
    WORDING = "wording against number"
    NOT_REPORTED = "not reported"
    SUSPICIOUS = "suspicious"


@dataclass(frozen=True, slots=True)
class Told:
    """What one application of a check came to.

    Attributes
    ----------
    claims : the claims that it is about, the first being the one that it stands beside
    says : sentences with the arithmetic
    holds : whether what is printed agrees
    about : what it is about where there is no claim, such as a study of a table
    severity : where it weighs otherwise than its check
    """

    claims: tuple[Claim, ...]
    says: str
    holds: bool = False
    about: str = ""
    severity: Severity | None = None


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that is checked, as a pure function of a document."""

    id: str
    name: str
    explanation: str
    severity: Severity
    find: Callable[[Document], Iterable[Told]]


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check says about claims of a document."""

    check: str
    name: str
    severity: Severity
    holds: bool
    claims: tuple[str, ...]
    places: tuple[str, ...]
    about: str
    says: str

    @property
    def key(self) -> str:
        """What tells this finding from others of the document, whatever its words; of many claims, by a digest."""
        whole = "|".join((self.check, self.about, *self.claims))
        return whole if len(whole) <= LONGEST_KEY else f"{self.check}|{sha256(whole.encode()).hexdigest()}"


def figure(value: float) -> str:
    """Give a computed number as text: at most four significant digits."""
    if not isfinite(value):
        return "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return str(int(value)).replace("-", "−")
    return f"{value:.4g}".replace("-", "−")


def between(low: float, high: float) -> str:
    """Give the words for a computed interval."""
    if figure(low) == figure(high):
        return figure(low)
    return f"between {figure(low)} and {figure(high)}"
