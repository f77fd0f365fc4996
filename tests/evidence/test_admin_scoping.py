"""Who sees and changes what through the admin."""

from typing import Any

import pytest
from django.test import Client

from evidence.models import Arm, Extraction, Membership, Review, Study
from tests.evidence.admin_pages import add_address, change_address, filled_in, member_client, two_arms
from tests.factories import (
    make_arm,
    make_arm_result,
    make_comparator_type,
    make_complete_reading,
    make_extraction,
    make_instrument,
    make_outcome,
    make_report,
    make_review,
    make_study,
    make_user,
)

pytestmark = pytest.mark.django_db


def autocomplete(client: Client, model: str, field: str, **query: Any) -> list[str]:
    """Give what an autocomplete offers."""
    asked = {"app_label": "evidence", "model_name": model, "field_name": field, **query}
    return [item["text"] for item in client.get("/admin/autocomplete/", asked).json()["results"]]


def test_a_member_of_one_review_sees_nothing_of_another() -> None:
    client = member_client(make_review())
    study = make_study(label="Hidden study")
    arm = make_arm(make_extraction(study), label="Hidden arm")

    for model in ("study", "arm", "review"):
        assert "Hidden" not in client.get(f"/admin/evidence/{model}/").content.decode()
    for address in (change_address(study), f"/admin/evidence/arm/{arm.pk}/change/"):
        assert client.get(address).status_code == 302
        assert client.post(address, {"label": "Mine now"}).status_code in (302, 403)
        assert client.get(address.replace("change", "delete")).status_code in (302, 403)
    assert client.get(f"/admin/evidence/study/{study.pk}/history/").status_code in (302, 403, 404)


def test_an_autocomplete_offers_only_the_review_of_its_page() -> None:
    review = make_review()
    client = member_client(review)
    mine = make_instrument(make_outcome(review), name="Mine")
    second_review = make_review()
    Membership.objects.create(review=second_review, user=client.person, role="owner")  # type: ignore[attr-defined]
    make_instrument(make_outcome(second_review), name="Of my other review")
    make_instrument(name="Of others")

    assert autocomplete(client, "armresult", "instrument", review=review.pk) == [str(mine)]
    assert len(autocomplete(client, "armresult", "instrument")) == 2


def test_choices_of_a_form_are_those_of_the_own_reviews() -> None:
    review, other = make_review(title="My review"), make_review(title="Their review")

    page = member_client(review).get("/admin/evidence/outcome/add/").content.decode()

    assert "My review" in page
    assert other.title not in page


def test_a_row_cannot_be_made_in_another_review() -> None:
    other = make_review()

    response = member_client(make_review()).post(
        "/admin/evidence/comparatortype/add/", {"review": other.pk, "code": "x", "name": "X"}
    )

    assert response.status_code == 200
    assert f"“{other.pk}” is not a review that you can choose; take one from the list." in response.content.decode()
    assert other.comparatortype_set.count() == 0


@pytest.mark.parametrize("role", ["viewer", "statistician"])
def test_who_may_only_view_cannot_change(role: str) -> None:
    study = make_study()
    make_report(study)
    client = member_client(study.review, role)

    page = client.get(change_address(study))
    assert page.status_code == 200
    assert 'name="_save"' not in page.content.decode()
    assert client.post(change_address(study), filled_in(study.review, {}, label="Changed")).status_code == 403
    assert client.get(add_address(study.review)).status_code == 403
    assert client.get(f"/admin/evidence/study/{study.pk}/delete/").status_code == 403
    assert client.post(f"/admin/evidence/study/{study.pk}/complete/").status_code == 403
    study.refresh_from_db()
    assert study.label != "Changed"


def test_a_reviewer_cannot_change_the_consensus() -> None:
    study = make_study()
    arm = make_arm(make_extraction(study), label="As agreed")
    client = member_client(study.review, "reviewer")
    page = client.get(change_address(study, "?extraction=consensus")).content.decode()
    assert "As agreed" in page
    assert 'name="arms-0-label"' not in page
    row = {"id": arm.pk, "number": 1, "label": "Changed", "role": "experimental"}
    new = {"number": 2, "label": "New", "role": "experimental"}

    client.post(
        change_address(study, "?extraction=consensus"),
        filled_in(study.review, {"arms": [row, new]}, {"arms": 1}, **{"rob-overall-judgement": "low"}),
    )
    client.post(f"/admin/evidence/arm/{arm.pk}/change/", {"number": 1, "label": "Changed", "role": "experimental"})
    client.post(f"/admin/evidence/study/{study.pk}/complete/?extraction=consensus")

    assert list(Arm.objects.values_list("label", flat=True)) == ["As agreed"]
    assert study.assessments.count() == 0
    assert Extraction.objects.get(is_consensus=True).status == "draft"


