"""A whole small review in a real browser, by four people and a viewer who is to look only."""

import os
import shutil
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponseBase

from tests.browser.whole_review import extracting, judging, publishing, screening
from tests.browser.whole_review.cast import Cast, make_cast

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.timeout(1200),  # a minute and a half on a calm machine
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture
def complaints() -> list[str]:
    """What the console, the scripts and the content policy complain about, of all pages of everybody."""
    return []


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the server answer one request after the other.

    All its threads share one connection to the database in memory, where an error in one request would break the
    transaction of another, as it cannot with connections of their own.
    """
    turn, answer = threading.RLock(), WSGIHandler.get_response

    def get_response(handler: WSGIHandler, request: HttpRequest) -> HttpResponseBase:
        with turn:
            return answer(handler, request)

    monkeypatch.setattr(WSGIHandler, "get_response", get_response)


@pytest.fixture
def cast(
    one_at_a_time: None, live_server: Any, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Cast]:
    """Everybody at their own browser, and a review without records."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield make_cast(browser, live_server.url, complaints)
        browser.close()


def test_a_review_is_screened_extracted_judged_settled_and_published(cast: Cast, complaints: list[str]) -> None:
    screening.paste_records(cast)
    screening.screen_titles(cast)
    screening.settle_titles(cast)
    screening.read_texts(cast)
    screening.make_studies(cast)

    extracting.extract(cast)
    extracting.reopen(cast)
    extracting.compare(cast)

    judging.judge(cast)
    judging.settle(cast)

    publishing.run(cast)
    publishing.publish(cast)
    publishing.compare_numbers(cast)
    publishing.compare_agreement(cast)
    assert complaints == []
