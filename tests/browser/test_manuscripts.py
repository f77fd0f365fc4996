"""Writing a manuscript in a real browser: begin, write a bound number, move it, read it; wide and narrow."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.in_a_browser import IN_A_BROWSER, arrive
from tests.reporting.world import make_written

pytestmark = [*IN_A_BROWSER, pytest.mark.timeout(600)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}
BLOCK = ".blocks .block"


def sign_in(page: Any, live_server: Any, person: Any) -> None:
    """Sign in as a person."""
    person.set_password("a long password")
    person.save()
    page.goto(f"{live_server.url}{reverse('admin:login')}")
    page.fill("#id_username", person.username)
    page.fill("#id_password", "a long password")
    page.press("#id_password", "Enter")
    arrive(page, "#user-tools")


def test_manuscript_is_begun_written_and_read(live_server: Any, page: Any, complaints: list[str]) -> None:
    written = make_written()
    sign_in(page, live_server, written.world.owner)
    page.goto(f"{live_server.url}{reverse('admin:analysis_manuscripts', args=[written.world.review.slug])}")
    page.fill("#begin-title", "A whole report")
    page.click("button[value=whole]")
    arrive(page, BLOCK)
    before = page.locator(BLOCK).count()
    page.click(".add-block a >> text=/^Text$/")
    arrive(page, "#id_text")
    page.fill("#id_text", f"So k is {{{{{written.slug}.pooling.k}}}}.")
    page.click(".ask-buttons button")
    arrive(page, ".messagelist .success")
    assert page.locator(BLOCK).count() == before + 1
    assert "So k is 3." in page.locator(BLOCK).last.inner_text()
    page.locator(BLOCK).last.locator("button[title='Move up']").click()
    arrive(page, f"{BLOCK}:target")
    assert "So k is 3." in page.locator(BLOCK).nth(before - 1).inner_text()
    page.click(".snapshot-nav a >> text=Read it")
    arrive(page, "main h1")
    assert "So k is 3." in page.locator("main").inner_text()
    assert page.locator("figure svg").count() >= 1
    assert complaints == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_of_writing_keep_the_rules_of_wcag_and_fit(live_server: Any, browser: Any, scheme: str) -> None:
    written = make_written(is_whole=True)
    block = written.manuscript.blocks.filter(kind="text").first()
    written.world.add_studies(1)  # so that marks of what is stale are shown
    assert block is not None
    names = {"write": (), "about": (), "numbers": (), "preview": (), "block": (block.pk,), "add": ("table",)}
    key = written.manuscript.pk
    pages = {name: reverse(f"admin:analysis_manuscript_{name}", args=[key, *args]) for name, args in names.items()}
    pages["list"] = reverse("admin:analysis_manuscripts", args=[written.world.review.slug])
    page = browser.new_page(viewport={"width": 1440, "height": 900}, color_scheme=scheme)
    sign_in(page, live_server, written.world.owner)
    axe, problems = Axe(), []
    for name, place in pages.items():
        for width in (1440, 375):
            page.set_viewport_size({"width": width, "height": 900})
            page.goto(f"{live_server.url}{place}")
            if page.evaluate("document.documentElement.scrollWidth > window.innerWidth"):
                problems.append(f"{name} is wider than {width} px")
            for one in axe.run(page, options=RULES).response["violations"]:
                places = "; ".join(" ".join(node["target"]) for node in one["nodes"][:3])
                problems.append(f"{name}, {width} px: {one['id']} ({one['help']}): {places}")
    assert not problems, "\n".join(problems)
