"""An assessment in a real browser: questions appear at once, proposals move, the keyboard is enough."""

from typing import Any

import pytest

from evidence import services
from evidence.models import Assessment
from evidence.tools import get_tool, walks
from tests.evidence.risk_of_bias.world import LOW, OTHER, World, answer, answers_of, levels, make_world
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = IN_A_BROWSER
PROPOSE = """async ({domain, levels, ways}) => {
    const {propose} = await import('/static/quorum/algorithm.js');
    return ways.map((answers) => {
        const found = propose(domain, answers, levels);
        return found ? `${found.level}: ${found.path.map((step) => step.number + step.answer).join(' ')}` : '';
    });
}"""


@pytest.fixture
def world() -> World:
    found = make_world()
    for person in (found.anna, found.ben, found.cora):
        person.set_password("a long password")
        person.save()
    return found


def log_in(page: Any, address: str, username: str) -> None:
    page.goto(f"{address}/admin/login/?next=/admin/evidence/assessment/")
    page.fill("#id_username", username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#changelist")


def row_of(world: World) -> Assessment:
    return Assessment.objects.get(study=world.study, is_consensus=False)


def test_a_reader_assesses_a_study_with_the_keyboard(live_server, page, complaints, world):
    log_in(page, live_server.url, "anna")
    page.goto(f"{live_server.url}/admin/evidence/study/{world.study.pk}/change/")
    page.get_by_role("link", name="Assess this study yourself").click()
    page.get_by_role("button", name="Start").click()
    arrive(page, "#assess_form")

    assert page.locator("#domain-randomisation [data-proposal]").inner_text().startswith("The answers do not determine")
    page.locator("input[name=q1-answer][value=Y]").focus()
    page.keyboard.press("Space")
    page.locator("input[name=q2-answer][value=Y]").focus()
    page.keyboard.press("Space")
    for _ in range(3):  # yes, probably yes, probably no, no
        page.keyboard.press("ArrowRight")
    assert page.locator("#domain-randomisation [data-proposal]").inner_text() == "The answers give High 1.2 no"
    for _ in range(3):
        page.keyboard.press("ArrowLeft")
    page.locator("input[name=q3-answer][value=N]").check()
    says = page.locator("#domain-randomisation [data-proposal]").inner_text()
    assert says == "The answers give Low 1.2 yes → 1.1 yes → 1.3 no"
    assert page.locator("[data-nav=randomisation]").inner_text().strip() == "Low"

    third = page.locator("[data-question='2.3-assignment']")
    assert third.is_hidden()
    page.locator("input[name=q4-answer][value=Y]").check()
    assert third.is_visible()
    page.locator("input[name=q4-answer][value=N]").check()
    page.locator("input[name=q5-answer][value=N]").check()
    assert third.is_hidden()
    assert page.locator("[data-count]").inner_text() == "5 of 12"

    page.fill("#id_q1-support", "Computer-generated list")
    page.keyboard.press("Control+Enter")
    arrive(page, ".messagelist .success")
    assert answers_of(row_of(world)) == {"1.1": "Y", "1.2": "Y", "1.3": "N", "2.1": "N", "2.2": "N"}
    assert row_of(world).answers.get(question="1.1").support == "Computer-generated list"
    assert levels(row_of(world)) == {"randomisation": "low"}
    assert page.url.endswith("#domain-deviations"), "it goes on where something is open"
    assert complaints == []


def test_a_departure_needs_its_reason_and_the_page_starts_at_what_to_correct(live_server, page, complaints, world):
    row = answer(world.anna, world.start(world.anna), LOW)
    log_in(page, live_server.url, "anna")
    page.goto(f"{live_server.url}/admin/evidence/assessment/{row.pk}/assess/")
    page.locator("input[name=j-selection-judgement][value=high]").check()
    assert page.locator("#domain-overall [data-proposal]").inner_text() == "The domains give High"
    page.get_by_role("button", name="Save and submit").click()
    arrive(page, ".listed-errors")
    assert page.evaluate("document.activeElement.id") == "listed-errors-heading"
    assert "say why the judgement departs" in page.locator("#id_j-selection-justification_error").inner_text()
    page.get_by_role("link", name="D5 Selection of the reported result, judgement").click()
    page.fill("#id_j-selection-justification", "Two outcomes were switched.")
    page.get_by_role("button", name="Save and submit").click()
    arrive(page, ".messagelist .success")
    row.refresh_from_db()
    assert row.is_submitted
    assert levels(row)["overall"] == "high"
    assert complaints == []


def test_an_adjudicator_settles_what_differs(live_server, page, complaints, world):
    world.submitted(world.anna, LOW)
    world.submitted(world.ben, OTHER)
    log_in(page, live_server.url, "cora")
    page.goto(f"{live_server.url}/admin/evidence/study/{world.study.pk}/change/")
    page.get_by_role("button", name="Settle what differs").click()
    arrive(page, "#settle_form")
    page.get_by_label("anna: Yes").check()
    page.get_by_label("anna: No", exact=True).check()
    page.get_by_role("button", name="Save and settle").click()
    arrive(page, "#decisions-heading")
    consensus = Assessment.objects.get(is_consensus=True)
    assert set(levels(consensus).values()) == {"low"}
    assert consensus.submitted_by == world.cora
    assert complaints == []


def test_every_field_of_the_page_has_a_name(live_server, page, complaints, world):
    row = world.start(world.anna)
    log_in(page, live_server.url, "anna")
    page.goto(f"{live_server.url}/admin/evidence/assessment/{row.pk}/assess/")
    nameless = page.evaluate(
        """() => [...document.querySelectorAll('#assess_form input:not([type=hidden]), #assess_form textarea')]
            .filter((field) => field.type !== 'submit' && !(field.labels && field.labels.length))
            .map((field) => field.name)"""
    )
    assert nameless == []
    groups = page.evaluate(
        "[...document.querySelectorAll('#assess_form fieldset')].map((set) => set.querySelector('legend'))"
    )
    assert None not in groups
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.set_viewport_size({"width": 720, "height": 450})  # as 200 % zoom on 1440 x 900
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    assert complaints == []


def test_the_browser_proposes_what_the_server_proposes(live_server, page, world):
    tool = get_tool("rob2")
    log_in(page, live_server.url, "anna")
    for effect in tool.effects:
        for domain in tool.domains:
            questions = tool.questions_of(domain, effect)
            ways = walks(questions)
            ways += [{code: given for code, given in way.items() if code != questions[-1].code} for way in ways[:200]]
            definition = {
                "questions": [
                    {"code": q.code, "number": q.number, "askedIf": [dict(case) for case in q.asked_if]}
                    for q in questions
                ],
                "tables": [
                    [{"when": dict(rule.when), "level": rule.level} for rule in table.rules]
                    for table in tool.tables_of(domain, effect)
                ],
            }
            said = page.evaluate(PROPOSE, {"domain": definition, "levels": dict(tool.levels), "ways": ways})
            expected = []
            for way in ways:
                found = tool.propose(domain, way, effect)
                path = " ".join(f"{step.number}{step.answer}" for step in found.path) if found else ""
                expected.append(f"{found.level}: {path}" if found else "")
            assert said == expected, (domain, effect)


def test_settling_waits_for_the_second_reader(live_server, page, world):
    world.submitted(world.anna, LOW)
    log_in(page, live_server.url, "cora")
    page.goto(f"{live_server.url}/admin/evidence/study/{world.study.pk}/change/")
    block = page.locator(".rob-states").inner_text()
    assert "readable once both have submitted" in block
    assert page.get_by_role("button", name="Settle what differs").count() == 0
    services.submit_assessment(by=world.ben, assessment=answer(world.ben, world.start(world.ben), OTHER))
    page.reload()
    assert page.get_by_role("button", name="Settle what differs").count() == 1
