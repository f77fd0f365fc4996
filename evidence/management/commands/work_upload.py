"""`manage.py work_upload`: read or save a file that somebody sent; the pages start it by themselves."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from evidence.uploading import work


class Command(BaseCommand):
    """Do what one upload waits for."""

    help = "Reads or saves a file that was sent on the pages, which start it by themselves."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Name the upload."""
        parser.add_argument("upload", type=int, help="its key")

    def handle(self, *args: Any, **options: Any) -> None:
        """Do the work."""
        work(options["upload"])
