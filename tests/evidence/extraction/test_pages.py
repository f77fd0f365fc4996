"""The pages of extraction: compare, decide, build; the board; the form; questions to authors."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evidence import services
from evidence.models import Adjudication, AuthorContact
from tests import factories as make
from tests.evidence.extraction.trial import Trial, make_trial, read_as, result_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def trial() -> Trial:
    return make_trial()


def client_of(person: Any) -> Client:
    client = Client()
    client.force_login(person)
    return client


def compare_address(trial: Trial) -> str:
    return reverse("admin:evidence_compare", args=[trial.study.pk])


def board_address(trial: Trial) -> str:
    return reverse("admin:evidence_extraction_board", args=[trial.review.slug])


def boxes(response: Any) -> dict[str, str]:
    """Give what the page's form sends as it is, hidden boxes and all."""
    page = response.context["page"]
    sent = {"version": response.context["version"], "last_event": str(response.context["last_event"])}
    for row in page.rows:
        sent |= {f"take-{row.number}": row.taken, f"value-{row.number}": row.value, f"reason-{row.number}": row.reason}
    return sent


def number_of(response: Any, field: str) -> int:
    return next(row.number for row in response.context["page"].rows if row.item.field and row.item.field.name == field)


def text_of(response: Any) -> str:
    return response.content.decode()


# Comparing -----------------------------------------------------------------------------------------------------------


def test_page_shows_only_what_differs_and_all_when_asked(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, turned=True, sd="0.3")
    client = client_of(trial.cara)
    page = client.get(compare_address(trial))
    assert {row.item.field.name for row in page.context["page"].rows} == {"label", "sd"}
    assert "looks like the standard error" in text_of(page)
    assert "1: Motor control" in text_of(page)
    assert "2: MC exercise" in text_of(page)
    everything = client.get(f"{compare_address(trial)}?show=all")
    assert len(list(everything.context["page"].rows)) > 60
    assert "both agree" in text_of(everything)


