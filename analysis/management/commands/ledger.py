"""`manage.py ledger`: the plan of a review as a table."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.models import PlanClosure
from analysis.services import read_ledger
from evidence.models import Review


class Command(BaseCommand):
    """Print every analysis of a review with its state and why."""

    help = "Prints the plan of a review: each analysis with its state, and what happened to it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review."""
        parser.add_argument("review", help="short name (slug) of the review")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each analysis."""
        review = Review.objects.filter(slug=options["review"]).first()
        if review is None:
            raise CommandError(f"There is no review “{options['review']}”.")
        closure = PlanClosure.objects.filter(review=review).select_related("closed_by").first()
        said = f"closed on {closure.closed_at:%Y-%m-%d}: {closure.reason}" if closure else "open"
        self.stdout.write(f"Plan of “{review.title}”: {said}")
        entries = read_ledger(review)
        if not entries:
            self.stdout.write("No analysis is planned yet.")
        for entry in entries:
            snapshot = f"snapshot {entry.snapshot.number}" if entry.snapshot else ""
            state = f"{entry.state}{', post hoc' if entry.is_post_hoc else ''}"
            self.stdout.write(f"{entry.analysis.slug:<40} {state:<20} {snapshot:<14} {entry.reason}".rstrip())
