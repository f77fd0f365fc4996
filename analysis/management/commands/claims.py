"""`manage.py claims`: what papers claim, checked. `check REVIEW` for a review, `read FILE` for any manuscript."""

import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.claims import Claim, Document, Finding, check_document
from analysis.claims.grammar import read_claims
from analysis.models import Paper
from analysis.papers import claims_csv, findings_json, findings_text, read_text_of
from analysis.papers.written import claim_values, finding_values
from analysis.services.paper_findings import claim_of, claims_of, findings_of
from evidence.importers.opening import Unreadable
from evidence.models import Review

NO_REVIEW = "There is no review “{slug}”."
NO_PAPER = "The review “{slug}” has no paper yet; bring its claims in on the page of its papers."


class Command(BaseCommand):
    """Check the claims of a review's papers, or read and check those of a file."""

    help = "Checks what papers claim: of a review in the database, or of a manuscript in a file."
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Take what to do, and with what."""
        acts = parser.add_subparsers(dest="act", required=True)
        check = acts.add_parser("check", help="check the papers of a review")
        check.add_argument("review", help="short name (slug) of the review")
        check.add_argument("--json", action="store_true", dest="as_json", help="print JSON")
        check.add_argument("--all", action="store_true", dest="with_held", help="tell what holds, too")
        read = acts.add_parser("read", help="read the results that a text, HTML or DOCX file prints, and check them")
        read.add_argument("file", help="the manuscript; of a PDF, its text")
        read.add_argument("--json", action="store_true", dest="as_json", help="print claims and findings as JSON")
        read.add_argument("--csv", action="store_true", dest="as_csv", help="print the claims as a table to bring in")
        read.add_argument("--all", action="store_true", dest="with_held", help="tell what holds, too")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do it, and print what it came to."""
        self.stdout.write(_read(options) if options["act"] == "read" else _check(options), ending="")


def _read(options: dict[str, Any]) -> str:
    """Read a file; needs no database."""
    try:
        text = read_text_of(Path(options["file"]))
    except Unreadable as error:
        raise CommandError(f"{options['file']}: {error.sentence}", returncode=2) from error
    claims = read_claims(text)
    if options["as_csv"]:
        return claims_csv(claims)
    findings = check_document(Document(claims))
    if options["as_json"]:
        return findings_json(claims, findings)
    return _listed(claims) + findings_text(claims, findings, with_held=options["with_held"])


def _listed(claims: list[Claim]) -> str:
    """Give what was read, a line for each result."""
    by_statement: dict[str, list[Claim]] = {}
    for claim in claims:
        by_statement.setdefault(claim.statement or claim.code, []).append(claim)
    lines = ["Read, to be confirmed by a person:", ""]
    for group in by_statement.values():
        words = ", ".join(f"{one.quantity.value} {one.shown}" for one in group)
        lines.append(f"{group[0].place}: {group[0].measure} {words}".replace(":  ", ": "))
    return "\n".join([*lines, "", ""])


def _check(options: dict[str, Any]) -> str:
    """Check every paper of a review."""
    slug = options["review"]
    review = Review.objects.filter(slug=slug).first()
    if review is None:
        raise CommandError(NO_REVIEW.format(slug=slug))
    papers = list(Paper.objects.filter(review=review))
    if not papers:
        raise CommandError(NO_PAPER.format(slug=slug))
    found: list[tuple[Paper, list[Claim], list[Finding]]] = []
    for paper in papers:
        rows = claims_of(paper)
        found.append((paper, [claim_of(row) for row in rows], findings_of(paper, rows)))
    if options["as_json"]:
        content = [
            {
                "paper": paper.title,
                "version": paper.version,
                "claims": [claim_values(one) for one in claims],
                "findings": [finding_values(one) for one in findings],
            }
            for paper, claims, findings in found
        ]
        return json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    with_held = options["with_held"]
    return "\n".join(
        f"{paper}\n{findings_text(claims, findings, with_held=with_held)}" for paper, claims, findings in found
    )
