"""Two readers, an adjudicator, and a consensus, in a real browser: by keyboard, with what is not saved warned of."""

from typing import Any

from evidence.models import Adjudication, Extraction
from tests.evidence.extraction.trial import Trial, make_trial, read_as, result_of
from tests.in_a_browser import IN_A_BROWSER, arrive, listen

pytestmark = IN_A_BROWSER


def page_of(browser: Any, complaints: list[str], address: str, person: Any, **options: Any) -> Any:
    """Log a person in, in a window of their own that notes every complaint of the console."""
    person.set_password("a long password")
    person.save()
    page = browser.new_context(viewport={"width": 1440, "height": 900}, **options).new_page()
    listen(page, complaints)
    page.goto(f"{address}/admin/login/?next=/admin/")
    page.fill("#id_username", person.username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#logout-form")
    return page


def planted() -> Trial:
    """Make a trial that two people read: an SE typed as SD, the arms in another order, the RMDQ read the other way."""
    trial = make_trial()
    read_as(trial, trial.anna)
    read_as(trial, trial.ben, turned=True, sd="0.3", rmdq="17.9")
    return trial


def test_what_differs_is_decided_by_keyboard_and_the_consensus_is_built(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    trial = planted()
    page = page_of(browser, complaints, live_server.url, trial.cara)
    page.goto(f"{live_server.url}/admin/evidence/adjudication/board/{trial.review.slug}/")
    assert f"{trial.anna}: submitted" in page.locator(f"#study-{trial.study.pk}").inner_text()
    page.locator(f"#study-{trial.study.pk}").get_by_role("link", name="Adjudicate").click()

    items = page.locator("[data-item]")
    assert items.count() == 3
    said = page.locator(".findings").all_inner_texts()
    assert any("0.3" in text and "looks like the standard error" in text for text in said)
    assert any("from its other end (0 to 24)" in text for text in said)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("a")
    assert page.evaluate("document.activeElement.id") == items.nth(0).get_attribute("id")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("b")
    page.keyboard.press("a")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("o")
    page.keyboard.type("1.85")
    page.keyboard.press("Escape")
    assert page.locator("[data-unsaved]").is_visible()
    page.get_by_role("button", name="Save decisions").click()

    arrive(page, ".errorlist")
    assert page.locator(".errorlist").inner_text() == "A third value needs a reason."
    assert Adjudication.objects.count() == 0
    last = page.locator(".has-errors")
    assert last.locator("input[value=other]").is_checked()
    last.get_by_label("Reason").fill("Table 3 of the erratum")
    page.get_by_role("button", name="Save decisions").click()

    arrive(page, ".messagelist .success")
    assert page.locator("#open-count").inner_text() == "0"
    page.get_by_role("button", name="Build the consensus").click()
    arrive(page, ".messagelist .success")
    consensus = Extraction.objects.get(study=trial.study, is_consensus=True)
    assert str(result_of(consensus).sd) == "1.85"
    assert str(result_of(consensus, instrument="rmdq").mean) == "6.1"
    assert complaints == []


def test_leaving_with_unsaved_decisions_is_asked_about(live_server: Any, browser: Any, complaints: list[str]) -> None:
    trial = planted()
    page = page_of(browser, complaints, live_server.url, trial.cara)
    address = f"{live_server.url}/admin/evidence/adjudication/study/{trial.study.pk}/"
    asked: list[str] = []

    def answer(dialog: Any) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.on("dialog", answer)
    page.goto(address)
    page.goto(f"{live_server.url}/admin/")
    assert asked == []
    page.goto(address)
    page.locator("input[value=A]").first.check()
    page.goto(f"{live_server.url}/admin/")
    assert asked == ["beforeunload"]
    assert complaints == []


def test_page_works_without_javascript(live_server: Any, browser: Any, complaints: list[str]) -> None:
    trial = planted()
    page = page_of(browser, complaints, live_server.url, trial.cara, java_script_enabled=False)
    page.goto(f"{live_server.url}/admin/evidence/adjudication/study/{trial.study.pk}/")
    for item in page.locator("[data-item]").all():
        item.locator("input[value=A]").check()
    page.get_by_role("button", name="Save decisions").click()
    arrive(page, ".messagelist .success")
    assert Adjudication.objects.filter(taken="A").count() == 3
    page.get_by_role("link", name="Show what they agree on too").click()
    assert page.locator("[data-item]").count() > 50
    assert complaints == []


def test_a_reader_begins_and_submits_and_sees_nothing_of_the_other(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    trial = make_trial()
    read_as(trial, trial.anna)
    page = page_of(browser, complaints, live_server.url, trial.ben)
    page.goto(f"{live_server.url}/admin/evidence/study/{trial.study.pk}/change/")
    assert f"{trial.anna}: submitted" in page.locator("#readers").inner_text()
    assert "Motor control" not in page.locator("#content-main").inner_text()
    page.get_by_role("button", name="Begin my extraction").click()
    arrive(page, "text=Your extraction is begun.")
    page.get_by_role("button", name="Submit my extraction").click()
    arrive(page, "text=The extraction is now complete.")
    assert page.get_by_role("link", name="Compare the two extractions").is_visible()
    assert complaints == []