def test_a_reviewer_cannot_see_another_reviewers_extraction() -> None:
    study = make_study()
    extraction = make_extraction(study, consensus=False)
    arm = make_arm(extraction, label="Their arm")
    make_arm_result(arm)
    client = member_client(study.review, "reviewer")

    for query in ("", "?extraction=own", "?extraction=consensus", f"?extraction={extraction.pk}"):
        assert "Their arm" not in client.get(change_address(study, query)).content.decode()
    for model in ("arm", "armresult", "extraction"):
        page = client.get(f"/admin/evidence/{model}/").content.decode()
        assert "Their arm" not in page
        assert str(extraction.reviewer) not in page
    assert client.get(f"/admin/evidence/arm/{arm.pk}/change/").status_code == 302
    assert client.get(f"/admin/evidence/arm/{arm.pk}/history/").status_code in (302, 403, 404)
    assert autocomplete(client, "settlement", "arm_result") == []


def test_who_adjudicates_reads_the_extractions_of_others_once_both_are_complete() -> None:
    study = make_study()
    extraction = make_complete_reading(study)
    make_arm(extraction, label="Their arm")
    client = member_client(study.review)
    address = change_address(study, f"?extraction={extraction.pk}")
    assert "Their arm" not in client.get(address).content.decode()

    make_complete_reading(study)
    page = client.get(address).content.decode()

    assert "Their arm" in page
    assert 'name="arms-0-label"' not in page


def test_two_reviewers_extract_independently() -> None:
    study = make_study()
    one, other = member_client(study.review, "reviewer"), member_client(study.review, "reviewer")
    rows = {"arms": two_arms(make_comparator_type(study.review))}

    for client in (one, other):
        assert client.post(change_address(study), filled_in(study.review, rows)).status_code == 302

    readers = {row.reviewer for row in study.extractions.filter(is_consensus=False)}
    assert readers == {one.person, other.person}  # type: ignore[attr-defined]


def test_any_staff_user_starts_a_review_and_owns_it() -> None:
    client = Client()
    person = make_user()
    client.force_login(person)

    response = client.post("/admin/evidence/review/add/", {"title": "Mine", "slug": "mine", "status": "protocol"})

    assert response.status_code == 302
    review = Review.objects.get()
    assert review.memberships.get().user == person
    assert review.memberships.get().role == "owner"
    assert client.get(f"/admin/evidence/review/{review.pk}/change/").status_code == 200


def test_only_the_owner_changes_the_review_and_its_team() -> None:
    review = make_review()
    address = f"/admin/evidence/review/{review.pk}/change/"

    assert 'name="_save"' not in member_client(review, "adjudicator").get(address).content.decode()
    assert 'name="_save"' in member_client(review, "owner").get(address).content.decode()


def test_the_review_is_asked_for_where_there_are_several() -> None:
    review, second = make_review(title="First review"), make_review(title="Second review")
    client = member_client(review)
    assert client.get("/admin/evidence/study/add/").headers["Location"].endswith(f"?review={review.pk}")
    Membership.objects.create(review=second, user=client.person, role="reviewer")  # type: ignore[attr-defined]

    page = client.get("/admin/evidence/study/add/").content.decode()

    assert f'href="?review={second.pk}"' in page
    assert Study.objects.count() == 0


def test_a_row_that_others_need_is_not_deleted() -> None:
    study = make_study()
    make_extraction(study)
    client = member_client(study.review)

    response = client.post(f"/admin/evidence/study/{study.pk}/delete/", {"post": "yes"})

    assert response.status_code == 200
    assert "would require deleting the following protected related objects" in response.content.decode()
    assert Study.objects.filter(pk=study.pk).exists()


def test_deleting_names_the_person_in_the_history() -> None:
    report = make_report()
    client = member_client(report.study.review)

    client.post(f"/admin/evidence/report/{report.pk}/delete/", {"post": "yes"})

    entry = type(report).history.get(id=report.pk, history_type="-")
    assert entry.history_user == client.person  # type: ignore[attr-defined]
