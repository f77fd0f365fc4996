"""Figures on the page of a snapshot in a real browser: their data, their files, light and dark, wide and narrow."""

from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse

from analysis.models import Analysis
from analysis.services import refresh, save_analysis
from tests.analysis.test_admin_world import STEPS, make_world
from tests.in_a_browser import IN_A_BROWSER, arrive, listen

pytestmark = [*IN_A_BROWSER, pytest.mark.timeout(300)]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], "resultTypes": ["violations"]}

# What of the figures reaches beyond the window outside of boxes that scroll by themselves.
TOO_WIDE = """() => [...document.querySelectorAll(".picture, .picture *")]
    .filter(one => one.getBoundingClientRect().right > window.innerWidth)
    .filter(one => !one.parentElement.closest(".table-scroll, .figure"))
    .map(one => `${one.tagName} ${one.className}`)"""


def snapshot_with_figures() -> tuple[Any, Any]:
    """Give the snapshot of an analysis that draws many kinds of figures, and its owner."""
    world = make_world(12)
    steps = STEPS | {"small_study_effects": {}, "clinical_relevance": {}}
    row = Analysis(review=world.review, slug="figures", title="Figures", rules=world.rules())
    done = refresh(by=world.owner, analysis=save_analysis(by=world.owner, analysis=row, steps=steps))
    assert done.snapshot is not None, done.failure
    return done.snapshot, world.owner


def open_snapshot(browser: Any, complaints: list[str], address: str, snapshot: Any, person: Any, **options: Any) -> Any:
    """Log in, open the page of the snapshot and unfold the figures and their data."""
    page = browser.new_context(**options).new_page()
    listen(page, complaints)
    page.goto(f"{address}/admin/login/")
    page.fill("#id_username", person.username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#logout-form")
    page.goto(address + reverse("admin:analysis_snapshot_change", args=[snapshot.pk]))
    arrive(page, "article.snapshot")
    unfold = "document.querySelectorAll('.picture details, details:has(.picture)').forEach(one => { one.open = true })"
    page.evaluate(unfold)
    return page


def test_figures_have_data_and_files_and_keep_the_rules_of_wcag(
    live_server: Any, browser: Any, complaints: list[str]
) -> None:
    snapshot, person = snapshot_with_figures()
    person.set_password("a long password")
    person.save()
    for scheme, width in (("light", 1440), ("dark", 375)):
        size = {"width": width, "height": 900}
        page = open_snapshot(browser, complaints, live_server.url, snapshot, person, viewport=size, color_scheme=scheme)
        kinds = page.locator(".picture svg").count()
        assert kinds >= 9
        assert page.locator(".picture summary").count() == kinds
        assert page.evaluate(TOO_WIDE) == []
        assert complaints == []
        found = Axe().run(page, options=RULES).response["violations"]
        assert not [f"{one['id']}: {one['nodes'][0]['target']}" for one in found]
        complaints.clear()  # axe brings styles of its own, which the content policy refuses

    picture = page.locator(".picture", has=page.locator("title", has_text="funnel plot")).first
    columns = picture.locator("table").first.locator("th").all_inner_texts()
    assert [name.lower() for name in columns] == ["label", "estimate", "se", "is filled"]
    with page.expect_download() as kept:
        picture.locator("a", has_text="PNG").click()
    assert kept.value.suggested_filename == "figures-snapshot-1-small_study_effects-1.png"
    assert Path(kept.value.path()).read_bytes().startswith(b"\x89PNG")
    assert complaints == []
