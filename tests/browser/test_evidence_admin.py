"""A person enters a study in a real browser: keyboard, autocomplete, an error, its correction."""

from typing import Any

from evidence.models import ArmResult, Study
from tests.factories import make_comparator_type, make_instrument, make_membership, make_outcome, make_review, make_user
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = IN_A_BROWSER


def log_in(page: Any, address: str, username: str) -> None:
    page.goto(f"{address}/admin/login/?next=/admin/evidence/study/add/")
    page.fill("#id_username", username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#id_label")


def choose(page: Any, field_id: str, text: str) -> None:
    """Choose from an autocomplete with the keyboard: open, type, Enter."""
    page.locator(f"#{field_id} + .select2 .select2-selection").focus()
    page.keyboard.press("Space")
    page.keyboard.type(text)
    page.locator(".select2-results__option--highlighted", has_text=text).wait_for()
    page.keyboard.press("Enter")


def test_a_study_is_entered_refused_corrected_and_saved(live_server: Any, page: Any, complaints: list[str]) -> None:
    review = make_review()
    make_instrument(make_outcome(review, name="Pain"), name="NRS")
    make_comparator_type(review, name="Usual care")
    person = make_user("anna")
    person.set_password("a long password")
    person.save()
    make_membership(review, person, "adjudicator")
    log_in(page, live_server.url, "anna")

    page.fill("#id_label", "Aasa 2015")
    page.fill("#id_code", "Aasa_2015")
    page.fill("#id_arms-0-label", "Motor control")
    page.select_option("#id_arms-0-role", "experimental")
    page.fill("#id_arms-1-label", "Lifting")
    page.select_option("#id_arms-1-role", "comparator")
    choose(page, "id_arms-1-comparator_type", "Usual care")
    page.fill("#id_armresult-0-arm_no", "1")
    choose(page, "id_armresult-0-instrument", "NRS")
    for field, value in (("week", "12"), ("n", "35"), ("mean", "2.4"), ("sd", "-1.8")):
        page.fill(f"#id_armresult-0-{field}", value)
    page.get_by_role("button", name="Add another Adverse event").focus()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "id_adverse_events-1-arm_no"
    for domain in ("randomisation", "deviations", "missing_data", "measurement", "selection"):
        page.locator(f"input[name=rob-{domain}-judgement][value=some_concerns]").check()
    assert "gives: Some concerns" in page.locator("[data-proposal]").inner_text()
    page.locator("input[name=_continue]").click()

    arrive(page, ".listed-errors")
    assert page.locator("#id_armresult-0-sd_error").inner_text() == "The SD must be above 0."
    assert "Results of the arms, row 1, SD" in page.locator(".listed-errors").inner_text()
    assert Study.objects.count() == 0
    page.get_by_role("link", name="Results of the arms, row 1, SD").click()
    page.fill("#id_armresult-0-sd", "1.8")
    page.keyboard.press("Enter")

    arrive(page, ".messagelist .success")
    result = ArmResult.objects.get()
    assert (result.arm.label, str(result.sd), result.history.get().history_user) == ("Motor control", "1.8", person)
    judgements = Study.objects.get().assessments.get().judgements
    assert judgements.get(domain="overall").judgement == "some_concerns"
    assert complaints == []


def test_the_pages_of_the_evidence_raise_no_complaint(live_server: Any, page: Any, complaints: list[str]) -> None:
    review = make_review()
    person = make_user("anna")
    person.set_password("a long password")
    person.save()
    make_membership(review, person, "owner")
    log_in(page, live_server.url, "anna")

    for address in (
        "",
        "evidence/study/",
        f"evidence/review/{review.pk}/change/",
        f"evidence/review/{review.pk}/history/",
    ):
        page.goto(f"{live_server.url}/admin/{address}")
        page.wait_for_load_state("networkidle")

    assert complaints == []
