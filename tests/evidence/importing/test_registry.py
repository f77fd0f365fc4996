"""Results of ClinicalTrials.gov: a study with arms, characteristics, results and harms; what is not said is asked."""

import json
import zipfile
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User

from evidence.importers.registry.contrasts import measure_of
from evidence.importers.timing import weeks_of
from evidence.models import (
    AdverseEvent,
    Arm,
    ArmResult,
    Characteristic,
    CharacteristicField,
    ContrastResult,
    Instrument,
    Outcome,
    Report,
    Review,
    Study,
)
from tests.evidence.importing.loading import changed, load, make_owned_review, sentences
from tests.evidence.importing.registry_files import as_text, record
from tests.factories import saved

pytestmark = pytest.mark.django_db
MEASURES = (
    "pain intensity on => pain/nrs; disability => disability/rmdq; responders | yes => response/responders; "
    "hours of sleep => sleep/hours"
)


@pytest.fixture
def owned() -> tuple[User, Review]:
    by, review = make_owned_review()
    for code, instrument, kind in (
        *(("pain", "nrs", "continuous"), ("disability", "rmdq", "continuous"), ("sleep", "hours", "continuous")),
        ("response", "responders", "dichotomous"),
    ):
        outcome = saved(Outcome(review=review, code=code, name=code.title(), direction="lower"))
        saved(Instrument(outcome=outcome, code=instrument, name=instrument, kind=kind, direction="lower"))
    saved(CharacteristicField(review=review, code="mean_age", name="Mean age", kind="number", unit="years"))
    saved(CharacteristicField(review=review, code="percent_female", name="Women", kind="number", unit="%"))
    return by, review


def write(folder: Path, content: Any, name: str = "trials.json") -> Path:
    """Write a file of the register."""
    path = folder / name
    path.write_text(content if isinstance(content, str) else as_text(content), encoding="utf-8")
    return path


def numbers(instrument: str, **where: Any) -> list[tuple[Any, ...]]:
    """Give the numbers of the arms that are not empty, as texts, by arm and week."""
    rows = ArmResult.objects.filter(instrument__code=instrument, **where).order_by("week", "arm__number")
    names = ("n", "mean", "sd", "se", "median", "q1", "q3", "ci_lower", "ci_upper", "events", "total")
    return [
        (
            *(row.arm.label, None if row.week is None else int(row.week)),
            *(str(value) for name in names if (value := getattr(row, name)) is not None),
        )
        for row in rows
    ]


def test_study_reports_arms_and_characteristics_come_in(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "ctgov", write(tmp_path, record()), {"measures": MEASURES})

    assert result.is_saved
    assert sentences(result) == []
    study = Study.objects.get()
    assert (study.code, study.label, study.design, study.registration) == ("NCT01234567", "ABACK", "rct", "NCT01234567")
    assert set(Report.objects.values_list("citation", "pmid")) == {
        ("ClinicalTrials.gov NCT01234567. A Trial of Drug A in Adults With Back Pain.", ""),
        ("Roe J. Drug A. J Pain. 2020;1:2-3.", "12345678"),
    }
    assert [(arm.label, arm.role, arm.n_randomised) for arm in Arm.objects.order_by("number")] == [
        ("Drug A", "experimental", 60),
        ("Placebo", "comparator", 60),
    ]
    assert set(Characteristic.objects.values_list("field__code", "number")) == {
        ("mean_age", Decimal("45.3")),
        ("percent_female", Decimal("62.5")),
    }
    assert "NCT01234567: measures at baseline that are not read: Region of Enrollment." in result.notes


def test_measures_come_in_with_their_time_and_spread(owned: tuple[User, Review], tmp_path: Path) -> None:
    load(*owned, "ctgov", write(tmp_path, record()), {"measures": MEASURES})

    assert numbers("nrs") == [
        ("Drug A", 0, "58", "6.1", "1.4"),
        ("Placebo", 0, "57", "6", "1.5"),
        ("Drug A", 13, "58", "3.9", "2.1"),
    ]
    assert numbers("rmdq", value_kind="change", is_adjusted=True) == [
        ("Drug A", 12, "58", "-4.2", "-5.1", "-3.3"),
        ("Placebo", 12, "57", "-2", "-2.9", "-1.1"),
    ]
    assert numbers("responders", time_as_printed="Up to 12 weeks") == [
        ("Drug A", None, "31", "58"),
        ("Placebo", None, "17", "57"),
    ]
    # of nights, so the number of participants is not the number analysed
    assert numbers("hours") == [("Drug A", 12, "7.5", "6.5", "8"), ("Placebo", 12, "7", "6")]
    row = ArmResult.objects.get(instrument__code="nrs", week=13)
    assert (row.time_as_printed, row.table) == ("Month 3", "ClinicalTrials.gov, outcome measure 1")


