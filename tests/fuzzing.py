"""How many damaged files each test of a parser tries."""

import os


def tries(usual: int) -> int:
    """Give how many inputs a test tries: what the variable QUORUM_FUZZ says, or as many as usual."""
    return int(os.environ.get("QUORUM_FUZZ") or usual)
