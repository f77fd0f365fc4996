"""Review folders packed as a zip file, and a review that they are sent to, for tests."""

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile

from evidence.importers.formats import FORMATS
from evidence.models import Review, Upload
from evidence.uploading import receive
from tests.evidence.test_import_example import FILES, PROTOCOL
from tests.factories import make_membership, make_review, make_user

FORMAT = FORMATS["review-folder"]
# An SD that no study has, so that its row is left out.
BROKEN = ("arm_results.csv", "7.4,1.1", "7.4,-1.1")


def packed(files: Mapping[str, str | bytes], *, within: str = "") -> bytes:
    """Pack files as a zip archive."""
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(within + name, content)
    return memory.getvalue()


def example(*changes: tuple[str, str, str], within: str = "", **protocol: Any) -> bytes:
    """Give the small example as a zip file, with texts of its files replaced."""
    files = {"review.json": json.dumps({**PROTOCOL, **protocol}), **FILES}
    for file, old, new in changes:
        assert old in files[file]
        files[file] = files[file].replace(old, new, 1)
    return packed(files, within=within)


def many_studies(count: int) -> bytes:
    """Give a folder of many studies as a zip file."""
    lines = [f"S{number},Study {number},{1950 + number % 70}\n" for number in range(count)]
    protocol = {"format": "quorum-review", "format_version": 1, "review": {"title": "Many", "slug": "many"}}
    return packed({"review.json": json.dumps(protocol), "studies.csv": "code,label,year\n" + "".join(lines)})


def of_review(review: Review, *lines: str) -> bytes:
    """Give a folder of a review with these lines of studies (code, label, year) as a zip file."""
    about = {"title": review.title, "slug": review.slug}
    protocol = {"format": "quorum-review", "format_version": 1, "review": about}
    return packed({"review.json": json.dumps(protocol), "studies.csv": "\n".join(("code,label,year", *lines))})


def sent(content: bytes, name: str = "tea.zip") -> SimpleUploadedFile:
    """Give a file as a form brings it."""
    return SimpleUploadedFile(name, content, content_type="application/zip")


def make_team(**fields: Any) -> tuple[Review, User]:
    """Make an empty review of the example's name, and its adjudicator."""
    review = make_review(**{"slug": "tea", "title": "Sleep and tea", **fields})
    return review, make_membership(review, make_user(), "adjudicator").user


def send(by: User, review: Review, content: bytes, name: str = "tea.zip") -> Upload:
    """Send a file, and give its upload as it is after the preview."""
    return receive(by=by, review=review, format=FORMAT, file=sent(content, name))
