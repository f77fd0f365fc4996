"""`manage.py pool`: pool the studies in a table. From the command line, manage.py takes a shorter way to the same."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from analysis.desk.main import read_content, serve
from analysis.desk.options import ABOUT, add_options, read_options
from analysis.desk.refusal import Refusal


class Command(BaseCommand):
    """Pool the studies in a table; docs/pool.md describes the options and the answer."""

    help = ABOUT
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options of the desk."""
        add_options(parser)

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the answer, or raise what stands against it with exit status 2."""
        try:
            asked = read_options(options)
            text = serve(read_content(asked.file, sys.stdin), asked, self.stdout)
        except Refusal as refusal:
            raise CommandError(str(refusal), returncode=2) from refusal
        self.stdout.write(text, ending="")
