"""`manage.py eligibility`: which studies break a rule of the protocol."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.models import EligibilityRule
from analysis.services import Finding, Verdict, check_eligibility
from evidence.models import Review


class Command(BaseCommand):
    """Check every rule of eligibility on every study."""

    help = "Checks the rules of eligibility on every study of a review; exit status 1 where one is broken unsigned."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review."""
        parser.add_argument("review", help="short name (slug) of the review")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print what each rule says of the studies that do not meet it."""
        review = Review.objects.filter(slug=options["review"]).first()
        if review is None:
            raise CommandError(f"There is no review “{options['review']}”.")
        findings = check_eligibility(review)
        for rule in EligibilityRule.objects.filter(review=review):
            self._report(rule, [finding for finding in findings if finding.rule == rule])
        if not findings:
            self.stdout.write("There is no rule of eligibility, or no study to check.")
        unsigned = sum(finding.is_open for finding in findings)
        if unsigned:
            raise CommandError(f"{unsigned} violation{'' if unsigned == 1 else 's'} without a signature.")

    def _report(self, rule: EligibilityRule, findings: list[Finding]) -> None:
        counts = {verdict: sum(finding.verdict == verdict for finding in findings) for verdict in Verdict}
        self.stdout.write(
            f"{rule.title}: met by {counts[Verdict.MET]}, broken by {counts[Verdict.VIOLATED]}, "
            f"not known of {counts[Verdict.NOT_KNOWN]}"
        )
        for finding in findings:
            if finding.verdict == Verdict.VIOLATED:
                waiver = finding.waiver
                signed = f"accepted by {waiver.signed_by}: {waiver.reason}" if waiver else "not signed"
                self.stdout.write(f"    {finding.label:<24} {finding.value:<16} {signed}")
