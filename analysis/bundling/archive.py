"""Texts by name as one zip file, the same bytes for the same texts on every machine."""

import io
import zipfile
import zlib

# The first date that a zip file can hold; none of the files has one of its own.
NO_DATE = (1980, 1, 1, 0, 0, 0)
UNIX, READABLE = 3, 0o100644 << 16
# More than any review needs; a file that unpacks to more is refused before it fills the memory.
LARGEST = 2**31

NOT_A_ZIP = "This is not a bundle: it cannot be read as a zip file ({error})."
DAMAGED = "The part “{name}” of the bundle is damaged: {error}."
TOO_LARGE = "The bundle unpacks to more than {largest} bytes; it is refused."
TWICE = "The part “{name}” is in the bundle twice."
REPACKED = "The zip file itself is not as it was written: its parts are the same, what holds them together was changed."


class BadBundle(ValueError):
    """A file is not a bundle, or not as it was written; the sentence names the part."""


def write_zip(texts: dict[str, str]) -> bytes:
    """Give the zip file of texts: sorted by name, without dates, not compressed.

    Compressed bytes depend on the version of the compressor; stored ones do not.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(texts):
            entry = zipfile.ZipInfo(name, date_time=NO_DATE)
            entry.create_system = UNIX
            entry.external_attr = READABLE
            archive.writestr(entry, texts[name].encode("utf-8"))
    return buffer.getvalue()


def read_zip(data: bytes) -> dict[str, str]:
    """Give the texts of a zip file by name, all in memory: nothing is written to a folder.

    Raises
    ------
    BadBundle : it is no zip file, a part is damaged, or it is too large
    """
    try:
        archive = zipfile.ZipFile(io.BytesIO(data))
    except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise BadBundle(NOT_A_ZIP.format(error=error)) from error
    with archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > LARGEST:
            raise BadBundle(TOO_LARGE.format(largest=LARGEST))
        texts: dict[str, str] = {}
        for entry in entries:
            if entry.filename in texts:
                raise BadBundle(TWICE.format(name=entry.filename))
            texts[entry.filename] = _read(archive, entry)
    return texts


def check_container(data: bytes, texts: dict[str, str]) -> None:
    """Refuse a zip file that holds these texts in another way than `write_zip` does."""
    if write_zip(texts) != data:
        raise BadBundle(REPACKED)


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> str:
    try:
        return archive.read(entry).decode("utf-8")
    except (zipfile.BadZipFile, zlib.error, RuntimeError, ValueError, NotImplementedError, EOFError, OSError) as error:
        raise BadBundle(DAMAGED.format(name=entry.filename, error=error)) from error
