"""Writing files: each is there as a whole or not at all, also where the disk is full or the machine goes down."""

import os
import secrets
from pathlib import Path


def write_whole(path: Path, content: bytes, *, is_private: bool = False) -> None:
    """Put the content in place of a file in one step.

    Parameters
    ----------
    is_private : whether only its owner may read it; otherwise who may is as for every new file

    Raises
    ------
    OSError : the file cannot be written; what was there before is still there, and nothing else
    """
    half = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600 if is_private else 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)  # some disks say only now that they are full
        half.replace(path)
    except BaseException:
        half.unlink()
        raise