def test_analyses_come_in_without_a_guess_at_their_sign(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "ctgov", write(tmp_path, record()), {"measures": MEASURES})

    difference = ContrastResult.objects.get(measure="MD")
    assert (difference.estimate, difference.ci_lower, difference.ci_upper) == (
        *(Decimal("-2.2"), Decimal("-3.5"), Decimal("-0.9")),
    )
    assert (difference.p_value, difference.p_relation, difference.standard_error) == (
        *(Decimal("0.001"), "<", Decimal("0.66")),
    )
    assert (difference.sign, difference.is_adjusted, difference.week, difference.value_kind) == (
        *("not_stated", True, 12, "change"),
    )
    ratio = ContrastResult.objects.get(measure="OR")
    assert (ratio.estimate, ratio.first_arm.label, ratio.is_adjusted) == (Decimal("2.7"), "Drug A", False)
    assert any("1 of the analyses of “Change From Baseline" in note for note in result.notes)


@pytest.mark.parametrize(("answer", "first"), [("as_listed", "Drug A"), ("reversed", "Placebo")])
def test_person_says_which_group_is_subtracted(
    owned: tuple[User, Review], tmp_path: Path, answer: str, first: str
) -> None:
    load(*owned, "ctgov", write(tmp_path, record()), {"measures": MEASURES, "differences": answer})

    difference = ContrastResult.objects.get(measure="MD")
    assert (difference.first_arm.label, difference.sign) == (first, "scale")


def test_measures_without_an_outcome_are_listed(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "ctgov", write(tmp_path, record()))

    note = next(note for note in result.notes if "without an outcome" in note)
    assert note.count("“") == 6
    assert "“Hours of Sleep” (primary, Day 84, MEDIAN, Inter-Quartile Range, hours)" in note
    assert not ArmResult.objects.exists()


@pytest.mark.parametrize(
    ("measures", "sentence"),
    [
        ("responders => response/responders", "has several rows for one time (Yes; No); name one of them after a bar"),
        ("percent change => pain/nrs", "is a relative change, neither a value nor a change in points"),
        ("disability => response/responders", "gives means or medians, but “responders” is dichotomous"),
        ("responders | yes => pain/nrs", "counts participants, but “nrs” is continuous"),
        ("sleep => sleep/days", "the review has no instrument “sleep/days”; there are disability/rmdq, pain/nrs"),
        ("pain intensity on => pain/nrs; numeric => sleep/hours", "two parts of the answer to “measures” fit"),
        ("sleep => sleep", "has a part that says nothing"),
    ],
)
def test_answer_that_does_not_fit_is_refused(
    owned: tuple[User, Review], tmp_path: Path, measures: str, sentence: str
) -> None:
    result = load(*owned, "ctgov", write(tmp_path, record()), {"measures": measures}, dry_run=True)

    assert len(result.errors) == 1
    assert sentence in sentences(result)[0]


def test_harms_come_in_by_arm(owned: tuple[User, Review], tmp_path: Path) -> None:
    load(*owned, "ctgov", write(tmp_path, record()))

    found = AdverseEvent.objects.filter(arm__label="Drug A")
    assert set(found.values_list("term", "seriousness", "participants", "total", "events")) == {
        ("Serious adverse events, any", "serious", 2, 60, None),
        ("Other adverse events, any", "not_serious", 9, 60, None),
        ("Deaths, any cause", "unclear", 0, 60, None),
        ("Fall (serious)", "serious", 2, 60, 3),
        ("Fall", "not_serious", 2, 60, 3),
    }


@pytest.mark.parametrize(("answer", "count"), [("totals", 6), ("none", 0)])
def test_harms_can_be_left_out(owned: tuple[User, Review], tmp_path: Path, answer: str, count: int) -> None:
    load(*owned, "ctgov", write(tmp_path, record()), {"adverse_events": answer})

    assert AdverseEvent.objects.count() == count


def test_group_that_is_no_arm_is_asked(owned: tuple[User, Review], tmp_path: Path) -> None:
    content = record()
    content["resultsSection"]["outcomeMeasuresModule"]["outcomeMeasures"][0]["groups"][1]["title"] = "Placebo BID"
    path = write(tmp_path, content)

    refused = load(*owned, "ctgov", path, {"measures": MEASURES}, dry_run=True)
    load(*owned, "ctgov", path, {"measures": MEASURES, "groups": "Placebo BID=Placebo"})

    line = as_text(content)[: as_text(content).index("Placebo BID")].count("\n") + 1
    assert sentences(refused) == [
        f"trials.json line {line}, column outcome measure 1: the group “Placebo BID” is not called like an arm; there "
        "are 1: Drug A, 2: Placebo. Say groups=Placebo BID=… if it is one of them."
    ]
    assert len(numbers("nrs")) == 3


