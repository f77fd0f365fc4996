"""Beginning the work on an upload: in a process of its own, or in the one that asks."""

import subprocess
import sys
from functools import partial
from threading import Thread

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from evidence.importers.formats import FORMATS
from evidence.models import Upload
from evidence.permissions import Act, require
from evidence.uploading.keeping import path_of
from evidence.uploading.progress import give_sign, stage_of
from evidence.uploading.telling import told_of
from evidence.uploading.working import work

NOT_PREVIEWED = "It is not waiting for a confirmation (any more); look at it again."
NOTHING_TO_DO = "Nothing would change: all that the file holds is there already, or was refused."
STILL_AT_WORK = "It is being read or saved at the moment."
NO_FILE = "Its file is deleted; send it again."


def act_of(upload: Upload) -> Act:
    """Give what a person has to be allowed to do to bring the file in; of a format that is gone, the most."""
    known = FORMATS.get(upload.format)
    return Act.ADJUDICATE if known is None else known.act


def confirm(*, by: User, upload: Upload) -> Upload:
    """Say that what the preview shows shall happen, and begin with it.

    Raises
    ------
    NotAllowed : the person's role does not cover what the format brings in
    ValidationError : there is no preview to confirm, or nothing that it would change
    """
    with transaction.atomic():
        upload = _held(by, upload)
        if upload.status != Upload.Status.PREVIEWED or not upload.has_file:
            raise ValidationError(NOT_PREVIEWED)
        if not told_of(upload).changes_something:
            raise ValidationError(NOTHING_TO_DO)
        upload.status, upload.said = Upload.Status.WAITING, ""
        upload.confirmed_at, upload.confirmed_by = timezone.now(), by
        upload.save()
    begin(upload)
    return Upload.objects.get(pk=upload.pk)


def start_again(*, by: User, upload: Upload) -> Upload:
    """Read a file again from the beginning: after a failure, after a process was lost, or to see it as it is now.

    Raises
    ------
    NotAllowed : the person's role does not cover what the format brings in
    ValidationError : it is loaded or discarded, or somebody still works on it
    """
    with transaction.atomic():
        upload = _held(by, upload)
        if not upload.has_file or upload.status in (Upload.Status.LOADED, Upload.Status.DISCARDED):
            raise ValidationError(NO_FILE)
        if upload.is_at_work and not stage_of(upload).is_lost:
            raise ValidationError(STILL_AT_WORK)
        upload.status, upload.said, upload.preview = Upload.Status.WAITING, "", ""
        upload.attempt += 1
        upload.confirmed_at = upload.confirmed_by = None
        upload.save()
    begin(upload)
    return Upload.objects.get(pk=upload.pk)


def _held(by: User, upload: Upload) -> Upload:
    """Give the upload as it is stored, held by this transaction."""
    held: Upload = Upload.objects.select_for_update(of=("self",)).select_related("review").get(pk=upload.pk)
    require(by, act_of(held), held.review)
    return held


def begin(upload: Upload) -> None:
    """Let the work on a waiting upload begin."""
    give_sign(upload)
    if settings.UPLOADS_IN_PROCESS:
        work(upload.pk)
    else:
        transaction.on_commit(partial(_spawn, upload))


def _spawn(upload: Upload) -> None:
    """Start a process of its own, which goes on when this one ends; what it complains of is kept beside the file."""
    command = [sys.executable, "-m", "django", "work_upload", str(upload.pk)]
    with path_of(upload).with_suffix(".log").open("ab") as log:
        process = subprocess.Popen(
            command,
            cwd=settings.BASE_DIR,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Somebody has to ask for how it ended, or it stays in the system's list of processes.
    Thread(target=process.wait, name="upload", daemon=True).start()
