"""`manage.py withdraw`: say that a version of a plugin should not be relied on."""

from typing import Any

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis.services.withdrawing import affected_snapshots, withdraw_plugin

WITHDRAWN = (
    "{plugin} {version} is withdrawn. {count} computed with it; `manage.py affected {plugin} {version}` lists them."
)
UNUSED = "{plugin} {version} is withdrawn. No snapshot was computed with it."


class Command(BaseCommand):
    """Withdraw a version of a plugin; snapshots that used it carry a warning from now on."""

    help = "Withdraws a version of a plugin, with the reason; what was computed with it carries a warning from now on."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the plugin, the version, the reason and the person."""
        parser.add_argument("plugin", help="name of the plugin")
        # Django's own commands have an option of the name `version`.
        parser.add_argument("plugin_version", metavar="version", help="the version, such as 1.0.0")
        parser.add_argument("--reason", required=True, help="what is wrong with its results")
        parser.add_argument("--as", dest="username", required=True, help="administrator who withdraws it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Withdraw it, and say how many snapshots used it."""
        plugin, version = options["plugin"], options["plugin_version"]
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise CommandError(f"There is no user “{options['username']}”.")
        try:
            withdraw_plugin(by=user, plugin=plugin, version=version, reason=options["reason"])
        except (ValidationError, PermissionDenied) as error:
            raise CommandError(" ".join(getattr(error, "messages", [str(error)]))) from error
        found = len(affected_snapshots(plugin, version))
        count = "1 snapshot was" if found == 1 else f"{found} snapshots were"
        self.stdout.write((WITHDRAWN if found else UNUSED).format(plugin=plugin, version=version, count=count))
