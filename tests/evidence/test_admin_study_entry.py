"""Entering a study with all its parts on one page, the way a browser sends it."""

from decimal import Decimal
from typing import Any

import pytest

from evidence.models import Arm, Assessment, Extraction, Review, Settlement, Study
from tests.evidence.admin_pages import add_address, change_address, filled_in, listed_errors, member_client, two_arms
from tests.factories import (
    make_arm,
    make_arm_result,
    make_assessment,
    make_characteristic_field,
    make_comparator_type,
    make_component_type,
    make_contrast_result,
    make_extraction,
    make_instrument,
    make_judgements,
    make_outcome,
    make_review,
    make_study,
)

pytestmark = pytest.mark.django_db

ROB = {
    "rob-tool": "rob2",
    "rob-randomisation-judgement": "low",
    "rob-deviations-judgement": "some_concerns",
    "rob-missing_data-judgement": "low",
    "rob-measurement-judgement": "low",
    "rob-selection-judgement": "low",
}


def everything(review: Review) -> dict[str, Any]:
    """Give rows of every kind for one study."""
    instrument = make_instrument(make_outcome(review))
    age = make_characteristic_field(review, name="Mean age", unit="years")
    registered = make_characteristic_field(review, name="Pre-registered", kind="flag")
    component = make_component_type(review)
    return {
        "reports": [{"citation": "Aasa B. JOSPT 2015.", "year": 2015, "is_primary": "on"}],
        "arms": two_arms(make_comparator_type(review)),
        "interventioncomponent": [{"arm_no": 1, "type": component.pk, "weeks": 8, "minutes": 30}],
        "armresult": [
            {"arm_no": 1, "instrument": instrument.pk, "week": 12, "n": 35, "mean": "2.4", "sd": "1.8", "page": "412"},
            {"arm_no": 2, "instrument": instrument.pk, "week": 12, "n": 34, "mean": "2.9", "sd": "2.1"},
        ],
        "contrasts": [
            {
                "first_arm_no": 1,
                "second_arm_no": 2,
                "instrument": instrument.pk,
                "week": 12,
                "estimate": "-0.5",
                "ci_lower": "-1.4",
                "ci_upper": "0.4",
            }
        ],
        "characteristics": [{"field": age.pk, "value": "42.5"}, {"field": registered.pk, "value": "yes"}],
        "adverse_events": [{"arm_no": 2, "term": "Back pain flare", "events": 3, "participants": 2, "total": 34}],
    }


def test_a_whole_study_is_entered_in_one_submit() -> None:
    review = make_review()
    client = member_client(review)

    response = client.post(add_address(review), filled_in(review, everything(review), **ROB))

    assert response.status_code == 302, listed_errors(response)
    study = Study.objects.get()
    extraction = Extraction.objects.get(study=study, is_consensus=True)
    first, second = extraction.arms.all()
    assert (first.label, second.comparator_type.name) == ("Motor control", second.comparator_type.name)
    assert first.components.get().weeks == 8
    assert first.results.get().page == "412"
    assert second.results.get().sd == Decimal("2.1")
    contrast = extraction.contrasts.get()
    assert (contrast.first_arm, contrast.second_arm) == (first, second)
    assert [row.value for row in extraction.characteristics.order_by("pk")] == [Decimal("42.5"), True]
    assert extraction.adverse_events.get().arm == second
    assert study.reports.get().is_primary
    judgements = Assessment.objects.get(study=study, is_consensus=True).judgements
    assert judgements.get(domain="overall").judgement == "some_concerns"


def test_history_of_every_row_names_the_person() -> None:
    review = make_review()
    client = member_client(review)

    client.post(add_address(review), filled_in(review, everything(review), **ROB))

    study = Study.objects.get()
    extraction = study.extractions.get()
    arm = extraction.arms.first()
    rows = [study, extraction, arm, arm.results.get(), extraction.contrasts.get(), study.assessments.get()]
    assert {row.history.get().history_user for row in rows} == {client.person}  # type: ignore[attr-defined]


