"""Every way to write a folder wrongly has its sentence, with file, line, column and rule; and all are said at once."""

from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.importers import import_review
from evidence.models import Review
from tests.evidence.test_import_example import change, sentences, write_example

pytestmark = pytest.mark.django_db

ASK_BACK = "Check the report; if it really prints this, write true into the column is_printed_so to keep it."
ONE_CHANGE = [
    ("arm_results.csv", "7.4,1.1", "7.4,-5.9", "line 2, column sd: the SD must be above 0; got −5.9."),
    (
        "arm_results.csv",
        "7.4,1.1",
        "about 7,1.1",
        "line 2, column mean: “about 7” is not a number; write digits with a decimal point, such as 2.5.",
    ),
    ("arm_results.csv", "7.4,1.1", '"7,4",1.1', "line 2, column mean: “7,4” has a decimal comma; write 7.4."),
    ("arm_results.csv", "7.4,1.1", "NaN,1.1", "“NaN” is not a number"),
    ("arm_results.csv", "12,38,", "12,38.5,", "line 2, column n: “38.5” is not a whole number; write digits only"),
    ("arm_results.csv", "20,38,", "20,38,perhaps", "line 4, column is_adjusted: “perhaps” is neither true nor false"),
    ("arm_results.csv", "20,38,", "39,38,", "line 4, column events: there cannot be more events than participants"),
    ("arm_results.csv", "7.4,1.1", "27.4,1.1", "lies outside the scale, which runs from 0 to 24. " + ASK_BACK),
    (
        "arm_results.csv",
        "1,sleep,diary",
        "1,sleep,diry",
        "line 2, column instrument: there is no instrument “diry” of outcome sleep; there are diary, slept.",
    ),
    (
        "arm_results.csv",
        "1,sleep,diary",
        "7,sleep,diary",
        "line 2, column arm: there is no arm “7” of study Ito_2001; there are 1, 2.",
    ),
    ("arm_results.csv", "1,sleep,diary", "x,sleep,diary", "line 2, column arm: “x” is not a whole number"),
    ("arm_results.csv", "1,sleep,diary", "1,,diary", "line 2, column outcome: this cell may not be empty."),
    ("arm_results.csv", "mean,sd", "mean,std", "line 1, column std: this column is not known; did you mean “sd”?"),
    ("arm_results.csv", "mean,sd", "mean,mean", "line 1, column mean: this column stands twice in the header."),
    (
        "arm_results.csv",
        "mean,sd",
        "mean,id",
        "line 1, column id: this column is filled in by Quorum and cannot be imported.",
    ),
    ("arm_results.csv", "7.4,1.1", "7.4,1\0", "line 2, column sd: this cell holds a character that no text can hold"),
    ("arm_results.csv", "7.4,1.1,,,", "7.4,1.1", "line 2: the row has 8 cells, but the header names 11 columns."),
    (
        "arm_results.csv",
        "Ito_2001,2,sleep,diary",
        "Ito_2001,1,sleep,diary",
        "line 3: the arm result with study Ito_2001, arm 1, outcome sleep, instrument diary, week 12, "
        "value_kind final, is_adjusted False already stands in line 2.",
    ),
    (
        "arm_results.csv",
        "study,arm",
        "Study,arm",
        "line 1, column Study: this column is not known; did you mean “study”?",
    ),
    ("contrast_results.csv", "0.5,-0.05", "0.5,0.55", "the estimate 0.5 lies outside its own confidence interval"),
    ("contrast_results.csv", "-0.05,1.05", "1.05,-0.05", "column ci_upper: the CI's upper limit must not be below"),
    ("contrast_results.csv", "0.07,=", "0.07,~", "column p_relation: “~” is not an allowed word; there are =, <, >."),
    ("contrast_results.csv", "0.07,=", "1.5,=", "column p_value: a p value must lie between 0 and 1; got 1.5."),
    ("contrast_results.csv", "1,2,sleep", "1,1,sleep", "column second_arm: a contrast needs two different arms"),
    ("arms.csv", "comparator,water", "comparator,milk", "there is no comparator type “milk”; there is water."),
    ("arms.csv", "comparator,water", "comparator,", "column comparator_type: a comparator arm needs a comparator type"),
    ("arms.csv", "comparator,water", "control,water", "column role: “control” is not an allowed word; there are"),
    ("arms.csv", "2,water", "2,tea", "arms.csv line 3: two arms have the same label."),
    ("arms.csv", "label,role", "lable,role", "line 1, column label: this column is missing from the header"),
    (
        "studies.csv",
        "2003,rct,Ito_2001",
        "2003,rct,Ito_2002",
        "there is no study “Ito_2002”; there are Ito_2001, Ito_2003",
    ),
    ("studies.csv", "Ito_2003,Ito 2003", "Ito_2003,", "line 2, column label: this cell may not be empty."),
    (
        "studies.csv",
        "Ito_2003,Ito 2003",
        "Ito_2001,Ito 2003",
        "line 3: the study with code Ito_2001 already stands in line 2.",
    ),
    (
        "components.csv",
        "8,7,10",
        "8,700,10",
        "column sessions_per_week: sessions per week must lie between 0 and 100; got 700.",
    ),
    ("characteristics.csv", "41.5", "old", "line 2, column value: “old” is not a number"),
    ("characteristics.csv", "41.5", "415", "line 2, column value: mean age (years) cannot be above 120; got 415."),
    ("characteristics.csv", "yes", "often", "line 3, column value: “often” is neither true nor false"),
    ("characteristics.csv", "home", "ship", "line 4, column value: setting must be one of: home, clinic; not “ship”."),
    (
        "characteristics.csv",
        "value",
        "number",
        "column number: this column is not known; write the value into the column value.",
    ),
    ("characteristics.csv", "age", "aeg", "there is no characteristic “aeg”; there are age, blinded, setting."),
    ("reports.csv", "10.1000/ito,true", "10.1000/ito,yep", "column is_primary: “yep” is neither true nor false"),
    (
        "adverse_events.csv",
        "1,nausea",
        "3,nausea",
        "column arm: there is no arm “3” of study Ito_2001; there are 1, 2.",
    ),
    ("judgements.csv", "rob2,deviations", "rob2,blinding", "column domain: RoB 2 has no domain “blinding”; it has"),
    (
        "judgements.csv",
        "missing_data,low",
        "missing_data,unclear",
        "RoB 2 has no judgement “unclear”; it has low, some",
    ),
    (
        "judgements.csv",
        "rob2,randomisation",
        "rob9,randomisation",
        "“rob9” is not an allowed word; there are quadas2, quips, rob1, rob2",
    ),
    ("judgements.csv", "Ito_2001,rob2,ra", "Ita_2001,rob2,ra", "column study: there is no study “Ita_2001”"),
    ("review.json", '"format_version": 1', '"format_version": 2', "the file must say “format”: “quorum-review”"),
    (
        "review.json",
        '"outcomes"',
        '"outcome"',
        "review.json line 1, column outcome: this name is not known; did you mean",
    ),
    ("review.json", '"direction": "higher"', '"direction": "up"', "column direction: “up” is not an allowed word"),
    (
        "review.json",
        '"from_week": 4',
        '"from_week": 14',
        "column target_week: the target week must lie between the first",
    ),
    (
        "review.json",
        '"kind": "flag"',
        '"kind": ["flag", {}]',
        "column kind: this must be a text, a number, true, false",
    ),
    ("review.json", '"code": "green",', "", "column code: this name is missing."),
    ("review.json", '"title": "Sleep and tea",', '"title": "A", "title": "B",', "column title: this name stands twice"),
    (
        "review.json",
        '"slug": "tea"',
        '"slug": "tea and sleep"',
        "column slug: enter a valid “slug” consisting of letters",
    ),
    ("review.json", '"count": 120', '"count": -1', "column count: ensure this value is greater than or equal to 0"),
    ("review.json", '"count": 120', '"count": ' + "9" * 5000, "its brackets are too deep or its numbers too long"),
    (
        "review.json",
        '"title": "Sleep',
        '"title": "\\ud800',
        "column title: this cell holds a character that no text can",
    ),
    ("review.json", '"format":', '"format"', "the file is not JSON: Expecting ':' delimiter at character"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_example(tmp_path / "tea")


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.mark.parametrize(("file", "old", "new", "sentence"), ONE_CHANGE, ids=lambda part: str(part)[:40])
def test_mistake_has_its_sentence(owner: User, folder: Path, file: str, old: str, new: str, sentence: str) -> None:
    change(folder, file, old, new)

    result = import_review(by=owner, folder=folder)

    found = sentences(result)
    assert any(sentence in one for one in found), found
    assert all(one.startswith(problem.file) for one, problem in zip(found, result.errors, strict=True))
    assert not result.is_saved
    assert not Review.objects.exists()


def test_one_mistake_gives_one_sentence(owner: User, folder: Path) -> None:
    """Rows that depend on a broken row do not complain as well."""
    change(folder, "studies.csv", "Ito_2001,Ito 2001,2001", "Ito_2001,Ito 2001,20x1")

    assert sentences(import_review(by=owner, folder=folder)) == [
        "studies.csv line 3, column year: “20x1” is not a whole number; write digits only, such as 12."
    ]


def test_all_mistakes_are_said_at_once_in_the_order_of_the_files(owner: User, folder: Path) -> None:
    change(folder, "review.json", '"scale_max": 24', '"scale_max": -3')
    change(folder, "arms.csv", ",40,", ",forty,")
    change(folder, "arms.csv", ",41,", ",0,")
    change(folder, "judgements.csv", "randomisation,low", "randomisation,good")
    change(folder, "characteristics.csv", "41.5", '"41,5"')

    result = import_review(by=owner, folder=folder)

    assert [(one.file, one.column) for one in result.errors] == [
        ("review.json", "scale_max"),
        ("arms.csv", "n_randomised"),
        ("arms.csv", "n_randomised"),
        ("characteristics.csv", "value"),
        ("judgements.csv", "judgement"),
    ]


def test_missing_files_and_unknown_files(owner: User, folder: Path) -> None:
    (folder / "studies.csv").unlink()
    (folder / "arm_result.csv").write_text("study\n")

    found = sentences(import_review(by=owner, folder=folder))

    assert "studies.csv: this file is missing from the folder; every review folder has it." in found
    assert "arm_result.csv: a review folder has no file of this name; did you mean “arm_results.csv”?" in found
    assert len(found) == 2


def test_missing_protocol(owner: User, folder: Path) -> None:
    (folder / "review.json").unlink()
    change(folder, "arm_results.csv", "7.4", "7;4")

    assert sentences(import_review(by=owner, folder=folder)) == [
        "review.json: this file is missing from the folder; every review folder has it.",
        "arm_results.csv line 2, column mean: “7;4” is not a number; write digits with a decimal point, such as 2.5.",
    ]


def test_folder_that_is_not_there(owner: User, tmp_path: Path) -> None:
    assert sentences(import_review(by=owner, folder=tmp_path / "nowhere")) == [
        "nowhere: there is no folder of this name."
    ]


def test_file_in_another_encoding(owner: User, folder: Path) -> None:
    text = (folder / "studies.csv").read_text(encoding="utf-8")
    (folder / "studies.csv").write_bytes(text.encode("latin-1"))

    assert sentences(import_review(by=owner, folder=folder)) == [
        "studies.csv line 4: the file is not UTF-8 (byte 0xfc); save it again as “CSV UTF-8”."
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "arms.csv: the file is empty; its first line must name the columns."),
        ("study;number\nIto_2001;1\n", "arms.csv line 1: the columns are separated by semicolons; separate them by"),
        (
            'study,number,label,role\nIto_2001,1,"tea,exp\n',
            "arms.csv line 2: the row cannot be read (unexpected end of",
        ),
        ("study,number,,label,role\nIto_2001,1,,tea,experimental\n", "column without a name: this column is not known"),
    ],
    ids=["empty", "semicolons", "open quotation", "nameless column"],
)
def test_damaged_file_gives_one_sentence(owner: User, folder: Path, text: str, sentence: str) -> None:
    (folder / "arms.csv").write_text(text, encoding="utf-8")

    found = sentences(import_review(by=owner, folder=folder))

    assert any(one.startswith("arms.csv") and sentence in one for one in found), found


def test_byte_order_mark_blank_lines_and_windows_line_ends_are_fine(owner: User, folder: Path) -> None:
    text = (folder / "arms.csv").read_text(encoding="utf-8").replace("\n", "\r\n")
    (folder / "arms.csv").write_bytes(b"\xef\xbb\xbf" + text.encode() + b"\r\n,,,,,,\r\n")

    assert sentences(import_review(by=owner, folder=folder)) == []


def test_printed_contradiction_is_kept_where_it_is_marked(owner: User, folder: Path) -> None:
    change(folder, "contrast_results.csv", "p_relation", "p_relation,is_printed_so")
    change(folder, "contrast_results.csv", "0.5,-0.05,1.05,0.07,=", "0.5,0.55,1.05,0.07,=,true")

    assert sentences(import_review(by=owner, folder=folder)) == []
