"""Records come in, are corrected, turn out to be duplicates, are settled, become studies, and are counted."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from evidence.models import FlowCount, Record, RecordText, Report, ScreeningDecision, ScreeningState
from evidence.permissions import NotAllowed
from evidence.services import screening
from tests.factories import make_report, make_review, make_search_round, make_study, saved
from tests.screening_factories import (
    make_owner,
    make_reason,
    make_record,
    make_records,
    make_source,
    make_team,
    settle,
)

pytestmark = pytest.mark.django_db

ABSTRACT, FULL_TEXT = "title_abstract", "full_text"


def add(review: Any, *rows: dict[str, Any], **options: Any) -> screening.Added:
    search_round = review.search_rounds.first() or make_search_round(review)
    return screening.add_records(by=make_owner(review), search_round=search_round, rows=rows, **options)


def include(record: Record, people: list[Any]) -> None:
    for stage in (ABSTRACT, FULL_TEXT):
        settle(record, "include", people, stage)


def test_rows_become_records_with_history_text_and_a_place_in_the_queue() -> None:
    review = make_review()
    row = {
        "title": " Motor  control ",
        "abstract": "Étude",
        "year": "2015",
        "doi": "HTTPS://doi.org/10.1/ABC",
        "x": "y",
    }

    assert add(review, row) == screening.Added(records=1, duplicates=0)

    record = Record.objects.get()
    assert (record.title, record.year, record.doi) == ("Motor control", 2015, "10.1/abc")
    assert record.history.get().history_user is not None
    assert "motor control  etude" in RecordText.objects.get(record=record).words
    assert ScreeningState.objects.get().status == "waiting"


def test_what_has_a_doi_or_pmid_that_is_there_is_kept_as_a_duplicate_of_the_first() -> None:
    review = make_review()
    add(review, {"title": "A", "accession": "first", "doi": "10.1/a", "pmid": "1"})
    rows = [
        {"title": "A", "accession": "same DOI", "doi": "doi: 10.1/A", "pmid": "2"},
        {"title": "A", "accession": "same PMID", "pmid": "1"},
        {"title": "A", "accession": "PMID of the duplicate", "pmid": "2"},
        {"title": "B", "accession": "new", "pmid": "3"},
        {"title": "B", "accession": "new again", "pmid": "3"},
        {"title": "Neither"},
        {"title": "Neither"},
    ]

    assert add(review, *rows) == screening.Added(records=3, duplicates=4)

    of = {record.accession: record.duplicate_of for record in Record.objects.filter(duplicate_of__isnull=False)}
    first, new = Record.objects.get(accession="first"), Record.objects.get(accession="new")
    assert of == {"same DOI": first, "same PMID": first, "PMID of the duplicate": first, "new again": new}
    assert ScreeningState.objects.count() == 4
    other = make_review()
    assert add(other, {"title": "First", "doi": "10.1/a"}).duplicates == 0


def test_a_record_that_ties_two_others_together_makes_no_chain_of_duplicates() -> None:
    review = make_review()

    add(
        review,
        {"title": "A", "accession": "1", "doi": "10.1/a"},
        {"title": "A", "accession": "2", "pmid": "7"},
        {"title": "A", "accession": "3", "doi": "10.1/a", "pmid": "7"},
    )

    chained = Record.objects.filter(duplicate_of__duplicate_of__isnull=False)
    assert not chained.exists()
    assert Record.objects.get(accession="3").duplicate_of.accession == "1"  # type: ignore[union-attr]


def test_rows_that_cannot_be_read_are_named_and_none_is_added() -> None:
    review = make_review()
    rows = [{"title": "Fine"}, {"title": "", "pmid": "1"}, {"title": "Old", "year": "1066", "pmid": "x1"}]

    with pytest.raises(ValidationError) as refused:
        add(review, *rows)

    assert refused.value.messages == [
        "Row 2: title: A record needs a title.",
        "Row 3: year: The year must lie between 1500 and 2100. PMID: A PMID has digits only.",
    ]
    assert Record.objects.count() == 0
    with pytest.raises(ValidationError, match="belongs to another search round"):
        add(review, {"title": "Fine"}, source=make_source())
    (viewer,) = make_team(review, "vera", role="viewer")
    with pytest.raises(NotAllowed):
        screening.add_records(by=viewer, search_round=review.search_rounds.get(), rows=[{"title": "x"}])


def test_a_correction_is_found_by_its_new_words() -> None:
    review = make_review()
    record = make_record(review, title="Moter control")
    record.title = "Motor control"

    screening.correct_record(by=make_owner(review), record=record, reason="typo")

    assert RecordText.objects.get(record=record).words.startswith("motor control")
    assert record.history.first().history_change_reason == "typo"


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"title": ""}, "title"),
        ({"year": 1200}, "The year must lie between 1500 and 2100."),
        ({"pmid": "12a"}, "A PMID has digits only."),
    ],
)
def test_a_record_that_breaks_a_rule_is_refused_with_a_sentence(fields: dict[str, Any], sentence: str) -> None:
    record = make_record()
    for name, value in fields.items():
        setattr(record, name, value)

    with pytest.raises(ValidationError, match=sentence):
        record.full_clean()
    if "pmid" not in fields:
        with pytest.raises(IntegrityError), transaction.atomic():
            record.save()


def test_a_record_is_no_duplicate_of_itself() -> None:
    record = make_record()
    record.duplicate_of = record

    with pytest.raises(ValidationError, match="cannot be a duplicate of itself"):
        record.full_clean()
    with pytest.raises(IntegrityError, match="record_not_its_own_duplicate"), transaction.atomic():
        record.save()


def test_rows_of_another_review_are_refused() -> None:
    record, other = make_record(), make_record()
    for name, value in (("search_round", other.search_round), ("duplicate_of", other), ("report", make_report())):
        row = Record.objects.get(pk=record.pk)
        setattr(row, name, value)
        with pytest.raises(ValidationError) as refused:
            row.full_clean()
        assert name in refused.value.message_dict


def test_a_duplicate_leaves_the_queue_with_its_answers_and_comes_back_with_them() -> None:
    review = make_review()
    first, second, third = make_records(review, 3)
    anna, ben = make_team(review, "anna", "ben")
    settle(second, "include", [anna, ben])

    screening.mark_duplicate(by=anna, record=second, of=first, reason="same trial")
    assert {state.status for state in second.states.all()} == {"removed"}
    with pytest.raises(ValidationError, match="has duplicates itself"):
        screening.mark_duplicate(by=anna, record=first, of=third)
    with pytest.raises(ValidationError, match="itself a duplicate"):
        screening.mark_duplicate(by=anna, record=third, of=second)
    screening.mark_duplicate(by=anna, record=second, of=None)

    assert [state.status for state in second.states.order_by("pk")] == ["included", "waiting"]
    assert second.history.filter(history_change_reason="same trial").exists()


def test_an_adjudicator_settles_a_conflict_and_may_decide_otherwise_later_with_a_reason() -> None:
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    (adele,) = make_team(review, "adele", role="adjudicator")

    def ask(answer: str, **options: Any) -> str:
        return screening.adjudicate(by=adele, record=record, stage=ABSTRACT, answer=answer, **options).status

    with pytest.raises(ValidationError, match="still waits for readers"):
        ask("include")
    settle(record, "include", [anna])
    settle(record, "exclude", [ben])
    with pytest.raises(ValidationError, match="includes or excludes"):
        ask("unsure")
    assert ask("include") == "included"
    with pytest.raises(ValidationError, match="has been settled meanwhile"):
        ask("exclude")
    with pytest.raises(ValidationError, match="Say in the note why"):
        ask("exclude", overrule=True)
    assert ask("exclude", overrule=True, note="not a trial") == "excluded"

    assert list(record.decisions.values_list("answer", "is_adjudication")) == [
        *[("include", False), ("exclude", False)],
        *[("include", True), ("exclude", True)],
    ]


def test_an_adjudicator_was_none_of_the_readers_not_even_one_who_took_it_back() -> None:
    review = make_review()
    record = make_record(review)
    adele, bea = make_team(review, "adele", "bea", role="adjudicator")
    (anna,) = make_team(review, "anna")
    settle(record, "include", [adele])
    screening.skip(by=adele, state=screening.undo(by=adele, review=review, stage=ABSTRACT))
    settle(record, "include", [anna])
    settle(record, "exclude", [bea])

    for reader in (adele, bea):
        with pytest.raises(screening.WasReader, match="was one of the readers"):
            screening.adjudicate(by=reader, record=record, stage=ABSTRACT, answer="include")
        assert not screening.conflicts(by=reader, review=review, stage=ABSTRACT).exists()
    with pytest.raises(NotAllowed):
        screening.adjudicate(by=anna, record=record, stage=ABSTRACT, answer="include")
    owner = make_owner(review)
    assert screening.conflicts(by=owner, review=review, stage=ABSTRACT).get().record == record
    screening.adjudicate(by=owner, record=record, stage=ABSTRACT, answer="include")


def test_an_adjudicator_excludes_a_full_text_with_a_reason_and_no_abstract_that_was_read_in_full() -> None:
    review = make_review()
    record = make_record(review)
    anna, ben = make_team(review, "anna", "ben")
    owner, reason = make_owner(review), make_reason(review)
    settle(record, "include", [anna, ben])
    settle(record, "unsure", [anna, ben], FULL_TEXT)
    asked: dict[str, Any] = {"by": owner, "record": record, "answer": "exclude"}

    with pytest.raises(ValidationError, match="needs a reason"):
        screening.adjudicate(**asked, stage=FULL_TEXT)
    with pytest.raises(ValidationError, match="answered at the full-text stage"):
        screening.adjudicate(**asked, stage=ABSTRACT, note="no", overrule=True)
    state = screening.adjudicate(**asked, stage=FULL_TEXT, reason=reason)

    assert (state.status, state.reason) == ("excluded", reason)


def test_an_included_record_becomes_a_study_or_a_further_report_of_one() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    first = make_record(
        review, title="Motor control.", authors="Åsa, B; Berg, L", year=2015, journal="Spine", pmid="77"
    )
    second, third = make_records(review, 2, title="Follow-up", authors="Åsa, B", year=2015)
    with pytest.raises(ValidationError, match="is not included at the full-text stage"):
        screening.make_study(by=anna, record=first)
    for record in (first, second, third):
        include(record, [anna, ben])

    study = screening.make_study(by=anna, record=first)
    report = study.reports.get()
    assert (study.code, study.label, study.year) == ("Asa_2015", "Åsa 2015", 2015)
    assert (report.citation, report.pmid, report.is_primary) == (
        "Åsa, B; Berg, L (2015). Motor control. Spine.",
        "77",
        True,
    )
    with pytest.raises(ValidationError, match="is already a report of Åsa 2015"):
        screening.make_study(by=anna, record=first)
    assert screening.make_study(by=anna, record=second).code == "Asa_2015b"
    further = screening.link_to_study(by=anna, record=third, study=study)
    assert (further.study, further.is_primary) == (study, False)
    with pytest.raises(ValidationError, match="Say why"):
        screening.unlink_from_study(by=anna, record=third, reason=" ")
    screening.unlink_from_study(by=anna, record=third, reason="another trial")
    with pytest.raises(ValidationError, match="belongs to another review"):
        screening.link_to_study(by=anna, record=third, study=make_study())
    assert Report.objects.filter(pk=further.pk).exists()


def test_a_report_that_is_there_is_taken_by_its_doi() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    record = make_record(review, doi="10.1/a")
    report = make_report(make_study(review), doi="10.1/A")
    include(record, [anna, ben])

    assert screening.link_to_study(by=anna, record=record, study=report.study) == report


def test_the_flow_counts_what_is_settled_and_takes_the_place_of_what_was_there() -> None:
    review = make_review()
    anna, ben = make_team(review, "anna", "ben")
    (search_round,) = [make_search_round(review)]
    source = make_source(search_round, database="MEDLINE")
    rows = [{"title": f"Record {min(number, 9)}", "pmid": str(min(number, 9))} for number in range(1, 12)]
    add(review, *rows, source=source)
    records = list(Record.objects.filter(duplicate_of=None).order_by("pk"))
    wrong = make_reason(review, name="wrong design", position=1)
    missing = make_reason(review, name="not found", position=2, stage=FULL_TEXT, means_not_retrieved=True)
    settle(records[0], "exclude", [anna, ben])
    settle(records[1], "include", [anna])
    for record in records[2:8]:
        settle(record, "include", [anna, ben])
    settle(records[2], "exclude", [anna, ben], FULL_TEXT, reason=wrong)
    settle(records[3], "exclude", [anna, ben], FULL_TEXT, reason=missing)
    for record in records[4:7]:
        settle(record, "include", [anna, ben], FULL_TEXT)
    study = screening.make_study(by=anna, record=records[4])
    screening.link_to_study(by=anna, record=records[5], study=study)
    saved(FlowCount(search_round=search_round, box="records_screened", stage="title screen", count=99))
    saved(FlowCount(search_round=search_round, box="studies_pooled", count=5))

    for _ in range(2):
        screening.fill_flow(by=anna, search_round=search_round)

    counted = FlowCount.objects.filter(search_round=search_round).values_list("box", "stage", "reason", "count")
    assert set(counted) == {
        ("records_identified", "MEDLINE", "", 11),
        ("records_removed", "", "duplicate", 2),
        ("records_screened", "", "", 7),
        ("records_excluded", "", "", 1),
        ("reports_sought", "", "", 6),
        ("reports_not_retrieved", "", "not found", 1),
        ("reports_assessed", "", "", 4),
        ("reports_excluded", "", "wrong design", 1),
        ("studies_included", "", "", 1),
        ("studies_pooled", "", "", 5),
    }
    assert FlowCount.objects.get(box="studies_included").note == "1 included record(s) are not linked to a study yet."
    gone = FlowCount.history.get(box="records_screened", stage="title screen", history_type="-")
    assert (gone.count, gone.history_user) == (99, anna)
    assert FlowCount.history.filter(box="records_screened", stage="").count() == 1


def test_reasons_and_decisions_that_break_a_rule_are_refused_by_the_database_too() -> None:
    review = make_review()
    record, reason = make_record(review), make_reason(review)
    (anna,) = make_team(review, "anna")
    with pytest.raises(ValidationError, match="choose the stage of full texts for this reason"):
        make_reason(review, means_not_retrieved=True)
    for fields in (
        {"stage": FULL_TEXT, "answer": "exclude"},
        {"stage": ABSTRACT, "answer": "include", "reason": reason},
        {"stage": ABSTRACT, "answer": "unsure", "is_adjudication": True},
    ):
        row = ScreeningDecision(record=record, decided_by=anna, **fields)
        with pytest.raises(ValidationError):
            row.full_clean()
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()
