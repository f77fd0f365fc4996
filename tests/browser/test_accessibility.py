"""The main pages against the rules of WCAG 2.2, levels A and AA, by axe in a real browser, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.urls import reverse

from analysis.services import sign_off
from evidence.services import begin_adjudication, start_assessment, submit_assessment
from tests import factories
from tests.analysis.test_admin_ledger import world_with_rule
from tests.analysis.test_admin_world import World
from tests.evidence.extraction.trial import Trial, read_as
from tests.evidence.risk_of_bias.world import LOW, OTHER, answer
from tests.in_a_browser import IN_A_BROWSER, arrive
from tests.screening_factories import make_reason, make_records, settle

pytestmark = [*IN_A_BROWSER, pytest.mark.timeout(900)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


def make_pages() -> tuple[User, dict[str, str]]:
    """Make a review in which every page has something to show; give its adjudicator, and the pages by name."""
    world = world_with_rule()
    world.add_studies(3)
    adjudicator, anna, ben = (
        factories.make_membership(world.review, factories.make_user(name), role).user
        for name, role in (("cleo", "adjudicator"), ("anna", "reviewer"), ("ben", "reviewer"))
    )
    snapshot = world.snapshot(world.analysis())
    sign_off(by=world.owner, snapshot=snapshot, reason="Checked against the reports.")
    slug, review = world.review.slug, world.review.pk
    record = screen(world, anna, ben)
    study = read(world, adjudicator, anna, ben)
    consensus, own = judge(adjudicator, study, anna, ben)
    of = {
        "review": ("evidence_review_change", review),
        "screening board": ("evidence_screening_board", slug),
        "screening queue": ("evidence_screening_queue", slug, "title_abstract"),
        "conflicts": ("evidence_screening_conflicts", slug, "title_abstract"),
        "records": ("evidence_screening_records", slug),
        "record": ("evidence_screening_record", slug, record),
        "adding records": ("evidence_screening_add", slug),
        "flow of records": ("evidence_screening_flow", slug),
        "extraction board": ("evidence_extraction_board", slug),
        "form": ("evidence_extractionform_review", slug),
        "compare": ("evidence_compare", study.pk),
        "questions to authors": ("evidence_authorcontact_study", study.pk),
        "study": ("evidence_study_change", study.pk),
        "study, own extraction": ("evidence_study_add",),
        "start an assessment": ("evidence_assessment_start", study.pk),
        "assess": ("evidence_assessment_assess", own),
        "settle": ("evidence_assessment_settle", consensus),
        "progress": ("evidence_progress", slug),
        "as of a date": ("evidence_review_as_of", review),
        "analysis": ("analysis_analysis_change", snapshot.analysis_id),
        "snapshot": ("analysis_snapshot_change", snapshot.pk),
        "living": ("analysis_living", slug),
        "ledger": ("analysis_ledger", slug),
        "agreement on screening": ("analysis_agreement_work", slug, "screening"),
        "agreement on extraction": ("analysis_agreement_work", slug, "extraction"),
    }
    return adjudicator, {name: reverse(f"admin:{page}", args=args) for name, (page, *args) in of.items()}


def screen(world: World, *readers: User) -> int:
    """Let two readers agree on a record and differ in another; give the key of a third, which waits."""
    make_reason(world.review, name="wrong population")
    records = make_records(world.review, 4, by=world.owner, abstract="We randomised 80 people with pain.")
    settle(records[0], "include", list(readers))
    for reader, said in zip(readers, ("include", "exclude"), strict=True):
        settle(records[1], said, [reader])
    return records[0].pk


def read(world: World, adjudicator: User, anna: User, ben: User) -> Any:
    """Let two readers extract a study with differences; give the study."""
    nrs = world.instrument
    trial = Trial(
        review=world.review,
        study=factories.make_study(world.review, label="Aasa 2015"),
        nrs=nrs,
        rmdq=factories.make_instrument(nrs.outcome, name="RMDQ", code="rmdq", scale_max=24),
        usual=world.comparator,
        exercise=factories.make_component_type(world.review, name="Motor control"),
        age=factories.make_characteristic_field(world.review, name="Mean age", unit="years"),
        setting=factories.make_characteristic_field(
            world.review, name="Setting", kind="choice", choices="Primary care\nHospital"
        ),
        anna=anna,
        ben=ben,
        cara=adjudicator,
        owner=world.owner,
    )
    read_as(trial, anna)
    read_as(trial, ben, sd="0.3", rmdq="17.9", setting="Hospital")
    return trial.study


def judge(adjudicator: User, study: Any, *readers: User) -> tuple[int, int]:
    """Let two readers assess a study with differences; give the consensus in work, and one of another study."""
    rows = []
    for reader, answers in zip(readers, (LOW, OTHER), strict=True):
        row = start_assessment(by=reader, study=study, tool="rob2", effect="assignment")
        rows.append(submit_assessment(by=reader, assessment=answer(reader, row, answers)))
    consensus = begin_adjudication(by=adjudicator, first=rows[0], second=rows[1])
    other = factories.make_study(study.review, label="Berg 2016")
    own = start_assessment(by=adjudicator, study=other, tool="rob2", effect="assignment")
    return consensus.pk, answer(adjudicator, own, {"1.1": "Y", "2.1": "Y"}).pk


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_main_pages_keep_the_rules_of_wcag(live_server: Any, browser: Any, scheme: str) -> None:
    person, pages = make_pages()
    person.set_password("a long password")
    person.save()
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme=scheme)
    page.goto(f"{live_server.url}/admin/login/")
    page.fill("#id_username", person.username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#logout-form")
    axe, problems = Axe(), []
    for name, path in {"home": reverse("admin:index"), **pages}.items():
        answer = page.goto(live_server.url + path)
        assert answer.status == 200, f"{name}: {path} answers {answer.status}."
        for one in axe.run(page, options=RULES).response["violations"]:
            places = "; ".join(" ".join(node["target"]) for node in one["nodes"][:4])
            problems.append(f"{name}: {one['id']} ({one['help']}) at {len(one['nodes'])} places: {places}")
    assert not problems, f"{scheme}:\n" + "\n".join(problems)
