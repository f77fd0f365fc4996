"""Pairs of records and of studies are answered with single keys, which can be switched off, and on a phone."""

from typing import Any

from django.contrib.auth.models import User

from evidence.models import DoubtfulPair, Review, StudyPair
from tests.browser.test_comparing import page_of
from tests.evidence.test_companions import make_twins
from tests.factories import make_membership, make_review, make_user
from tests.in_a_browser import IN_A_BROWSER, arrive
from tests.screening_factories import make_doubtful_pair

pytestmark = IN_A_BROWSER
DUPLICATE, DISTINCT = DoubtfulPair.Answer.DUPLICATE, DoubtfulPair.Answer.DISTINCT


def make_pairs(count: int) -> tuple[Review, User, list[DoubtfulPair]]:
    """Put pairs before the reviewer of a new review, in the order in which they are shown."""
    review = make_review()
    pairs = [make_doubtful_pair(review, score=1 - number / 10) for number in range(count)]
    return review, make_membership(review, make_user(), "reviewer").user, pairs


def at(site: str, review: Review) -> str:
    return f"{site}/admin/evidence/record/screening/{review.slug}/duplicates/"


def answers(pairs: list[DoubtfulPair]) -> list[str]:
    return [DoubtfulPair.objects.get(pk=pair.pk).answer for pair in pairs]


def press(page: Any, key: str) -> None:
    """Press a key that brings the next page."""
    with page.expect_navigation():
        page.keyboard.press(key)
    arrive(page, "#content")


def test_pairs_of_records_are_answered_with_single_keys(live_server: Any, browser: Any, complaints: list[str]) -> None:
    review, person, pairs = make_pairs(2)
    page = page_of(browser, complaints, live_server.url, person)
    page.goto(at(live_server.url, review))
    arrive(page, "[data-pair]")

    press(page, "d")
    assert answers(pairs) == [DUPLICATE, ""]
    press(page, "n")
    assert answers(pairs) == [DUPLICATE, DISTINCT]
    assert page.locator("#done").inner_text() == "All pairs are answered"
    press(page, "u")
    assert answers(pairs) == [DUPLICATE, ""]
    page.keyboard.press("Control+d")
    page.keyboard.press("x")
    page.get_by_label("Single keys answer").uncheck()
    page.keyboard.press("n")
    page.reload()
    arrive(page, "[data-pair]")
    assert not page.get_by_label("Single keys answer").is_checked()
    page.keyboard.press("n")
    assert page.locator(".answer-buttons").is_visible()
    assert answers(pairs) == [DUPLICATE, ""]
    page.get_by_label("Single keys answer").check()
    press(page, "n")
    assert answers(pairs) == [DUPLICATE, DISTINCT]
    page.get_by_text("Show 2 answers").click()
    page.get_by_role("button", name=f"Take back the answer about {pairs[0]}").click()
    arrive(page, "[data-pair]")
    assert answers(pairs) == ["", DISTINCT]
    assert complaints == []


def test_both_records_are_seen_on_a_phone_and_answered_without_scripts(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    review, person, pairs = make_pairs(1)
    page = page_of(browser, complaints, live_server.url, person, java_script_enabled=False)
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(at(live_server.url, review))
    arrive(page, "table.pair")
    boxes = [
        page.get_by_role("cell", name=str(one), exact=True).bounding_box() for one in (pairs[0].first, pairs[0].second)
    ]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"] + 1
    assert boxes[1]["x"] + boxes[1]["width"] <= 375

    page.get_by_role("button", name="Not duplicates").click()

    arrive(page, "#done")
    assert answers(pairs) == [DISTINCT]
    assert complaints == []


def test_pairs_of_studies_are_answered_with_single_keys(live_server: Any, browser: Any, complaints: list[str]) -> None:
    first, later = make_twins()
    review = first.review
    person = make_membership(review, make_user(), "reviewer").user
    page = page_of(browser, complaints, live_server.url, person)
    page.goto(f"{live_server.url}/admin/evidence/studypair/of/{review.slug}/")
    arrive(page, "[data-pair]")

    press(page, "n")

    assert StudyPair.objects.get().answer == StudyPair.Answer.DISTINCT
    page.get_by_role("button", name="Take back your last answer").click()
    arrive(page, "[data-pair]")
    press(page, "d")
    later.refresh_from_db()
    assert later.companion_of == first
    assert complaints == []
