"""What people see of a run that is split: how far it has come, and who computed which part."""

import pytest
from django.urls import reverse

from analysis.admin.running import progress_of
from analysis.models import Run, RunPart
from tests.analysis.test_admin_world import make_world

pytestmark = pytest.mark.django_db


def split_run(world) -> Run:
    """Give a run with two parts, of which one is computed."""
    run = world.snapshot().runs.get(plugin="pooling")
    RunPart.objects.lay_out(run, ["{}", "{}"])
    moment = run.claimed_at
    RunPart.objects.claim(f"{run.key}:1", worker="east:7", now=moment, lease_until=moment)
    RunPart.objects.finish(
        f"{run.key}:1", attempt=1, now=moment, worker="east:7", status="succeeded", answer="{}", answer_digest="d"
    )
    return run


def test_page_of_a_run_lists_its_parts():
    world = make_world(2)
    run = split_run(world)
    page = world.client("viewer").get(reverse("admin:analysis_run_change", args=[run.pk])).content.decode()
    assert "Parts, each computed by itself" in page
    assert "1 of 2" in page
    assert "east:7" in page


def test_run_without_parts_has_no_table_of_them():
    world = make_world(2)
    run = world.snapshot().runs.get(plugin="pooling")
    page = world.client("viewer").get(reverse("admin:analysis_run_change", args=[run.pk])).content.decode()
    assert "Parts, each computed by itself" not in page


def test_run_that_waits_for_its_parts_is_under_way():
    run = Run(key="x", plugin="sensitivity", status="split", progress=0.25, progress_says="1 of 4 parts are computed")
    told = progress_of([run])
    assert told["is_done"] is False
    assert told["says"] == "0 of 1 run done."
    (row,) = told["runs"]
    assert (row["status_says"], row["progress"], row["says"]) == (
        "Computed in parts",
        0.25,
        "1 of 4 parts are computed",
    )
