"""RevMan's CSV files: those of RevMan 5, those of RevMan Web, and those that the export writes."""

import os
import zipfile
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError

from evidence.exporters.asking import Order
from evidence.exporters.formats import EXPORTS
from evidence.models import (
    Arm,
    ArmResult,
    ComparatorType,
    ContrastResult,
    Extraction,
    Instrument,
    Outcome,
    Review,
    Study,
)
from evidence.permissions import NotAllowed
from evidence.services import create_review
from tests.evidence.importing.loading import changed, load, make_owned_review, sentences
from tests.evidence.importing.revman_files import CSV, WEB_ROWS, WEB_SETTINGS
from tests.factories import saved

pytestmark = pytest.mark.django_db
NEXT_DOOR = Path(settings.BASE_DIR).parent / "shared" / "data"
REAL = Path(os.environ.get("QUORUM_TEST_DATA", NEXT_DOOR)) / "test_only" / "revman"
ANSWERS = {"direction": "higher", "weeks": "12"}
NUMBERS = [("Tea", 20, 38, None), ("Water", 11, 39, None), ("Tea", None, None, "7.4"), ("Water", None, None, "6.9")]


@pytest.fixture
def owned() -> tuple[User, Review]:
    return make_owned_review()


def write(folder: Path, text: str, name: str = "tea.csv") -> Path:
    """Write a file."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def numbers() -> list[tuple[str, int | None, int | None, str | None]]:
    """Give the results of arms."""
    rows = ArmResult.objects.order_by("instrument__outcome__name", "arm__number").select_related("arm")
    found = [(one.arm.label, one.events, one.total, one.mean) for one in rows]
    return [(label, events, total, None if mean is None else str(mean)) for label, events, total, mean in found]


def assert_hazard_ratio() -> None:
    """Check the one ratio of the files."""
    ratio = ContrastResult.objects.get()
    assert (ratio.measure, ratio.estimate, ratio.ci_lower, ratio.ci_upper, ratio.week) == (
        *("HR", Decimal("1.4996"), Decimal("1.0328"), Decimal("2.1776"), 12),
    )


def test_export_of_revman_5_comes_in(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "revman-csv", write(tmp_path, CSV), ANSWERS)

    assert result.is_saved
    assert sentences(result) == []
    assert sorted(numbers(), key=str) == sorted(NUMBERS, key=str)
    assert_hazard_ratio()
    assert Study.objects.get().year == 2001


def test_semicolons_and_decimal_commas_come_in_the_same(owned: tuple[User, Review], tmp_path: Path) -> None:
    text = "\n".join(line.replace(",", ";").replace(".", ",") for line in CSV.splitlines())

    load(*owned, "revman-csv", write(tmp_path, text), ANSWERS)

    assert sorted(numbers(), key=str) == sorted(NUMBERS, key=str)
    assert_hazard_ratio()


def test_data_rows_of_revman_web_come_in(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "revman-csv", write(tmp_path, WEB_ROWS), ANSWERS | {"measures": "1.3=HR"})

    assert result.is_saved
    assert {(label, *rest) for label, *rest in numbers()} == {
        ("Experimental" if label == "Tea" else "Control", *rest) for label, *rest in NUMBERS
    }
    assert_hazard_ratio()
    assert any("data package" in note for note in result.notes)


def test_data_package_of_revman_web_says_the_names(owned: tuple[User, Review], tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("CD1-analysis-data/CD1-data-rows.csv", "\ufeff" + WEB_ROWS)
        archive.writestr("CD1-analysis-data/CD1-overall-estimates-and-settings.csv", WEB_SETTINGS)

    result = load(*owned, "revman-csv", path, ANSWERS)

    assert sentences(result) == []
    assert sorted(numbers(), key=str) == sorted(NUMBERS, key=str)
    assert_hazard_ratio()
    assert ContrastResult.objects.get().note == "RevMan 1.3: Tea versus water – Time to sleep. a note"


def test_estimate_that_may_be_a_logarithm_is_asked(owned: tuple[User, Review], tmp_path: Path) -> None:
    lines = WEB_ROWS.splitlines()
    lines[3] = "1,3,Time to sleep,,,Ito 2001,2001,0.4052,0.1903,,,,38,,,,39,,,,,,,"
    path = write(tmp_path, "\n".join([lines[0], lines[3]]))

    refused = load(*owned, "revman-csv", path, ANSWERS | {"measures": "HR"}, dry_run=True)
    load(*owned, "revman-csv", path, ANSWERS | {"measures": "HR", "scale": "1.3=log"})

    assert sentences(refused) == [
        "tea.csv line 2: neither the file nor the interval shows whether 0.4052 is a ratio or its logarithm; say "
        "scale=1.3=log or scale=1.3=natural."
    ]
    ratio = ContrastResult.objects.get()
    # exp(0.4052) and 1.959964 standard errors of 0.1903 on either side of the logarithm
    assert (ratio.estimate, ratio.ci_lower, ratio.ci_upper) == (
        *(Decimal("1.499602"), Decimal("1.032744"), Decimal("2.177508")),
    )


def test_other_csv_is_refused(owned: tuple[User, Review], tmp_path: Path) -> None:
    result = load(*owned, "revman-csv", write(tmp_path, "a,b\n1,2\n"), ANSWERS)

    assert not result.is_saved
    assert "the file is no CSV of RevMan" in sentences(result)[0]


@pytest.mark.skipif(not REAL.is_dir(), reason="the real RevMan files are not on this machine")
def test_real_file_and_its_csv_say_the_same(owned: tuple[User, Review]) -> None:
    first = load(*owned, "rm5", REAL / "Fleiss1993.rm5", {"direction": "lower"})
    second = load(*owned, "revman-csv", REAL / "Fleiss1993_CR.csv", {"direction": "lower"})

    assert (first.errors, second.errors) == ([], [])
    assert changed(first)["arm_results.csv"] == (24, 0)
    assert changed(second) == {}
    isis = ArmResult.objects.get(arm__extraction__study__label="ISIS-2", arm__label="Aspirin")
    assert (isis.events, isis.total) == (1570, 8587)


@pytest.fixture
def agreed(owned: tuple[User, Review]) -> tuple[User, Review]:
    """A review with agreed results, and with others that do not leave it."""
    review = owned[1]
    outcome = saved(Outcome(review=review, code="sleep", name="Sleep", direction="higher"))
    diary = saved(Instrument(outcome=outcome, code="diary", name="Diary, daily", direction="higher"))
    well = saved(Instrument(outcome=outcome, code="well", name="Slept well", kind="dichotomous", direction="higher"))
    water = saved(ComparatorType(review=review, code="water", name="Water"))
    for number, label in enumerate(("Ito 2001", "=Abe 2003"), start=1):
        study = saved(Study(review=review, code=f"s{number}", label=label, year=2000 + number))
        extraction = saved(Extraction(study=study, is_consensus=True))
        tea = saved(Arm(extraction=extraction, number=1, label="green tea", role="experimental"))
        other = saved(Arm(extraction=extraction, number=2, label="tap", role="comparator", comparator_type=water))
        arms = [tea, other]
        if number == 2:
            arms.append(saved(Arm(extraction=extraction, number=3, label="black tea", role="experimental")))
        for place, arm in enumerate(arms):
            kept = {"note": "Table 2.", "table": "Table 2", "page": "7"}
            saved(ArmResult(arm=arm, instrument=diary, week=12, n=40 + place, mean=7.25 + place, sd=1.5, **kept))
            saved(ArmResult(arm=arm, instrument=well, time_as_printed="t2 (after, late)", events=place, total=40))
        saved(
            ContrastResult(
                extraction=extraction, first_arm=tea, second_arm=other, instrument=diary, week=12, estimate=0.5,
                ci_lower=0.1, ci_upper=0.9, standard_error=0.2, p_value=0.01, note="Text.", is_adjusted=True,
                value_kind="change",
            )
        )  # fmt: skip
    reader = User.objects.create_user("reader")
    own = saved(Extraction(study=study, reviewer=reader))
    arm = saved(Arm(extraction=own, number=1, label="secret", role="experimental"))
    saved(ArmResult(arm=arm, instrument=diary, week=12, n=1, mean=1, sd=1))
    return owned


def export(by: User, review: Review) -> str:
    """Give the export of a review."""
    return b"".join(EXPORTS["revman-csv"].write(Order(by, review))).decode()


def test_export_into_the_same_review_changes_nothing(agreed: tuple[User, Review], tmp_path: Path) -> None:
    text = export(*agreed)

    result = load(*agreed, "revman-csv", write(tmp_path, text))

    assert sentences(result) == []
    assert changed(result) == {}
    assert ArmResult.objects.count() == 11
    assert export(*agreed) == text


def test_export_holds_what_is_agreed_and_nothing_a_spreadsheet_runs(agreed: tuple[User, Review]) -> None:
    text = export(*agreed)

    assert "secret" not in text
    assert "'=Abe 2003 [arms: black tea versus tap]" in text
    assert "Sleep: Diary, daily, week 12,CON,IV,MD" in text.replace('"', "")
    assert "Favours Water,Favours Experimental" in text


def test_export_into_another_review_gives_the_same_numbers(agreed: tuple[User, Review], tmp_path: Path) -> None:
    other = create_review(by=agreed[0], title="Other", slug="other")

    result = load(agreed[0], other, "revman-csv", write(tmp_path, export(*agreed)), {"direction": "higher"})

    assert sentences(result) == []
    assert values_of(other) == values_of(agreed[1])
    estimates = [ContrastResult.objects.filter(extraction__study__review=one) for one in (agreed[1], other)]
    first, second = (set(rows.values_list("estimate", "ci_lower", "ci_upper", "standard_error")) for rows in estimates)
    assert first == second


def values_of(review: Review) -> set[tuple[object, ...]]:
    """Give the agreed numbers of arms with study and role."""
    rows = ArmResult.objects.filter(arm__extraction__study__review=review, arm__extraction__is_consensus=True)
    return set(rows.values_list("arm__extraction__study__label", "arm__role", "n", "mean", "sd", "events", "total"))


def test_export_is_for_members_and_needs_results(agreed: tuple[User, Review]) -> None:
    stranger = User.objects.create_user("stranger")
    empty = create_review(by=agreed[0], title="Empty", slug="empty")

    with pytest.raises(NotAllowed):
        export(stranger, agreed[1])
    with pytest.raises(ValidationError, match="no agreed results"):
        export(agreed[0], empty)
