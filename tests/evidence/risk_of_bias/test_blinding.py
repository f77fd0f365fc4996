"""Nobody reads another's assessment of a study before both have submitted, through whichever door."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import User
from django.db.models import Q

from analysis.freezing import take_content
from evidence import services
from evidence.models import Assessment, Judgement, SignallingAnswer
from evidence.permissions import may_read_assessment, readable_assessments
from evidence.services.judging import Verdict
from tests import factories as make
from tests.evidence.risk_of_bias.world import LOW, OTHER, World, answer, client_of, make_world

pytestmark = [pytest.mark.django_db, pytest.mark.walk]

SECRETS = ("anna: because of", "anna departs because")
MODELS = ("assessment", "judgement", "signallinganswer")


@pytest.fixture
def world() -> World:
    return make_world()


def anna_answers(world: World, *, submit: bool = False) -> Assessment:
    """Give Anna's assessment with answers and a departure that nobody else may read."""
    row = answer(world.anna, world.start(world.anna), LOW, measurement=Verdict("high", "anna departs because of X."))
    return services.submit_assessment(by=world.anna, assessment=row) if submit else row


def others(world: World) -> dict[str, User]:
    """Give everybody but Anna, by what they are."""
    return {
        "the second reader": world.ben,
        "a third reader": make.make_membership(world.review, role="reviewer").user,
        "an adjudicator": world.cora,
        "an owner": make.make_membership(world.review, role="owner").user,
        "a statistician": make.make_membership(world.review, role="statistician").user,
        "a viewer": make.make_membership(world.review, role="viewer").user,
        "a superuser": make.make_user(is_superuser=True),
        "a superuser in the team": make.make_membership(world.review, make.make_user(is_superuser=True), "owner").user,
        "a stranger": make.make_membership(role="owner").user,
    }


def doors(row: Assessment) -> Iterator[str]:
    """Give every address that could show something of an assessment."""
    judgement, given = row.judgements.get(domain="measurement"), row.answers.get(question="1.1")
    for model, pk in (("assessment", row.pk), ("judgement", judgement.pk), ("signallinganswer", given.pk)):
        page = f"/admin/evidence/{model}/"
        yield page
        yield f"{page}?extraction=single&q=because"
        yield f"{page}{pk}/change/"
        yield f"{page}{pk}/history/"
        yield f"{page}{pk}/delete/"
    for entry in (judgement.history.first(), given.history.first(), row.history.first()):
        model = entry.instance._meta.model_name
        yield f"/admin/evidence/{model}/{entry.instance.pk}/history/{entry.pk}/"
    yield f"/admin/evidence/assessment/{row.pk}/assess/"
    yield f"/admin/evidence/assessment/start/{row.study_id}/"
    for query in ("", "?extraction=own", "?extraction=consensus", "?tool=rob2"):
        yield f"/admin/evidence/study/{row.study_id}/change/{query}"
    extraction = row.study.extractions.filter(reviewer=row.reviewer).first()
    if extraction is not None:
        yield f"/admin/evidence/study/{row.study_id}/change/?extraction={extraction.pk}"
    yield f"/admin/evidence/study/{row.study_id}/delete/"
    yield f"/admin/evidence/study/{row.study_id}/history/"
    yield f"/admin/evidence/review/{row.study.review_id}/delete/"
    yield f"/admin/evidence/review/{row.study.review_id}/as-of/?study={row.study_id}"
    yield "/admin/evidence/study/"
    yield f"/admin/evidence/assignment/progress/{row.study.review.slug}/"
    yield f"/admin/evidence/adjudication/study/{row.study_id}/"
    yield "/admin/evidence/changebatch/"
    yield "/admin/evidence/assessmentdecision/"
    yield "/admin/"
    for model, field in (("judgement", "assessment"), ("signallinganswer", "assessment"), ("assessment", "first")):
        yield f"/admin/autocomplete/?app_label=evidence&model_name={model}&field_name={field}&term="


def shown(person: User, row: Assessment) -> list[str]:
    """Give the doors through which the person sees something of Anna's assessment."""
    client = client_of(person)
    found = []
    for door in doors(row):
        response = client.get(door, follow=True)
        html = response.content.decode()
        if any(secret in html for secret in SECRETS):
            found.append(door)
    return found


def reads(person: User, row: Assessment) -> bool:
    """Whether the person reaches the page of the assessment, or finds its rows in a list."""
    client = client_of(person)
    page = client.get(f"/admin/evidence/assessment/{row.pk}/assess/")
    found = client.get("/admin/evidence/signallinganswer/?extraction=single&q=anna", follow=True)
    return page.status_code == 200 or "anna: because of" in found.content.decode()


def rows_seen(person: User) -> dict[str, int]:
    """Give how many rows each list shows."""
    client = client_of(person)
    counts = {}
    for model in MODELS:
        response = client.get(f"/admin/evidence/{model}/?extraction=single")
        counts[model] = response.context["cl"].result_count if response.status_code == 200 else 0
    return counts


def test_nobody_sees_an_assessment_in_work_through_any_door(world):
    make.make_extraction(world.study, consensus=False, reviewer=world.anna)
    row = anna_answers(world)
    answer(world.ben, world.start(world.ben), OTHER)
    seen = {who: shown(person, row) for who, person in others(world).items()}
    assert seen == {who: [] for who in seen}
    assert f"/admin/evidence/assessment/{row.pk}/assess/" in shown(world.anna, row), "the doors lead somewhere"


