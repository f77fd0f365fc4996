"""A whole small review in a real browser, by four people and a viewer who is to look only."""

from typing import Any

import pytest

from tests.browser.whole_review import extracting, judging, publishing, screening
from tests.browser.whole_review.cast import Cast, make_cast
from tests.in_a_browser import IN_A_BROWSER

pytestmark = [*IN_A_BROWSER, pytest.mark.timeout(1200)]  # a minute and a half on a calm machine


@pytest.fixture
def cast(browser: Any, live_server: Any, complaints: list[str]) -> Cast:
    """Everybody at their own browser, and a review without records."""
    return make_cast(browser, live_server.url, complaints)


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
