"""`manage.py sbom`: what the site is made of, for an officer for security."""

import json
import tomllib
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from access.management.inventory import NotInstalled, bill_of, read_requirements


class Command(BaseCommand):
    """Write the bill of materials."""

    help = "Writes the packages that run Quorum, as installed here, as a bill of materials (CycloneDX 1.6, JSON)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the file."""
        parser.add_argument("--out", type=Path, help="the file; to the screen where it is not given")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write it."""
        root: Path = settings.BASE_DIR
        project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        try:
            bill = bill_of(
                read_requirements(root / "requirements.txt"), name=project["name"], version=project["version"]
            )
        except NotInstalled as error:
            raise CommandError(str(error)) from error
        text = json.dumps(bill, indent=2, ensure_ascii=False) + "\n"
        if options["out"] is None:
            self.stdout.write(text, ending="")
            return
        try:
            options["out"].write_text(text, encoding="utf-8")
        except OSError as error:
            raise CommandError(f"{options['out']} cannot be written: {error.strerror}.") from error
        self.stdout.write(f"{options['out']}: {len(bill['components'])} packages")
