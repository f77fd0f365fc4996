"""Every page as every role, light and dark, on a phone and on a wide screen, in a real browser.

Each page is loaded once for each role, and dressed where no role before it saw the same: its colour scheme and its
width are changed in place. Held are: no complaint of the console, no page that scrolls sideways, and no violation of
WCAG 2.1 AA. As axe takes longest, it reads a page, in each dress, only where the page has a kind of element (tag,
classes and role) that no page before it had. Pictures of the main pages, as the owner sees them, are kept under
test-results/pages.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.test import Client

from tests.analysis.test_admin_permissions import full_world
from tests.analysis.test_admin_world import World
from tests.browser.pages import complete, make_pages, pages_of_tables, public_pages
from tests.in_a_browser import IN_A_BROWSER, listen

pytestmark = [*IN_A_BROWSER, pytest.mark.walk, pytest.mark.timeout(900)]

# The pages are dealt out among so many tests, which run at once.
PARTS = 5
ROLES = ("owner", "adjudicator", "reviewer", "statistician", "viewer")
DRESSES = [("light", 1440), ("dark", 375), ("light", 375), ("dark", 1440)]
PICTURED = DRESSES[:2]
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"], "resultTypes": ["violations"]}
PICTURES = Path(settings.BASE_DIR) / "test-results" / "pages"
# Classes that name a model or a field look like any other of theirs.
KINDS = """() => [...new Set([...document.body.querySelectorAll('*:not(svg *)')].map(one =>
    one.tagName + '.' + [...one.classList].filter(name => !/^(column|field|model|app|form-row|row\\d)/.test(name))
        .sort().join('.') + '[' + (one.getAttribute('role') || one.getAttribute('type') || '') + ']'))]"""
# What a page shows, without the token of its forms and without who is logged in.
SHOWN = """() => {
    const body = document.body.cloneNode(true);
    body.querySelectorAll('#user-tools, script, [name=csrfmiddlewaretoken]').forEach(one => one.remove());
    return body.innerHTML;
}"""
WIDEST = """() => {
    const most = document.documentElement.clientWidth;
    const clips = one => /(auto|scroll|hidden)/.test(getComputedStyle(one).overflowX);
    const scrolls = one => one && (clips(one) || scrolls(one.parentElement));
    const wide = [...document.body.querySelectorAll('*')].filter(one =>
        one.getBoundingClientRect().right > most + 1 && !scrolls(one.parentElement));
    return [document.documentElement.scrollWidth, wide.slice(0, 4).map(one => one.tagName.toLowerCase()
        + (one.id ? '#' + one.id : '') + [...one.classList].map(name => '.' + name).join(''))];
}"""


class Inspector:
    """Opens pages in windows and notes what is wrong with them."""

    def __init__(self, site: str, complaints: list[str]) -> None:
        self.site, self.complaints = site, complaints
        self.axe, self.seen, self.shown = Axe(), {dress: set[str]() for dress in DRESSES}, set[str]()
        self.problems: list[str] = []
        self.page: Any = None

    def look_through(self, page: Any) -> None:
        """Use this window from now on."""
        self.page = page
        listen(page, self.complaints)
        page.on("response", self.hear)

    def hear(self, answer: Any) -> None:
        """Note what a page asked for and did not get."""
        if answer.status >= 400 and not answer.request.is_navigation_request():
            self.complaints.append(f"{answer.status} for {answer.url}")

    def inspect(self, name: str, path: str, *, picture: str = "") -> int:
        """Open a page, and dress it if it shows what was not seen before; give its status."""
        self.put_on(DRESSES[0])
        self.complaints.clear()
        status = int(self.page.goto(self.site + path).status)
        if status != 200:
            return status
        # What was refused is heard of by its address; the console says it without, and late.
        said = [words for words in self.complaints if not words.startswith("Failed to load resource")]
        self.problems += [f"{name}: {words}" for words in said]
        shown = self.page.evaluate(SHOWN)
        if shown in self.shown:
            return status
        self.shown.add(shown)
        for dress in DRESSES:
            scheme, width = dress
            self.put_on(dress)
            where = f"{name} ({scheme}, {width} px)"
            across, wide = self.page.evaluate(WIDEST)
            if across > width:
                self.problems.append(f"{where}: is {across} px wide, for {', '.join(wide)}")
            self._read(where, dress)
            if picture and dress in PICTURED:
                self.page.screenshot(path=PICTURES / f"{picture}-{scheme}-{width}.png", full_page=True)
        return status

    def put_on(self, dress: tuple[str, int]) -> None:
        """Change scheme and width; what fades from one colour to the other is at its end at once."""
        scheme, width = dress
        self.page.emulate_media(color_scheme=scheme)
        self.page.set_viewport_size({"width": width, "height": 900})
        self.page.evaluate("() => document.getAnimations().forEach(one => one.finish())")

    def _read(self, where: str, dress: tuple[str, int]) -> None:
        """Let axe read the page as it is dressed, if it has any kind of element that was not seen in this dress."""
        kinds = set(self.page.evaluate(KINDS))
        if kinds <= self.seen[dress]:
            return
        self.seen[dress] |= kinds
        for one in self.axe.run(self.page, options=RULES).response["violations"]:
            places = "; ".join(" ".join(node["target"]) for node in one["nodes"][:4])
            self.problems.append(f"{where}: {one['id']} ({one['help']}) at {len(one['nodes'])} places: {places}")


def enter(page: Any, site: str, client: Client) -> None:
    """Let a window be logged in as a person is in the test client."""
    cookie = client.cookies[settings.SESSION_COOKIE_NAME]
    page.context.add_cookies([{"name": cookie.key, "value": cookie.value, "url": site}])


def every_page(world: World) -> Iterator[tuple[str, str, str]]:
    """Give the name, the address and the name of the picture of every page for people with an account."""
    _, main = make_pages(world)
    complete(world)
    for name, path in main.items():
        yield name, path, name.replace(",", "").replace(" ", "-")
    for name, path in pages_of_tables().items():
        yield name, path, ""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_as_every_role(live_server: Any, browser: Any, complaints: list[str], part: int) -> None:
    world = full_world()
    pages = list(every_page(world))[part::PARTS]
    inspector = Inspector(live_server.url, complaints)
    for role in ROLES:
        window = browser.new_context()
        inspector.look_through(window.new_page())
        enter(inspector.page, live_server.url, world.client(role))
        answers = {
            name: inspector.inspect(f"{name} as {role}", path, picture=picture if role == "owner" else "")
            for name, path, picture in pages
        }
        window.close()
        assert set(answers.values()) <= {200, 403, 404, 405}
        shown = [name for name, status in answers.items() if status == 200]
        assert len(shown) > 40, f"{role} saw {len(shown)} pages"
    assert not inspector.problems, "\n".join(inspector.problems)


def test_public_pages(live_server: Any, browser: Any, complaints: list[str]) -> None:
    world = full_world()
    make_pages(world)
    inspector = Inspector(live_server.url, complaints)
    inspector.look_through(browser.new_page())
    for name, path in public_pages().items():
        picture = f"public-{name}".replace(",", "").replace(" ", "-")
        assert inspector.inspect(name, path, picture=picture) == 200
    assert not inspector.problems, "\n".join(inspector.problems)
