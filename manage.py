#!/usr/bin/env python
"""Quorum's command line: `python manage.py help` lists the commands."""

import errno
import os
import sys

DISK_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
FULL = "The disk is full, or has a limit: {what} was not written ({why}). Make room and try again."


def main() -> None:
    """Run one management command with the project's settings."""
    if sys.argv[1:2] == ["pool"]:
        # The command for a table needs no settings and no database; around Django it starts in a third of the time.
        from analysis.desk.start import start

        sys.exit(start())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader (head, less) has seen enough; Python must not complain of it when it closes the stream.
        sys.stdout = None
    except OSError as error:
        if error.errno not in DISK_FULL:
            raise
        sys.stderr.write(f"{FULL.format(what=error.filename or 'what was to be written', why=error.strerror)}\n")
        sys.stdout = None
        sys.exit(1)


if __name__ == "__main__":
    main()
