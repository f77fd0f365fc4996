"""The door of the first-run script, `python3 config/bootstrap demo`: checks which Python runs it, then hands over.

This one file is written so that Python 2.7 and every Python 3 can parse it: an old Python is to answer with a
sentence, not with a SyntaxError. Its neighbours are ordinary Python 3.11 and use the standard library only.
"""
# mypy: disable-error-code="no-untyped-def,no-untyped-call"

import importlib
import os
import subprocess
import sys

NEEDED = (3, 11)
KNOWN_TO_WORK = ("python3.11", "python3.12", "python3.13")
HERE = os.path.dirname(os.path.abspath(__file__))
ENVIRONMENT_PYTHON = os.path.join(os.path.dirname(os.path.dirname(HERE)), ".venv", "bin", "python")


def refusal(version, executable, target, other=None):
    """A sentence for a Python that is too old, or None; `other` is a newer one found on the same machine."""
    if tuple(version[:2]) >= NEEDED:
        return None
    sentence = "Quorum needs Python %d.%d or newer; this is Python %s (%s)." % (
        NEEDED[0],
        NEEDED[1],
        ".".join(str(part) for part in version[:3]),
        executable,
    )
    if other:
        return sentence + "\nA newer one is on this machine, run: make %s PYTHON=%s" % (target, other)
    return sentence + (
        "\nInstall it from your system's packages or https://www.python.org/downloads/ and run: "
        "make %s PYTHON=/path/to/python3.11" % target
    )


def works(python):
    """Whether this name or path starts a Python that is new enough."""
    test = "import sys; sys.exit(sys.version_info < (%d, %d))" % NEEDED
    try:
        with open(os.devnull, "w") as nowhere:
            return subprocess.call([python, "-c", test], stdout=nowhere, stderr=nowhere) == 0
    except OSError:
        return False


def open_door(arguments):
    """Hand over to commands.py, or say which Python is needed; returns the exit status."""
    if sys.version_info[:2] < NEEDED:
        if works(ENVIRONMENT_PYTHON):
            os.execv(ENVIRONMENT_PYTHON, [ENVIRONMENT_PYTHON, HERE] + arguments)  # noqa: RUF005
        other = next((name for name in KNOWN_TO_WORK if works(name)), None)
        target = arguments[0] if arguments else "demo"
        sys.stderr.write(refusal(sys.version_info, sys.executable, target, other) + "\n")
        return 1
    sys.path.insert(0, os.path.dirname(HERE))
    commands = importlib.import_module("bootstrap.commands")
    # Only while importing: files in config/ are named like modules of other packages (celery, site).
    del sys.path[0]
    return commands.main(arguments)


if __name__ == "__main__":
    sys.exit(open_door(sys.argv[1:]))
