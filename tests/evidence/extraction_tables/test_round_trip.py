"""What is agreed in a review leaves as a workbook, and comes back from it as it was."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from analysis import canonical
from analysis.freezing import take_content
from evidence.models import Review, Study
from tests.evidence.extraction_tables.reviews import (
    DEMONSTRATION,
    empty_copy,
    export,
    load,
    review_of,
    sentences,
    written,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


def frozen(review: Review) -> str:
    """Give the digest of the evidence of a review, whatever its slug is."""
    return canonical.digest_of(take_content(review) | {"review": ""})


def test_demonstration_comes_back_from_its_workbook_with_the_same_digest(owner: User, tmp_path: Path) -> None:
    review = review_of(owner, DEMONSTRATION)
    copy = empty_copy(owner, DEMONSTRATION, tmp_path / "copy", slug="copy")
    path = tmp_path / "review.xlsx"
    path.write_bytes(export(owner, review, "workbook"))

    result = load(owner, copy, path)

    assert sentences(result) == []
    assert frozen(copy) == frozen(review)
    assert Study.objects.filter(review=copy).count() == 58

    again = load(owner, copy, path)

    assert written(again) == {}
    assert again.act is None
    assert written(load(owner, review, path)) == {}
