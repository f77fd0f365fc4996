"""The clients against a live server: `quorum_client` for Python, and the example for R."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from quorum_client import Client, NotAllowed, NotFound, RuleBroken, Stale

from evidence.models import Study
from evidence.services.tokens import issue_token
from tests.analysis.test_admin_world import make_world
from tests.factories import make_user

pytestmark = pytest.mark.django_db(transaction=True)
R_EXAMPLE = Path(__file__).resolve().parent.parent.parent / "clients" / "r" / "effects.R"
HAS_METAFOR = (
    shutil.which("Rscript") is not None
    and subprocess.run(["Rscript", "-e", "library(metafor)"], capture_output=True, check=False).returncode == 0
)


@pytest.fixture
def world():
    """A review with a snapshot."""
    world = make_world(3)
    world.taken = world.snapshot()
    return world


@pytest.fixture
def token(world):
    """The key of the owner's token."""
    return issue_token(by=world.owner, name="test", scopes=["read", "write", "analyse"], days=1)[1]


def test_effects_in_three_lines(world, token, live_server):
    client = Client(live_server.url, token)
    effects = client.effects(world.review.slug, outcome=world.outcome.code)
    client.close()
    assert len(effects) == 3
    assert {"study", "yi", "vi", "lineage", "week"} <= set(effects.columns)
    assert effects["yi"].mean() < 0
    assert all(effects["lineage"].map(len))


def test_rows_are_made_changed_and_removed(world, token, live_server):
    with Client(live_server.url, token) as client:
        row = client.create("studies", review=world.review.slug, code="New", label="New")
        assert client.get("studies", row.id)["label"] == "New"
        changed = client.change(row, year=2020)
        assert changed["year"] == 2020
        with pytest.raises(Stale, match="changed this study") as stale:
            client.change(row, year=2021)
        assert (stale.value.current["year"], stale.value.yours) == (2020, {"year": 2021})
        with pytest.raises(RuleBroken, match="between 1900 and 2100") as broken:
            client.change(changed, year=1)
        assert broken.value.errors[0]["field"] == "year"
        assert [one["kind"] for one in client.history("studies", row.id)] == ["changed", "created"]
        client.remove(changed)
        with pytest.raises(NotFound):
            client.get("studies", row.id)
        twice = [{"code": "A", "label": "A"}, {"code": "A", "label": "B"}]
        done = client.create_many("studies", world.review.slug, twice)
        assert [one.index for one in done.refused] == [1]
        assert len(client.table("studies", review=world.review.slug)) == 4
    assert Study.objects.filter(code="A").count() == 1


def test_job_is_waited_for(world, token, live_server):
    with Client(live_server.url, token) as client:
        job = client.wait(client.run(world.review.slug, world.taken.analysis.slug))
        assert (job.status, job.progress, job.snapshot) == ("succeeded", 1.0, world.taken.pk)
        with pytest.raises(LookupError, match="no analysis"):
            client.run(world.review.slug, "nonsense")


def test_wrong_token_is_refused_in_a_sentence(world, live_server):
    with Client(live_server.url, "qrm_wrong") as client, pytest.raises(NotAllowed, match="unknown, revoked"):
        client.effects(world.review.slug)
    key = issue_token(by=make_user(), name="other", scopes=["read"], days=1)[1]
    with Client(live_server.url, key) as client:
        assert client.effects(world.review.slug).empty


@pytest.mark.skipif(not HAS_METAFOR, reason="R or its package metafor is not on this machine")
def test_example_for_r_gives_the_same_pooled_result(world, token, live_server):
    asked = [live_server.url, world.review.slug, world.outcome.code]
    done = subprocess.run(
        ["Rscript", str(R_EXAMPLE), *asked],
        env={**os.environ, "QUORUM_TOKEN": token},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    with Client(live_server.url, token) as client:
        results = client.get("snapshots", world.taken.pk)["results"]
    estimate = results["pooling"]["result"]["estimate"]
    assert f"k = 3, {estimate:.4f}" in done.stdout
