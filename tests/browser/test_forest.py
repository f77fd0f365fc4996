"""The forest plot in a real browser: no text lies over another, and a row tells its study's numbers."""

from typing import Any

import pytest
from django.urls import reverse

from analysis import canonical
from analysis.figures.forest import draw_forest
from tests.analysis.test_admin_world import make_world
from tests.browser.test_analysis_admin import log_in
from tests.figures.beside_examples import examples, full, grouped
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = IN_A_BROWSER

# Texts and circles with the ends of their boxes; the sign in a circle belongs to it.
BOXES = """() => {
    const box = (element, kind) => {
        const area = element.getBoundingClientRect();
        const { left, right, top, bottom } = area;
        return { kind, says: element.textContent, left, right, top, bottom };
    };
    const texts = [...document.querySelectorAll('svg text')]
        .filter((one) => !one.previousElementSibling?.matches('circle'))
        .map((one) => box(one, 'text'));
    const lights = [...document.querySelectorAll('svg circle')].map((one) => box(one, 'circle'));
    return { picture: box(document.querySelector('svg'), 'svg'), boxes: [...texts, ...lights] };
}"""
# How far boxes may lie over one another, in pixels: they hold room above and below letters that have none there.
SLACK = 1.5

CASES = {f"k = {k}": full(k) for k in (1, 2, 30, 120)} | {
    name: example for name, example in examples().items() if not name.startswith("beside")
}
CASES["groups, k = 120"] = grouped(120, is_full=True)


def overlaps(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether two boxes lie over one another."""
    across = min(one["right"], other["right"]) - max(one["left"], other["left"])
    along = min(one["bottom"], other["bottom"]) - max(one["top"], other["top"])
    return bool(across > SLACK and along > SLACK)


def find_overlaps(boxes: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Give the pairs of boxes that lie over one another; what is far apart in height is not compared."""
    ordered = sorted(boxes, key=lambda box: box["top"])
    found = []
    for place, one in enumerate(ordered):
        for other in ordered[place + 1 :]:
            if other["top"] >= one["bottom"]:
                break
            if overlaps(one, other):
                found.append((one["says"] or one["kind"], other["says"] or other["kind"]))
    return found


@pytest.mark.parametrize("name", CASES)
def test_no_text_lies_over_another_and_none_leaves_the_picture(page: Any, name: str) -> None:
    page.set_content(f"<body>{draw_forest(*CASES[name])}</body>")
    measured = page.evaluate(BOXES)
    picture, boxes = measured["picture"], measured["boxes"]
    assert len(boxes) > 10
    assert find_overlaps(boxes) == []
    outside = [
        box["says"]
        for box in boxes
        if box["left"] < picture["left"] - 0.5
        or box["right"] > picture["right"] + 0.5
        or box["top"] < picture["top"] - 0.5
        or box["bottom"] > picture["bottom"] + 0.5
    ]
    assert outside == []


def test_what_overlaps_is_found(page: Any) -> None:
    page.set_content(
        "<svg width='200' height='60'><text x='5' y='20'>First</text><text x='9' y='24'>Second</text></svg>"
    )
    assert find_overlaps(page.evaluate(BOXES)["boxes"]) == [("First", "Second")]


def test_reader_reads_the_weight_of_a_study_by_hovering_and_opens_its_lineage(
    live_server: Any, page: Any, complaints: list[str]
) -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    world.client("viewer")
    rows = canonical.from_text(snapshot.runs.get(plugin="pooling").result)["studies"]
    log_in(page, live_server.url, world.people["viewer"])
    page.goto(live_server.url + reverse("admin:analysis_snapshot_change", args=[snapshot.pk]))
    arrive(page, ".forest-figure svg")
    row = page.locator(".forest-figure .forest-row", has_text=rows[1]["label"])
    row.hover()
    page.wait_for_selector(".forest-box h3 >> text=" + rows[1]["label"])
    said = page.locator(".forest-box:visible").inner_text()
    assert f"{100 * rows[1]['weight']:.1f}%" in said
    effect = canonical.from_text(snapshot.dataset.content)["effects"][1]
    assert effect["id"] == rows[1]["effect"]
    assert "mean {m1i:g}, SD {sd1i:g}".format(**effect["columns"]) in said
    page.keyboard.press("Escape")
    page.wait_for_selector(".forest-box", state="hidden")
    row.click()
    page.wait_for_selector("#effect-2 .lineage-body", state="visible")
    assert page.url.endswith("#effect-2")
    assert complaints == []


def test_rows_are_reached_by_the_keyboard(live_server: Any, page: Any, complaints: list[str]) -> None:
    world = make_world(3)
    snapshot = world.snapshot()
    labels = [row["label"] for row in canonical.from_text(snapshot.runs.get(plugin="pooling").result)["studies"]]
    log_in(page, live_server.url, world.owner)
    page.goto(live_server.url + reverse("admin:analysis_snapshot_change", args=[snapshot.pk]))
    arrive(page, ".forest-figure svg")
    page.locator(".forest-figure").focus()
    page.keyboard.press("Tab")
    page.wait_for_selector(".forest-box h3 >> text=" + labels[0])
    page.keyboard.press("ArrowDown")
    page.wait_for_selector(".forest-box h3 >> text=" + labels[1])
    page.keyboard.press("End")
    page.wait_for_selector(".forest-box h3 >> text=" + labels[2])
    page.keyboard.press("Enter")
    page.wait_for_selector("#effect-3 .lineage-body", state="visible")
    page.wait_for_function("document.activeElement.matches('#effect-3 summary')")
    assert complaints == []


def test_columns_are_chosen_without_scripts_and_kept_in_the_address(live_server: Any, browser: Any) -> None:
    world = make_world(2)
    world.add_studies(1, week=40)
    snapshot = world.snapshot()
    page = browser.new_context(java_script_enabled=False).new_page()
    log_in(page, live_server.url, world.owner)
    page.goto(live_server.url + reverse("admin:analysis_snapshot_change", args=[snapshot.pk]))
    page.click("summary >> text=Columns of the forest plot")
    page.check("[name=column][value=arms]")
    page.check("[name=column][value=not_pooled]")
    page.uncheck("[name=column][value=weight]")
    page.click(".forest-choice button")
    arrive(page, ".forest-figure >> text=Not pooled (1)")
    drawn = page.locator(".forest-figure").inner_text()
    assert "Mean" in drawn
    assert "Weight" not in drawn
    assert "column=arms" in page.url
    assert "column=weight" not in page.url
    page.reload()
    arrive(page, ".forest-figure >> text=Not pooled (1)")
