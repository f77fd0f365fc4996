"""`manage.py send_digests`: one e-mail to each person for whom something waits, for cron or a timer, once a day."""

from typing import Any

from django.core.management.base import BaseCommand

from evidence.services.digests import send_digests, write_digests


class Command(BaseCommand):
    """Send what waits for each person."""

    help = "Sends each person one e-mail with what they are asked to do and have not done. Run it once a day."

    def add_arguments(self, parser: Any) -> None:
        """Take the one option."""
        parser.add_argument("--dry-run", action="store_true", help="show the messages, send none")

    def handle(self, *args: Any, **options: Any) -> None:
        """Send or show."""
        if options["dry_run"]:
            for message in write_digests():
                self.stdout.write(f"To: {message.to[0]}\nSubject: {message.subject}\n\n{message.body}\n")
            return
        count = send_digests()
        self.stdout.write(
            f"{count} message{'' if count == 1 else 's'} sent." if count else "Nothing waits for anybody."
        )