def test_nobody_sees_the_first_that_is_submitted_while_the_second_is_in_work(world):
    row = anna_answers(world, submit=True)
    answer(world.ben, world.start(world.ben), OTHER)
    assert shown(world.ben, row) == []
    assert not any(reads(person, row) for person in others(world).values())


def test_second_reader_sees_only_their_own_rows_in_lists(world):
    anna_answers(world, submit=True)
    answer(world.ben, world.start(world.ben), OTHER)
    assert rows_seen(world.ben) == {"assessment": 1, "judgement": 6, "signallinganswer": 16}
    assert rows_seen(world.cora) == {"assessment": 0, "judgement": 0, "signallinganswer": 0}


def test_both_readers_and_adjudicators_read_once_both_have_submitted(world):
    row = anna_answers(world, submit=True)
    world.submitted(world.ben, OTHER)
    allowed = {who for who, person in others(world).items() if reads(person, row)}
    assert allowed == {
        "the second reader",
        "an adjudicator",
        "an owner",
        "a superuser",
        "a superuser in the team",
    }
    assert rows_seen(world.ben)["assessment"] == 2


def test_taking_it_back_closes_the_door_again(world):
    row = anna_answers(world, submit=True)
    second = world.submitted(world.ben, OTHER)
    services.reopen_assessment(by=world.ben, assessment=second, reason="Looked again.")
    assert not reads(world.ben, row)
    assert not reads(world.cora, row)


def test_who_still_assesses_another_result_of_the_study_does_not_read_yet(world):
    row = anna_answers(world, submit=True)
    world.submitted(world.ben, OTHER)
    assert reads(world.ben, row)
    world.start(world.ben, outcome=make.make_outcome(world.review))
    assert not reads(world.ben, row)


def test_second_submitted_assessment_must_be_of_the_same_result(world):
    row = anna_answers(world, submit=True)
    world.submitted(world.ben, OTHER, outcome=make.make_outcome(world.review))
    assert not reads(world.ben, row)
    assert not reads(world.cora, row)


def test_deleted_judgement_stays_blinded_in_its_history(world):
    row = anna_answers(world)
    gone = row.judgements.get(domain="measurement")
    page = f"/admin/evidence/judgement/{gone.pk}/history/"
    services.remove(by=world.anna, row=gone)
    for person in (world.ben, world.cora):
        assert client_of(person).get(page).status_code in (302, 403, 404)


@pytest.mark.parametrize("name", ["assess", "reopen"])
def test_posting_to_another_readers_assessment_finds_nothing(world, name):
    row = anna_answers(world)
    for person in (world.ben, world.cora):
        response = client_of(person).post(f"/admin/evidence/assessment/{row.pk}/{name}/", {"reason": "x"})
        assert response.status_code == 404
    row.refresh_from_db()
    assert row.status == "draft"


def test_settling_by_a_guessed_address_finds_nothing_before_both_submitted(world):
    row = anna_answers(world, submit=True)
    second = world.start(world.ben)
    response = client_of(world.cora).post(f"/admin/evidence/assessment/settle/{row.pk}/{second.pk}/")
    assert response.status_code == 404
    assert not Assessment.objects.filter(is_consensus=True).exists()


def test_state_on_the_study_page_names_who_has_submitted_and_no_answer(world):
    anna_answers(world, submit=True)
    html = client_of(world.ben).get(f"/admin/evidence/study/{world.study.pk}/change/").content.decode()
    block = html[html.index('class="rob-states"') :]
    block = block[: block.index("rob-tools")]
    assert "anna" in block
    assert "submitted" in block
    assert "readable once both have submitted" in block
    assert 'class="level ' not in block


def test_frozen_evidence_holds_no_readers_own_assessment(world):
    anna_answers(world, submit=True)
    world.submitted(world.ben, OTHER)
    assert not any(secret in str(take_content(world.review)) for secret in SECRETS)


# The condition in the database, and the question about one row -------------------------------------------------------


SCENES: dict[str, Callable[[World], object]] = {
    "nothing": lambda world: None,
    "anna in work": lambda world: answer(world.anna, world.start(world.anna), LOW),
    "anna submitted": lambda world: world.submitted(world.anna, LOW),
    "anna submitted, ben in work": lambda world: (world.submitted(world.anna, LOW), world.start(world.ben)),
    "both submitted": lambda world: world.both_submitted(),
    "both submitted, another result": lambda world: (
        world.submitted(world.anna, LOW),
        world.submitted(world.ben, LOW, outcome=make.make_outcome(world.review)),
    ),
    "consensus": lambda world: make.make_judgements(make.make_assessment(world.study), "low"),
}


@pytest.mark.parametrize("scene", SCENES)
def test_rows_that_may_be_read_are_those_of_assessments_that_may_be_read(world, scene):
    SCENES[scene](world)
    for person in others(world).values():
        readable = {row.pk for row in Assessment.objects.all() if may_read_assessment(person, row)}
        members = Assessment.objects.visible_to(person)
        assert {row.pk for row in members.filter(readable_assessments(person))} == readable
        for model in (Judgement, SignallingAnswer):
            rows = model.objects.visible_to(person)
            of_them = {row.pk for row in rows.filter(Q(assessment__in=readable))}
            assert {row.pk for row in rows.filter(readable_assessments(person, "assessment"))} == of_them
