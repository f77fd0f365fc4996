"""The work on an upload: reading it without writing anything, or, once that was confirmed, writing it."""

import json
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import OperationalError, transaction
from django.utils import timezone

from evidence.importers.asking import Format, Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import Upload
from evidence.uploading.keeping import path_of
from evidence.uploading.progress import Pulse
from evidence.uploading.telling import Told, told_of

Status = Upload.Status
CHANGED = (
    "The evidence of the review changed since the preview, so that something else would happen. Nothing was saved: "
    "look at it again."
)
BROKE_OFF = "The work broke off because of a fault of this program. Nothing was saved."
DATABASE = "The database did not answer, or was busy for too long. Nothing was saved; begin again."
GONE = "Its file is not there any more; send it again."
NO_FORMAT = "There is no format “{code}” any more; send the file again."


class Superseded(Exception):
    """Somebody else took the upload over, or discarded it; what was done is taken back."""


@dataclass(frozen=True, slots=True)
class Task:
    """One attempt at an upload."""

    upload: Upload
    format: Format
    pulse: Pulse

    def load(self, *, by: User, dry_run: bool) -> ImportResult:
        """Let the format read the file."""
        return self.format.load(
            Request(
                by=by,
                review=self.upload.review,
                path=path_of(self.upload),
                name=self.upload.name,
                answers=json.loads(self.upload.answers),
                dry_run=dry_run,
                progress=self.pulse.tell,
            )
        )

    def end(self, status: Status, *, said: str = "", told: Told | None = None) -> None:
        """Note what came of it.

        Raises
        ------
        Superseded : the upload is not this attempt's any more
        """
        with transaction.atomic():
            upload = self._held()
            upload.status, upload.said = status, said
            if told is not None:
                upload.preview = told.as_text()
            if status != Status.LOADED:
                upload.confirmed_at = upload.confirmed_by = None
            upload.save()

    def end_loaded(self, result: ImportResult) -> None:
        """Note that it is loaded, in the same transaction."""
        upload = self._held()
        upload.status, upload.act, upload.preview = Status.LOADED, result.act, Told.of(result).as_text()
        upload.loaded_at, upload.loaded_by = timezone.now(), upload.confirmed_by
        upload.save()

    def _held(self) -> Upload:
        rows = Upload.objects.select_for_update(of=("self",))
        upload: Upload | None = rows.filter(
            pk=self.upload.pk, attempt=self.upload.attempt, status=self.upload.status
        ).first()
        if upload is None:
            raise Superseded
        return upload


def work(pk: int) -> None:
    """Do what an upload waits for; nothing where it does not wait.

    An import that was confirmed is written only if it does what the preview showed.
    """
    upload = _claim(pk)
    if upload is None:
        return
    with Pulse(upload) as pulse:
        known = FORMATS.get(upload.format)
        if known is None:
            _end_failed(upload, NO_FORMAT.format(code=upload.format))
        elif not path_of(upload).is_file():
            _end_failed(upload, GONE)
        else:
            _attempt(Task(upload, known, pulse))


def _claim(pk: int) -> Upload | None:
    """Take a waiting upload; only one caller gets it."""
    with transaction.atomic():
        rows = Upload.objects.select_for_update(of=("self",)).select_related("review", "made_by", "confirmed_by")
        upload: Upload | None = rows.filter(pk=pk, status=Status.WAITING).first()
        if upload is not None:
            upload.status = Status.READING if upload.confirmed_by is None else Status.WRITING
            upload.save()
    return upload


def _attempt(task: Task) -> None:
    """Preview or write; note what came of it, also where it breaks off."""
    try:
        if task.upload.status == Status.READING:
            _preview(task)
        else:
            _write(task)
    except Superseded:
        return
    except PermissionDenied as error:
        _end_failed(task.upload, str(error) or "Your role in the review does not cover this.")
    except OperationalError:
        _end_failed(task.upload, DATABASE)
        raise
    except BaseException:
        _end_failed(task.upload, BROKE_OFF)
        raise


def _end_failed(upload: Upload, said: str) -> None:
    """Note that the work failed, unless somebody else has taken the upload over."""
    with transaction.atomic():
        rows = Upload.objects.select_for_update(of=("self",))
        held = rows.filter(pk=upload.pk, attempt=upload.attempt, status=upload.status).first()
        if held is not None:
            held.status, held.said = Status.FAILED, said
            held.save()


def _preview(task: Task) -> None:
    """Read the file without writing anything."""
    told = Told.of(task.load(by=task.upload.made_by, dry_run=True))
    task.end(Status.REFUSED if told.is_refused else Status.PREVIEWED, told=told)


def _write(task: Task) -> None:
    """Write what was confirmed, if it still is what would happen; the rows and the note of it are one transaction."""
    shown = told_of(task.upload)
    by = task.upload.confirmed_by
    assert by is not None
    with transaction.atomic():
        result = task.load(by=by, dry_run=False)
        told = Told.of(result)
        is_as_shown = result.is_saved and told.is_same_as(shown)
        if is_as_shown:
            task.end_loaded(result)
        else:
            transaction.set_rollback(True)
    if not is_as_shown:
        task.end(Status.REFUSED if told.is_refused else Status.PREVIEWED, said=CHANGED, told=told)
