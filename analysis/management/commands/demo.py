"""`manage.py demo`: the demonstration review, its analyses and their snapshots."""

import json
import secrets
import sys
from collections.abc import Callable
from pathlib import Path
from time import monotonic
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from analysis.exports.results_table import result_rows, text_table
from analysis.files import write_whole
from analysis.importing import BadFile, import_analyses, read_analyses
from analysis.management.commands.refresh import describe
from analysis.management.demonstration import bring_paper, write_manuscript
from analysis.models import Analysis
from analysis.services import Refreshed, is_dropped, refresh_many
from evidence.importers import import_review
from evidence.models import Membership, Review
from evidence.services import record

FOLDER = settings.BASE_DIR / "evidence" / "demonstration" / "lbp_review"
MANUSCRIPT = settings.BASE_DIR / "analysis" / "demonstration" / "lbp_manuscript.json"
CLAIMS = settings.BASE_DIR / "analysis" / "demonstration" / "lbp_claims.csv"
ANALYSES = settings.BASE_DIR / "analysis" / "demonstration" / "lbp_review.json"
SLUG = "lbp"
NOT_KEPT = "The passwords of the demonstration users cannot be kept in {path}: {error}. No user was made."
MEMBERS = {
    "demo-owner": Membership.Role.OWNER,
    "demo-adjudicator": Membership.Role.ADJUDICATOR,
    "demo-reviewer": Membership.Role.REVIEWER,
    "demo-statistician": Membership.Role.STATISTICIAN,
    "demo-viewer": Membership.Role.VIEWER,
}


class Command(BaseCommand):
    """Load the demonstration review, run its analyses, make snapshots of what is new, and show the results."""

    help = "Loads the demonstration review, runs its analyses and prints their results beside what the paper prints."

    def handle(self, *args: Any, **options: Any) -> None:
        """Do every step that is not done yet; say what each came to."""
        users = self._step("Demonstration users", make_users)
        owner = User.objects.get(username="demo-owner")
        self._step("Evidence of the low-back-pain review", lambda: self._load(owner))
        review = Review.objects.get(slug=SLUG)
        self._step("The team", lambda: make_team(owner, review))
        self._step("Analyses of the paper", lambda: plan_analyses(owner, review))
        outcomes = self._refresh(owner, review)
        self._step("What the paper claims", lambda: bring_paper(by=owner, review=review, file=CLAIMS))
        self._step("The manuscript", lambda: write_manuscript(by=owner, review=review, file=MANUSCRIPT))
        self._report(review, outcomes, users)

    def _step(self, title: str, work: Callable[[], Any]) -> Any:
        started = monotonic()
        self._show(f"{title} ...")
        value = work()
        seconds = monotonic() - started
        self._show(f"{title}: done" + (f" in {seconds:.1f} s" if seconds >= 1 else ""), last=True)
        return value

    def _load(self, owner: User) -> None:
        def progress(done: int, total: int, what: str) -> None:
            if done == total or done % 50 == 0:
                self._show(f"Evidence of the low-back-pain review: {done} of {total} rows ({what})")

        outcome = import_review(by=owner, folder=FOLDER, progress=progress)
        if outcome.errors:
            raise CommandError("\n".join(str(problem) for problem in outcome.errors))

    def _refresh(self, owner: User, review: Review) -> list[Refreshed]:
        outcomes = []
        analyses = [analysis for analysis in Analysis.objects.filter(review=review) if not is_dropped(analysis)]
        self._show("Analyses ...")
        for position, outcome in enumerate(refresh_many(by=owner, analyses=analyses), start=1):
            self._show(f"Analysis {position} of {len(analyses)}: {outcome.analysis.title}")
            outcomes.append(outcome)
            if outcome.failure:
                self._show(f"{outcome.analysis.title}: {describe(outcome)}", last=True)
        computed = sum(outcome.computed for outcome in outcomes)
        new = sum(outcome.is_new for outcome in outcomes)
        known = sum(outcome.reused for outcome in outcomes)
        done = f"{computed} runs computed, {known} known already; {new} snapshots made"
        if not computed:
            done = f"0 runs computed: nothing changed, all {known} results are known; no new snapshot"
        self._show(f"Analyses: {done}", last=True)
        return outcomes

    def _report(self, review: Review, outcomes: list[Refreshed], users: dict[str, str]) -> None:
        self.stdout.write(f"\n{review.title}\n{review.citation}\n")
        for line in text_table(list(result_rows(review))):
            self.stdout.write(line)
        self.stdout.write(LEGEND)
        self.stdout.write("Where to look next:  make serve  opens the site; sign in as one of")
        for name, password in users.items():
            self.stdout.write(f"    {name:<20} {password}")
        self.stdout.write(f"(made for this installation and kept in {shown_path(passwords_file())})")
        self.stdout.write(
            "Then open the review: what is known, each snapshot, and a manuscript with the paper's figures; as a file:"
        )
        self.stdout.write("    .venv/bin/python manage.py report lbp-demonstration --format pdf")
        if any(outcome.failure for outcome in outcomes):
            raise CommandError("Some analyses failed; the lines above say why.")

    def _show(self, text: str, *, last: bool = False) -> None:
        """Show progress: one line that is overwritten on a terminal, full lines only for what is done elsewhere."""
        if sys.stdout.isatty():
            self.stdout.write(f"\r\033[K{text[:118]}", ending="\n" if last else "")
            self.stdout.flush()
        elif last:
            self.stdout.write(text)


