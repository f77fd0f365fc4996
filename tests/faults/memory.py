"""Ways in which a process comes to be out of memory."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

GROUPS = Path("/sys/fs/cgroup")
MEGABYTE = 1 << 20


def limit_address_space(process: int, *, more_megabytes: int) -> None:
    """Refuse a process more than so much memory beyond what it has: what it asks for beyond is a MemoryError there."""
    pages = int(Path(f"/proc/{process}/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + more_megabytes * MEGABYTE
    resource.prlimit(process, resource.RLIMIT_AS, (most, most))


@contextmanager
def limit_as_the_kernel_does(process: int, *, megabytes: int) -> Iterator[str]:
    """Let the kernel kill a process that takes more than so much new memory; give how it is done.

    By a memory cgroup of its own, where this machine lets us make one (as root, outside of most containers). Where it
    does not, the process is sent the signal that the kernel would send.
    """
    group = _put_into_group(process, megabytes)
    if group is None:
        os.kill(process, signal.SIGKILL)
        yield "SIGKILL, as the kernel sends it"
        return
    try:
        yield "by the kernel, in a memory cgroup"
    finally:
        with suppress(OSError):  # still in use for a moment; an empty group harms nobody
            group.rmdir()


def _put_into_group(process: int, megabytes: int) -> Path | None:
    """Put a process into a group that may take so much memory and no swap, by either version; None where we may not."""
    is_first_version = (GROUPS / "memory").is_dir()
    group = (GROUPS / "memory" if is_first_version else GROUPS) / f"quorum-test-{os.getpid()}-{os.urandom(4).hex()}"
    limit, swap = ("memory.limit_in_bytes", "swappiness") if is_first_version else ("memory.max", "swap.max")
    try:
        group.mkdir()
    except OSError:
        return None
    try:
        (group / limit).write_text(str(megabytes * MEGABYTE))
        with suppress(FileNotFoundError):
            (group / f"memory.{swap}").write_text("0")
        (group / "cgroup.procs").write_text(str(process))
    except OSError:
        group.rmdir()
        return None
    return group
