"""What the header of a column says is told by its words, in any usual spelling."""

import pytest
from django.contrib.auth.models import User

from evidence.importers.extraction_tables.headers import Meaning, read_headers
from evidence.importers.extraction_tables.instruments import Instruments, instruments_of
from evidence.importers.extraction_tables.times import time_of
from evidence.models import Instrument, Outcome
from evidence.services import create_review, record

SAID = [
    ("mean", "mean", "", None),
    ("Mean score", "mean", "", None),
    ("SD", "sd", "", None),
    ("Std. Dev.", "sd", "", None),
    ("SD of the mean", "sd", "", None),
    ("n analysed", "n", "", None),
    ("95% CI lower", "ci_lower", "", None),
    ("Upper 95% CI", "ci_upper", "", None),
    ("Q1", "q1", "", None),
    ("mean1", "mean", "1", None),
    ("sd_2", "sd", "2", None),
    ("n1i", "n", "1", None),
    ("m2i", "mean", "2", None),
    ("sd2i", "sd", "2", None),
    ("mean.e", "mean", "e", None),
    ("n.c", "n", "c", None),
    ("meanControl", "mean", "c", None),
    ("Events (intervention group)", "events", "e", None),
    ("mean_post_ig", "mean", "e", ""),
    ("baseline_mean1", "mean", "1", "0"),
    ("mean 12 weeks group 2", "mean", "2", "12"),
    ("sd_12w_c", "sd", "c", "12"),
    ("mean_6m_e", "mean", "e", "26"),
    ("week 8 mean", "mean", "", "8"),
    ("3 months SD control", "sd", "c", "13"),
]


@pytest.fixture
def instruments(db: None) -> Instruments:
    ann = User.objects.create_user("ann")
    review = create_review(by=ann, title="Backs", slug="backs")
    for code, name in (("pain", "Pain intensity"), ("function", "Function")):
        outcome = record(by=ann, row=Outcome(review=review, code=code, name=name, direction="lower"))
        for instrument in {"pain": ("VAS", "NRS"), "function": ("SF-36",)}[code]:
            row = Instrument(outcome=outcome, code=instrument.lower(), name=instrument, direction="lower")
            record(by=ann, row=row)
    return instruments_of(review)


def meanings(headers: list[str], instruments: Instruments, *, is_about_one: bool = False) -> list[Meaning]:
    return read_headers(headers, instruments, is_about_one=is_about_one, wanted="")


@pytest.mark.parametrize(("header", "name", "group", "week"), SAID)
def test_number_arm_and_time_are_read_from_a_header(header: str, name: str, group: str, week: str | None) -> None:
    found = meanings([header], Instruments())[0]

    assert (found.kind, found.names, found.group) == ("arm", (name,), group)
    assert (None if found.time is None else found.time.week) == week


def test_header_names_instrument_time_number_and_arm(instruments: Instruments) -> None:
    exercise, care = meanings(["pain VAS 12 weeks mean exercise", "Pain VAS, 12 weeks, mean, usual care"], instruments)

    assert exercise.instrument == care.instrument == ("pain", "vas")
    assert exercise.time is not None
    assert exercise.time.week == "12"
    assert [(one.names, one.group, one.is_label) for one in (exercise, care)] == [
        (("mean",), "exercise", True),
        (("mean",), "usual care", True),
    ]


def test_outcome_with_one_instrument_is_enough(instruments: Instruments) -> None:
    assert meanings(["function mean 1"], instruments)[0].instrument == ("function", "sf-36")
    assert meanings(["SF36_mean1"], instruments)[0].instrument == ("function", "sf-36")


def test_words_that_name_no_arm_leave_a_column_unread(instruments: Instruments) -> None:
    found = meanings(["study", "adverse events", "mean age", "Mean duration of pain"], instruments)

    assert [one.kind for one in found] == ["field", "", "", ""]


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("Mean (SD)", ("mean", "sd")),
        ("mean ± SD", ("mean", "sd")),
        ("Median (IQR)", ("median", "q1", "q3")),
        ("Mean (95% CI)", ("mean", "ci_lower", "ci_upper")),
        ("n/N", ("events", "total")),
        ("95% CI", ("ci_lower", "ci_upper")),
    ],
)
def test_header_says_which_numbers_a_cell_holds(header: str, names: tuple[str, ...]) -> None:
    assert meanings([header], Instruments())[0].names == names


def test_interval_beside_an_estimate_belongs_to_it() -> None:
    found = meanings(["study", "MD", "SE", "lower", "upper", "p"], Instruments())

    assert [one.kind for one in found[1:]] == ["contrast"] * 5
    assert found[2].names == ("standard_error",)


def test_treatment_is_the_first_arm_beside_a_comparator_and_else_the_arm() -> None:
    assert meanings(["Treatment", "Control", "mean1"], Instruments())[0].names == ("first_arm",)
    assert meanings(["Treatment", "mean"], Instruments())[0].names == ("arm",)


@pytest.mark.parametrize(
    ("text", "unit", "week"),
    [
        ("12", "week", "12"),
        ("3", "month", "13"),
        ("12", "", ""),
        ("12 weeks", "", "12"),
        ("Week 4", "", "4"),
        ("1 year", "", "52"),
        ("6-month follow-up", "", "26"),
        ("baseline", "", "0"),
        ("4-6 weeks", "", ""),
        ("6 weeks after treatment", "", ""),
        ("post-treatment", "", ""),
        ("T1", "", ""),
        ("1,5 years", "", "78"),
    ],
)
def test_time_is_in_weeks_where_that_is_beyond_doubt(text: str, unit: str, week: str) -> None:
    assert time_of(text, unit).week == week
