"""What waits for a person: counted for whom may do it, and never by what another reader answered."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from evidence.services import start_assessment, submit_assessment
from evidence.services.extraction import State, places_of, states_of
from evidence.services.screening import answer_pair
from evidence.services.workload import Kind, read_workload
from tests import factories
from tests.evidence.risk_of_bias.world import LOW, OTHER, answer
from tests.screening_factories import make_doubtful_pair, make_owner, make_reason, make_records, make_team, settle
from tests.teamwork_factories import make_upload

pytestmark = pytest.mark.django_db


@pytest.fixture
def team():
    review = factories.make_review()
    owner = make_owner(review)
    anna, ben = make_team(review, "anna", "ben")
    (cleo,) = make_team(review, "cleo", role="adjudicator")
    (vera,) = make_team(review, "vera", role="viewer")
    return {"review": review, "owner": owner, "anna": anna, "ben": ben, "cleo": cleo, "vera": vera}


def waiting(team, name):
    found = read_workload(by=team[name], review=team["review"]).waiting
    return {(one.kind, one.stage): one.count for one in found}


def test_pairs_wait_for_who_records_and_previews_for_who_sent_them(team):
    pairs = [make_doubtful_pair(team["review"]) for _ in range(2)]
    answer_pair(by=team["ben"], pair=pairs[0], answer="distinct")
    make_upload(team["review"], made_by=team["anna"])
    make_upload(made_by=team["anna"])
    make_upload(team["review"], made_by=team["anna"], status="discarded", said="Discarded.")

    assert waiting(team, "anna")[(Kind.ANSWER_PAIRS, "")] == 1
    assert waiting(team, "anna")[(Kind.CONFIRM_IMPORTS, "")] == 1
    assert (Kind.CONFIRM_IMPORTS, "") not in waiting(team, "ben")
    assert waiting(team, "vera") == {}


def test_records_wait_for_who_has_not_read_them(team):
    make_reason(team["review"], name="wrong population")
    records = make_records(team["review"], 3, by=team["owner"])
    settle(records[0], "exclude", [team["anna"]])
    assert waiting(team, "anna")[(Kind.SCREEN, "title_abstract")] == 2
    assert waiting(team, "ben")[(Kind.SCREEN, "title_abstract")] == 3
    assert waiting(team, "vera") == {}
    settle(records[0], "include", [team["ben"]])
    assert waiting(team, "cleo")[(Kind.SETTLE_RECORDS, "title_abstract")] == 1
    assert (Kind.SETTLE_RECORDS, "title_abstract") not in waiting(team, "anna")


def test_studies_wait_for_a_third_person_once_two_have_read_them(team):
    study = factories.make_study(team["review"])
    factories.make_extraction(study, consensus=False, reviewer=team["anna"])
    assert waiting(team, "anna") == {(Kind.CONTINUE_READING, ""): 1}
    assert waiting(team, "ben") == {(Kind.READ, ""): 1}
    other = factories.make_study(team["review"])
    for name in ("anna", "ben"):
        factories.make_complete_reading(other, team[name])
    assert waiting(team, "cleo")[(Kind.ADJUDICATE, "")] == 1
    assert (Kind.ADJUDICATE, "") not in waiting(team, "ben")


def test_assessments_wait_for_a_third_person_once_two_are_submitted(team):
    study = factories.make_study(team["review"])
    for name, answers in (("anna", LOW), ("ben", OTHER)):
        row = start_assessment(by=team[name], study=study, tool="rob2", effect="assignment")
        assert waiting(team, name)[(Kind.CONTINUE_ASSESSING, "")] == 1
        assert (Kind.SETTLE_ASSESSMENTS, "") not in waiting(team, "cleo")
        submit_assessment(by=team[name], assessment=answer(team[name], row, answers))
    assert waiting(team, "cleo")[(Kind.SETTLE_ASSESSMENTS, "")] == 1
    assert (Kind.SETTLE_ASSESSMENTS, "") not in waiting(team, "anna")
    assert read_workload(by=team["cleo"], review=team["review"]).assessed == 0
    factories.make_assessment(factories.make_study(team["review"]))
    assert read_workload(by=team["cleo"], review=team["review"]).assessed == 1


def test_places_are_the_states_of_the_board(team):
    review = team["review"]
    for readers in ((), ("anna",), ("anna", "ben")):
        study = factories.make_study(review)
        for name in readers:
            factories.make_complete_reading(study, team[name])
    done = factories.make_study(review)
    factories.make_extraction(done, status="complete", completed_at="2026-01-01T00:00:00Z", completed_by=team["cleo"])
    expected = {state.study.pk: state.state for state in states_of(review)}
    assert {place.study: place.state for place in places_of(review, needed=2)} == expected
    assert set(expected.values()) == {State.NOT_STARTED, State.READING, State.TO_ADJUDICATE, State.CONSENSUS}


def test_queries_do_not_grow_with_studies(team):
    counts = []
    for _ in range(2):
        for _ in range(3):
            study = factories.make_study(team["review"])
            factories.make_complete_reading(study, team["anna"])
        make_records(team["review"], 3, by=team["owner"])
        with CaptureQueriesContext(connection) as queries:
            read_workload(by=team["cleo"], review=team["review"])
        counts.append(len(queries))
    assert counts[0] == counts[1]
