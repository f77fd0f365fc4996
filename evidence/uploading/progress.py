"""How far the work on an upload is: a small file beside it, written by who works and read by the page.

The import itself is one transaction, whose rows nobody else sees before its end; a second connection that wrote
meanwhile would wait for it on SQLite. So the sign of life is no row.
"""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Self

from django.conf import settings

from evidence.models import Upload
from evidence.uploading.keeping import progress_path

SECONDS_BETWEEN = 0.5


@dataclass(frozen=True, slots=True)
class Stage:
    """How far the work is: rows done, rows in all (0: not known yet), what they are; seconds since the last sign."""

    done: int = 0
    of: int = 0
    what: str = ""
    silent_for: float = 0.0

    @property
    def is_lost(self) -> bool:
        """Whether who worked has not been heard of for too long."""
        return self.silent_for > settings.UPLOAD_PATIENCE_SECONDS


def stage_of(upload: Upload) -> Stage:
    """Give how far the work on an upload is."""
    if not upload.stored_as:
        return Stage()
    path = progress_path(upload)
    try:
        told = json.loads(path.read_text())
        heard_at = path.stat().st_mtime
    except (OSError, ValueError):
        heard_at = (upload.confirmed_at or upload.made_at).timestamp()
        told = {}
    silent_for = max(time.time() - heard_at, 0.0)
    return Stage(told.get("done", 0), told.get("of", 0), told.get("what", ""), silent_for)


def give_sign(upload: Upload) -> None:
    """Say that work on the upload is asked for now."""
    _write(progress_path(upload), Stage())


class Pulse:
    """Signs of life while a block works, from a thread beside it: also while a large file is read in one go."""

    def __init__(self, upload: Upload) -> None:
        self._path = progress_path(upload)
        self._stage = Stage()
        self._ended = Event()
        self._thread = Thread(target=self._beat, name="pulse", daemon=True)

    def tell(self, done: int, of: int, what: str) -> None:
        """Note how far it is; the thread writes it down."""
        self._stage = Stage(done, of, what)

    def __enter__(self) -> Self:
        _write(self._path, self._stage)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _beat(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN):
            _write(self._path, self._stage)


def _write(path: Path, stage: Stage) -> None:
    """Put the stage into its file as a whole; where that is not possible, silence is what it says."""
    half = path.with_suffix(".half")
    try:
        half.write_text(json.dumps({**asdict(stage), "process": os.getpid()}))
        os.replace(half, path)
    except OSError:
        half.unlink(missing_ok=True)
