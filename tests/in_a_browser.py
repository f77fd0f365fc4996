"""Pages in a real Chromium, for tests with the marks IN_A_BROWSER."""

import os
import shutil
from collections.abc import Generator, Iterator
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
IN_A_BROWSER = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on this machine"),
]


@pytest.fixture
def complaints() -> list[str]:
    """What the console, the scripts and the content policy complain about."""
    return []


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A Chromium, beside which a test may still ask the database."""
    from playwright.sync_api import sync_playwright

    monkeypatch.setitem(os.environ, "DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, complaints: list[str]) -> Any:
    """A page that notes every complaint."""
    page = browser.new_page(viewport={"width": 1440, "height": 900})
    listen(page, complaints)
    return page


def listen(page: Any, complaints: list[str]) -> None:
    """Note what the console of a page says is wrong, and every error of its scripts."""
    page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))


def arrive(page: Any, selector: str) -> None:
    """Wait until a page shows something and is loaded: only then do its scripts hear keys and clicks."""
    page.wait_for_selector(selector)
    page.wait_for_load_state("load")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Show with a failure what the pages said, as no later run may say it again."""
    report = yield
    browser = getattr(item, "funcargs", {}).get("browser")
    if call.when == "call" and report.failed and browser is not None:
        for page in (page for context in browser.contexts for page in context.pages):
            report.sections.append((f"page {page.url}", _seen(page)))
    return report


def _seen(page: Any) -> str:
    """Give the words of a page, or why there are none."""
    from playwright.sync_api import Error

    try:
        return str(page.inner_text("body", timeout=2000))[:5000]
    except Error as error:
        return str(error)
