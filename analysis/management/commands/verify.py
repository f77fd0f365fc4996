"""`manage.py verify`: is everything that is stored still what it was, and does it compute again?"""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis.models import Dataset, Freeze, Run, Snapshot
from analysis.verification import CHECKS

MANAGERS = {"freezes": Freeze.objects, "datasets": Dataset.objects, "runs": Run.objects, "snapshots": Snapshot.objects}


class Command(BaseCommand):
    """Recompute every stored run and check every digest."""

    help = "Recomputes every stored run from its stored inputs and checks every digest. Exit status 1 on a difference."

    def handle(self, *args: Any, **options: Any) -> None:
        """Print one line for each kind of row, and each discrepancy in a sentence."""
        found = 0
        for name, check in CHECKS.items():
            checked = wrong = 0
            for discrepancies in check():
                checked += 1
                wrong += bool(discrepancies)
                for what, sentence in discrepancies:
                    found += 1
                    self._clear()
                    self.stdout.write(self.style.ERROR(f"{what}: {sentence}"))
                self._progress(name, checked, MANAGERS[name].count())
            self._clear()
            agree = "all agree" if not wrong else f"{wrong} do not agree"
            self.stdout.write(f"{checked:>6} {name:<10} {agree if checked else 'none stored'}")
        if found:
            raise CommandError(
                f"{found} discrepancies found: what is stored was changed, or computes differently here."
            )
        self.stdout.write(self.style.SUCCESS("Everything stored is unchanged and computes again to the same numbers."))

    def _progress(self, name: str, done: int, total: int) -> None:
        if sys.stdout.isatty():
            self.stdout.write(f"\r{name}: {done} of {total}", ending="")
            self.stdout.flush()

    def _clear(self) -> None:
        if sys.stdout.isatty():
            self.stdout.write("\r\033[K", ending="")
