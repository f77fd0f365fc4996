"""Tables that people have already: one row per arm and time, or one row per study or comparison."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.models import Arm, ArmResult, ContrastResult, Review, Study
from tests.evidence.extraction_tables.reviews import empty_copy, load, review_of, sentences, table, written
from tests.evidence.test_import_example import write_example

pytestmark = pytest.mark.django_db

LONG = """\
Study;Arm;Outcome;Time;Mean (SD);n
Abe 2020;green tea;Sleep diary;12 weeks;7,4 (1,1);38
Abe 2020;water;Sleep diary;12 weeks;6,9 (1,3);39
Abe 2020;green tea;Sleep diary;6 months;7,1 (1,2);36
Abe 2020;water;Sleep diary;6 months;NR;36
"""
WIDE = """\
study,instrument,week,n1,mean1,sd1,n2,mean2,sd2
Abe 2020,Diary,12,38,7.4,1.1,39,6.9,1.3
Bo 2021,Diary,8,20,6.0,1.0,21,\u22120.5,1.0
"""


@pytest.fixture
def owner() -> User:
    return User.objects.create_user("ann")


@pytest.fixture
def review(owner: User, tmp_path: Path) -> Review:
    """The protocol of the example, without any study."""
    return empty_copy(owner, write_example(tmp_path / "tea"), tmp_path / "empty", slug="empty")


@pytest.fixture
def full(owner: User, tmp_path: Path) -> Review:
    """The example with its studies; of Ito_2001, arm 1 is tea and arm 2 is water."""
    return review_of(owner, write_example(tmp_path / "tea"))


def text(path: Path, content: str) -> Path:
    path.write_text(content, encoding="utf-8")
    return path


def numbers(review: Review) -> list[tuple[str, str, str, str, str, int | None]]:
    """Give study, arm, week, mean, SD and n of every result of an arm."""
    rows = ArmResult.objects.filter(arm__extraction__study__review=review).select_related("arm__extraction__study")
    return sorted(
        (one.arm.extraction.study.code, one.arm.label, str(one.week), str(one.mean), str(one.sd), one.n) for one in rows
    )


def test_long_table_makes_studies_arms_and_results(owner: User, review: Review, tmp_path: Path) -> None:
    result = load(owner, review, text(tmp_path / "long.csv", LONG))

    assert sentences(result) == []
    assert numbers(review) == [
        ("Abe_2020", "green tea", "12", "7.4", "1.1", 38),
        ("Abe_2020", "green tea", "26", "7.1", "1.2", 36),
        ("Abe_2020", "water", "12", "6.9", "1.3", 39),
    ]
    assert [(arm.number, arm.role, str(arm.comparator_type)) for arm in Arm.objects.order_by("number")] == [
        (1, "unassigned", "None"),
        (2, "comparator", "Water"),
    ]
    assert "“Mean (SD)” as the mean and sd" in result.notes[0]
    assert any("1" in note and "Left out" in note for note in result.notes)
    assert ArmResult.objects.get(mean="7.1").time_as_printed == "6 months"


@pytest.mark.parametrize("content", [LONG, WIDE.replace("\u22120.5", "5.5")])
def test_second_load_changes_nothing(owner: User, review: Review, tmp_path: Path, content: str) -> None:
    path = text(tmp_path / "table.csv", content)
    assert written(load(owner, review, path, first_is="experimental", comparator_type="water"))

    again = load(owner, review, path, first_is="experimental", comparator_type="water")

    assert written(again) == {}
    assert again.act is None


def test_wide_table_with_numbered_groups(owner: User, review: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "wide.csv", WIDE)

    result = load(owner, review, path, first_is="experimental", comparator_type="water")

    assert sentences(result) == [
        "wide.csv line 3, column mean2: the mean −0.5 lies outside the scale, which runs from 0 to 24. "
        "Check the report; if it really prints this, write true into the column is_printed_so to keep it."
    ]
    assert numbers(review) == [
        ("Abe_2020", "control group", "12", "6.9", "1.3", 39),
        ("Abe_2020", "experimental group", "12", "7.4", "1.1", 38),
        ("Bo_2021", "experimental group", "8", "6", "1", 20),
    ]


def test_wide_headers_with_instrument_time_and_arm(owner: User, review: Review, tmp_path: Path) -> None:
    headers = ["Study", "sleep diary 12 weeks mean tea", "sleep diary 12 weeks SD tea"]
    headers += ["sleep diary 12 weeks mean water", "sleep diary 12 weeks SD water"]

    result = load(owner, review, table(tmp_path / "wide.xlsx", [headers, ["Abe 2020", 7.4, 1.1, 6.9, 1.3]]))

    assert sentences(result) == []
    assert numbers(review) == [
        ("Abe_2020", "tea", "12", "7.4", "1.1", None),
        ("Abe_2020", "water", "12", "6.9", "1.3", None),
    ]


def test_arms_of_the_review_are_found_by_label_and_others_refused(owner: User, full: Review, tmp_path: Path) -> None:
    path = text(
        tmp_path / "long.csv",
        "study,arm,outcome,week,mean,sd\nIto 2001,Water,diary,20,7,1\nIto 2001,wine,diary,20,7,1\n",
    )

    result = load(owner, full, path)

    assert sentences(result) == [
        "long.csv line 3, column mean: there is no arm “wine” of study Ito_2001; there are 1 (tea), 2 (water)."
    ]
    assert ArmResult.objects.get(week=20).arm.number == 2


def test_experimental_and_comparator_are_those_of_the_review(owner: User, full: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "wide.csv", "study,scale,weeks,mean.e,sd.e,mean.c,sd.c\nIto 2001,diary,20,7,1,6,2\n")

    assert sentences(load(owner, full, path)) == []

    assert [(one.arm.number, one.mean) for one in ArmResult.objects.filter(week=20).order_by("mean")] == [
        (2, Decimal(6)),
        (1, Decimal(7)),
    ]


def test_numbered_groups_of_known_studies_are_asked_about(owner: User, full: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "wide.csv", "study,scale,weeks,mean1,sd1\nIto 2001,diary,20,7,1\n")

    assert "It is not clear which arm".lower() in sentences(load(owner, full, path))[0].lower()
    assert sentences(load(owner, full, path, first_is="comparator")) == []
    assert ArmResult.objects.get(week=20).arm.number == 2


def test_comparison_with_interval_and_p_value(owner: User, review: Review, tmp_path: Path) -> None:
    path = text(
        tmp_path / "pairs.csv",
        "study,arm 1,arm 2,outcome,instrument,week,measure,estimate,95% CI,p\n"
        "Abe 2020,tea,water,Sleep,Diary,12,MD,0.5,0.1 to 0.9,<0.05\n"
        "Bo 2021,tea,water,Sleep,Slept well,12,OR,1.5,0.9 – 2.4,0.12\n",
    )

    result = load(owner, review, path)

    assert sentences(result) == []
    found = {one.measure: one for one in ContrastResult.objects.all()}
    assert (found["MD"].estimate, found["MD"].ci_lower, found["MD"].ci_upper) == tuple(
        map(Decimal, ("0.5", "0.1", "0.9"))
    )
    assert (found["MD"].p_relation, found["MD"].p_value, found["MD"].sign) == ("<", Decimal("0.05"), "not_stated")
    assert (found["OR"].ci_upper, found["OR"].p_relation) == (Decimal("2.4"), "=")


def test_events_of_a_total(owner: User, review: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "events.csv", "study,ai,n1i,ci,n2i\nAbe 2020,12,40,8,41\n")

    result = load(owner, review, path, instrument="sleep/slept", week="12", first_is="experimental")

    assert sentences(result) == []
    assert sorted((one.events, one.total, one.week) for one in ArmResult.objects.all()) == [(8, 41, 12), (12, 40, 12)]


def test_what_was_measured_is_asked_for(owner: User, review: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "long.csv", "study,arm,mean,sd\nAbe 2020,tea,7.4,1.1\n")

    assert sentences(load(owner, review, path)) == [
        "long.csv line 2, column mean: the table does not say what was measured; name the outcome and instrument."
    ]
    assert sentences(load(owner, review, path, instrument="sleep/diary", week="12")) == []
    assert ArmResult.objects.get().week == 12


@pytest.mark.parametrize(
    ("header", "row", "said"),
    [
        ("study,arm,outcome,mean,mean score", "A,t,diary,1,2", "the columns mean and mean score mean the same"),
        ("study,arm,outcome,mean,mean", "A,t,diary,1,2", "the header has a column twice: mean"),
        ("arm,outcome,mean", "t,diary,1", "no column names the study"),
        ("study,arm,outcome,colour", "A,t,diary,red", "no column holds a number of an arm"),
    ],
)
def test_tables_that_cannot_be_understood_are_refused_whole(
    owner: User, review: Review, tmp_path: Path, header: str, row: str, said: str
) -> None:
    result = load(owner, review, text(tmp_path / "table.csv", f"{header}\n{row}\n"))

    assert not result.is_saved
    assert said in sentences(result)[0].replace("The ", "the ").replace("No ", "no ")
    assert Study.objects.filter(review=review).count() == 0


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        ("7.4 (1.1)", "holds more than one number"),
        ("7.4 hours", "holds more than a number"),
        ("1,234", "may mean 1234 or 1.234"),
        ("about seven", "is not a number"),
    ],
)
def test_cells_that_say_more_or_less_than_a_number_are_refused(
    owner: User, review: Review, tmp_path: Path, cell: str, said: str
) -> None:
    rows = [
        ["study", "arm", "outcome", "mean", "sd"],
        ["A", "tea", "diary", cell, "1.5"],
        ["A", "water", "diary", "7", "1"],
    ]

    result = load(owner, review, table(tmp_path / "long.xlsx", rows))

    assert len(result.errors) == 1
    assert said in sentences(result)[0]
    assert (result.errors[0].line, result.errors[0].column) == (2, "mean")
    assert [one.mean for one in ArmResult.objects.all()] == [7]


@pytest.mark.parametrize("cell", ["NR", "n/a", "N/A", "–", "not reported", ""])
def test_what_is_not_reported_is_empty(owner: User, review: Review, tmp_path: Path, cell: str) -> None:
    path = text(tmp_path / "long.csv", f"study,arm,outcome,mean,sd\nA,tea,diary,7.4,{cell}\n")

    assert sentences(load(owner, review, path)) == []
    assert ArmResult.objects.get().sd is None


@pytest.mark.parametrize("label", ["None", "unclear", "NR"])
def test_words_for_no_number_are_words_where_words_are_expected(
    owner: User, review: Review, tmp_path: Path, label: str
) -> None:
    path = text(tmp_path / "long.csv", f"study,arm,outcome,mean,sd,note\nA,{label},diary,7.4,1,{label}\n")

    assert sentences(load(owner, review, path)) == []
    result = ArmResult.objects.get()
    assert (result.arm.label, result.note) == (label, label)


def test_none_is_no_number_since_it_may_mean_nothing_or_zero(owner: User, review: Review, tmp_path: Path) -> None:
    path = text(tmp_path / "long.csv", "study,arm,outcome,mean,sd\nA,tea,diary,7.4,none\n")

    (said,) = sentences(load(owner, review, path))

    assert "“none” is not a number" in said
