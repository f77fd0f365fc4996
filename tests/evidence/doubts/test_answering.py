"""Doubts about stored rows: what is asked, answering, and what an import says of its rows."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse

from evidence.doubts import Kind
from evidence.importers import import_review, read_folder
from evidence.importers.importing import import_rows
from evidence.models import ArmResult, DoubtAnswer
from evidence.permissions import NotAllowed
from evidence.services import answer_doubt, ask_again, record
from evidence.services.doubting import open_questions, questions_of
from evidence.services.workload import Kind as Waits
from evidence.services.workload import read_workload
from tests.evidence.admin_pages import member_client
from tests.evidence.test_import_example import change, write_example
from tests.factories import (
    make_arm,
    make_arm_result,
    make_extraction,
    make_instrument,
    make_membership,
    make_outcome,
    make_review,
    make_study,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Any:
    """A review with one arm of 28 whose mean no 28 whole scores have."""
    review = make_review()
    person = make_membership(review, role="adjudicator").user
    nrs = make_instrument(make_outcome(review), scale_min=0, scale_max=10, score_step=1)
    study = make_study(review, code="Aasa_2015", label="Aasa 2015")
    arm = make_arm(make_extraction(study), label="exercise", n_randomised=30)
    row = make_arm_result(arm, nrs, n=28, mean=Decimal("5.19"), sd=None, week=12)
    return review, person, row


def test_consensus_is_asked_about_and_own_readings_are_not(scene: Any) -> None:
    review, person, row = scene
    own = make_extraction(row.arm.extraction.study, consensus=False, reviewer=person)
    make_arm_result(make_arm(own, label="exercise"), row.instrument, n=28, mean=Decimal("5.23"), sd=None, week=12)
    (question,) = questions_of(review)
    assert (question.study, question.key, question.doubt.kind) == ("Aasa_2015", ("arm_results", row.pk), Kind.GRIM)
    assert question.about == f"exercise, {row.instrument.name}, week 12"


def test_answer_is_kept_with_its_reason_and_the_question_is_not_asked_again(scene: Any) -> None:
    review, person, row = scene
    (question,) = open_questions(review)
    answer = answer_doubt(by=person, review=review, digest=question.digest, reason=" Means are adjusted. ")
    assert open_questions(review) == []
    assert (answer.reason, answer.answered_by, answer.question) == (
        "Means are adjusted.",
        person,
        question.doubt.sentence,
    )
    row.refresh_from_db()
    assert row.mean == Decimal("5.19")
    assert answer.history.get().history_user == person


def test_changed_number_is_another_question(scene: Any) -> None:
    review, person, row = scene
    answer_doubt(by=person, review=review, digest=open_questions(review)[0].digest, reason="as printed")
    row.mean = Decimal("5.23")
    record(by=person, row=row)
    assert [one.doubt.kind for one in open_questions(review)] == [Kind.GRIM]


def test_answer_taken_back_is_asked_again(scene: Any) -> None:
    review, person, _ = scene
    answer = answer_doubt(by=person, review=review, digest=open_questions(review)[0].digest, reason="as printed")
    ask_again(by=person, answer=answer)
    assert len(open_questions(review)) == 1
    assert DoubtAnswer.history.count() == 2


def test_answer_needs_a_reason_a_role_and_a_question(scene: Any) -> None:
    review, person, _ = scene
    digest = open_questions(review)[0].digest
    with pytest.raises(ValidationError, match="Say why the numbers are correct as printed"):
        answer_doubt(by=person, review=review, digest=digest, reason="  ")
    with pytest.raises(ValidationError, match="not asked any more"):
        answer_doubt(by=person, review=review, digest="0" * 64, reason="as printed")
    with pytest.raises(NotAllowed):
        answer_doubt(
            by=make_membership(review, role="statistician").user, review=review, digest=digest, reason="as printed"
        )
    answer_doubt(by=person, review=review, digest=digest, reason="as printed")
    with pytest.raises(ValidationError, match="This question is answered already"):
        answer_doubt(by=person, review=review, digest=digest, reason="again")


def test_doubts_are_asked_in_a_number_of_queries_that_does_not_grow(
    scene: Any, django_assert_max_num_queries: Any
) -> None:
    review, _, row = scene
    for number in range(5):
        study = make_study(review)
        arm = make_arm(make_extraction(study), number=1)
        make_arm_result(arm, row.instrument, n=28, mean=Decimal("5.19"), week=number)
    with django_assert_max_num_queries(6):
        assert len(open_questions(review)) == 6


# Pages ----------------------------------------------------------------------------------------------------------------


def test_page_asks_takes_the_answer_and_asks_again(scene: Any) -> None:
    review, _, row = scene
    client = member_client(review, "reviewer")
    url = reverse("admin:evidence_doubts", args=[review.slug])
    page = client.get(url).content.decode()
    assert "No 28 scores in steps of 1 have the mean 5.19" in page
    assert reverse("admin:evidence_study_change", args=[row.arm.extraction.study_id]) in page

    (question,) = open_questions(review)
    said = client.post(url, {"digest": question.digest, "reason": "Checked, page 4"}, follow=True).content.decode()
    assert "It is not asked again." in said
    assert "No number of the consensus is in doubt." in said
    assert "Checked, page 4" in said

    answer = DoubtAnswer.objects.get()
    client.post(reverse("admin:evidence_doubtanswer_ask_again", args=[answer.pk]))
    assert len(open_questions(review)) == 1


def test_page_is_for_members_and_answers_are_for_those_who_record(scene: Any) -> None:
    review, _, _ = scene
    url = reverse("admin:evidence_doubts", args=[review.slug])
    assert member_client(make_review(), "owner").get(url).status_code == 404
    reader = member_client(review, "viewer")
    page = reader.get(url).content.decode()
    assert "Correct as printed …" not in page
    assert reader.post(url, {"digest": open_questions(review)[0].digest, "reason": "x"}).status_code == 403
    assert DoubtAnswer.objects.count() == 0


def test_page_narrows_to_a_study_or_a_kind(scene: Any) -> None:
    review, _, row = scene
    client = member_client(review, "reviewer")
    url = reverse("admin:evidence_doubts", args=[review.slug])
    assert "5.19" in client.get(f"{url}?study={row.arm.extraction.study_id}&kind=grim").content.decode()
    assert "Nothing is asked here." in client.get(f"{url}?kind=baseline").content.decode()
    assert client.get(f"{url}?study=x%00&kind=%3Cb%3E").status_code == 200


def test_home_counts_doubts_for_those_who_can_answer(scene: Any) -> None:
    review, person, _ = scene
    workload = read_workload(by=person, review=review)
    assert workload.doubts == 1
    assert [one.count for one in workload.waiting if one.kind is Waits.ANSWER_DOUBTS] == [1]
    reader = make_membership(review, role="viewer").user
    assert [one for one in read_workload(by=reader, review=review).waiting if one.kind is Waits.ANSWER_DOUBTS] == []


# Imports --------------------------------------------------------------------------------------------------------------


def test_preview_asks_about_rows_with_file_and_line_and_saves_nothing(tmp_path: Path) -> None:
    owner = make_membership(make_review(), role="owner").user
    folder = write_example(tmp_path / "tea")
    import_review(by=owner, folder=folder)
    before = list(ArmResult.objects.order_by("pk").values())
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,15.2")

    preview = import_rows(by=owner, folder=read_folder(folder), what="Import of tea", leaves_out=True, dry_run=True)

    assert preview.errors == []
    assert [note for note in preview.notes if "cannot have an SD above" in note] == [
        note for note in preview.notes if note.startswith("arm_results.csv line 2: ") and "15.2 is entered" in note
    ]
    assert any("cannot have an SD above" in note for note in preview.notes)
    assert preview.notes[0].startswith("1 of the numbers that are new or changed is unlikely to be right.")
    assert list(ArmResult.objects.order_by("pk").values()) == before


def test_rows_that_an_import_leaves_as_they_are_are_not_asked_about(tmp_path: Path) -> None:
    owner = make_membership(make_review(), role="owner").user
    folder = write_example(tmp_path / "tea")
    change(folder, "arm_results.csv", "7.4,1.1", "7.4,15.2")
    first = import_rows(by=owner, folder=read_folder(folder), what="Import of tea", leaves_out=True)
    again = import_rows(by=owner, folder=read_folder(folder), what="Import of tea", leaves_out=True)
    assert any("15.2 is entered" in note for note in first.notes)
    assert again.notes == []
    assert first.review is not None
    assert len(open_questions(first.review)) == 1
