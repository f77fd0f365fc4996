"""What is agreed in a review leaves as a workbook, and comes back from it as it was."""

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from analysis import canonical
from analysis.freezing import take_content
from evidence.exporters.asking import Order
from evidence.exporters.review_folder import write_review_folder
from evidence.models import AdverseEvent, Extraction, Report, Review, Settlement, Study
from tests.evidence.extraction_tables.reviews import (
    DEMONSTRATION,
    empty_copy,
    export,
    load,
    review_of,
    sentences,
    written,
)
from tests.evidence.importing.test_review_folder import full_review
from tests.factories import make_membership

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


def test_settlements_drafts_and_rows_of_one_event_come_back(owner: User, tmp_path: Path) -> None:
    review = full_review()
    make_membership(review, owner, "owner")
    Report.objects.update(citation="Doe, J. Lancet 2020")  # of a line end with a carriage return no cell keeps both
    folder = write_review_folder(Order(owner, review), tmp_path / "full")[0].parent
    copy = empty_copy(owner, folder, tmp_path / "copy", slug="copy")
    path = tmp_path / "review.xlsx"
    path.write_bytes(export(owner, review, "workbook"))

    result = load(owner, copy, path)

    assert sentences(result) == []
    assert {"value", "ci_lower", "ci_upper", "reason"} == set(settled(review)[0])
    assert settled(copy) == settled(review)
    assert events(copy) == events(review)
    assert [one for one in events(copy) if one[1] == "falls"] == [
        *((None, "falls", "serious"), (None, "falls", "not_serious"), (None, "falls", "serious")),
        (2, "falls", "unclear"),
    ]
    assert states(copy) == states(review) == {"B_3": "draft", "Z_1": "draft", "a_2": "complete"}
    again = load(owner, copy, path)
    assert (written(again), again.act) == ({}, None)
    assert written(load(owner, review, path)) == {}


def settled(review: Review) -> list[dict[str, Any]]:
    """Give what the settlements of a review say."""
    rows = Settlement.objects.filter(extraction__study__review=review).order_by("value")
    return list(rows.values("value", "ci_lower", "ci_upper", "reason"))


def events(review: Review) -> list[tuple[Any, ...]]:
    """Give the adverse events of a review by arm, those of one kind in their order."""
    rows = AdverseEvent.objects.filter(extraction__study__review=review)
    found = rows.order_by("pk").values_list("arm__number", "term", "seriousness")
    return sorted(found, key=lambda row: (row[0] is not None, row[:2]))


def states(review: Review) -> dict[str, str]:
    """Give how far the consensus of each study is."""
    agreed = Extraction.objects.filter(study__review=review, is_consensus=True)
    return dict(agreed.values_list("study__code", "status"))
