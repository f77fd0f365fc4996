"""Webhooks: a secret that is told once, an address that only those who manage the review see, and what is refused."""

from typing import Any

import pytest

from analysis.models import Webhook, WebhookSecret
from evidence.models import SecurityEvent
from tests.analysis.test_admin_world import World, make_world
from tests.api.programs import Program, program_of, says

pytestmark = pytest.mark.django_db

ADDRESS = "https://hooks.example.org/quorum/0123456789abcdef"


def new(world: World, **sent: Any) -> Any:
    """Send a webhook as the owner."""
    return program_of(world.owner).post("webhooks/", {"review": world.review.slug, "url": ADDRESS, **sent})


def reader_of(world: World, role: str = "adjudicator") -> Program:
    """Give a program of a member who does not manage the review."""
    world.client(role)
    return program_of(world.people[role])


def test_secret_is_told_once() -> None:
    world = make_world()
    owner, made = program_of(world.owner), new(world)
    assert made.status_code == 201
    body, path = made.json(), f"webhooks/{made.json()['id']}/"
    secret = body.pop("secret")
    assert WebhookSecret.objects.get().secret == secret
    assert body == owner.get(path).json()
    assert (body["host"], body["url"], body["is_active"]) == ("hooks.example.org", ADDRESS, True)
    renewed = owner.post(f"{path}secret/").json()
    assert list(renewed) == ["secret"]
    assert renewed["secret"] == WebhookSecret.objects.first().secret != secret
    seen = [owner.get(part).content.decode() for part in ("webhooks/", path, f"{path}history/")]
    assert not any(hidden in text for hidden in (secret, renewed["secret"]) for text in seen)
    assert SecurityEvent.objects.filter(kind="webhook_changed").count() == 3
    assert not SecurityEvent.objects.filter(says__contains=secret).exists()


def test_secret_is_not_kept_for_a_request_that_is_sent_again() -> None:
    world = make_world()
    owner, sent = program_of(world.owner), {"review": world.review.slug, "url": ADDRESS}
    assert owner.post("webhooks/", sent, Idempotency_Key="k1").status_code == 201
    again = owner.post("webhooks/", sent, Idempotency_Key="k1")
    assert again.status_code == 422
    assert says(again) == "The review has a webhook with this address already."
    assert WebhookSecret.objects.count() == 1


@pytest.mark.parametrize("role", ["viewer", "statistician", "reviewer", "adjudicator"])
def test_only_who_manages_the_review_sees_the_whole_address(role: str) -> None:
    world = make_world()
    path = f"webhooks/{new(world).json()['id']}/"
    owner, reader = program_of(world.owner), reader_of(world, role)
    assert owner.patch(path, {"is_active": False}).status_code == 200
    one = reader.get(path)
    assert (one.json()["host"], one.json()["url"]) == ("hooks.example.org", None)
    asked = ("webhooks/", path, "webhooks/?fields=id,url", f"{path}history/", "webhooks/?search=0123456789abcdef")
    answers = {part: reader.get(part) for part in asked}
    assert not any("0123456789abcdef" in answer.content.decode() for answer in answers.values())
    assert answers[f"{path}history/"].status_code == 404
    assert answers["webhooks/?search=0123456789abcdef"].json()["results"] == []
    changed = reader.patch(path, {"is_active": True}, etag=one["ETag"])
    assert changed.status_code == 403
    assert reader.post(f"{path}secret/").status_code == 403
    assert reader.patch(path, {"url": ADDRESS}, etag='"another"').status_code == 403
    assert not Webhook.objects.get().is_active
    assert owner.get(f"{path}history/").json()["results"][1]["values"]["url"] == ADDRESS


def test_owner_of_another_review_sees_nothing_and_cannot_move_one_there() -> None:
    world, other = make_world(), make_world()
    path = f"webhooks/{new(world).json()['id']}/"
    stranger, owner = program_of(other.owner), program_of(world.owner)
    assert stranger.rows("webhooks/") == []
    assert [stranger.get(part).status_code for part in (path, f"{path}history/")] == [404, 404]
    assert stranger.post(f"{path}secret/").status_code == 404
    assert stranger.post("webhooks/", {"review": world.review.slug, "url": ADDRESS}).status_code == 422
    assert "is not a review that you can choose" in says(owner.patch(path, {"review": other.review.slug}))
    both = make_world()
    both.review.memberships.filter(user=both.owner).update(user=world.owner)
    assert "stays" in says(owner.patch(path, {"review": both.review.slug}))
    assert Webhook.objects.get().review == world.review


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://hooks.example.org/", "The address must begin with https://"),
        ("https://name:word@hooks.example.org/", "The address must not hold a user name or password"),
        ("https://hooks.example.org/a b", ""),
        ("ftp://hooks.example.org/", ""),
        ("javascript:alert(1)", ""),
        ("https://hooks.example.org/\r\nHost: inside", ""),
        ("", "Address is missing."),
        (None, "Address is missing."),
    ],
)
def test_address_that_nothing_is_sent_to_is_refused(url: Any, sentence: str) -> None:
    response = new(make_world(), url=url)
    assert response.status_code == 422
    assert says(response).startswith(sentence)
    assert [one["field"] for one in response.json()["errors"]] == ["url"]
    assert not Webhook.objects.exists()


def test_change_is_based_on_a_version_and_kept_in_the_history() -> None:
    world = make_world()
    owner, path = program_of(world.owner), f"webhooks/{new(world).json()['id']}/"
    old = owner.get(path)["ETag"]
    assert owner.patch(path, {"url": f"{ADDRESS}2"}).status_code == 200
    assert WebhookSecret.objects.count() == 1
    stale = owner.patch(path, {"is_active": False}, etag=old)
    assert stale.status_code == 412
    assert stale.json()["current"]["url"] == f"{ADDRESS}2"
    assert owner.ask("DELETE", path, If_Match=old).status_code == 405
    last = owner.get(f"{path}history/").json()["results"][0]
    assert (last["door"], last["values"]["url"]) == ("api", f"{ADDRESS}2")
