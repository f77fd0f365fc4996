"""Whatever bytes come as an extraction table: a sentence, never a traceback, and nothing written by halves.

QUORUM_FUZZ says how many inputs each test tries.
"""

from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from evidence.models import Arm, ArmResult, Characteristic, ContrastResult, Extraction, Review, Study
from tests.evidence.extraction_tables.reviews import export, load, review_of
from tests.evidence.test_import_example import write_example
from tests.fuzzing import tries

pytestmark = pytest.mark.django_db

MODELS = (Study, Extraction, Arm, ArmResult, ContrastResult, Characteristic)
TRIES = settings(
    max_examples=tries(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
CELLS = [
    "study",
    "arm",
    "Ito 2001",
    "tea",
    "diary",
    "12 weeks",
    "mean",
    "sd1",
    "7,4 (1.1)",
    "1.234,5",
    "−3",
    "NR",
    "=1+1",
]
CELLS += [
    "outcome",
    "mean2",
    "Mean (SD)",
    "95% CI",
    "0.1 to 0.9",
    "n/N",
    "12/40",
    "p",
    "<0.001",
    "year",
    "measure",
    "1e400",
]
MUTATIONS = st.lists(st.tuples(st.integers(0, 1 << 20), st.binary(max_size=4)), min_size=1, max_size=6)


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def review(owner: User, tmp_path: Path) -> Review:
    return review_of(owner, write_example(tmp_path / "tea"))


@pytest.fixture
def workbook(owner: User, review: Review) -> bytes:
    return export(owner, review, "workbook")


def mutated(content: bytes, mutations: list[tuple[int, bytes]]) -> bytes:
    """Write some bytes over others, and cut at the last place where nothing is written."""
    changed = bytearray(content)
    for place, new in mutations:
        place %= len(content)
        if not new:
            changed = changed[: max(place, 1)]
        changed[place : place + len(new)] = new
    return bytes(changed)


def counts() -> list[int]:
    return [model._default_manager.count() for model in MODELS]


def try_to_load(owner: User, review: Review, path: Path) -> None:
    """Load a file; where it is not saved nothing may be there that was not there before."""
    with transaction.atomic():
        before = counts()
        result = load(owner, review, path)
        assert result.is_saved or counts() == before
        assert result.is_saved or result.errors
        transaction.set_rollback(True)


@TRIES
@given(mutations=MUTATIONS)
def test_damaged_bytes(
    mutations: list[tuple[int, bytes]], owner: User, review: Review, workbook: bytes, tmp_path: Path
) -> None:
    (path := tmp_path / "damaged.xlsx").write_bytes(mutated(workbook, mutations))

    try_to_load(owner, review, path)


@TRIES
@given(mutations=MUTATIONS, which=st.integers(0, 50))
def test_damaged_parts_of_a_workbook(
    mutations: list[tuple[int, bytes]], which: int, owner: User, review: Review, workbook: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "damaged.xlsx"
    with ZipFile(BytesIO(workbook)) as whole, ZipFile(path, "w") as archive:
        names = whole.namelist()
        for name in names:
            content = whole.read(name)
            archive.writestr(name, mutated(content, mutations) if name == names[which % len(names)] else content)

    try_to_load(owner, review, path)


@TRIES
@given(
    rows=st.lists(
        st.lists(st.sampled_from(CELLS) | st.text(max_size=12), min_size=2, max_size=7), min_size=1, max_size=6
    )
)
def test_any_cells(rows: list[list[str]], owner: User, review: Review, tmp_path: Path) -> None:
    lines = ["study;arm;outcome;week;mean;sd;n", *(";".join(row) for row in rows)]
    (path := tmp_path / "long.csv").write_text("\n".join(lines), encoding="utf-8", errors="surrogatepass")

    try_to_load(owner, review, path)


@TRIES
@given(
    header=st.lists(st.sampled_from(CELLS) | st.text(max_size=12), min_size=1, max_size=7),
    row=st.lists(st.sampled_from(CELLS), min_size=1, max_size=7),
)
def test_any_headers(header: list[str], row: list[str], owner: User, review: Review, tmp_path: Path) -> None:
    content = "\t".join(["study", *header]) + "\n" + "\t".join(["Ito 2001", *row])
    (path := tmp_path / "wide.csv").write_text(content, encoding="utf-8", errors="surrogatepass")

    try_to_load(owner, review, path)
