"""A packed review folder: unpacked within limits, read into an existing review, and refused in sentences."""

import zipfile
from io import BytesIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from evidence.importers.asking import Request
from evidence.importers.folder_zip import read_packed
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import Arm, Review, Study
from tests.evidence.uploading.folders import example, make_team, packed
from tests.fuzzing import tries

FORMAT = FORMATS["review-folder"]
GOOD = example()


def request_of(place: Path, content: bytes, review: Review, **fields: object) -> Request:
    """Ask for a file with this content."""
    path = place / "stored.zip"
    path.write_bytes(content)
    return Request(**{"by": None, "review": review, "path": path, "name": "tea.zip", **fields})  # type: ignore[arg-type]


def load(place: Path, content: bytes, *, dry_run: bool = False, **fields: str) -> ImportResult:
    """Load a file into a new review."""
    review, cara = make_team(**fields)
    return FORMAT.load(request_of(place, content, review, by=cara, dry_run=dry_run))


@pytest.mark.django_db
@pytest.mark.parametrize("within", ["", "tea/"])
def test_folder_is_read_from_the_top_or_from_a_folder_there(tmp_path, within):
    result = load(tmp_path, example(within=within))
    assert result.is_saved
    assert result.errors == []
    assert Arm.objects.count() == 2
    assert result.act is not None


@pytest.mark.django_db
def test_protocol_of_the_review_stays_and_that_is_said(tmp_path):
    result = load(tmp_path, GOOD, slug="coffee", title="Sleep and coffee")
    assert result.review is not None
    assert (result.review.slug, result.review.title) == ("coffee", "Sleep and coffee")
    assert result.notes == [
        "The folder is of the review “tea”. Its rows go into “coffee”, whose own title, question and protocol stay."
    ]


def bomb() -> bytes:
    """Give a small archive that grows large."""
    return packed({"review.json": b"0" * (64 << 20)})


def locked() -> bytes:
    """Give an archive whose file asks for a password: the mark is set, as no writer of these is at hand."""
    content = bytearray(packed({"review.json": "{}"}))
    for mark, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + place] |= 1
    return bytes(content)


def damaged() -> bytes:
    """Give an archive of which one file does not unpack."""
    memory = BytesIO()
    with zipfile.ZipFile(memory, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("review.json", "{}")
        archive.writestr("studies.csv", "code,label\nA,Astronomer\n")
    return memory.getvalue().replace(b"Astronomer", b"Gastronome")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"code,label\n", "no zip archive"),
        (GOOD[: len(GOOD) // 2], "cut or damaged"),
        (packed({"studies.csv": "code,label\n"}), "no review.json"),
        (packed({"a/review.json": "{}", "b/review.json": "{}"}), "more than one review.json: a/review.json, b/"),
        (packed({"review.json": "{}", "../studies.csv": "code\n"}), "lead outside"),
        (bomb(), "would grow to"),
        (locked(), "protected with a password"),
        (damaged(), "studies.csv in it cannot be unpacked"),
        (packed({"review.json": "[1, 2", "studies.csv": "code,label\nA,A\n"}), "not JSON"),
    ],
)
def test_archive_that_cannot_be_read_is_refused_whole(tmp_path, content, says):
    result = load(tmp_path, content)
    assert not result.is_saved
    assert result.is_refused
    assert any(says in one.sentence for one in result.errors), result.errors
    assert Study.objects.count() == 0


@given(
    places=st.lists(st.integers(0, len(GOOD) - 1), min_size=1, max_size=8),
    values=st.lists(st.integers(0, 255), min_size=8, max_size=8),
    end=st.integers(0, len(GOOD)),
    is_cut=st.booleans(),
)
@settings(max_examples=tries(150), deadline=None)
def test_damaged_bytes_are_rows_or_sentences_and_never_a_crash(tmp_path_factory, places, values, end, is_cut):
    content = bytearray(GOOD)
    for place, value in zip(places, values, strict=False):
        content[place] = value
    place = tmp_path_factory.mktemp("fuzz")
    (place / "unpacked").mkdir()
    asked = request_of(place, bytes(content[:end] if is_cut else content), Review(slug="tea"))

    folder = read_packed(asked, place / "unpacked")

    assert folder.rows or folder.problems
    assert {path.suffix for path in (place / "unpacked").iterdir()} <= {".csv", ".json"}
