"""The bundle of a review comes in on the pages too: into the review of its short name, shown first, then everything."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from analysis.archiving.packing import write_review_bundle
from analysis.models import Analysis, Snapshot
from analysis.services import refresh
from evidence.importers.formats import FORMATS
from evidence.models import Arm, Review, Study, Upload
from evidence.permissions import NotAllowed
from evidence.services import create_review
from evidence.services.undoing import undo
from evidence.uploading import confirm, receive
from evidence.uploading.working import work
from tests import factories as make
from tests.analysis.builders import make_small_review
from tests.evidence.importing.loading import changed, load, sentences
from tests.evidence.uploading.folders import sent

pytestmark = pytest.mark.django_db


@pytest.fixture
def packed(tmp_path: Path) -> tuple[Path, str]:
    """The bundle of a review with a snapshot that is no longer in the database, and the short name of the review."""
    point = transaction.savepoint()
    small = make_small_review()
    refresh(by=small.owner, analysis=small.analysis())
    path, slug = tmp_path / "review.zip", small.review.slug
    with path.open("wb") as file:
        write_review_bundle(by=small.owner, review=small.review, file=file)
    transaction.savepoint_rollback(point)
    return path, slug


def begin(slug: str) -> tuple[User, Review]:
    """Give an empty review and its owner."""
    by = make.make_user()
    return by, create_review(by=by, title="Begun here", slug=slug)


def counts() -> tuple[int, ...]:
    return tuple(model.objects.count() for model in (Study, Arm, Analysis, Snapshot))


def test_a_dry_run_shows_what_comes_and_saves_nothing(packed: tuple[Path, str]) -> None:
    by, review = begin(packed[1])

    shown = load(by, review, "bundle", packed[0], dry_run=True)

    assert not shown.is_saved
    assert changed(shown)["studies.csv"][0] > 1
    assert "1 analysis of its plan new or changed, and 1 snapshot new, as drafts." in " ".join(shown.notes)
    assert counts() == (0, 0, 0, 0)


def test_an_empty_review_takes_the_whole_bundle_and_a_second_time_nothing(packed: tuple[Path, str]) -> None:
    by, review = begin(packed[1])

    first = load(by, review, "bundle", packed[0])
    after = counts()
    second = load(by, review, "bundle", packed[0])

    assert first.is_saved
    assert after[0] > 1
    assert after[2:] == (1, 1)
    assert second.is_saved
    assert (changed(second), second.act, counts()) == ({}, None, after)
    assert not [note for note in second.notes if "drafts" in note]


def test_a_review_of_another_short_name_is_told_which_one_it_needs(packed: tuple[Path, str]) -> None:
    by, review = begin("another")

    result = load(by, review, "bundle", packed[0])

    assert result.is_refused
    assert f"Begin a review with the short name “{packed[1]}” and bring the file in there." in sentences(result)[0]
    assert counts() == (0, 0, 0, 0)


def test_what_is_no_bundle_is_refused_with_a_sentence(tmp_path: Path) -> None:
    by, review = begin("tea")
    path = tmp_path / "other.zip"
    path.write_bytes(b"PK\x05\x06" + b"\0" * 18)

    result = load(by, review, "bundle", path)

    assert result.is_refused
    assert "This is not the bundle of a review" in sentences(result)[0].replace("this is", "This is")


def test_a_reviewer_may_not_bring_a_bundle_in(packed: tuple[Path, str]) -> None:
    _, review = begin(packed[1])
    reviewer = make.make_membership(review, role="reviewer").user

    with pytest.raises(NotAllowed, match="may not change the consensus"):
        load(reviewer, review, "bundle", packed[0])


def test_the_page_of_imports_shows_the_bundle_and_loads_it_when_it_is_confirmed(packed: tuple[Path, str]) -> None:
    by, review = begin(packed[1])
    upload = receive(by=by, review=review, format=FORMATS["bundle"], file=sent(packed[0].read_bytes(), "review.zip"))
    work(upload.pk)
    upload = Upload.objects.get(pk=upload.pk)
    assert (upload.status, counts()) == (Upload.Status.PREVIEWED, (0, 0, 0, 0))

    confirm(by=by, upload=upload)
    work(upload.pk)

    upload = Upload.objects.get(pk=upload.pk)
    assert (upload.status, counts()[2:]) == (Upload.Status.LOADED, (1, 1))
    assert upload.act is not None
    undo(by=by, batch=upload.act, reason="The wrong file")
    assert counts() == (0, 0, 1, 1)
