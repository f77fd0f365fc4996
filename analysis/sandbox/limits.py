"""The limits of the process that runs a plugin, set by the process itself before it loads anything of a stranger."""

import math
import os
import sys

from analysis.sandbox.job import MEGABYTE

if sys.platform != "win32":
    import resource


def limit_process(*, seconds: float, memory_mb: int) -> None:
    """Limit the processor time and the address space of this process, and let it leave no core file.

    The clock is watched from outside; the limit of processor time holds even where nobody watches any more.
    """
    if sys.platform == "win32":
        return
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_CPU, math.ceil(seconds) + 1)
    if sys.platform != "darwin":  # there the limit of address space is not kept
        _limit(resource.RLIMIT_AS, memory_mb * MEGABYTE)


def lift_memory_limit() -> None:
    """Lift the limit of memory again, so that a process that ran out of it can still say so."""
    if sys.platform != "win32":
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (hard, hard))


def _limit(which: int, value: int) -> None:
    if sys.platform != "win32":
        hard = resource.getrlimit(which)[1]
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, hard))


def turn_away(*descriptors: int) -> None:
    """Point descriptors such as standard output to nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in descriptors:
        os.dup2(nowhere, descriptor)
    os.close(nowhere)
