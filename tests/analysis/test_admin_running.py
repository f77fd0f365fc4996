"""Running from the admin: what is computed, what is told, what the list shows."""

import re
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from analysis import execution
from analysis.models import Analysis, Run, Snapshot
from evidence.models import ArmResult
from tests.analysis.test_admin_world import make_world

pytestmark = pytest.mark.django_db

# Session, user, memberships, list and count; then words (2), snapshots (2), runs and ratings: not one more per row.
LIST_QUERIES = 14


def run(client: Client, analysis: Analysis) -> list[str]:
    """Press "Run now"; give what is told last."""
    response = client.post(reverse("admin:analysis_analysis_run", args=[analysis.pk]))
    assert response.status_code == 302
    return [str(message) for message in get_messages(response.wsgi_request)][-1:]


def change_page(client: Client, analysis: Analysis) -> str:
    return client.get(reverse("admin:analysis_analysis_change", args=[analysis.pk])).content.decode()


def break_plugins(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the plugin of this name stop with an error."""
    call = execution.call_plugin

    def fail(run: Run, **options: Any) -> Any:
        if run.plugin == name:
            raise ValueError("The numbers ran away.")
        return call(run, **options)

    monkeypatch.setattr(execution, "call_plugin", fail)


def test_running_makes_a_snapshot_and_running_again_computes_nothing() -> None:
    world = make_world(3)
    analysis, client = world.analysis(), world.client("statistician")
    assert run(client, analysis) == ["Snapshot 1 made: 3 runs computed, 0 reused."]
    assert run(client, analysis) == ["Nothing changed: 0 runs computed; snapshot 1 is still current."]
    assert Snapshot.objects.count() == 1


def test_page_says_whether_the_evidence_has_changed() -> None:
    world = make_world(3)
    analysis, client = world.analysis(), world.client("owner")
    assert "has not been run yet" in change_page(client, analysis)
    run(client, analysis)
    assert "<strong>Up to date.</strong>" in change_page(client, analysis)
    row = ArmResult.objects.filter(arm__role="experimental").first()
    row.mean = "2.0"
    row.save()
    assert "The evidence that this analysis reads has changed since snapshot 1." in change_page(client, analysis)
    assert run(client, analysis) == ["Snapshot 2 made: 3 runs computed, 0 reused."]
    analysis.steps.filter(plugin="pooling").update(params={"tau2_method": "DL"})
    assert "Rules, steps, parameters or plugin versions were changed since snapshot 2." in change_page(client, analysis)
    analysis.rules = world.rules(multi_arm="split")
    analysis.save()
    assert "Rules, steps, parameters or plugin versions were changed since snapshot 2." in change_page(client, analysis)


def test_failed_run_is_told_shown_and_run_again(monkeypatch: pytest.MonkeyPatch) -> None:
    world = make_world(2)
    analysis, client = world.analysis(), world.client("owner")
    with monkeypatch.context() as broken:
        break_plugins(broken, "sensitivity")
        assert run(client, analysis) == ["The step “sensitivity” failed: The numbers ran away."]
        page = change_page(client, analysis)
    assert "The numbers ran away." in page
    assert "Run again" in page
    assert "data-progress" not in page, "a page that follows failed runs would load itself for ever"
    failed = client.get(reverse("admin:analysis_run_change", args=[Run.objects.get(status="failed").pk]))
    assert "The numbers ran away." in failed.content.decode()
    assert run(client, analysis) == ["Snapshot 1 made: 2 runs computed, 1 reused."]


def test_analysis_that_does_not_fit_the_evidence_is_told_in_a_sentence() -> None:
    world = make_world(1)
    analysis, client = world.analysis(), world.client("owner")
    Analysis.objects.filter(pk=analysis.pk).update(rules=world.rules(outcome="gone"))
    assert run(client, analysis)[0].startswith("The review has no outcome “gone”")
    assert change_page(client, analysis)


def test_with_a_broker_runs_are_queued_and_the_page_follows_them(
    settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(2)
    analysis, client = world.analysis(), world.client("owner")
    settings.BROKER_URL = "redis://nobody.invalid/0"
    assert run(client, analysis) == ["Queued: 3 runs for the workers, 0 reused."]
    assert "data-progress" in change_page(client, analysis)
    answer = client.get(reverse("admin:analysis_analysis_progress", args=[analysis.pk])).json()
    assert (answer["is_done"], answer["says"]) == (False, "0 of 3 runs done.")
    assert [row["status"] for row in answer["runs"]] == ["queued"] * 3


def test_selected_analyses_are_run_from_the_list() -> None:
    world = make_world(2)
    analyses, client = [world.analysis(), world.analysis(ci_distribution="t")], world.client("owner")
    data = {"action": "run_selected", "_selected_action": [row.pk for row in analyses]}
    response = client.post(reverse("admin:analysis_analysis_changelist"), data)
    said = sorted(str(message) for message in get_messages(response.wsgi_request))
    assert said == sorted(f"{row.title}: Snapshot 1 made: 3 runs computed, 0 reused." for row in analyses)


def test_list_shows_the_latest_numbers_with_a_constant_number_of_queries(
    django_assert_num_queries: Any,
) -> None:
    world = make_world(3)
    client = world.client("viewer")
    snapshot = world.snapshot()
    address = reverse("admin:analysis_analysis_changelist")
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(address).content.decode()
    assert f"Snapshot {snapshot.number}</a>" in page
    assert "Usual care" in page
    assert re.search(r"MD −\d\.\d\d \[−\d\.\d\d, −?\d\.\d\d\]", page)
    for _ in range(3):
        world.snapshot()
    world.analysis()
    with django_assert_num_queries(LIST_QUERIES):
        page = client.get(address).content.decode()
    assert "not run yet" in page


def test_list_is_filtered_and_searched() -> None:
    world = make_world()
    one, other = world.analysis(), world.analysis()
    client = world.client("viewer")
    address = reverse("admin:analysis_analysis_changelist")
    assert other.title not in client.get(address, {"q": one.slug}).content.decode().split('id="result_list"')[1]
    assert one.title in client.get(address, {"review": world.review.pk, "kind": "main"}).content.decode()
    assert "0 analyses" in client.get(address, {"kind": "sensitivity"}).content.decode()