def test_a_reviewer_enters_their_own_extraction_by_default() -> None:
    review = make_review()
    client = member_client(review, "reviewer")

    client.post(add_address(review), filled_in(review, everything(review), **ROB))

    extraction = Extraction.objects.get()
    assert (extraction.is_consensus, extraction.reviewer) == (False, client.person)  # type: ignore[attr-defined]
    assert Assessment.objects.get().reviewer == client.person  # type: ignore[attr-defined]


def test_a_study_without_rows_has_no_extraction() -> None:
    review = make_review()

    member_client(review).post(add_address(review), filled_in(review, {}))

    assert Study.objects.get().extractions.count() == 0


def test_untouched_blank_rows_are_not_saved() -> None:
    review = make_review()
    question = make_characteristic_field(review)
    blank = {"arms": [{"number": 1}, {"number": 2}], "characteristics": [{"field": question.pk}]}

    response = member_client(review).post(add_address(review), filled_in(review, {**blank, "armresult": [{}]}))

    assert response.status_code == 302
    assert Arm.objects.count() == 0


def test_rows_of_a_saved_study_are_changed_and_deleted() -> None:
    review = make_review()
    study = make_study(review)
    extraction = make_extraction(study)
    first, second = make_arm(extraction), make_arm(extraction)
    result, other = make_arm_result(first), make_arm_result(second)
    client = member_client(review)
    arms = [{"id": arm.pk, "number": arm.number, "label": arm.label, "role": arm.role} for arm in (first, second)]
    results = [
        {"id": row.pk, "arm_no": row.arm.number, "instrument": row.instrument.pk, "week": 12, "n": 50, "mean": mean}
        for row, mean in ((result, "3.1"), (other, "3.5"))
    ]
    results[1]["DELETE"] = arms[1]["DELETE"] = "on"
    data = filled_in(review, {"arms": arms, "armresult": results}, {"arms": 2, "armresult": 2}, label="Renamed")

    response = client.post(change_address(study), data)

    assert response.status_code == 302, listed_errors(response)
    result.refresh_from_db()
    study.refresh_from_db()
    assert (result.mean, study.label) == (Decimal("3.1"), "Renamed")
    assert list(extraction.arms.all()) == [first]
    assert Arm.history.filter(id=second.pk, history_type="-").get().history_user == client.person  # type: ignore[attr-defined]


def test_the_overall_judgement_follows_the_rule_until_somebody_departs_from_it() -> None:
    study = make_study()
    make_judgements(make_assessment(study), "low")
    client = member_client(study.review)
    domains = ("randomisation", "deviations", "missing_data", "measurement", "selection", "overall")
    chosen = {f"rob-{domain}-judgement": "low" for domain in domains} | {"rob-randomisation-judgement": "high"}

    client.post(change_address(study), filled_in(study.review, {}, **chosen, **{"rob-tool": "rob2"}))

    assert study.assessments.get().judgements.get(domain="overall").judgement == "high"


def test_no_judgement_is_chosen_beforehand() -> None:
    review = make_review()

    page = member_client(review).get(add_address(review)).content.decode()

    radios = [line for line in page.split("<input") if 'name="rob-' in line and 'type="radio"' in line]
    assert len(radios) == 18
    assert not any("checked" in radio.split(">")[0] for radio in radios)


def test_another_tool_brings_its_own_domains() -> None:
    review = make_review()
    client = member_client(review)
    assert "Allocation concealment" in client.get(add_address(review) + "&tool=rob1").content.decode()

    rob1 = {"rob-tool": "rob1", "rob-allocation_concealment-judgement": "unclear"}
    client.post(add_address(review), filled_in(review, {}, **rob1))

    assert Assessment.objects.get().tool == "rob1"


