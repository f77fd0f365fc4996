"""Rows that break a rule can be left out: the rest goes in whole, and every row left out is told with its reason."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.importers import import_review, read_folder
from evidence.importers.building import Building
from evidence.importers.changes import Change, Difference, Fate
from evidence.importers.importing import ImportResult, import_rows
from evidence.models import Arm, ArmResult, ChangeBatch, Extraction, Review, Study
from evidence.services import undo
from tests.evidence.test_import_example import change, sentences, write_example

pytestmark = pytest.mark.django_db


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_example(tmp_path / "tea")


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


def load(owner: User, folder: Path, *, dry_run: bool = False) -> ImportResult:
    """Import what can be imported."""
    return import_rows(by=owner, folder=read_folder(folder), what="Import of tea", leaves_out=True, dry_run=dry_run)


def told(result: ImportResult, fate: Fate) -> list[Change]:
    """Give the rows of one fate."""
    return [one for one in result.changes if one.fate is fate]


def test_row_that_breaks_a_rule_is_left_out_and_the_rest_goes_in(owner: User, folder: Path) -> None:
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,-1.1")

    result = load(owner, folder)

    assert result.is_saved
    assert sentences(result) == ["arm_results.csv line 2, column sd: the SD must be above 0; got −1.1."]
    assert [one.reason for one in told(result, Fate.REFUSED)] == sentences(result)
    assert (result.rows["arm_results.csv"].new, result.rows["arm_results.csv"].left_out) == (2, 1)
    assert ArmResult.objects.count() == 2
    assert Extraction.objects.get(study__code="Ito_2001").status == "complete"


def test_what_needs_a_refused_row_is_left_out_with_it(owner: User, folder: Path) -> None:
    change(folder, "arms.csv", "Ito_2001,2,water,comparator,water", "Ito_2001,2,water,comparator,wine")

    result = load(owner, folder)

    assert sentences(result) == [
        "arms.csv line 3, column comparator_type: there is no comparator type “wine”; there is water."
    ]
    assert [arm.number for arm in Arm.objects.all()] == [1]
    left = {name: counts.left_out for name, counts in result.rows.items() if counts.left_out}
    assert left == {"arms.csv": 1, "arm_results.csv": 1, "contrast_results.csv": 1}


def test_second_load_changes_nothing_and_refuses_the_same(owner: User, folder: Path) -> None:
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,-1.1")
    first = load(owner, folder)

    second = load(owner, folder)

    assert sentences(second) == sentences(first)
    assert not any(one.new or one.updated for one in second.rows.values())
    assert second.act is None
    assert ChangeBatch.objects.count() == 1


def test_dry_run_tells_the_same_and_saves_nothing(owner: User, folder: Path) -> None:
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,-1.1")

    preview = load(owner, folder, dry_run=True)

    assert (preview.is_saved, Review.objects.count()) == (False, 0)
    assert load(owner, folder).changes == preview.changes


def test_what_is_wrong_with_a_whole_file_still_keeps_everything_out(owner: User, folder: Path) -> None:
    change(folder, "arms.csv", "study,number", "study,count")

    result = load(owner, folder)

    assert not result.is_saved
    assert Study.objects.count() == 0


def test_change_is_told_column_by_column(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    change(folder, "arm_results.csv", "7.4,1.1", "7.5,1.6")

    updated = told(load(owner, folder, dry_run=True), Fate.UPDATED)

    assert [one.differences for one in updated] == [(Difference("mean", "7.4", "7.5"), Difference("sd", "1.1", "1.6"))]
    assert (updated[0].file, updated[0].line) == ("arm_results.csv", 2)


def test_import_with_rows_left_out_is_undone_as_a_whole(owner: User, folder: Path) -> None:
    import_review(by=owner, folder=folder)
    (folder / "studies.csv").write_text(
        "code,label\nIto_2001,Ito 2001\nNew_2020,New 2020\nBad 2021,\n", encoding="utf-8"
    )

    result = load(owner, folder)
    assert result.act is not None
    undo(by=owner, batch=result.act, reason="wrong file")

    assert not Study.objects.filter(code="New_2020").exists()


def test_building_joins_equal_rows_and_refuses_contradictions(owner: User, folder: Path) -> None:
    review = import_review(by=owner, folder=folder).review
    building = Building(Path("export.csv"))
    for line, label in ((2, "Abe 2020"), (3, "Abe 2020"), (4, "Abe 2021")):
        building.row("studies", line, {"code": "Abe_2020", "label": label}, {"label": "Study name"})

    result = import_rows(by=owner, folder=building.folder, what="Import of export.csv", review=review, leaves_out=True)

    assert sentences(result) == [
        "export.csv line 4, column Study name: “Abe 2021” stands here, and “Abe 2020” in line 2, for the same study."
    ]
    assert Study.objects.get(code="Abe_2020").label == "Abe 2020"
    assert result.rows["studies.csv"].new == 1
