"""Tools of a review's own: added by its owner, used by its readers, read by its analyses."""

from typing import Any

import pytest

from analysis.admin.vocabulary import read_vocabulary
from analysis.freezing import take_content
from evidence import services
from evidence.models import ReviewTool
from tests import factories as make
from tests.evidence.admin_pages import errors_at
from tests.evidence.risk_of_bias.world import World, answer, client_of, make_world

pytestmark = pytest.mark.django_db

ADD = "/admin/evidence/reviewtool/add/"


@pytest.fixture
def world() -> World:
    return make_world()


def sent(world: World, **changed: Any) -> dict[str, Any]:
    fields = {"code": "pedro", "name": "PEDro", "version": "1", "definition": make.OWN_TOOL}
    return {"review": world.review.pk, **fields, **changed}


def test_owner_adds_a_tool_that_readers_can_choose(world):
    owner = make.make_membership(world.review, role="owner").user
    assert client_of(owner).post(ADD, sent(world)).status_code == 302
    tool = ReviewTool.objects.get()
    assert tool.history.get().history_user == owner
    start = f"/admin/evidence/assessment/start/{world.study.pk}/"
    assert "PEDro" in client_of(world.anna).get(start).content.decode()
    elsewhere = make.make_study()
    stranger = make.make_membership(elsewhere.review, role="owner").user
    assert "PEDro" not in client_of(stranger).get(f"/admin/evidence/assessment/start/{elsewhere.pk}/").content.decode()


def test_faults_of_a_definition_stand_beside_it(world):
    owner = make.make_membership(world.review, role="owner").user
    response = client_of(owner).post(ADD, sent(world, definition=make.OWN_TOOL.replace('"worst"', '"mean"')))
    assert errors_at(response, "id_definition") == ["Overall_rule: say one of worst, person."]
    assert not ReviewTool.objects.exists()


@pytest.mark.parametrize("role", ["adjudicator", "reviewer", "statistician", "viewer"])
def test_only_owners_add_tools(world, role):
    person = make.make_membership(world.review, role=role).user
    assert client_of(person).get(ADD).status_code == 403
    assert client_of(person).post(ADD, sent(world)).status_code == 403


def test_tool_of_another_review_cannot_be_chosen_or_seen(world):
    other = make.make_review_tool(name="Secret tool")
    client = client_of(world.anna)
    start = f"/admin/evidence/assessment/start/{world.study.pk}/"
    assert "Secret tool" not in client.get(start).content.decode()
    response = client.post(start, {"tool": f"{other.code}:", "outcome": ""})
    assert errors_at(response, "id_tool") == ["Choose a tool from the list."]
    assert "Secret tool" not in client.get("/admin/evidence/assessment/").content.decode(), "in the filter"


def test_newest_version_is_offered(world):
    make.make_review_tool(world.review, code="own", version="1")
    newest = make.make_review_tool(world.review, code="own", version="2")
    start = f"/admin/evidence/assessment/start/{world.study.pk}/"
    response = client_of(world.anna).post(start, {"tool": "own:", "outcome": ""})
    assert response.status_code == 302
    assert world.study.assessments.get().review_tool == newest


def test_analyses_offer_and_freezes_hold_the_tool(world):
    tool = make.make_review_tool(world.review, code="own", name="Own tool")
    row = services.start_assessment(by=world.cora, study=world.study, review_tool=tool, consensus=True)
    answer(world.cora, row, {"1": "N"})
    assert ("own", "Own tool") in read_vocabulary(world.review).choices["rob_tool"]
    assert take_content(world.review)["studies"][world.study.code]["assessments"] == [
        {
            "tool": "own",
            "tool_version": "1",
            "levels": ["good", "poor"],
            "outcome": None,
            "judgements": {
                "selection": {"judgement": "poor", "justification": ""},
                "overall": {"judgement": "poor", "justification": ""},
            },
        }
    ]
