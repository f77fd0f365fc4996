"""`python -m tests.bench.api load` or `generate`."""

import sys

from tests.bench.api import generate, load

PARTS = {"load": load.main, "generate": generate.main}


def main(arguments: list[str]) -> int:
    """Do the part that is named, load without a name."""
    named = arguments[:1] if arguments[:1] and arguments[0] in PARTS else ["load"]
    return PARTS[named[0]](arguments[1:] if arguments[:1] == named else arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
