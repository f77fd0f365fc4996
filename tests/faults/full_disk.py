"""A disk that a test fills up."""

import os
import resource
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PAGE = 4096
PAGES = 256


class Disk:
    """A folder with a limit, once it is filled up."""

    def __init__(self, folder: Path, *, is_mounted: bool) -> None:
        self.folder, self.is_mounted = folder, is_mounted

    def fill(self, *, room: int = 0) -> None:
        """Leave room for so many bytes (on a file system, for as many whole pages)."""
        if self.is_mounted:
            free = os.statvfs(self.folder).f_bavail - -(-room // PAGE)
            (self.folder / ".filler").write_bytes(b"x" * (free * PAGE))
        else:
            resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))

    def make_room(self) -> None:
        """Let everything be written again."""
        if self.is_mounted:
            (self.folder / ".filler").unlink()
        else:
            hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))

    def names(self) -> set[str]:
        """Give the names of what lies there."""
        found = (path.relative_to(self.folder).as_posix() for path in self.folder.rglob("*"))
        return {name for name in found if name != ".filler"}


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Let the folder be a small disk.

    As root, a file system in memory. Where we may not mount one, a limit on the length of the files that this process
    and those that it starts write (RLIMIT_FSIZE): it is refused in the same places, by another number.
    """
    mount = ["mount", "-t", "tmpfs", "-o", f"size={PAGES * PAGE}", "tmpfs", str(folder)]
    if os.geteuid() == 0 and subprocess.run(mount, capture_output=True, check=False).returncode == 0:
        try:
            yield Disk(folder, is_mounted=True)
        finally:
            subprocess.run(["umount", "--lazy", str(folder)], check=True)
        return
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        yield Disk(folder, is_mounted=False)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, before)
