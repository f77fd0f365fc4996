"""The workbook is made of the review's own form; what people do to it is read, or refused with a sentence."""

from datetime import datetime
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from django.contrib.auth.models import User
from openpyxl import Workbook, load_workbook

from evidence.importers.harmless import as_written
from evidence.models import AdverseEvent, Arm, ArmResult, Characteristic, Extraction, Review, Study
from evidence.permissions import NotAllowed
from tests.evidence.extraction_tables.reviews import empty_copy, export, fill, load, review_of, sentences, written
from tests.evidence.test_import_example import write_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def full(owner: User, tmp_path: Path) -> Review:
    return review_of(owner, write_example(tmp_path / "tea"))


def opened(content: bytes) -> Workbook:
    return load_workbook(BytesIO(content))


def headers(book: Workbook, sheet: str) -> list[Any]:
    return [cell.value for cell in book[sheet][1]]


def stored(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_template_offers_the_words_of_the_review(owner: User, full: Review) -> None:
    book = opened(export(owner, full, "extraction-template"))

    assert book.sheetnames[:3] == ["read me", "studies", "reports"]
    assert book["lists"].sheet_state == "hidden"
    assert {"Study *", "Mean age (years)", "Blinded", "Setting"} <= set(headers(book, "characteristics"))
    sheet = book["arm results"]
    place = headers(book, "arm results").index("Outcome and instrument *") + 1
    letter = sheet.cell(1, place).column_letter
    rule = next(one for one in sheet.data_validations.dataValidation if f"{letter}2" in one.sqref)
    column, last = rule.formula1.split("$")[1], int(rule.formula1.rsplit("$", 1)[1])
    offered = [book["lists"][f"{column}{row}"].value for row in range(2, last + 1)]
    assert offered == ["Sleep: Diary (0 to 24)", "Sleep: Slept well"]
    assert "0 to 24; higher is better" in sheet.cell(1, place).comment.text


def test_template_has_locked_frozen_headers_and_grey_examples(owner: User, full: Review) -> None:
    sheet = opened(export(owner, full, "extraction-template"))["arm results"]

    assert (sheet.freeze_panes, sheet.protection.sheet, sheet.protection.password) == ("B2", True, None)
    assert (sheet["A1"].protection.locked, sheet["A2"].protection.locked) == (True, False)
    assert sheet["A2"].value.startswith("example:")
    assert sheet["A2"].font.color.rgb.endswith("808080")
    assert sheet.column_dimensions["B"].width > 8


@pytest.mark.parametrize("code", ["extraction-template", "extraction-template-csv"])
def test_template_as_it_is_changes_nothing(owner: User, full: Review, tmp_path: Path, code: str) -> None:
    ending = {"extraction-template": ".xlsx", "extraction-template-csv": ".zip"}[code]
    path = stored(tmp_path / f"template{ending}", export(owner, full, code))

    result = load(owner, full, path)

    assert sentences(result) == []
    assert written(result) == {}


def test_equal_evidence_gives_equal_bytes(owner: User, full: Review) -> None:
    for code in ("workbook", "extraction-template-csv"):
        assert export(owner, full, code) == export(owner, full, code)


def test_only_members_get_a_workbook_and_no_reading_of_one_person_is_in_it(owner: User, full: Review) -> None:
    with pytest.raises(NotAllowed):
        export(User.objects.create_user("eve"), full, "workbook")
    reading = Extraction.objects.create(study=Study.objects.get(code="Ito_2001"), reviewer=owner)
    Arm.objects.create(extraction=reading, number=7, label="mine alone", role="unassigned")

    with ZipFile(BytesIO(export(owner, full, "workbook"))) as archive:
        assert not any(b"mine alone" in archive.read(name) for name in archive.namelist())


def test_filled_template_is_imported(owner: User, full: Review, tmp_path: Path) -> None:
    path = stored(tmp_path / "filled.xlsx", export(owner, full, "extraction-template"))
    fill(path, "studies", 9, {"Study": "New_2022", "Label": "New 2022", "Design": "Randomised, clusters"})
    fill(path, "arms", 5, {"Study": "New_2022", "Arm number": 1, "Label": "tea", "Role": "Experimental"})
    row = {"Study": "New 2022", "Role": "comparator", "Arm number": "2", "Label": "w", "Comparator type": "Water"}
    fill(path, "arms", 6, row)
    row = {"Study": "New_2022", "Arm number": 2, "Outcome and instrument": "Sleep: Diary (0 to 24)", "Mean": "7,4"}
    fill(path, "arm results", 6, row | {"Week (since the start of treatment)": 12, "SD": "NR", "N analysed": 40})
    fill(path, "characteristics", 7, {"Study": "New_2022", "Mean age (years)": "45 years", "Blinded": "no"})
    fill(path, "adverse events", 8, {"Study": "New_2022", "Term": "'=1+1", "Events": 2})

    result = load(owner, full, path)

    assert sentences(result) == []
    assert Study.objects.get(code="New_2022").design == "cluster_rct"
    found = ArmResult.objects.get(arm__extraction__study__code="New_2022")
    assert (str(found.mean), found.sd, found.n, found.arm.comparator_type.code) == ("7.4", None, 40, "water")
    answers = Characteristic.objects.filter(extraction__study__code="New_2022").values_list(
        "field__code", "number", "flag"
    )
    assert sorted(answers) == [("age", 45, None), ("blinded", None, False)]
    assert AdverseEvent.objects.get(term="=1+1").events == 2
    assert Extraction.objects.get(study__code="New_2022").status == "complete"


def test_what_a_spreadsheet_could_execute_leaves_harmless_and_comes_back(
    owner: User, full: Review, tmp_path: Path
) -> None:
    arm = Arm.objects.filter(extraction__study__code="Ito_2001").first()
    assert arm is not None
    arm.label, arm.note = "=cmd|' /C calc'!A0", "'=1"
    arm.save()
    path = stored(tmp_path / "review.xlsx", export(owner, full, "workbook"))

    cells = [cell for row in load_workbook(path)["arms"].iter_rows() for cell in row]
    assert not any(cell.data_type == "f" for cell in cells)
    assert "'=cmd|' /C calc'!A0" in [cell.value for cell in cells]
    assert as_written("''=1") == "'=1"
    assert written(load(owner, full, path)) == {}


def test_columns_in_another_order_and_left_out_are_read(owner: User, full: Review, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.create_sheet("arm results", 0)
    sheet.append(["SD", "mean", "Outcome and instrument", "week", "Arm number", "colour", "Study"])
    sheet.append([1.5, 7.7, "diary", 12, 1, "red", "Ito 2001"])
    book.save(path := tmp_path / "mine.xlsx")

    result = load(owner, full, path)

    assert sentences(result) == []
    assert any("colour" in note for note in result.notes)
    assert {(two.column, two.after) for one in result.changes for two in one.differences} == {
        ("mean", "7.7"),
        ("sd", "1.5"),
    }


def spoiled(path: Path, what: str) -> None:
    """Do to a workbook what people do."""
    book = load_workbook(path)
    sheet = book["arm results"]
    if what == "formula":
        sheet["H2"] = "=1+1"
    elif what == "merged":
        sheet.merge_cells("A2:A3")
    elif what == "merged header":
        sheet.merge_cells("A1:B1")
    elif what == "twice":
        sheet.cell(1, sheet.max_column + 1, "Mean")
    elif what == "same meaning":
        sheet.cell(1, sheet.max_column + 1, "mean.")
    elif what == "unknown instrument":
        sheet["C2"] = "Sleep: Dairy"
    elif what == "missing":
        sheet["A1"] = "colour"
    book.save(path)


@pytest.mark.parametrize(
    ("what", "said", "is_saved"),
    [
        ("formula", "the cell holds a formula; replace it by its value", True),
        ("merged", "cells A2:A3 are merged; unmerge them", True),
        ("merged header", "the first row must name the columns, each in a cell of its own", False),
        ("twice", "the header has a column twice: Mean", False),
        ("same meaning", "the columns Mean and mean. mean the same", False),
        ("unknown instrument", "there is no instrument “Sleep: Dairy”", True),
        ("missing", "the column is missing from the header: Study", False),
    ],
)
def test_what_cannot_be_read_is_said_with_its_place(
    owner: User, full: Review, tmp_path: Path, what: str, said: str, is_saved: bool
) -> None:
    path = stored(tmp_path / "review.xlsx", export(owner, full, "workbook"))
    spoiled(path, what)

    result = load(owner, full, path)

    assert said in " ".join(sentences(result))
    assert "review.xlsx, sheet arm results," in sentences(result)[0]
    assert result.is_saved is is_saved
    assert written(result) == {}


def test_dates_of_the_1904_system_are_the_days_that_are_shown(owner: User, full: Review, tmp_path: Path) -> None:
    path = stored(tmp_path / "review.xlsx", export(owner, full, "workbook"))
    book = load_workbook(path)
    book.epoch = datetime(1904, 1, 1)
    book.save(path)

    assert written(load(owner, full, path)) == {}


def test_empty_copy_gets_the_same_words(owner: User, full: Review, tmp_path: Path) -> None:
    copy = empty_copy(owner, tmp_path / "tea", tmp_path / "copy", slug="copy")

    result = load(owner, copy, stored(tmp_path / "review.xlsx", export(owner, full, "workbook")))

    assert sentences(result) == []
    assert ArmResult.objects.filter(arm__extraction__study__review=copy).count() == 3