def test_decisions_are_made_on_the_page_and_the_consensus_is_built(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6")
    client = client_of(trial.cara)
    page = client.get(compare_address(trial))
    sd, age = number_of(page, "sd"), number_of(page, "value")
    sent = boxes(page) | {f"take-{sd}": "A", f"reason-{sd}": "0.3 is the SE"}
    sent |= {f"take-{age}": "other", f"value-{age}": "44.9", f"reason-{age}": "Table 1"}
    assert client.post(compare_address(trial), sent).status_code == 302
    assert set(Adjudication.objects.values_list("taken", "reason")) == {("A", "0.3 is the SE"), ("other", "Table 1")}
    page = client.get(compare_address(trial))
    assert page.context["page"].open_count == 0
    assert client.post(compare_address(trial), boxes(page)).status_code == 302
    assert Adjudication.objects.count() == 2  # nothing was changed, so nothing is decided again
    response = client.post(reverse("admin:evidence_compare_build", args=[trial.study.pk]))
    assert response.headers["Location"].endswith("?extraction=consensus")
    consensus = trial.study.extractions.get(is_consensus=True)
    assert str(result_of(consensus).sd) == "1.8"
    assert "Building it again" not in text_of(client.get(compare_address(trial)))


def test_refused_decision_is_told_at_its_item_and_nothing_is_lost(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3", age="54.6")
    client = client_of(trial.cara)
    page = client.get(compare_address(trial))
    sd, age = number_of(page, "sd"), number_of(page, "value")
    sent = boxes(page) | {f"take-{sd}": "A", f"take-{age}": "other", f"value-{age}": "old", f"reason-{age}": "Table 1"}
    response = client.post(compare_address(trial), sent)
    assert response.status_code == 200
    assert f'<ul class="errorlist" id="errors-{age}"><li>Mean age (years) needs a number.</li></ul>' in text_of(
        response
    )
    assert f'name="value-{age}" type="text" value="old"' in text_of(response)
    assert boxes(response)[f"take-{sd}"] == "A"
    assert not Adjudication.objects.exists()


def test_second_adjudicator_is_told_what_the_first_decided_meanwhile(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    first, second = client_of(trial.cara), client_of(trial.owner)
    pages = first.get(compare_address(trial)), second.get(compare_address(trial))
    sd = number_of(pages[0], "sd")
    first.post(compare_address(trial), boxes(pages[0]) | {f"take-{sd}": "B", f"reason-{sd}": "as printed"})
    response = second.post(compare_address(trial), boxes(pages[1]) | {f"take-{sd}": "A"})
    assert f"{trial.cara} decided this meanwhile" in text_of(response)
    assert Adjudication.objects.get().taken == "B"
    again = second.post(compare_address(trial), boxes(response) | {f"take-{sd}": "A", f"reason-{sd}": "looked again"})
    assert again.status_code == 302
    assert Adjudication.objects.count() == 2


def test_readers_see_the_comparison_and_cannot_decide(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, sd="0.3")
    client = client_of(trial.anna)
    page = client.get(compare_address(trial))
    assert page.status_code == 200
    assert "An adjudicator settles what differs." in text_of(page)
    assert "Save decisions" not in text_of(page)
    sd = number_of(page, "sd")
    assert client.post(compare_address(trial), boxes(page) | {f"take-{sd}": "A"}).status_code == 403
    for act in ("build", "equal", "arms"):
        assert client.post(reverse(f"admin:evidence_compare_{act}", args=[trial.study.pk])).status_code == 403
    assert not Adjudication.objects.exists()


def test_arms_are_matched_otherwise_on_the_page(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    client = client_of(trial.cara)
    page = client.get(compare_address(trial))
    keys = [arm.key for arm in page.context["page"].arms]
    partners = [next(key for key, _, chosen in arm.options if chosen) for arm in page.context["page"].arms]
    sent = {"version": page.context["version"], "last_event": "0", "reason": "labels were mixed up"}
    sent |= {f"arm-{keys[0]}": partners[1], f"arm-{keys[1]}": ""}
    client.post(reverse("admin:evidence_compare_arms", args=[trial.study.pk]), sent)
    arms = client.get(compare_address(trial)).context["page"].arms
    assert [(arm.partner, arm.reasons) for arm in arms] == [("Usual care", "matched by hand"), ("", "matched by hand")]


def test_missing_item_leads_to_a_question_to_the_authors(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, rmdq=None)
    client = client_of(trial.cara)
    page = client.get(compare_address(trial))
    (row,) = page.context["page"].rows
    assert row.ask_url.startswith("/admin/evidence/authorcontact/add/")
    form = text_of(client.get(row.ask_url))
    assert "Motor control, RMDQ 0-24 (Disability) at week 12" in form
    sent = {"study": trial.study.pk, "item": "SD of the RMDQ", "asked_at": "2026-05-03"}
    assert client.post("/admin/evidence/authorcontact/add/", sent).status_code == 302
    contact = AuthorContact.objects.get()
    assert (contact.asked_by, contact.status) == (trial.cara, "open")


# The study's page ----------------------------------------------------------------------------------------------------


def study_address(trial: Trial, query: str = "") -> str:
    return f"{reverse('admin:evidence_study_change', args=[trial.study.pk])}{query}"


def test_extraction_is_begun_submitted_and_reopened_on_the_study_page(trial):
    client = client_of(trial.anna)
    assert "Begin my extraction" in text_of(client.get(study_address(trial)))
    client.post(reverse("admin:evidence_study_begin", args=[trial.study.pk]))
    page = text_of(client.get(study_address(trial)))
    assert "Submit my extraction" in page
    assert f"{trial.anna}: in progress" in page
    client.post(reverse("admin:evidence_study_complete", args=[trial.study.pk]))
    page = text_of(client_of(trial.ben).get(study_address(trial)))
    assert f"{trial.anna}: submitted" in page
    reopen = reverse("admin:evidence_study_reopen", args=[trial.study.pk])
    client.post(reopen, {"reason": ""})
    assert f"{trial.anna}: submitted" in text_of(client.get(study_address(trial)))
    client.post(reopen, {"reason": "a table was missed"})
    assert f"{trial.anna}: in progress" in text_of(client.get(study_address(trial)))


def test_third_person_is_told_who_reads_the_study(trial):
    for person in (trial.anna, trial.ben):
        services.open_extraction(by=person, study=trial.study)
    third = client_of(make.make_membership(trial.review, role="reviewer").user)
    page = text_of(third.get(study_address(trial)))
    assert "My own extraction" not in page
    assert 'name="_save"' in page  # the study itself and its reports
    response = third.post(reverse("admin:evidence_study_begin", args=[trial.study.pk]), follow=True)
    assert f"needs 2 readers, and has {trial.anna} and {trial.ben}." in text_of(response)


def test_adjudicator_cannot_type_a_consensus_beside_two_readers(trial):
    services.open_extraction(by=trial.anna, study=trial.study)
    page = text_of(client_of(trial.cara).get(study_address(trial, "?extraction=consensus")))
    assert "is built from what the readers entered" in page
    assert 'name="arms-0-label"' not in page


def test_begun_extraction_is_given_up_with_a_reason(trial):
    services.open_extraction(by=trial.anna, study=trial.study)
    client = client_of(trial.anna)
    assert "Give this extraction up" in text_of(client.get(study_address(trial)))
    address = reverse("admin:evidence_study_giveup", args=[trial.study.pk])
    client.post(address, {"reason": ""})
    assert trial.study.extractions.count() == 1
    client.post(address, {"reason": "I know the authors"})
    assert trial.study.extractions.count() == 0


# The board -----------------------------------------------------------------------------------------------------------


def test_board_shows_states_and_what_each_person_can_do_next(trial):
    read_as(trial, trial.anna)
    read_as(trial, trial.ben)
    other = make.make_study(trial.review, label="Zhang 2020")
    services.open_extraction(by=trial.anna, study=other)
    third = make.make_study(trial.review, label="Liu 2021")

    def next_of(person: Any) -> dict[str, str]:
        rows = client_of(person).get(board_address(trial)).context["rows"]
        return {row.study.label: row.label for row in rows}

    assert next_of(trial.cara) == {"Aasa 2015": "Adjudicate", "Zhang 2020": "Read it", "Liu 2021": "Read it"}
    assert next_of(trial.anna) == {
        "Aasa 2015": "Compare",
        "Zhang 2020": "Continue my extraction",
        "Liu 2021": "Read it",
    }
    page = client_of(trial.owner).get(f"{board_address(trial)}?state=being-read")
    assert [row.study.label for row in page.context["rows"]] == ["Zhang 2020"]
    assert f"{trial.anna}: in progress" in text_of(page)
    assert third.label not in text_of(page)


def test_owner_frees_a_study_from_the_board(trial):
    begun = services.open_extraction(by=trial.anna, study=trial.study)
    address = reverse("admin:evidence_extraction_release", args=[trial.review.slug])
    sent = {"extraction": begun.pk, "reason": "she left"}
    assert client_of(trial.cara).post(address, sent).status_code == 403
    assert client_of(trial.owner).post(address, sent).status_code == 302
    assert trial.study.extractions.count() == 0


def test_single_reading_is_taken_over_from_the_board(trial):
    make.make_extraction_policy(trial.review)
    read_as(trial, trial.anna)
    page = text_of(client_of(trial.cara).get(board_address(trial)))
    assert "Take it over as the consensus" in page
    client_of(trial.cara).post(reverse("admin:evidence_compare_build", args=[trial.study.pk]), {"single": "yes"})
    assert trial.study.extractions.get(is_consensus=True).status == "complete"


def test_boards_and_comparisons_of_other_reviews_are_not_there(trial):
    stranger = make.make_membership().user
    addresses = [
        board_address(trial),
        compare_address(trial),
        reverse("admin:evidence_extractionform_review", args=[trial.review.slug]),
        reverse("admin:evidence_authorcontact_study", args=[trial.study.pk]),
    ]
    for address in addresses:
        assert client_of(stranger).get(address).status_code == 404


@pytest.mark.parametrize("studies", [1, 25])
def test_number_of_queries_of_the_board_does_not_grow_with_the_studies(trial, studies):
    for _ in range(studies):
        study = make.make_study(trial.review)
        make.make_complete_reading(study)
        make.make_extraction(study, consensus=False)
    client = client_of(trial.cara)
    client.get(board_address(trial))
    with CaptureQueriesContext(connection) as queries:
        client.get(board_address(trial))
    assert len(queries) == 12, "\n".join(query["sql"][:150] for query in queries)


@pytest.mark.parametrize("results", [1, 12])
def test_number_of_queries_of_a_comparison_does_not_grow_with_its_rows(trial, results):
    for person, sd in ((trial.anna, 1), (trial.ben, 2)):
        reading = read_as(trial, person, complete=False)
        for week in range(20, 20 + results):
            make.make_arm_result(reading.arms.first(), trial.nrs, week=week, sd=sd)
        services.complete_extraction(by=person, extraction=reading)
    client = client_of(trial.cara)
    client.get(compare_address(trial))
    with CaptureQueriesContext(connection) as queries:
        page = client.get(compare_address(trial))
    assert len(list(page.context["page"].rows)) == results
    assert len(queries) == 35, "\n".join(query["sql"][:150] for query in queries)


# Earlier versions ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ["viewer", "owner"])
def test_earlier_versions_open_for_those_who_may_only_read_too(trial, role):
    make.make_arm_result(make.make_arm(make.make_extraction(trial.study)), trial.nrs)
    client = client_of(make.make_membership(trial.review, role=role).user)
    rows = (trial.review, trial.study, trial.nrs, trial.usual, trial.exercise, trial.age, trial.nrs.outcome)
    for row in (*rows, result_of(trial.study.extractions.get(), label="Group 1")):
        entry = row.history.first()
        address = reverse(f"admin:evidence_{row._meta.model_name}_simple_history", args=[row.pk, entry.pk])
        assert client.get(address).status_code == 200, row