LEGEND = """MD: mean difference in points of the outcome's 0-10 scale; SMD: standardised mean difference (Hedges g).
Negative favours individualized exercise. The paper's effects by study are not public: Quorum pools only what the
trials' own abstracts and open pages print. "public: 4 of 26": of 26 studies with such a comparator, 4 have any public
result for the outcome; each snapshot lists what could not be pooled, and why. "proposed": what the GRADE rules
propose; a person rates. Intervals: REML with Hartung-Knapp-Sidik-Jonkman.
"""


def passwords_file() -> Path:
    """Where the passwords of the demonstration users are kept."""
    return Path(settings.VAR_DIR) / "demo-users.json"


def shown_path(path: Path) -> Path:
    """Give the path as seen from the project's folder, where it lies in it."""
    return path.relative_to(settings.BASE_DIR) if path.is_relative_to(settings.BASE_DIR) else path


@transaction.atomic
def make_users() -> dict[str, str]:
    """Make the demonstration users that do not exist; give their passwords."""
    known: dict[str, str] = json.loads(passwords_file().read_text()) if passwords_file().exists() else {}
    passwords = {name: known.get(name) or secrets.token_urlsafe(9) for name in ("demo-admin", *MEMBERS)}
    for name, password in passwords.items():
        user, made = User.objects.get_or_create(username=name, defaults={"is_staff": True})
        if made or name not in known:
            user.is_superuser = name == "demo-admin"
            user.set_password(password)
            user.save()
    save_passwords(passwords_file(), passwords)
    return passwords


def save_passwords(path: Path, passwords: dict[str, str]) -> None:
    """Keep the passwords in a file that only its owner can read.

    Raises
    ------
    CommandError : the file cannot be written; what it held before is still there
    """
    try:
        path.parent.mkdir(exist_ok=True)
        write_whole(path, (json.dumps(passwords, indent=2) + "\n").encode(), is_private=True)
    except OSError as error:
        raise CommandError(NOT_KEPT.format(path=path, error=error.strerror or error)) from error


def plan_analyses(owner: User, review: Review) -> int:
    """Save the analyses of the paper; give how many are new or changed."""
    try:
        return import_analyses(by=owner, review=review, file=read_analyses(ANALYSES))
    except BadFile as error:
        raise CommandError(f"The demonstration's analyses cannot be saved: {error}") from error


def make_team(owner: User, review: Review) -> None:
    """Make the demonstration users members of the review, each in a role."""
    members = set(Membership.objects.filter(review=review).values_list("user__username", flat=True))
    for name, role in MEMBERS.items():
        if name not in members:
            record(by=owner, row=Membership(review=review, user=User.objects.get(username=name), role=role))
