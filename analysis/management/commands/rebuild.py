"""`manage.py rebuild`: a snapshot rebuilt from its bundle, and compared with what the bundle says."""

import time
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.bundling import (
    BadBundle,
    Bundle,
    NotStored,
    Rebuilt,
    find_faults,
    find_foreign_texts,
    read_bundle,
    rebuild,
    store,
)
from analysis.verification import Verdict
from evidence.permissions import NotAllowed

NOT_READ = "{path} cannot be read: {error}."
OTHER_DIGEST = "The bundle holds the snapshot {found}, not {asked}: it was changed, or is another one."
FOREIGN = (
    "{names}: not as this version of Quorum writes it; written by another version, or changed. Read it before you rely "
    "on it."
)
NOT_REBUILT = "{count} parts do not come about again."
REPLACED = "{count} parts do not come about again, because a plugin was replaced or is gone."
NO_PERSON = "Say who stores it: --as USER."


class Command(BaseCommand):
    """Check a bundle, derive its datasets and compute its runs again, and compare."""

    help = (
        "Rebuilds a snapshot from a bundle: checks every digest, derives the datasets and computes the runs again. "
        "Writes nothing into the database without --store. Exit status 1 where something differs."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the file, the digest it should have, and whether to store it."""
        parser.add_argument("file", type=Path)
        parser.add_argument("--digest", help="the digest of the snapshot, known from elsewhere")
        parser.add_argument("--strict", action="store_true", help="a plugin that was replaced or is gone is an error")
        parser.add_argument("--store", action="store_true", help="store the snapshot, if it was rebuilt")
        parser.add_argument("--as", dest="username", help="user who stores it, and owner of a review that is new")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each part, and each difference in a sentence."""
        started = time.perf_counter()
        if options["store"] and not options["username"]:
            raise CommandError(NO_PERSON)
        bundle = self._read(options["file"], options["digest"])
        rows = []
        for row in rebuild(bundle):
            rows.append(row)
            self._say(row)
        errors = sum(row.outcome.is_error for row in rows)
        others = sum(row.outcome.verdict not in (Verdict.SAME,) and not row.outcome.is_error for row in rows)
        identical = sum(row.is_identical for row in rows)
        seconds = time.perf_counter() - started
        self.stdout.write(f"{len(rows)} parts rebuilt in {seconds:.1f} s, {identical} with the same digest")
        if errors:
            raise CommandError(NOT_REBUILT.format(count=errors))
        if others and options["strict"]:
            raise CommandError(REPLACED.format(count=others))
        if others:
            self.stdout.write(self.style.WARNING(REPLACED.format(count=others)))
        else:
            self.stdout.write(self.style.SUCCESS(f"The snapshot {bundle.snapshot} was rebuilt."))
        if options["store"]:
            self._store(bundle, options["username"])

    def _read(self, path: Path, digest: str | None) -> Bundle:
        """Read the bundle and check what vouches for its parts."""
        try:
            bundle, texts = read_bundle(path.read_bytes())
            faults = list(find_faults(bundle))
            foreign = [] if faults else find_foreign_texts(bundle, texts)
        except OSError as error:
            raise CommandError(NOT_READ.format(path=path, error=error.strerror)) from error
        except BadBundle as error:
            raise CommandError(str(error)) from error
        if faults:
            raise CommandError("\n".join(faults))
        if digest and bundle.snapshot != digest.lower():
            raise CommandError(OTHER_DIGEST.format(found=bundle.snapshot, asked=digest))
        self.stdout.write(f"Snapshot {bundle.number} of {bundle.review} {bundle.analysis}, {bundle.snapshot}")
        self.stdout.write(f"{len(texts)} files and {len(bundle.chain)} earlier manifests are as they were written")
        if foreign:
            self.stdout.write(self.style.WARNING(FOREIGN.format(names=", ".join(foreign))))
        return bundle

    def _say(self, row: Rebuilt) -> None:
        style = self.style.ERROR if row.outcome.is_error else str
        self.stdout.write(f"{row.what}: {'same digest' if row.is_identical else row.outcome.verdict}")
        for sentence in row.outcome.sentences:
            self.stdout.write(style(f"  {sentence}"))

    def _store(self, bundle: Bundle, username: str) -> None:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise CommandError(f"There is no user “{username}”.")
        try:
            stored = store(by=user, bundle=bundle)
        except (NotStored, NotAllowed) as error:
            raise CommandError(str(error)) from error
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write("The snapshot was stored." if stored.is_new else "The snapshot was stored here already.")
        for message in stored.messages:
            self.stdout.write(message)
