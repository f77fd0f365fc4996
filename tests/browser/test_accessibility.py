"""The main pages against the rules of WCAG 2.2, levels A and AA, by axe in a real browser, light and dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from tests.browser.pages import make_pages
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = [*IN_A_BROWSER, pytest.mark.timeout(900)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}


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
