"""Exports of a large review: part by part, in memory that does not grow with the number of studies."""

import gc
import tempfile
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User

from analysis import canonical, freezing
from analysis.archiving.contents import agreed_digest
from analysis.archiving.packing import write_review_bundle
from analysis.freezing import take_content
from evidence.exporters import references, revman
from evidence.exporters.asking import Order
from evidence.exporters.extraction_tables import rows
from evidence.exporters.formats import EXPORTS
from evidence.exporters.references import choosing
from evidence.exporters.review_folder import rows as folder_rows
from evidence.models import Review
from tests.factories import make_extraction, make_study
from tests.large_review import make_large_review

pytestmark = pytest.mark.django_db
# So many rows are in memory at a time here, of studies or of what belongs to them, that both reviews have more.
AT_ONCE, FEW, MANY = 20, 60, 180
BATCHES = (
    (freezing, "STUDIES_AT_ONCE"),
    (choosing, "AT_ONCE"),
    (references, "AT_ONCE"),
    (rows, "CHUNK"),
    (revman, "STUDIES_AT_ONCE"),
    (revman, "ROWS_AT_ONCE"),
    (folder_rows, "BATCH"),
)
# What may grow is the key or the code of each study; the rows of a study itself take some 60,000 bytes.
BYTES_A_STUDY = 3000


def write(code: str, by: User, review: Review) -> int:
    """Write an export without keeping it; give its size."""
    if code != "bundle":
        return sum(map(len, EXPORTS[code].write(Order(by, review))))
    with tempfile.TemporaryFile() as file:
        write_review_bundle(by=by, review=review, file=file)
        return file.tell()


def peak(work: Callable[[], Any]) -> int:
    """Give the most memory that something took at once.

    Rings of objects that nobody holds any more are collected often here; usually Python waits until they are many,
    which would count as memory that grows.
    """
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.collect()
    gc.set_threshold(700, 2, 2)
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
        gc.set_threshold(*usual)
        gc.unfreeze()


@pytest.mark.parametrize("code", ["bundle", "review-folder", "workbook", "reports-ris", "revman-csv"])
def test_memory_does_not_grow_with_the_studies(code: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module, name in BATCHES:
        monkeypatch.setattr(module, name, AT_ONCE)
    small, large = make_large_review(FEW), make_large_review(MANY)
    sizes = [write(code, *small), write(code, *large)]  # what is made once for all is made here

    few, many = (peak(lambda of=of: write(code, *of)) for of in (small, large))

    assert sizes[1] > 2 * sizes[0]
    assert many - few < BYTES_A_STUDY * (MANY - FEW), (few, many)


def test_digest_taken_study_by_study_is_that_of_the_whole_content() -> None:
    _, review = make_large_review(3)
    for code in ("É_1", "z", "A", "\U0001f600", "\uff5e"):
        make_extraction(make_study(review, code=code))
    content = take_content(review)
    studies = {code: {**study, "readings": {}} for code, study in content["studies"].items()}

    assert agreed_digest(review) == canonical.digest_of({**content, "studies": studies})
