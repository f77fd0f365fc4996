"""Odd tables and huge files: read as they are meant, or refused with a sentence that leaves the database as it was."""

from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import User

from evidence.importers.asking import Request
from evidence.importers.formats import FORMATS
from evidence.importers.importing import ImportResult
from evidence.models import ArmResult, ContrastResult, Review
from tests.evidence.extraction_tables.reviews import review_of
from tests.evidence.importing import hostile
from tests.evidence.importing.asked import sentences
from tests.evidence.test_import_example import write_example
from tests.factories import make_search_round

pytestmark = pytest.mark.django_db

LARGE = "The file has 2,048 MB; the most that can be read is 200 MB. Split it."


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def review(owner: User, tmp_path: Path) -> Review:
    """A review with two studies, two instruments and a search round."""
    return review_of(owner, write_example(tmp_path / "tea"))


def stand() -> dict[str, int]:
    """Give how many rows there are of everything, without the rows of histories."""
    models = [one for one in apps.get_app_config("evidence").get_models() if not one.__name__.startswith("Historical")]
    return {one.__name__: one._default_manager.count() for one in models}


def bring(by: User, review: Review, code: str, path: Path, **answers: Any) -> ImportResult:
    """Load a file through a format."""
    return FORMATS[code].load(Request(by, review, path, path.name, answers))


def answers_to(review: Review, code: str) -> dict[str, Any]:
    """Give what a format has to be told before it looks at a file."""
    if not any(one.name == "search_round" for one in FORMATS[code].questions):
        return {}
    return {"search_round": str(make_search_round(review).number), "database": "A"}


@pytest.mark.parametrize("code", FORMATS)
def test_two_gigabytes_are_refused_by_their_size_and_not_read(
    owner: User, review: Review, tmp_path: Path, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / f"huge{FORMATS[code].endings[0]}"
    with path.open("wb") as file:
        file.truncate(2 << 30)  # a file with a hole: it takes no room
    answers = answers_to(review, code)
    before = stand()

    def unread(*_: object, **__: object) -> Any:
        raise AssertionError("the file was opened")

    monkeypatch.setattr(Path, "open", unread)
    monkeypatch.setattr(Path, "read_bytes", unread)
    result = bring(owner, review, code, path, **answers)

    assert not result.is_saved
    assert [one.partition(": ")[2].casefold() for one in sentences(result)] == [LARGE.casefold()]
    assert stand() == before


# Tables that are odd, or have cells that say nothing by themselves ----------------------------------------------------

HEAD = ["study", "arm", "instrument", "week", "mean", "sd", "n"]
ROW: list[Any] = ["Abe 2020", "green tea", "Diary", 12, 7.4, 1.1, 38]


def as_text(*rows: Iterable[Any], separator: str = ";") -> bytes:
    return "\n".join(separator.join(map(str, row)) for row in rows).encode()


def as_book(fill: Callable[[Any], None]) -> bytes:
    """Give a workbook with the head and the row, after `fill` was called with its sheet."""

    def refill(sheet: Any) -> None:
        sheet.delete_rows(1, 2)
        sheet.append(HEAD)
        sheet.append(ROW)
        fill(sheet)

    return hostile.workbook(refill)


def results(review: Review) -> list[tuple[Any, ...]]:
    """Give the results of the study that the tables hold."""
    found = ArmResult.objects.filter(arm__extraction__study__review=review, arm__extraction__study__label="Abe 2020")
    return list(found.order_by("pk").values_list("mean", "sd", "n"))


PLAIN = [(Decimal("7.4"), Decimal("1.1"), 38)]
READ: dict[str, tuple[bytes, list[tuple[Any, ...]]]] = {
    "columns in another order": (as_text(reversed(HEAD), reversed(ROW)), PLAIN),
    "decimal commas": (as_text(HEAD, [*ROW[:4], "7,4", "1,1", 38]), PLAIN),
    "thin spaces": (as_text(HEAD, [*ROW[:4], "7.4", "1.1", "1\u2009038"]), [(*PLAIN[0][:2], 1038)]),
    "NR and n/a": (as_text(HEAD, [*ROW[:4], 7.4, "NR", "n/a"]), [(Decimal("7.4"), None, None)]),
}


@pytest.mark.parametrize("what", READ)
def test_odd_table_is_read_as_it_is_meant(owner: User, review: Review, tmp_path: Path, what: str) -> None:
    content, expected = READ[what]
    (path := tmp_path / "table.csv").write_bytes(content)
    before = stand()

    tried = FORMATS["extraction-table"].load(Request(owner, review, path, path.name, dry_run=True))
    assert (tried.is_saved, stand()) == (False, before)
    result = bring(owner, review, "extraction-table", path)

    assert (sentences(result), results(review)) == ([], expected)


def test_en_dash_is_a_minus_sign(owner: User, review: Review, tmp_path: Path) -> None:
    head = ["study", "arm 1", "arm 2", "instrument", "week", "measure", "estimate", "95% CI"]
    row = ["Abe 2020", "green tea", "water", "Diary", 12, "MD", "–0.5", "–0.9 to –0.1"]
    (path := tmp_path / "table.csv").write_bytes(as_text(head, row))

    result = bring(owner, review, "extraction-table", path)

    assert sentences(result) == []
    found = ContrastResult.objects.filter(extraction__study__label="Abe 2020")
    assert found.values_list("estimate", "ci_lower", "ci_upper").get() == tuple(map(Decimal, ("-0.5", "-0.9", "-0.1")))


def formula(sheet: Any) -> None:
    sheet["E2"] = "=7+0.4"


def merged(sheet: Any) -> None:
    sheet.append([None, *ROW[1:]])
    sheet.merge_cells("A2:A3")


def doubled(sheet: Any) -> None:
    sheet["F1"] = "mean"


LEFT: dict[str, tuple[Callable[[Any], None], str]] = {
    "formula": (formula, "line 2, column E: the cell holds a formula; replace it by its value"),
    "merged cells": (merged, "line 2: cells A2:A3 are merged; unmerge them, so that each row says all of it."),
    "duplicate headers": (doubled, "line 1: the header has a column twice: mean."),
}


@pytest.mark.parametrize("what", LEFT)
def test_spreadsheet_with_a_row_that_cannot_be_read_leaves_the_database(
    owner: User, review: Review, tmp_path: Path, what: str
) -> None:
    fill, said = LEFT[what]
    (path := tmp_path / "table.xlsx").write_bytes(as_book(fill))
    before = stand()

    result = bring(owner, review, "extraction-table", path)

    assert any(said in one for one in sentences(result)), sentences(result)
    assert (results(review), result.act, stand()) == ([], None, before)
