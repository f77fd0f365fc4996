"""Every check on a document: what holds and what is asked about."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.claims.checks import CHECKS
from analysis.claims.document import Document
from analysis.claims.finding import Check, Finding, Severity

ORDER = list(Severity)


def check_document(document: Document, *, checks: Sequence[Check] = CHECKS) -> list[Finding]:
    """Give what the checks say of a document: what is asked about first, the heaviest first, then what holds."""
    found: list[Finding] = []
    for check in checks:
        for told in check.find(document):
            codes = tuple(dict.fromkeys(claim.code for claim in told.claims))
            places = tuple(dict.fromkeys(str(claim.place) for claim in told.claims))
            severity = told.severity or check.severity
            found.append(Finding(check.id, check.name, severity, told.holds, codes, places, told.about, told.says))
    return sorted(found, key=lambda one: (one.holds, ORDER.index(one.severity)))
