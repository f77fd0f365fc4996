"""Where files lie that people send: in a folder of their own, under names that nobody can guess, for a while."""

import hashlib
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.importers.opening import most_bytes
from evidence.models import Upload
from evidence.uploading.limit import too_large

KEPT_PRIVATE = 0o700
GONE = "It was not loaded within {days} days, and its file was deleted."


@dataclass(frozen=True, slots=True)
class Kept:
    """A file as it was kept: its name in the folder, its size and its digest."""

    stored_as: str
    size: int
    digest: str


def folder() -> Path:
    """Give the folder of the files, which only this site can read."""
    path = Path(settings.UPLOAD_DIR)
    path.mkdir(mode=KEPT_PRIVATE, parents=True, exist_ok=True)
    return path


def path_of(upload: Upload) -> Path:
    """Give where the file of an upload lies."""
    return folder() / upload.stored_as


def keep_file(parts: Iterable[bytes], ending: str) -> Kept:
    """Keep a file under a random name.

    Raises
    ------
    ValidationError : it is larger than allowed, or there is no room for it
    """
    name = secrets.token_hex(16) + ending
    path = folder() / name
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("xb") as file:
            for part in parts:
                size += len(part)
                if size > most_bytes():
                    raise ValidationError({"file": too_large()})
                digest.update(part)
                file.write(part)
    except OSError as error:
        path.unlink(missing_ok=True)
        raise ValidationError({"file": f"The file cannot be kept here: {error.strerror}."}) from error
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return Kept(name, size, digest.hexdigest())


def forget_file(upload: Upload) -> None:
    """Delete the file of an upload and the traces of work on it; the row is not saved."""
    if upload.stored_as:
        path = path_of(upload)
        for one in (path, progress_path(upload), path.with_suffix(".log")):
            one.unlink(missing_ok=True)
    upload.stored_as = ""


def progress_path(upload: Upload) -> Path:
    """Give the small file that tells how far the work on an upload is."""
    return path_of(upload).with_suffix(".progress")


def clear_old() -> int:
    """Delete files that were sent longer ago than they are kept; give how many. What was loaded stays in the review.

    Traces of work that ended badly, which belong to no file, go too.
    """
    days = settings.UPLOAD_KEEP_DAYS
    old = Upload.objects.filter(made_at__lt=timezone.now() - timedelta(days=days)).exclude(stored_as="")
    keys = list(old.order_by("pk").values_list("pk", flat=True))
    for pk in keys:
        with transaction.atomic():
            upload = Upload.objects.select_for_update(of=("self",)).get(pk=pk)
            if upload.status != Upload.Status.LOADED:
                upload.status, upload.said = Upload.Status.DISCARDED, GONE.format(days=days)
            forget_file(upload)
            upload.save()
    _clear_traces()
    return len(keys)


def _clear_traces() -> None:
    """Delete what belongs to no upload; what is younger than a day may be on its way to one."""
    known = {Path(name).stem for name in Upload.objects.exclude(stored_as="").values_list("stored_as", flat=True)}
    yesterday = time.time() - 24 * 3600
    for path in folder().iterdir():
        if path.stem not in known and path.is_file() and path.stat().st_mtime < yesterday:
            path.unlink(missing_ok=True)
