"""Two people have the same page open: nobody overwrites the other without having seen both values."""

from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from evidence.models import Arm, ArmResult, Outcome, Study
from evidence.services import record, remove
from tests.evidence.admin_pages import change_address, listed_errors, member_client
from tests.evidence.browsing import fields_of
from tests.factories import (
    make_arm,
    make_arm_result,
    make_characteristic,
    make_characteristic_field,
    make_extraction,
    make_instrument,
    make_outcome,
    make_review,
    make_study,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scene() -> Any:
    """A study with two arms that both have a result, and two adjudicators."""

    review = make_review()
    study = make_study(review, note="Line one.\nLine two.")
    extraction = make_extraction(study)
    instrument = make_instrument(make_outcome(review))
    numbers = {"instrument": instrument, "week": 12, "n": 35, "mean": "2.40", "sd": "1.8", "quote": "A\nB"}
    arms = [make_arm(extraction, label=label) for label in ("Motor control", "Lifting")]
    make_characteristic(extraction, make_characteristic_field(review, kind="number"), number="42.50")
    return SimpleNamespace(
        results=[make_arm_result(arm, **numbers) for arm in arms],
        anna=member_client(review, username="anna"),
        ben=member_client(review, username="ben"),
        address=change_address(study),
    )


def mean_of(scene: Any, place: int) -> Decimal:
    return ArmResult.objects.get(pk=scene.results[place].pk).mean


def test_page_that_was_not_touched_changes_nothing_of_what_another_saved(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    mine = fields_of(scene.ben.get(scene.address))
    assert scene.ben.post(scene.address, mine | {"armresult-0-mean": "9.9", "label": "Ben's"}).status_code == 302
    answer = scene.anna.post(scene.address, page)
    assert answer.status_code == 302, listed_errors(answer)
    assert mean_of(scene, 0) == Decimal("9.9")
    assert Study.objects.get().label == "Ben's"


def test_different_rows_of_one_page_are_both_saved(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"armresult-0-mean": "9.9"})
    answer = scene.anna.post(scene.address, page | {"armresult-1-mean": "1.1"})
    assert answer.status_code == 302, listed_errors(answer)
    assert (mean_of(scene, 0), mean_of(scene, 1)) == (Decimal("9.9"), Decimal("1.1"))


def test_stale_row_is_refused_with_both_values_and_saved_when_sent_again(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"armresult-0-mean": "9.9", "armresult-0-sd": "2"})
    answer = scene.anna.post(scene.address, page | {"armresult-0-mean": "7.7", "armresult-1-mean": "1.1"})
    assert answer.status_code == 200
    (said,) = listed_errors(answer)
    assert "ben changed this arm result at" in said
    assert "Mean: theirs “9.9”, yours “7.7”." in said
    assert "theirs “2”, yours “1.8”" in said
    assert (mean_of(scene, 0), mean_of(scene, 1)) == (Decimal("9.9"), Decimal("2.4"))
    again = fields_of(answer)
    assert (again["armresult-0-mean"], again["armresult-1-mean"]) == ("7.7", "1.1")
    assert scene.anna.post(scene.address, again).status_code == 302
    assert (mean_of(scene, 0), mean_of(scene, 1)) == (Decimal("7.7"), Decimal("1.1"))


def test_other_errors_do_not_make_a_stale_page_fresh(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address)) | {"armresult-0-mean": "7.7"}
    first = scene.anna.post(scene.address, page | {"label": ""})
    assert first.status_code == 200
    scene.ben.post(scene.address, fields_of(scene.ben.get(scene.address)) | {"armresult-0-mean": "9.9"})
    answer = scene.anna.post(scene.address, fields_of(first) | {"label": "Aasa 2015"})
    assert "theirs “9.9”, yours “7.7”" in " ".join(listed_errors(answer))
    assert mean_of(scene, 0) == Decimal("9.9")


def test_study_itself_is_refused_with_both_values(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"label": "Ben's", "design": "crossover"})
    answer = scene.anna.post(scene.address, page | {"label": "Anna's"})
    said = " ".join(listed_errors(answer))
    assert "Label: theirs “Ben's”, yours “Anna's”." in said
    assert "theirs “Randomised, crossover”, yours “Randomised, parallel groups”" in said
    assert Study.objects.get().label == "Ben's"


def test_row_that_another_changed_is_not_deleted_unseen(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"armresult-1-mean": "9.9"})
    answer = scene.anna.post(scene.address, page | {"armresult-1-DELETE": "on"})
    assert "ben changed this arm result" in " ".join(listed_errors(answer))
    assert ArmResult.objects.count() == 2


def test_row_that_another_deleted_is_told_of(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    remove(by=scene.ben.person, row=scene.results[1])
    answer = scene.anna.post(scene.address, page | {"armresult-1-mean": "1.1"})
    assert answer.status_code == 200
    assert "ben deleted this arm result at" in " ".join(listed_errors(answer))
    assert ArmResult.objects.count() == 1


def test_answer_to_a_question_of_the_review_is_guarded_too(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"characteristics-0-value": "50"})
    answer = scene.anna.post(scene.address, page | {"characteristics-0-value": "60"})
    assert "theirs “50”, yours “60”" in " ".join(listed_errors(answer))


def test_arm_renamed_by_another_keeps_its_name_and_results_find_it(scene: Any) -> None:
    page = fields_of(scene.anna.get(scene.address))
    scene.ben.post(scene.address, page | {"arms-0-label": "Exercise"})
    answer = scene.anna.post(scene.address, page | {"armresult-0-mean": "7.7"})
    assert answer.status_code == 302, listed_errors(answer)
    assert Arm.objects.order_by("number").first().label == "Exercise"
    assert mean_of(scene, 0) == Decimal("7.7")


def test_pages_of_other_rows_are_guarded_too(scene: Any) -> None:
    outcome = Outcome.objects.get()
    address = f"/admin/evidence/outcome/{outcome.pk}/change/"
    page = fields_of(scene.anna.get(address))
    outcome.name = "Ben's name"
    record(by=scene.ben.person, row=outcome)
    answer = scene.anna.post(address, page | {"name": "Anna's name"})
    assert answer.status_code == 200
    assert "theirs “Ben&#x27;s name”, yours “Anna&#x27;s name”" in answer.content.decode()
    assert Outcome.objects.get().name == "Ben's name"


@pytest.mark.parametrize("box", ["", "not json", "[]", '{"": "other"}'])
def test_box_that_cannot_be_read_is_no_error(scene: Any, box: str) -> None:
    page = fields_of(scene.anna.get(scene.address)) | {"based_on": box, "note": "x"}
    assert scene.anna.post(scene.address, page).status_code in (200, 302)


def test_box_costs_no_query(scene: Any, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(60):
        page = fields_of(scene.anna.get(scene.address))
    assert page["based_on"].count(":") == 1 + 2 + 2 + 1