def test_an_unsettled_contradiction_is_marked_filtered_and_settled() -> None:
    study = make_study()
    other = make_study(study.review, label="Without one")
    client = member_client(study.review)
    first = make_arm(make_extraction(study))
    result = make_contrast_result(first, estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)

    assert f"settlement/add/?contrast_result={result.pk}" in client.get(change_address(study)).content.decode()
    listed = client.get("/admin/evidence/study/?contradiction=yes").content.decode()
    assert study.label in listed
    assert other.label not in listed
    answer = {"contrast_result": result.pk, "value": "-1", "reason": "The text says so."}
    assert client.post("/admin/evidence/settlement/add/", answer).status_code == 302

    settlement = Settlement.objects.get()
    assert (settlement.settled_by, settlement.extraction) == (client.person, result.extraction)  # type: ignore[attr-defined]
    assert "settled as -1" in client.get(change_address(study)).content.decode()
    assert study.label not in client.get("/admin/evidence/study/?contradiction=yes").content.decode()


def test_an_own_extraction_is_completed_read_only_and_reopened_with_a_reason() -> None:
    study = make_study()
    client = member_client(study.review, "reviewer")
    person = client.person  # type: ignore[attr-defined]
    extraction = make_extraction(study, consensus=False, reviewer=person)
    make_arm(extraction)

    client.post(f"/admin/evidence/study/{study.pk}/complete/?extraction=own")
    extraction.refresh_from_db()
    assert extraction.status == Extraction.Status.COMPLETE
    assert extraction.completed_by == person
    assert 'name="arms-0-label"' not in client.get(change_address(study, "?extraction=own")).content.decode()

    client.post(f"/admin/evidence/study/{study.pk}/reopen/?extraction=own", {"reason": ""})
    extraction.refresh_from_db()
    assert extraction.status == Extraction.Status.COMPLETE
    client.post(f"/admin/evidence/study/{study.pk}/reopen/?extraction=own", {"reason": "A table was missed"})
    extraction.refresh_from_db()
    assert extraction.status == Extraction.Status.DRAFT
    assert extraction.history.first().history_change_reason == "A table was missed"


def test_a_complete_consensus_can_still_be_corrected() -> None:
    study = make_study()
    client = member_client(study.review)
    make_arm(make_extraction(study))
    client.post(f"/admin/evidence/study/{study.pk}/complete/?extraction=consensus")
    page = client.get(change_address(study)).content.decode()
    assert 'name="arms-0-label"' in page
    assert "corrections are kept in the history" in page


def test_numbers_to_read_are_shown_as_entered() -> None:
    study = make_study()
    make_arm_result(make_arm(make_extraction(study)), mean="2.4", sd="1.8")
    client = member_client(study.review, "viewer")

    for address in (change_address(study), "/admin/evidence/armresult/"):
        page = client.get(address).content.decode()
        assert "2.4" in page
        assert "2.400000" not in page


def test_the_page_to_settle_a_result_shows_its_printed_numbers() -> None:
    result = make_contrast_result(estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)
    client = member_client(result.owning_review)

    page = client.get(f"/admin/evidence/settlement/add/?contrast_result={result.pk}").content.decode()

    assert "The report prints: estimate 1, CI lower limit −2, CI upper limit 0." in page
    assert 'name="arm_result"' not in page


def test_what_a_person_may_not_change_they_cannot_settle() -> None:
    result = make_contrast_result(estimate=1, ci_lower=-2, ci_upper=0, is_printed_so=True)
    client = member_client(result.owning_review, "reviewer")
    answer = {"contrast_result": result.pk, "value": "-1", "reason": "I think so."}

    page = client.get(change_address(result.extraction.study, "?extraction=consensus")).content.decode()
    response = client.post("/admin/evidence/settlement/add/", answer)

    assert "not settled" in page
    assert "Settle it" not in page
    assert response.status_code == 200
    assert Settlement.objects.count() == 0
