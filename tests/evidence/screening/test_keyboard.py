"""A reader screens with the keyboard in a real browser, and without JavaScript with the buttons."""

from typing import Any

from evidence.models import Record, Review, ScreeningDecision
from tests.factories import make_membership, make_review, make_user
from tests.in_a_browser import IN_A_BROWSER, arrive, listen
from tests.screening_factories import make_policy, make_reason, make_records

pytestmark = IN_A_BROWSER


def opened(browser: Any, address: str, review: Review, complaints: list[str], **options: Any) -> Any:
    """Log a new reviewer in and open the queue."""
    person = make_user(f"anna{review.pk}{len(complaints)}")
    person.set_password("a long password")
    person.save()
    make_membership(review, person, "reviewer")
    page = browser.new_page(viewport={"width": 1280, "height": 900}, **options)
    listen(page, complaints)
    queue = f"/admin/evidence/record/screening/{review.slug}/queue/title_abstract/"
    page.goto(f"{address}/admin/login/?next={queue}")
    page.fill("#id_username", person.username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#record-title")
    return page


def press(page: Any, *keys: str) -> None:
    """Press keys of which the last one brings the next page."""
    for key in keys[:-1]:
        page.keyboard.press(key)
    with page.expect_navigation():
        page.keyboard.press(keys[-1])


def shown(page: Any) -> str:
    return str(page.locator("#record-title").inner_text())


def decided(record: Record) -> list[tuple[str, str]]:
    rows = ScreeningDecision.objects.filter(record=record).select_related("reason").order_by("pk")
    return [(row.answer, str(row.reason or "")) for row in rows]


def test_a_review_is_screened_with_single_keys(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review = make_review()
    make_reason(review, name="wrong population", position=1)
    make_reason(review, name="wrong design", position=2)
    make_policy(review, needs_reason=True)
    records = make_records(review, 5)
    titles = [record.title for record in records]
    page = opened(browser, live_server.url, review, complaints)
    assert shown(page) == titles[0]

    press(page, "i")
    assert shown(page) == titles[1]
    page.keyboard.press("e")
    assert page.locator("[data-asks-reason]").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("[data-asks-reason]").is_visible()
    assert decided(records[1]) == []
    press(page, "e", "2")
    press(page, "u")
    assert shown(page) == titles[3]
    press(page, "n")
    assert shown(page) == titles[4]
    press(page, "z")
    assert shown(page) in (titles[2], titles[4])
    page.keyboard.press("?")
    assert page.locator("[data-keys]").get_attribute("open") is not None

    assert decided(records[0]) == [("include", "")]
    assert decided(records[1]) == [("exclude", "wrong design")]
    assert decided(records[2]) == [("unsure", ""), ("withdrawn", "")]
    assert decided(records[3]) == []
    assert complaints == []


def test_keys_in_a_note_are_letters_and_a_key_held_down_is_one_answer(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    review = make_review()
    records = make_records(review, 4)
    page = opened(browser, live_server.url, review, complaints)

    page.fill("#note", "")
    page.locator("#note").type("include? e 1 z")
    page.locator("#record-title").click()
    with page.expect_navigation():
        page.keyboard.down("i")
        page.keyboard.down("i")  # a second press without letting go is a repetition
    page.keyboard.up("i")

    assert decided(records[0]) == [("include", "")]
    assert ScreeningDecision.objects.get().note == "include? e 1 z"
    assert decided(records[1]) == []
    assert complaints == []


def test_single_keys_can_be_switched_off_for_good(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review = make_review()
    records = make_records(review, 2)
    page = opened(browser, live_server.url, review, complaints)
    page.keyboard.press("?")
    page.get_by_label("Single keys answer").uncheck()
    page.locator("#record-title").click()

    page.keyboard.press("i")
    page.reload()
    page.keyboard.press("e")
    page.wait_for_timeout(300)
    assert ScreeningDecision.objects.count() == 0
    with page.expect_navigation():
        page.get_by_role("button", name="Include").click()

    assert decided(records[0]) == [("include", "")]


def test_everything_works_without_javascript(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review = make_review()
    make_reason(review, name="wrong population", position=1)
    make_policy(review, needs_reason=True)
    records = make_records(review, 2)
    page = opened(browser, live_server.url, review, complaints, java_script_enabled=False)

    page.get_by_role("button", name="Exclude").click()
    assert "needs a reason" in page.locator(".messagelist").inner_text()
    page.get_by_label("wrong population").check()
    page.get_by_role("button", name="Exclude").click()
    assert shown(page) == records[1].title
    page.get_by_role("button", name="Undo").click()
    assert shown(page) == records[0].title

    assert decided(records[0]) == [("exclude", "wrong population"), ("withdrawn", "")]


def test_the_pages_raise_no_complaint_and_fit_at_twice_the_size(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    review = make_review()
    make_reason(review, name="wrong population")
    (record, *_) = make_records(review, 3, abstract="An abstract. " * 60)
    page = opened(browser, live_server.url, review, complaints)
    page.set_viewport_size({"width": 640, "height": 450})  # what 1280 by 900 leaves at 200 %

    board = f"{live_server.url}/admin/evidence/record/screening/{review.slug}/"
    for name in ("", "queue/title_abstract/", "records/", f"record/{record.pk}/", "add/", "flow/"):
        page.goto(board + name)
        page.wait_for_load_state("networkidle")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), name
        unnamed = page.evaluate(
            "[...document.querySelectorAll('#content input:not([type=hidden]), #content select, #content textarea')]"
            ".filter(box => !box.labels.length && !box.getAttribute('aria-label')).map(box => box.outerHTML)"
        )
        assert unnamed == [], name

    assert complaints == []
