"""A person at their own browser: opens pages, types, and tries addresses that are none of theirs."""

from dataclasses import dataclass
from typing import Any

from tests.in_a_browser import arrive

PASSWORD = "a long password"


@dataclass(frozen=True)
class Answer:
    """What the site answered to an address that somebody typed, or to a form that they made up."""

    status: int
    text: str
    url: str


class Person:
    """Somebody who is logged in; `page` is what they look at."""

    def __init__(self, name: str, account: Any, browser: Any, address: str, complaints: list[str]) -> None:
        self.name, self.account, self.address = name, account, address
        self.context = browser.new_context(viewport={"width": 1280, "height": 900})
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.on("console", lambda said: self._note(said.text, complaints, said.type))
        self.page.on("pageerror", lambda error: self._note(str(error), complaints, "error"))

    def _note(self, said: str, complaints: list[str], kind: str) -> None:
        if kind in ("error", "warning"):
            complaints.append(f"{self.name} at {self.page.url}: {said}")

    def log_in(self) -> None:
        """Log in as people do."""
        self.page.goto(f"{self.address}/admin/login/")
        self.page.fill("#id_username", self.account.username)
        self.page.fill("#id_password", PASSWORD)
        self.page.keyboard.press("Enter")
        arrive(self.page, "#logout-form")

    def opens(self, path: str) -> Any:
        """Open a page that the person may see."""
        answer = self.page.goto(self.address + path)
        assert answer.status == 200, f"{self.name} opens {path} and gets {answer.status}."
        return self.page

    def presses(self, key: str) -> None:
        """Press a key that leads to the next page."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.keyboard.press(key)

    def follows(self, selector: str) -> None:
        """Go to a link or button with the keyboard and press Enter, which leads to the next page."""
        with self.page.expect_navigation(wait_until="domcontentloaded"):
            self.page.locator(selector).first.press("Enter")

    def hears(self, sentence: str, step: str) -> None:
        """Read a message at the top of the page."""
        said = " ".join(self.page.locator(".messagelist li").all_inner_texts())
        assert sentence in said, f"{step}: {self.name} should hear “{sentence}”, not “{said}”."

    def reads(self, selector: str = "#content") -> str:
        """Give what stands at a place of the page."""
        return str(self.page.locator(selector).first.inner_text())

    def asks(self, path: str) -> Answer:
        """Type an address, with the person's own session."""
        got = self.context.request.get(self.address + path)
        return Answer(got.status, got.text(), got.url)

    def sends(self, path: str, **fields: str) -> Answer:
        """Send a form that no page offered to the person."""
        token = next(one["value"] for one in self.context.cookies() if one["name"] == "csrftoken")
        got = self.context.request.post(self.address + path, form={"csrfmiddlewaretoken": token, **fields})
        return Answer(got.status, got.text(), got.url)

    def is_refused(self, path: str, step: str, **fields: str) -> None:
        """Send such a form and be refused."""
        answer = self.sends(path, **fields)
        assert answer.status in (403, 404), f"{step}: {self.name} sends a form to {path} and gets {answer.status}."
