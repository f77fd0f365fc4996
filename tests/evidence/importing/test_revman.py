"""RevMan 5 files: what they say comes in as it stands, once, and what they do not say is asked."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User

from evidence.importers.revman.judging import domains_of
from evidence.models import (
    Arm,
    ArmResult,
    Characteristic,
    CharacteristicField,
    ContrastResult,
    Extraction,
    Instrument,
    Judgement,
    Outcome,
    Report,
    Review,
    Study,
)
from tests.evidence.importing.loading import changed, load, make_owned_review, sentences
from tests.evidence.importing.revman_files import ANSWERS, RM5
from tests.factories import saved

pytestmark = pytest.mark.django_db
DIFFERENT = (
    "tea.rm5 line 57, column RESULT: blinding of outcome assessment of Ito_2001 is judged differently for groups of "
    "outcomes (high for Sleep; low for Deaths); judge it per outcome by hand."
)


@pytest.fixture
def owned() -> tuple[User, Review]:
    return make_owned_review()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return write(tmp_path, RM5)


def write(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    """Write a RevMan file."""
    path = folder / "tea.rm5"
    path.write_bytes(text.encode(encoding))
    return path


def test_studies_references_and_characteristics_come_in(owned: tuple[User, Review], path: Path) -> None:
    result = load(*owned, "rm5", path, ANSWERS)

    assert result.is_saved
    ito = Study.objects.get(code="Ito_2001")
    assert (ito.label, ito.year, ito.registration, ito.design) == ("Ito 2001", 2001, "NCT00112233", "unclear")
    assert ito.note == "In RevMan:\nMethods: Parallel groups, 8 weeks\nTwo centres\nParticipants: 81 adults, p < 0.05"
    report = Report.objects.get(study=ito)
    assert report.citation == "Ito K, Abe S. Green tea & sleep: a trial. Journal of Tea 2001;12(3):41-8."
    assert (report.doi, report.pmid, report.is_primary) == ("10.1000/ito.2001", "11223344", True)
    assert Study.objects.get(code="El-Daher_1999").year == 1999


def test_other_studies_are_named_and_left_out(owned: tuple[User, Review], path: Path) -> None:
    notes = load(*owned, "rm5", path, ANSWERS).notes

    left = "1 excluded study is left out, since they are no evidence of the review: Kim 1990 (No control group)."
    assert left in notes
    assert Study.objects.count() == 2
    assert any("ongoing study" in note and "New 2020" in note for note in notes)


def test_characteristic_goes_to_the_field_that_asks_for_it(owned: tuple[User, Review], path: Path) -> None:
    saved(CharacteristicField(review=owned[1], code="participants", name="Participants", kind="text"))

    load(*owned, "rm5", path, ANSWERS)

    assert Characteristic.objects.get().text == "81 adults, p < 0.05"
    assert "Participants" not in Study.objects.get(code="Ito_2001").note


def test_results_come_in_with_time_and_place(owned: tuple[User, Review], path: Path) -> None:
    load(*owned, "rm5", path, ANSWERS)

    events = ArmResult.objects.filter(instrument__outcome__code="slept-well").order_by("week", "arm__number")
    assert [(one.arm.label, one.week, one.events, one.total) for one in events] == [
        *(("Tea", 12, 20, 38), ("Water", 12, 11, 39), ("Tea", 26, 22, 36), ("Water", 26, 12, 37)),
    ]
    change = ArmResult.objects.get(instrument__code="scores", arm__number=1)
    assert (change.mean, change.sd, change.n, change.week, change.value_kind) == (
        *(Decimal("0.7"), Decimal("1.1"), 38, 8, "change"),
    )
    without_sd = ArmResult.objects.get(instrument__code="scores", arm__number=2)
    assert (without_sd.mean, without_sd.sd) == (Decimal("-0.1"), None)
    assert change.note == "RevMan 1.2: Tea versus water – Hours of sleep (change from baseline)."
    assert Outcome.objects.get(code__startswith="hours-of-sleep").unit == "hours"


def test_arms_of_different_spelling_are_the_same(owned: tuple[User, Review], path: Path) -> None:
    load(*owned, "rm5", path, ANSWERS)

    arms = Arm.objects.filter(extraction__study__code="Ito_2001").order_by("number")
    assert [(arm.number, arm.label, arm.role) for arm in arms] == [
        (1, "Tea", "experimental"),
        (2, "Water", "comparator"),
    ]
    assert arms[1].comparator_type is not None
    assert arms[1].comparator_type.name == "Water"


def test_ratios_come_in_as_ratios(owned: tuple[User, Review], path: Path) -> None:
    load(*owned, "rm5", path, ANSWERS)

    hazard = ContrastResult.objects.get(measure="HR")
    assert (hazard.estimate, hazard.ci_lower, hazard.ci_upper) == (
        *(Decimal("1.4996"), Decimal("1.0328"), Decimal("2.1776")),
    )
    assert (hazard.standard_error, hazard.n_first, hazard.week) == (None, 38, 8)
    peto = ContrastResult.objects.get(measure="OR")
    # exp(-1 / 1.5), and 1.959964 standard errors of 1 / sqrt(1.5) on either side of it
    assert (peto.estimate, peto.ci_lower, peto.ci_upper) == (
        *(Decimal("0.513417"), Decimal("0.103626"), Decimal("2.543745")),
    )
    assert "O-E -1, variance 1.5." in peto.note


def test_analyses_with_the_same_numbers_join(owned: tuple[User, Review], path: Path) -> None:
    load(*owned, "rm5", path, ANSWERS | {"weeks": "1.2=8; 1.3=8; 1.4=52; 1.1.1=12; 2.1=12", "subgroups": ""})

    joined = ArmResult.objects.get(instrument__code="events", arm__label="Tea", week=12)
    assert joined.table == "RevMan, Analyses 1.1, 2.1"
    assert joined.note.splitlines() == [
        "RevMan 1.1: Tea versus water – Slept well – 12 weeks.",
        "RevMan 2.1: Tea versus water, low risk of bias – Slept well.",
    ]


def test_contradictions_are_refused_with_a_sentence(owned: tuple[User, Review], path: Path) -> None:
    result = load(*owned, "rm5", path, {"direction": "lower"})

    refused = [one for one in sentences(result) if "the same arm" in one]
    assert len(refused) == 2
    assert "analysis 1.1 has events 22, total 36 here, and analysis 1.1 has events 20, total 38 in line" in refused[0]
    assert (
        ArmResult.objects.get(
            instrument__code="events", arm__label="Tea", week=None, instrument__outcome__code="slept-well"
        ).events
        == 20
    )


def test_direction_is_asked_and_never_guessed(owned: tuple[User, Review], path: Path) -> None:
    result = load(*owned, "rm5", path)

    assert result.is_saved
    assert not Outcome.objects.exists()
    assert (
        "tea.rm5 line 72, column NAME: the review has no outcome “Slept well”; say which end of it is better: "
        "direction=1.1=lower or higher. Its graph says “Favours water” and “Favours tea”."
    ) in sentences(result)


def test_judgements_come_in_and_differences_between_outcomes_are_refused(
    owned: tuple[User, Review], path: Path
) -> None:
    result = load(*owned, "rm5", path, ANSWERS)

    found = Judgement.objects.values_list("assessment__study__code", "domain", "judgement", "justification")
    assert set(found) == {
        ("Ito_2001", "sequence_generation", "low", 'Quote: "drawn by lot"'),
        ("El-Daher_1999", "sequence_generation", "unclear", ""),
    }
    assert DIFFERENT in sentences(result)
    assert "“Funding” (1 judgement) is no domain of RoB 1; it is left out." in result.notes


def test_item_of_older_files_is_whose_blinding_a_person_says(owned: tuple[User, Review], path: Path) -> None:
    load(*owned, "rm5", path, ANSWERS | {"blinding": "both"})

    domains = Judgement.objects.filter(assessment__study__code="El-Daher_1999", judgement="high")
    assert set(domains.values_list("domain", flat=True)) == {"blinding_participants", "blinding_assessors"}


@pytest.mark.parametrize(
    ("item", "domains"),
    [
        ("Adequate sequence generation?", ("sequence_generation",)),
        ("Allocation concealment (selection bias)", ("allocation_concealment",)),
        ("Blinding of participants and personnel (performance bias)", ("blinding_participants",)),
        ("Blinding of outcome assessment (detection bias)", ("blinding_assessors",)),
        ("Blinding (performance bias and detection bias)", ("blinding_participants", "blinding_assessors")),
        ("Incomplete outcome data addressed?", ("incomplete_data",)),
        ("Free of selective reporting?", ("selective_reporting",)),
        ("Selective reporting (reporting bias)", ("selective_reporting",)),
        ("Free of other bias?", ("other",)),
        ("Blinding?", ()),
        ("Baseline imbalance", ()),
    ],
)
def test_items_of_all_versions_are_known(item: str, domains: tuple[str, ...]) -> None:
    assert domains_of(item) == domains


def test_second_load_changes_nothing(owned: tuple[User, Review], path: Path) -> None:
    first = load(*owned, "rm5", path, ANSWERS)
    second = load(*owned, "rm5", path, ANSWERS)

    assert changed(first)["studies.csv"] == (2, 0)
    assert changed(second) == {}
    assert sentences(second) == sentences(first)


def test_preview_tells_the_same_and_saves_nothing(owned: tuple[User, Review], path: Path) -> None:
    preview = load(*owned, "rm5", path, ANSWERS, dry_run=True)

    assert Study.objects.count() == 0
    assert changed(load(*owned, "rm5", path, ANSWERS)) == changed(preview)


def test_analysis_goes_to_the_instrument_that_a_person_names(owned: tuple[User, Review], path: Path) -> None:
    outcome = saved(Outcome(review=owned[1], code="sleep", name="Sleep", direction="higher"))
    saved(Instrument(outcome=outcome, code="diary", name="Diary", direction="higher"))

    result = load(*owned, "rm5", path, {"outcomes": "1.2=sleep/diary; 1.1=sleep/nothing"})

    assert {one.instrument.code for one in ArmResult.objects.all()} == {"diary"}
    assert any("no instrument “sleep/nothing”" in one and "sleep/diary" in one for one in sentences(result))


def test_what_a_person_wrote_of_a_study_is_kept(owned: tuple[User, Review], path: Path) -> None:
    saved(Study(review=owned[1], code="ito", label="Ito 2001", note="Ask the authors.", design="rct"))

    load(*owned, "rm5", path, ANSWERS)

    ito = Study.objects.get(code="ito")
    assert (ito.note, ito.design, ito.year) == ("Ask the authors.", "rct", 2001)
    assert Extraction.objects.filter(study=ito, is_consensus=True).exists()


def test_dialects_are_understood(owned: tuple[User, Review], tmp_path: Path) -> None:
    begin = '<?xml version="1.0" encoding="ISO-8859-1" standalone="no"?>\n<!DOCTYPE COCHRANE_REVIEW SYSTEM "rm5.dtd">\n'
    text = begin + RM5.partition("\n")[2]
    text = text.replace("<COCHRANE_REVIEW ", '<c:COCHRANE_REVIEW xmlns:c="urn:rm5" ').replace(
        "</COCHRANE_REVIEW>", "</c:COCHRANE_REVIEW>"
    )
    text = text.replace("Ito 2001", "Itö 2001").replace("<P>Two centres</P>", "<![CDATA[<p>Two&nbsp;centres</p>]]>")

    result = load(*owned, "rm5", write(tmp_path, text, "latin-1"), ANSWERS)

    assert result.is_saved
    assert "Two centres" in Study.objects.get(code="Itö_2001").note


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (RM5[:3000], "tea.rm5 line "),
        ("<html><body/></html>", "it begins with <html>"),
        ('<!DOCTYPE a [<!ENTITY b "c">]>\n<COCHRANE_REVIEW>&b;</COCHRANE_REVIEW>', "entities of its own"),
        ("no xml", "no whole XML file"),
        ("", "is empty"),
    ],
)
def test_file_that_is_no_revman_file_is_refused(
    owned: tuple[User, Review], tmp_path: Path, text: str, sentence: str
) -> None:
    result = load(*owned, "rm5", write(tmp_path, text), ANSWERS)

    assert not result.is_saved
    assert len(result.errors) == 1
    assert sentence in sentences(result)[0]
    assert Study.objects.count() == 0


def test_answer_that_cannot_be_understood_is_refused(owned: tuple[User, Review], path: Path) -> None:
    result = load(*owned, "rm5", path, {"direction": "1.1=up"})

    assert sentences(result) == ["tea.rm5: “up” is no answer to “direction”; there are lower, higher."]
