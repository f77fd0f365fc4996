"""`manage.py clear_uploads`: delete files that were sent longer ago than they are kept."""

from typing import Any

from django.core.management.base import BaseCommand

from evidence.uploading import clear_old


class Command(BaseCommand):
    """Delete old files of imports."""

    help = "Deletes files that people sent longer ago than UPLOAD_KEEP_DAYS; what was loaded stays in the reviews."

    def handle(self, *args: Any, **options: Any) -> None:
        """Delete them and say how many."""
        count = clear_old()
        self.stdout.write(f"{count} file{'' if count == 1 else 's'} deleted.")
