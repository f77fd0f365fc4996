"""Taking a file in, and letting it go."""

import json
from collections.abc import Iterator, Mapping
from pathlib import PurePath
from typing import Protocol

from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction

from evidence.importers.asking import Format
from evidence.importers.formats import FORMATS
from evidence.models import Review, Upload
from evidence.permissions import require
from evidence.uploading.answering import read_answers
from evidence.uploading.keeping import Kept, clear_old, forget_file, keep_file
from evidence.uploading.progress import stage_of
from evidence.uploading.starting import act_of, begin

LONGEST_NAME = 255
NO_FILE = "Choose a file."
OTHER_ENDING = "“{name}” is no file of this format, whose files end in {endings}.{others}"
LOADED = "It is loaded. To take it back, undo the act that it became."
AT_WORK = "It is being read or saved at the moment; wait until that is done."


class Sent(Protocol):
    """A file as a form brings it."""

    name: str | None

    def chunks(self) -> Iterator[bytes]:
        """Give its bytes part by part."""


def receive(
    *, by: User, review: Review, format: Format, file: Sent | None, answers: Mapping[str, str] | None = None
) -> Upload:
    """Take a file in, and begin with its preview.

    Raises
    ------
    NotAllowed : the person's role does not cover what the format brings in
    ValidationError : there is no file, it has another ending or is too large, or an answer is missing; by field
    """
    require(by, format.act, review)
    wrong: dict[str, list[str]] = {}
    try:
        read = read_answers(format, review, answers or {})
    except ValidationError as error:
        read, wrong = {}, dict(error.message_dict)
    name = PurePath((file.name if file else "") or "").name
    if file is None or not name:
        wrong["file"] = [NO_FILE]
    elif not name.lower().endswith(format.endings):
        wrong["file"] = [_other_ending(name, format)]
    if wrong or file is None:
        raise ValidationError({field: list(sentences) for field, sentences in wrong.items()})
    clear_old()
    kept = keep_file(file.chunks(), _ending_of(name, format))
    return _store(by=by, review=review, format=format, name=name[-LONGEST_NAME:], kept=kept, answers=read)


def _store(*, by: User, review: Review, format: Format, name: str, kept: Kept, answers: dict[str, str]) -> Upload:
    """Store the row of a file that was kept, and begin; where that is not possible the file goes again."""
    upload = Upload(
        review=review,
        format=format.code,
        name=name,
        size=kept.size,
        digest=kept.digest,
        stored_as=kept.stored_as,
        answers=json.dumps(answers, ensure_ascii=False, sort_keys=True),
        made_by=by,
    )
    try:
        upload.full_clean()
        upload.save()
    except BaseException:
        forget_file(upload)
        raise
    begin(upload)
    return Upload.objects.get(pk=upload.pk)


def _other_ending(name: str, format: Format) -> str:
    """Say that the file has none of the format's endings, and which formats have it."""
    fitting = [one.title for one in FORMATS.values() if name.lower().endswith(one.endings)]
    others = f" Its ending is that of: {', '.join(fitting)}." if fitting else ""
    return OTHER_ENDING.format(name=name, endings=", ".join(format.endings), others=others)


def _ending_of(name: str, format: Format) -> str:
    return next(one for one in sorted(format.endings, key=len, reverse=True) if name.lower().endswith(one))


def discard(*, by: User, upload: Upload) -> Upload:
    """Let a file go that is not loaded: the file is deleted, the row says who sent it.

    Raises
    ------
    NotAllowed : the person's role does not cover what the format brings in
    ValidationError : it is loaded, or is being read or saved
    """
    with transaction.atomic():
        upload = Upload.objects.select_for_update(of=("self",)).select_related("review").get(pk=upload.pk)
        require(by, act_of(upload), upload.review)
        if upload.status == Upload.Status.LOADED:
            raise ValidationError(LOADED)
        if upload.is_at_work and not stage_of(upload).is_lost:
            raise ValidationError(AT_WORK)
        upload.status, upload.said = Upload.Status.DISCARDED, f"Discarded by {by}."
        upload.attempt += 1
        forget_file(upload)
        upload.save()
    return upload
