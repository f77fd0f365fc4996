"""A person runs an analysis in a real browser and follows a number of its snapshot back to the report."""

from typing import Any

import pytest
from django.urls import reverse

from analysis.models import Snapshot
from evidence.models import ArmResult
from evidence.services import record
from tests.analysis.test_admin_ledger import world_with_rule
from tests.analysis.test_admin_world import make_world
from tests.in_a_browser import IN_A_BROWSER, arrive

pytestmark = IN_A_BROWSER


def log_in(page: Any, address: str, user: Any) -> None:
    user.set_password("a long password")
    user.save()
    page.goto(f"{address}/admin/login/")
    page.fill("#id_username", user.username)
    page.fill("#id_password", "a long password")
    page.keyboard.press("Enter")
    arrive(page, "#logout-form")


def test_analysis_is_run_and_a_number_followed_to_its_source(
    live_server: Any, page: Any, complaints: list[str]
) -> None:
    world = make_world(3)
    analysis = world.analysis()
    log_in(page, live_server.url, world.owner)
    page.goto(live_server.url + reverse("admin:analysis_analysis_changelist"))
    page.click(f"#result_list >> text={analysis.title}")
    assert page.is_checked("#id_run_pooling")
    page.click("text=Run now")
    arrive(page, "text=Snapshot 1 made: 3 runs computed, 0 reused.")
    page.click(".standing a >> text=Snapshot 1")
    arrive(page, ".headline >> text=3 trials, mean difference")
    assert page.is_visible(".figure svg")
    lineage = page.locator("details.lineage", has_text="n 50, mean 3, SD 1.5")
    assert not lineage.locator(".lineage-body").is_visible()
    lineage.locator("summary").focus()
    page.keyboard.press("Enter")
    assert "n 50, mean 3, SD 1.5" in lineage.locator(".sources").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert Snapshot.objects.get().number == 1
    assert complaints == []


def test_page_follows_queued_runs_until_they_are_done(
    live_server: Any, page: Any, complaints: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(2)
    analysis = world.analysis()
    snapshot = world.snapshot(analysis)
    runs = [{"key": run.key, "plugin": run.plugin} for run in snapshot.runs.all()]
    states = [
        {"is_done": False, "says": "1 of 3 runs done.", "runs": [dict(run, progress=0.5, **SAID) for run in runs]},
        {"is_done": True, "says": "3 of 3 runs done.", "runs": [dict(run, progress=1, **SAID) for run in runs]},
    ]
    log_in(page, live_server.url, world.owner)
    answers = iter(states)
    page.route("**/progress/", lambda route: route.fulfill(json=next(answers)))
    monkeypatch.setattr("analysis.admin.analyses.progress_of", unfinished_first())
    page.goto(live_server.url + reverse("admin:analysis_analysis_change", args=[analysis.pk]))
    arrive(page, "[data-says] >> text=1 of 3 runs done.")
    arrive(page, ".standing >> text=Up to date.")
    assert page.locator("[data-progress]").count() == 0
    assert complaints == []


SAID = {"status": "running", "status_says": "Running", "says": "Without Study 1"}


def unfinished_first() -> Any:
    """Give a stand-in for progress that says once that the runs are under way."""
    from analysis.admin import running

    asked: list[Any] = []

    def progress(runs: list[Any]) -> dict[str, Any]:
        state = running.progress_of(runs)
        asked.append(runs)
        return state | {"is_done": len(asked) > 1}

    return progress


def test_plan_is_closed_a_violation_signed_and_what_moved_read(
    live_server: Any, page: Any, complaints: list[str]
) -> None:
    world = world_with_rule()
    world.add_studies(2)
    analysis = world.analysis()
    world.snapshot(analysis)
    log_in(page, live_server.url, world.owner)
    page.goto(live_server.url + reverse("admin:evidence_review_change", args=[world.review.pk]))
    page.click("text=Plan and ledger: 1 of 1 run, 1 unsigned violation of eligibility")
    page.fill("#close-reason", "PROSPERO CRD1")
    page.click("text=Close the plan")
    arrive(page, "text=Closed on")
    page.click("summary >> text=Sign …")
    page.fill("[id^=sign-weeks]", "A pilot of the same programme")
    page.click("text=Accept the study")
    arrive(page, "text=No rule is broken without a signature.")

    row = ArmResult.objects.filter(arm__role="experimental").first()
    row.mean = "2.0"
    record(by=world.owner, row=row)
    snapshot = world.snapshot(analysis)
    page.goto(live_server.url + reverse("admin:analysis_snapshot_change", args=[snapshot.pk]))
    page.click("text=What moved")
    arrive(page, ".figure svg")
    assert row.arm.extraction.study.label in page.inner_text("#content")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert complaints == []
