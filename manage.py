#!/usr/bin/env python
"""Quorum's command line: `python manage.py help` lists the commands."""

import os
import sys


def main() -> None:
    """Run one management command with the project's settings."""
    if sys.argv[1:2] == ["pool"]:
        # The command for a table needs no settings and no database; around Django it starts in a third of the time.
        from analysis.desk.start import start

        sys.exit(start())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
