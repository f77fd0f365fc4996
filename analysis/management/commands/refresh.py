"""`manage.py refresh`: bring the analyses of a review up to date."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.dispatching import sweep
from analysis.models import Analysis, ScheduleRun
from analysis.services import Refreshed, is_dropped, refresh_many
from analysis.services.notifying import deliver_due
from analysis.services.prioritising import rank_due
from analysis.services.scheduling import run_due
from analysis.services.withdrawing import warnings_for_new
from evidence.models import Review
from evidence.permissions import NotAllowed


def describe(outcome: Refreshed) -> str:
    """Say in a line what a refresh came to."""
    if outcome.failure:
        return f"failed: {outcome.failure}"
    if outcome.snapshot is None:
        return f"queued: {outcome.computed} to compute, {outcome.reused} known"
    runs = f"{outcome.computed} computed, {outcome.reused} known"
    return f"snapshot {outcome.snapshot.number} {'made' if outcome.is_new else 'unchanged'} ({runs})"


class Command(BaseCommand):
    """Compute what changed since the last time, and make new snapshots."""

    help = "Brings the analyses of a review up to date: computes what changed, makes new snapshots."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the review, the person and, where wanted, single analyses."""
        parser.add_argument("review", nargs="?", help="short name (slug) of the review")
        parser.add_argument("--analysis", action="append", help="short name of an analysis; repeat for more")
        parser.add_argument("--as", dest="username", help="user who asks for it")
        parser.add_argument("--due", action="store_true", help="do what schedules say is due, of all reviews")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each analysis; exit status 1 where one failed."""
        if options["due"]:
            return self._do_what_is_due()
        if not options["review"] or not options["username"]:
            raise CommandError("Name the review, and with --as the user who asks for it; or ask for what is --due.")
        review = Review.objects.filter(slug=options["review"]).first()
        user = User.objects.filter(username=options["username"]).first()
        if review is None or user is None:
            missing = "review" if review is None else "user"
            name = options["review"] if review is None else options["username"]
            raise CommandError(f"There is no {missing} “{name}”.")
        rows = Analysis.objects.filter(review=review)
        named = options["analysis"]
        # An analysis that is dropped from the plan is left out, unless somebody names it and is told why it is not run.
        analyses = list(rows.filter(slug__in=named)) if named else [row for row in rows if not is_dropped(row)]
        failed = computed = 0
        try:
            for outcome in refresh_many(by=user, analyses=analyses):
                failed += bool(outcome.failure)
                computed += outcome.computed
                self.stdout.write(f"{outcome.analysis.slug:<40} {describe(outcome)}")
                for warning in warnings_for_new(outcome.snapshot) if outcome.snapshot else ():
                    self.stdout.write(f"    warning: {warning}")
        except (ValidationError, NotAllowed) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        self.stdout.write(f"{computed} runs computed.")
        if failed:
            raise CommandError(f"{failed} analyses failed.")

    def _do_what_is_due(self) -> None:
        """Bring up to date what is due, after finding what was lost; exit status 1 where something failed."""
        lost = sweep()
        if lost["given_up"]:
            self.stdout.write(f"{lost['given_up']} runs given up: their workers were lost too often.")
        done = list(run_due())
        for row in done:
            self.stdout.write(f"{row.schedule}: {row.get_outcome_display().lower()}. {row.says}")
        if not done:
            self.stdout.write("Nothing is due.")
        for ranking in rank_due():
            self.stdout.write(f"Queue of “{ranking.review}”: {ranking}.")
        for message in deliver_due():
            self.stdout.write(f"{message}: {message.get_state_display().lower()}. {message.says}")
        failed = sum(row.outcome == ScheduleRun.Outcome.FAILED for row in done)
        if failed:
            raise CommandError(f"{failed} of {len(done)} failed.")
