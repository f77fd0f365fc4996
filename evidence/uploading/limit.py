"""A file that is too large is not kept while it arrives."""

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, StopUpload

from evidence.importers.opening import MEGABYTE, most_bytes

# What a form holds beside its file.
ROOM_FOR_FIELDS = MEGABYTE
TOO_LARGE = "The file is larger than the {most} MB that can be read. Split it."


def is_too_large(request: Any) -> bool:
    """Whether the file that a request sent was larger than allowed, and was not kept."""
    return bool(getattr(request, "is_upload_too_large", False))


def too_large() -> str:
    """Say that a file is too large."""
    return TOO_LARGE.format(most=settings.IMPORT_MAX_MEGABYTES)


class WithinLimit(FileUploadHandler):
    """Lets a file pass to where it is kept, until it is larger than what an import reads; then nothing of it is kept.

    The rest of what is sent is read and thrown away, so that the browser gets an answer.
    """

    def __init__(self, request: Any = None) -> None:
        super().__init__(request)
        self._received = 0

    def handle_raw_input(
        self, input_data: Any, meta: Any, content_length: int, boundary: Any, encoding: Any = None
    ) -> None:
        """Refuse at once what says itself that it is too large."""
        if content_length > most_bytes() + ROOM_FOR_FIELDS:
            self.request.is_upload_too_large = True  # type: ignore[union-attr]

    def new_file(self, *args: Any, **options: Any) -> None:
        """Begin a file; of a request that is too large none."""
        super().new_file(*args, **options)
        if is_too_large(self.request):
            raise StopUpload(connection_reset=False)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        """Pass on a part of the file."""
        self._received += len(raw_data)
        if self._received > most_bytes():
            self.request.is_upload_too_large = True  # type: ignore[union-attr]
            raise StopUpload(connection_reset=False)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        """Leave the file to those who keep it."""
