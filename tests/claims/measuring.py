"""How often the checks raise a false alarm, and how many planted errors they find: the tables of docs/claims.md.

`python -m tests.claims.measuring` prints them.
"""

import sys
from collections import Counter

from analysis.claims import CHECKS, check_document
from tests.claims.corpus import documents
from tests.claims.planted import planted


def false_alarms() -> list[str]:
    """Give the rows of the table: for each check how often it was applied, and how often it asked."""
    applied, asked = Counter(), Counter()
    for document in documents():
        for finding in check_document(document):
            applied[finding.check] += 1
            asked[finding.check] += not finding.holds
    return [f"| {check.name} | {applied[check.id] or '–'} | {asked[check.id]} |" for check in CHECKS]


def detection() -> list[str]:
    """Give the rows of the table: for each check how many errors were planted, and how many it found."""
    by_id = {check.id: check for check in CHECKS}
    sown, found = Counter(), Counter()
    for check, document in planted():
        sown[check] += 1
        found[check] += any(not finding.holds for finding in check_document(document, checks=(by_id[check],)))
    rows = []
    for check in CHECKS:
        share = f"{100 * found[check.id] / sown[check.id]:.0f} %" if sown[check.id] else "–"
        rows.append(f"| {check.name} | {sown[check.id]} | {found[check.id]} | {share} |")
    return rows


def size() -> tuple[int, int]:
    """Give how many documents and claims are consistent."""
    found = documents()
    return len(found), sum(len(document.claims) for document in found)


if __name__ == "__main__":
    sys.stdout.write("\n".join([str(size()), *false_alarms(), "", *detection(), ""]))
