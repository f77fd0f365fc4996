"""`manage.py affected`: which snapshots a version of a plugin helped to make."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from analysis.models.withdrawal import PluginWithdrawal
from analysis.services.withdrawing import Affected, affected_snapshots

NONE = "No snapshot was computed with {plugin} {version}."
REPLACED = "snapshot {number} no longer uses it"
IS_CURRENT = "it is the current snapshot"
STILL_USED = "the current snapshot {number} uses it too"


class Command(BaseCommand):
    """List every snapshot that used a version of a plugin, withdrawn or not."""

    help = "Lists every snapshot that a version of a plugin helped to make, and whether a newer one no longer uses it."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the plugin, the version and the form of the list."""
        parser.add_argument("plugin", help="name of the plugin")
        parser.add_argument("plugin_version", metavar="version", help="the version, such as 1.0.0")
        parser.add_argument("--json", action="store_true", help="print the list as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        """Print a line for each snapshot; the exit status is 0 whether there are any or not."""
        plugin, version = options["plugin"], options["plugin_version"]
        rows = affected_snapshots(plugin, version)
        if options["json"]:
            self.stdout.write(json.dumps([as_data(row) for row in rows], indent=2))
            return
        withdrawal = PluginWithdrawal.objects.filter(plugin=plugin, version=version).first()
        if withdrawal is not None:
            on = f"{withdrawal.withdrawn_at:%Y-%m-%d}"
            self.stdout.write(f"{withdrawal} was withdrawn on {on} by {withdrawal.withdrawn_by}: {withdrawal.reason}")
        if not rows:
            self.stdout.write(NONE.format(plugin=plugin, version=version))
        for row in rows:
            self.stdout.write(line_of(row))


def line_of(row: Affected) -> str:
    """Give a snapshot as a line: review, analysis, number, date, who signed it off, and what became of it."""
    snapshot = row.snapshot
    signed = f"signed off by {row.sign_off.signed_by}" if row.sign_off else "not signed off"
    place = f"{snapshot.analysis.review.slug} / {snapshot.analysis.slug}"
    return f"{place:<44} snapshot {snapshot.number}, {snapshot.made_at:%Y-%m-%d}, {signed}; {fate_of(row)}"


def fate_of(row: Affected) -> str:
    """Say whether a newer snapshot no longer uses the version."""
    if row.is_replaced:
        return REPLACED.format(number=row.latest.number)
    return IS_CURRENT if row.latest == row.snapshot else STILL_USED.format(number=row.latest.number)


def as_data(row: Affected) -> dict[str, Any]:
    """Give a snapshot as plain data."""
    snapshot = row.snapshot
    return {
        "review": snapshot.analysis.review.slug,
        "analysis": snapshot.analysis.slug,
        "number": snapshot.number,
        "digest": snapshot.digest,
        "made_at": snapshot.made_at.isoformat(),
        "signed_off_by": row.sign_off.signed_by.get_username() if row.sign_off else None,
        "latest": row.latest.number,
        "is_replaced": row.is_replaced,
    }
