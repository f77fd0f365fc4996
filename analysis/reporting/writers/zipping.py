"""Zip files whose bytes depend on their content and one moment only."""

import io
import zipfile
from collections.abc import Mapping
from datetime import UTC, datetime


def zip_of(files: Mapping[str, bytes], moment: datetime) -> bytes:
    """Give a zip of files by name, each with the same time."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(entry(name, moment), content)
    return held.getvalue()


def entry(name: str, moment: datetime) -> zipfile.ZipInfo:
    """Give what a zip notes of a file."""
    at = moment.astimezone(UTC)
    found = zipfile.ZipInfo(name, (max(at.year, 1980), at.month, at.day, at.hour, at.minute, at.second))
    found.compress_type = zipfile.ZIP_DEFLATED
    found.external_attr = 0o644 << 16
    return found


def with_fixed_times(content: bytes, moment: datetime) -> bytes:
    """Give a zip again, every file of it with the same time."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return zip_of({name: archive.read(name) for name in archive.namelist()}, moment)
