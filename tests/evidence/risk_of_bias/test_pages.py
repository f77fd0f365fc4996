"""The pages of an assessment without JavaScript: start, answer, judge, submit, take back, settle."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from evidence import services
from evidence.models import Assessment, AssessmentDecision
from evidence.services.judging import Verdict
from tests import factories as make
from tests.evidence.admin_pages import errors_at
from tests.evidence.browsing import fields_of
from tests.evidence.risk_of_bias.world import LOW, OTHER, World, answer, answers_of, client_of, levels, make_world

pytestmark = pytest.mark.django_db

# Queries of each page, however much is answered. A higher number needs a reason in the change that brings it.
QUERIES = {"assess": 9, "read": 9, "settle": 13, "start": 9}


@pytest.fixture
def world() -> World:
    return make_world()


def page_of(row: Assessment, name: str = "assess") -> str:
    return f"/admin/evidence/assessment/{row.pk}/{name}/"


def box(html: str, code: str) -> str:
    """Give the HTML of the box of a question."""
    found = re.search(rf'<div class="assess-question[^>]*data-question="{re.escape(code)}"[^>]*>', html)
    assert found, code
    return found.group(0)


def fields_for(row: Assessment, answers: dict[str, str]) -> dict[str, str]:
    """Give the form fields for answers to questions."""
    places = [question.code for _, question in row.definition.all_questions(row.effect)]
    return {f"q{places.index(code) + 1}-answer": value for code, value in answers.items()}


def save(client: Client, row: Assessment, button: str = "_continue", **changed: str) -> Any:
    """Send the page as it is shown, with changes, and press a button."""
    sent = fields_of(client.get(page_of(row)))
    return client.post(page_of(row), {**sent, **changed, button: "1"}, follow=True)


def test_assessment_is_started_for_a_result_with_a_tool_and_an_effect(world):
    pain = make.make_outcome(world.review, name="Pain intensity")
    make.make_outcome(name="Of another review")
    own = make.make_review_tool(world.review, name="Own tool")
    client = client_of(world.anna)
    page = f"/admin/evidence/assessment/start/{world.study.pk}/"
    html = client.get(page).content.decode()
    assert "Pain intensity" in html
    assert "Of another review" not in html
    assert "RoB 2: effect of adhering to intervention" in html
    assert "Own tool" in html

    response = client.post(page, {"tool": "rob2:adhering", "outcome": pain.pk})
    row = Assessment.objects.get()
    assert response.url == page_of(row)
    assert (row.reviewer, row.outcome, row.effect, row.is_consensus) == (world.anna, pain, "adhering", False)

    client.post(page, {"tool": f"{own.code}:", "outcome": ""})
    assert Assessment.objects.get(outcome=None).review_tool == own


@pytest.mark.parametrize(
    ("sent", "field", "says"),
    [
        ({"tool": ""}, "id_tool", "Choose the tool."),
        ({"tool": "rob9:"}, "id_tool", "Choose a tool from the list."),
        ({"tool": "rob1:", "outcome": "999999"}, "id_outcome", "Choose an outcome of this review from the list."),
    ],
)
def test_start_that_makes_no_sense_is_refused_beside_its_field(world, sent, field, says):
    response = client_of(world.anna).post(f"/admin/evidence/assessment/start/{world.study.pk}/", sent)
    assert errors_at(response, field) == [says]
    assert not Assessment.objects.exists()


@pytest.mark.parametrize(
    ("role", "consensus", "status"), [("viewer", 0, 403), ("reviewer", 1, 403), ("reviewer", 0, 200)]
)
def test_start_needs_the_role(world, role, consensus, status):
    person = make.make_membership(world.review, role=role).user
    page = f"/admin/evidence/assessment/start/{world.study.pk}/?consensus={consensus}"
    assert client_of(person).get(page).status_code == status
    assert client_of(make.make_membership(role="owner").user).get(page).status_code == 404


def test_questions_appear_after_the_answers_that_ask_for_them(world):
    row, client = world.start(world.anna), client_of(world.anna)
    html = client.get(page_of(row)).content.decode()
    assert " hidden" in box(html, "2.3-assignment")
    assert " hidden" not in box(html, "2.1")
    assert 'data-question="2.3-adhering"' not in html, "another effect of interest"

    response = save(client, row, **fields_for(row, {"2.1": "N", "2.2": "NI"}))
    html = response.content.decode()
    assert " hidden" not in box(html, "2.3-assignment")
    assert " hidden" in box(html, "2.4-assignment")
    assert response.redirect_chain[0][0] == f"{page_of(row)}#domain-randomisation"
    assert answers_of(row) == {"2.1": "N", "2.2": "NI"}


def test_proposal_is_shown_with_the_way_that_led_to_it(world):
    row, client = world.start(world.anna), client_of(world.anna)
    html = save(client, row, **fields_for(row, {"1.1": "Y", "1.2": "NI", "1.3": "Y"})).content.decode()
    section = html[html.index('id="domain-randomisation"') : html.index('id="domain-deviations"')]
    assert 'The answers give <span class="level level-high">' in section
    assert "1.2 no information → 1.3 yes" in section
    assert "Questions answered: <span data-count>3 of 12</span>" in html
    assert "The answers do not determine it yet; open: 2.1, 2.2, 2.6." in html


def test_support_and_place_are_kept_beside_the_answer(world):
    row, client = world.start(world.anna), client_of(world.anna)
    sent = {"q1-support": "Computer list.", "q1-page": "412", "q1-table": "Table 1", "q1-quote": "by computer"}
    save(client, row, **fields_for(row, {"1.1": "PY"}), **sent)
    stored = row.answers.get()
    assert (stored.answer, stored.support, stored.page, stored.table, stored.quote) == (
        *("PY", "Computer list.", "412"),
        *("Table 1", "by computer"),
    )


def test_departure_without_a_reason_is_refused_beside_the_judgement_and_nothing_is_saved(world):
    row, client = answer(world.anna, world.start(world.anna), LOW), client_of(world.anna)
    response = save(client, row, **{"j-randomisation-judgement": "high", "q1-support": "New text."})
    says = "The rule of RoB 2 gives “Low” here, not “High”; say why the judgement departs from it."
    assert errors_at(response, "id_j-randomisation-justification") == [says]
    assert "Nothing is saved yet: 1 entry needs a correction" in response.content.decode()
    assert 'value="high"' in response.content.decode()
    assert "New text." in response.content.decode(), "what was typed is still there"
    assert row.answers.get(question="1.1").support == "anna: because of 1.1"

    save(client, row, **{"j-randomisation-judgement": "high", "j-randomisation-justification": "Alternation."})
    assert levels(row)["randomisation"] == "high"
    html = client.get(page_of(row)).content.decode()
    assert "Alternation." in html


def test_overall_judgement_follows_the_domains_as_they_are_sent(world):
    row, client = answer(world.anna, world.start(world.anna), LOW), client_of(world.anna)
    save(client, row, **fields_for(row, {"1.2": "N"}))
    assert levels(row)["overall"] == "high"
    response = save(client, row, **{"j-overall-judgement": "low"})
    assert "The rule of RoB 2 gives “High” here" in errors_at(response, "id_j-overall-justification")[0]


def test_reason_without_a_judgement_is_refused(world):
    row = services.start_assessment(by=world.anna, study=world.study, tool="rob1")
    response = save(client_of(world.anna), row, **{"j-other-justification": "Funding."})
    assert "Other sources of bias has no judgement yet" in errors_at(response, "id_j-other-judgement")[0]


@pytest.mark.parametrize(
    ("field", "value", "at", "says"),
    [
        ("q1-answer", "MAYBE", "id_q1-answer", "Question 1.1 has the answers Yes, Probably yes, Probably no, No, No"),
        ("j-overall-judgement", "unclear", "id_j-overall-judgement", "RoB 2 has no judgement “unclear”; it has Low"),
        ("q1-page", "9" * 41, "id_q1-page", "at most 40 characters"),
    ],
)
def test_entry_that_cannot_be_is_refused_beside_its_field(world, field, value, at, says):
    row = world.start(world.anna)
    response = save(client_of(world.anna), row, **{field: value})
    assert says in errors_at(response, at)[0]
    assert answers_of(row) == {}


def test_assessment_is_submitted_once_nothing_is_missing(world):
    row, client = world.start(world.anna), client_of(world.anna)
    response = save(client, row, "_submit", **fields_for(row, {"1.1": "Y"}))
    assert "Saved, but not submitted: 10 things are still missing" in response.content.decode()
    assert "D1 Randomisation process: answer questions 1.2, 1.3." in response.content.decode()
    response = save(client, row, "_submit", **fields_for(row, LOW))
    assert "Your assessment is submitted." in response.content.decode()
    row.refresh_from_db()
    assert row.is_submitted

    html = client.get(page_of(row)).content.decode()
    assert 'id="assess_form"' not in html
    assert "Take back into work" in html
    assert client.post(page_of(row), {"q1-answer": "N"}).status_code == 403
    client.post(page_of(row, "reopen"), {"reason": ""})
    row.refresh_from_db()
    assert row.is_submitted
    client.post(page_of(row, "reopen"), {"reason": "The protocol turned up."})
    row.refresh_from_db()
    assert not row.is_submitted
    assert client.get(page_of(row, "reopen")).status_code == 405


def test_two_windows_do_not_overwrite_each_other(world):
    row, client = world.start(world.anna), client_of(world.anna)
    old = fields_of(client.get(page_of(row)))
    save(client, row, **fields_for(row, {"1.1": "N"}), **{"q1-support": "From the first window."})

    client.post(page_of(row), old | fields_for(row, {"1.2": "Y"}) | {"_continue": "1"})
    assert answers_of(row) == {"1.1": "N", "1.2": "Y"}, "what the old window did not touch stays"

    response = client.post(page_of(row), old | fields_for(row, {"1.1": "Y"}) | {"_continue": "1"})
    html = response.content.decode()
    assert "theirs “No”, yours “Yes”" in html
    assert answers_of(row)["1.1"] == "N"
    again = fields_of(response)
    client.post(page_of(row), again | {"_continue": "1"})
    assert answers_of(row)["1.1"] == "Y", "saved again after both values were seen"


def test_consensus_is_shown_with_how_it_was_settled(world):
    first, second = world.both_submitted()
    client = client_of(world.cora)
    html = client.get(f"/admin/evidence/study/{world.study.pk}/change/").content.decode()
    assert "Settle what differs" in html
    response = client.post(f"/admin/evidence/assessment/settle/{first.pk}/{second.pk}/", follow=True)
    row = Assessment.objects.get(is_consensus=True)
    html = response.content.decode()
    assert response.redirect_chain[-1][0] == page_of(row, "settle")
    assert "1.2 Was the next allocation hidden" in html
    assert 'id="d1"' not in html, "only what differs"
    assert "anna: because of 1.2" in html
    assert "ben: because of 1.2" in html

    response = client.post(
        page_of(row, "settle"), {"d2-taken": "first", "d2-reason": "", "_continue": "1"}, follow=True
    )
    assert AssessmentDecision.objects.get().value == "Y"
    sent = fields_of(response) | {"d17-taken": "second", "_settle": "1"}
    response = client.post(page_of(row, "settle"), sent, follow=True)
    assert "Saved, but not settled. 1 difference is still undecided" in response.content.decode()
    sent = fields_of(response)
    assert sent["d18-taken"] == "second", "the only answer that there is"
    response = client.post(
        page_of(row, "settle"), sent | {"d19-taken": "second", "d19-reason": "", "_settle": "1"}, follow=True
    )
    response = client.post(page_of(row, "settle"), fields_of(response) | {"_settle": "1"}, follow=True)
    html = response.content.decode()
    assert "The consensus is settled." in html
    assert "How it was settled" in html
    assert "the second reader" in html
    assert levels(row)["measurement"] == "some_concerns"
    assert client.get(page_of(row, "settle")).url == page_of(row), "settled: to be read"


def test_third_value_without_a_reason_is_refused_beside_the_reason(world):
    first, second = world.both_submitted()
    row = services.begin_adjudication(by=world.cora, first=first, second=second)
    sent = {"d2-taken": "other", "d2-value": "N", "d2-reason": "", "_continue": "1"}
    response = client_of(world.cora).post(page_of(row, "settle"), sent)
    assert errors_at(response, "id_d2-reason") == ["A third value needs a reason."]
    assert not AssessmentDecision.objects.exists()


def test_two_adjudicators_do_not_overwrite_each_other(world):
    first, second = world.both_submitted()
    row = services.begin_adjudication(by=world.cora, first=first, second=second)
    dora = client_of(make.make_membership(world.review, make.make_user("dora"), "adjudicator").user)
    page = page_of(row, "settle")
    old = fields_of(dora.get(page))
    client_of(world.cora).post(page, old | {"d2-taken": "first", "_continue": "1"})

    dora.post(page, old | {"d17-taken": "first", "_continue": "1"})
    assert dict(row.decisions.values_list("item", "value")) == {"1.2": "Y", "4.3": "N"}, "hers is added to Cora's"

    response = dora.post(page, old | {"d2-taken": "second", "_continue": "1"})
    assert "cora changed this assessment decision" in response.content.decode()
    assert row.decisions.get(item="1.2").value == "Y"
    dora.post(page, fields_of(response) | {"_continue": "1"})
    assert row.decisions.get(item="1.2").value == "NI", "saved again after both were seen"


def test_readers_do_not_reach_the_settling_page(world):
    first, second = world.both_submitted()
    row = services.begin_adjudication(by=world.cora, first=first, second=second)
    for person in (world.anna, world.ben):
        assert client_of(person).get(page_of(row, "settle")).status_code == 403
        assert client_of(person).post(page_of(row), {"q1-answer": "N"}).status_code == 403
        begin = f"/admin/evidence/assessment/settle/{first.pk}/{second.pk}/"
        assert client_of(person).post(begin).status_code == 403
    assert client_of(world.cora).get(begin).status_code == 405


def test_owner_who_is_one_of_the_readers_is_told_that_somebody_else_settles(world):
    membership = world.review.memberships.get(user=world.anna)
    membership.role = "owner"
    membership.save()
    world.both_submitted()
    html = client_of(world.anna).get(f"/admin/evidence/study/{world.study.pk}/change/?extraction=own").content.decode()
    assert "Somebody else has to settle it: you are one of the two readers." in html
    assert "Settle what differs" not in html


def test_submitted_assessment_is_not_deleted_but_one_in_work_is(world):
    row, client = answer(world.anna, world.start(world.anna), LOW), client_of(world.anna)
    services.submit_assessment(by=world.anna, assessment=row)
    delete = f"/admin/evidence/assessment/{row.pk}/delete/"
    assert client.post(delete, {"post": "yes"}).status_code == 403
    services.reopen_assessment(by=world.anna, assessment=row, reason="Wrong effect of interest.")
    assert client.post(delete, {"post": "yes"}).status_code == 302
    assert not Assessment.objects.exists()


def test_study_page_shows_what_was_answered_and_leads_to_its_page(world):
    row = answer(world.anna, world.start(world.anna), LOW, measurement=Verdict("high", "A new scale."))
    html = client_of(world.anna).get(f"/admin/evidence/study/{world.study.pk}/change/?extraction=own").content.decode()
    assert page_of(row) in html
    assert "answered question by question" in html
    assert 'name="rob-measurement-judgement"' not in html
    assert "A new scale." in html


@pytest.mark.parametrize("answers", [{}, OTHER], ids=["empty", "full"])
def test_pages_need_as_many_queries_as_are_pinned(world, answers):
    row = answer(world.anna, world.start(world.anna), answers)
    start = f"/admin/evidence/assessment/start/{world.study.pk}/"
    wanted = [(world.anna, page_of(row), "assess"), (world.anna, start, "start")]
    if answers:
        services.submit_assessment(by=world.anna, assessment=row)
        second = world.submitted(world.ben, LOW)
        row.refresh_from_db()
        settled = services.begin_adjudication(by=world.cora, first=row, second=second)
        wanted = [(world.cora, page_of(settled, "settle"), "settle"), (world.anna, page_of(row), "read"), wanted[1]]
    for person, address, name in wanted:
        client = client_of(person)
        assert client.get(address).status_code == 200
        with CaptureQueriesContext(connection) as queries:
            client.get(address)
        assert len(queries) == QUERIES[name], name + "\n" + "\n".join(query["sql"][:150] for query in queries)