def test_second_load_changes_nothing(owned: tuple[User, Review], tmp_path: Path) -> None:
    path = write(tmp_path, record())
    load(*owned, "ctgov", path, {"measures": MEASURES})

    assert changed(load(*owned, "ctgov", path, {"measures": MEASURES})) == {}


def test_study_that_the_review_has_keeps_its_name(owned: tuple[User, Review], tmp_path: Path) -> None:
    saved(Study(review=owned[1], code="roe", label="Roe 2020", registration="NCT01234567, EudraCT 1"))

    load(*owned, "ctgov", write(tmp_path, record()), {"measures": MEASURES, "comparators": "PLACEBO_COMPARATOR=sham"})

    study = Study.objects.get()
    assert (study.label, study.registration) == ("Roe 2020", "NCT01234567, EudraCT 1")
    assert not Arm.objects.filter(role="comparator").exists()


def test_lists_and_archives_come_in(owned: tuple[User, Review], tmp_path: Path) -> None:
    second = json.loads(json.dumps(record()).replace("NCT01234567", "NCT07654321").replace("ABACK", "BBACK"))
    del second["resultsSection"]
    with zipfile.ZipFile(tmp_path / "trials.zip", "w") as archive:
        archive.writestr("a.json", as_text({"studies": [record(), second]}))
        archive.writestr("b.json", as_text([second]))
        archive.writestr("readme.txt", "no record")

    result = load(*owned, "ctgov", tmp_path / "trials.zip")

    assert set(Study.objects.values_list("label", flat=True)) == {"ABACK", "BBACK"}
    assert "NCT07654321 has no results yet: the study and its arms are read." in result.notes
    assert "NCT07654321 stands in the file twice; the first one is read." in result.notes


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "the file is not JSON"),
        ("[1, 2]", "holds no study with a protocolSection"),
        ('{"protocolSection": {}}', "the record has no number (nctId)"),
        ("[" * 100_000, "brackets are too deep"),
        ("", "the file is empty"),
    ],
)
def test_file_that_is_no_record_is_refused(
    owned: tuple[User, Review], tmp_path: Path, content: str, sentence: str
) -> None:
    result = load(*owned, "ctgov", write(tmp_path, content))

    assert len(result.errors) == 1
    assert sentence in sentences(result)[0]
    assert Study.objects.count() == 0


@pytest.mark.parametrize(
    ("words", "is_change", "weeks"),
    [
        ("12 weeks", False, "12"),
        ("Week 12", False, "12"),
        ("At 12 Weeks", False, "12"),
        ("12-week", False, "12"),
        ("twelve weeks", False, "12"),
        ("Month 3", False, "13"),
        ("6 months", False, "26"),
        ("1 year", False, "52"),
        ("12 months after randomization", False, "52"),
        ("Day 84", False, "12"),
        ("10 days", False, "1.43"),
        ("Baseline", False, "0"),
        ("Baseline to week 12", True, "12"),
        ("Baseline, Week 12", True, "12"),
        ("From baseline to 12 weeks", True, "12"),
        ("Change at Week 12", True, "12"),
        ("Baseline to week 12", False, ""),
        ("Up to 12 weeks", False, ""),
        ("Baseline, Week 4, Week 12", True, ""),
        ("12 weeks post-treatment", False, ""),
        ("Through study completion, an average of 1 year", False, ""),
        ("week", False, ""),
        ("", False, ""),
    ],
)
def test_weeks_are_read_where_they_are_said_plainly(words: str, is_change: bool, weeks: str) -> None:
    assert weeks_of(words, is_change=is_change) == weeks


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Mean Difference (Final Values)", "MD"),
        ("Mean Difference (Net)", "MD"),
        ("LS Mean Difference", "MD"),
        ("Median Difference (Final Values)", "other"),
        ("Hazard Ratio (HR)", "HR"),
        ("Hazard Ratio, log", "other"),
        ("Odds Ratio, log", "other"),
        ("Odds Ratio (OR)", "OR"),
        ("Risk Ratio (RR)", "RR"),
        ("Risk Difference (RD)", "RD"),
        ("Slope", "other"),
    ],
)
def test_measures_of_effect_are_known_by_the_words_of_the_register(name: str, code: str) -> None:
    assert measure_of(name) == code
